"""A kind of work to try jobs with: it counts to a number, and may be told to stop anywhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from zebros_jobs.domain.job import JobFile
from zebros_jobs.domain.work import JobResult, Plan
from zebros_jobs.use_cases.run_job import JobRun, Work


@dataclass
class Counting(Work):
    """Counts `total` things, with a checkpoint after each. `at` is called with each number before it counts."""

    total: int = 5
    large: bool = False
    waits: int = 0
    at: Callable[[JobRun, int], None] = lambda run, number: None
    counted: list[int] = field(default_factory=list[int])
    told: list[str] = field(default_factory=list[str])

    def prepare(self, run: JobRun) -> Plan:
        if self.waits:
            self.waits -= 1
            return Plan(wait_seconds=3)
        return Plan(total=self.total, unit="things", large=self.large)

    def carry_out(self, run: JobRun) -> None:
        begin = int((run.checkpoint or {"next": 0})["next"])
        for number in range(begin, self.total):
            self.at(run, number)
            self.counted.append(number)
            run.save({"next": number + 1}, done=number + 1, counters={"counted": number + 1})

    def finalize(self, run: JobRun) -> JobResult:
        key = run.objects("transfers").key("exports", run.job_id, "numbers.txt")
        with run.streams("transfers").create(key, content_type="text/plain") as out:
            out.write(b"".join(b"%d\n" % n for n in range(run.progress.done)))
        size = run.progress.done * 2
        return JobResult(
            {"counted": run.progress.done},
            (
                JobFile(
                    name="numbers.txt",
                    purpose="transfers",
                    key=key,
                    content_type="text/plain",
                    size_bytes=size,
                ),
            ),
        )

    def notify(self, run: JobRun) -> None:
        self.told.append(run.job_id)
