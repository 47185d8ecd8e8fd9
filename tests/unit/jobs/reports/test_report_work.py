"""A report's job: killed anywhere it ends the same, it reads everything once, and leaves nothing but its result."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import boto3
import pytest
from callers import Person
from jobs_in_process import JobsWorld, carry_out, step

from zebros_core.clock import FixedClock
from zebros_core.errors import UnavailableError
from zebros_jobs.adapters.reports.engine import DuckDbEngine
from zebros_jobs.adapters.reports.writers import FileWriters
from zebros_jobs.domain.job import JobState
from zebros_jobs.domain.reports import assemble as assembling
from zebros_jobs.domain.reports.request import ReportFormat
from zebros_jobs.domain.reports.result import ReportResult
from zebros_jobs.use_cases.reports import spool
from zebros_jobs.use_cases.reports.work import ReportWork
from zebros_jobs.use_cases.run_job import Deadline, JobRun

Company = Any


class KilledError(BaseException):
    """The process is gone: nothing after it is done."""


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every page be a part, so that there are many checkpoints."""
    monkeypatch.setattr(spool, "PAGES_OF_A_PART", 1)


@pytest.fixture(autouse=True)
def _without_objects(world: JobsWorld) -> Iterator[None]:
    yield
    s3: Any = boto3.client("s3")
    bucket = world.jobs.settings.reports_bucket
    for entry in s3.list_objects_v2(Bucket=bucket).get("Contents", ()):
        s3.delete_object(Bucket=bucket, Key=entry["Key"])


def objects(world: JobsWorld, company: Company) -> dict[str, bytes]:
    """Return the objects of a company's reports by what is behind the job's id."""
    s3: Any = boto3.client("s3")
    bucket = world.jobs.settings.reports_bucket
    found: dict[str, bytes] = {}
    for entry in s3.list_objects_v2(Bucket=bucket, Prefix=f"{company.id}/").get("Contents", ()):
        body = s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read()
        found[entry["Key"].split("/", 3)[3]] = body
    return found


def furnish(company: Company) -> None:
    """Give a company some deals of several products, customers and sources, and other records."""
    company.team("north", "The north")
    products = [company.put("product", name=name, unitPrice=10, currency="EUR") for name in ("Pump", "Hose")]
    customers = [
        company.put("customer", companyName=f"Customer {n}", contactInfo={"address": {"region": region}})
        for n, region in enumerate(("West", "East", None))
        if region or n
    ]
    for number in range(7):
        company.deal(
            "won" if number % 3 else "lost",
            title=f"Deal {number}",
            value=100 + number,
            customerId=customers[number % 3],
            closeDate=f"2017-0{number + 1}-10",
            lines=[{"productId": products[number % 2], "quantity": 1}],
        )


REQUEST = {"report": "sales", "period": "2017", "by": ["month", "product"], "formats": ["csv", "json"]}
ALL = {**REQUEST, "formats": ["pdf", "xlsx", "csv", "json"]}


@pytest.fixture
def furnished(company: Callable[..., Company], clock: FixedClock) -> Company:
    made = company()
    furnish(made)
    clock.advance(hours=1)
    return made


def never_killed(
    world: JobsWorld, company: Company, ask: Callable[..., str], work: ReportWork
) -> dict[str, bytes]:
    job_id = ask(company, fresh=True, **REQUEST)
    job = carry_out(world.jobs, company.id, job_id, work=work)
    assert job.state is JobState.SUCCEEDED, job.problem
    found = objects(world, company)
    _forget(world, company, job_id)
    return found


def test_nothing_is_left_but_the_result_and_the_files(
    world: JobsWorld,
    furnished: Company,
    ask: Callable[..., str],
    work: ReportWork,
    person: Callable[..., Person],
) -> None:
    job_id = ask(furnished, **ALL)
    job = carry_out(world.jobs, furnished.id, job_id, work=work)
    assert set(objects(world, furnished)) == {
        *("report.pdf", "report.xlsx", "report.csv", "report.json", "result.json.gz"),
    }
    assert [file.name for file in job.files] == [
        f"sales-2017.{form}" for form in ("pdf", "xlsx", "csv", "json")
    ]
    shown = person(furnished.id).get(f"/v1/jobs/{job_id}").body
    assert (shown["kind"], shown["title"]) == ("report", "Sales: 2017, by month and product")
    assert shown["progress"]["done"] == 7
    result = shown["result"]
    assert (result["complete"], result["totals"]["wonCount"], result["rows"]) == (True, 4, 7)
    links = person(furnished.id).get(f"/v1/reports/{job_id}/files").body["items"]
    assert [each["name"] for each in links] == [file.name for file in job.files]


@pytest.mark.parametrize("place", ["before", "after"])
def test_killed_at_every_call_of_a_door_it_ends_the_same(
    world: JobsWorld,
    furnished: Company,
    ask: Callable[..., str],
    work: ReportWork,
    clock: FixedClock,
    place: str,
) -> None:
    expected = never_killed(world, furnished, ask, work)
    seen: set[int] = set()
    job_id = ask(furnished, fresh=True, **REQUEST)
    step(world.jobs, furnished.id, job_id, "prepare", work=work)
    calls = [0]

    def die(service: str, call: Mapping[str, Any]) -> None:
        calls[0] += 1
        # Each call once, counted over all lives.
        if len(seen) < 40 and calls[0] not in seen:
            seen.add(calls[0])
            calls[0] = 0
            raise KilledError

    setattr(world.doors, place, die)
    outcome = "again"
    for _ in range(120):
        calls[0] = 0
        try:
            outcome = step(world.jobs, furnished.id, job_id, "work", work=work)
        except KilledError:
            clock.advance(world.jobs.settings.lease.total_seconds())
            continue
        break
    assert outcome == "done" and len(seen) >= 5
    setattr(world.doors, place, lambda service, call: None)
    _same(world, furnished, job_id, work, expected)


def _same(
    world: JobsWorld, company: Company, job_id: str, work: ReportWork, expected: dict[str, bytes]
) -> None:
    for name in ("work", "check", "finalize", "notify"):
        assert step(world.jobs, company.id, job_id, name, work=work) == "done"
    found = objects(world, company)
    assert set(found) == set(expected)
    # The moment of the job is in them; the figures are not otherwise.
    assert found["report.csv"] == expected["report.csv"]
    if world.jobs.clock.now() == world.jobs.job_workspace(company.id, job_id).jobs.get(job_id).started_at:
        assert found == expected


def test_killed_at_every_checkpoint_it_ends_the_same(
    world: JobsWorld,
    furnished: Company,
    ask: Callable[..., str],
    work: ReportWork,
    clock: FixedClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    expected = never_killed(world, furnished, ask, work)
    save = JobRun.save
    for place in ("before", "after"):
        job_id = ask(furnished, fresh=True, **REQUEST)
        step(world.jobs, furnished.id, job_id, "prepare", work=work)
        kills = [0]

        def dying(
            run: JobRun, *arguments: Any, place: str = place, kills: list[int] = kills, **facts: Any
        ) -> None:
            # Every checkpoint is survived at the second try, or not stored at all at the first.
            if place == "after":
                save(run, *arguments, **facts)
            kills[0] += 1
            if kills[0] % 2:
                raise KilledError
            if place == "before":
                save(run, *arguments, **facts)

        monkeypatch.setattr(JobRun, "save", dying)
        for _ in range(200):
            try:
                if step(world.jobs, furnished.id, job_id, "work", work=work) == "done":
                    break
            except KilledError:
                clock.advance(world.jobs.settings.lease.total_seconds())
        monkeypatch.setattr(JobRun, "save", save)
        assert kills[0] >= 8
        _same(world, furnished, job_id, work, expected)
        _forget(world, furnished, job_id)


class _Breaking:
    """Engines and writers that die at their n-th use."""

    def __init__(self, at: int) -> None:
        self._at = at

    def _use(self) -> None:
        self._at -= 1
        if self._at == 0:
            raise KilledError

    @contextmanager
    def engine(self, folder: Path) -> Iterator[Any]:
        self._use()
        with DuckDbEngine(folder) as engine:
            self._use()
            yield engine
            self._use()

    def write(self, form: ReportFormat, result: ReportResult, out: BinaryIO) -> None:
        self._use()
        FileWriters().write(form, result, out)
        self._use()


@pytest.mark.parametrize(
    "uses", [range(1, 6), pytest.param(range(6, 8), marks=pytest.mark.prove)], ids=["first file", "next file"]
)
def test_killed_while_counting_or_writing_it_ends_the_same(
    uses: range,
    world: JobsWorld,
    furnished: Company,
    ask: Callable[..., str],
    work: ReportWork,
    clock: FixedClock,
) -> None:
    expected = never_killed(world, furnished, ask, work)
    for at in uses:
        job_id = ask(furnished, fresh=True, **REQUEST)
        breaking = _Breaking(at)
        mortal = ReportWork(
            breaking.engine,  # type: ignore[arg-type]
            breaking,
            lambda _: None,  # type: ignore[arg-type,return-value]
            lambda _: world.jobs.permissions,
            page=2,
        )
        step(world.jobs, furnished.id, job_id, "prepare", work=mortal)
        with pytest.raises(KilledError):
            step(world.jobs, furnished.id, job_id, "work", work=mortal)
        clock.advance(world.jobs.settings.lease.total_seconds())
        assert step(world.jobs, furnished.id, job_id, "work", work=mortal) == "done"
        _same(world, furnished, job_id, work, expected)
        _forget(world, furnished, job_id)


def _forget(world: JobsWorld, company: Company, job_id: str) -> None:
    s3: Any = boto3.client("s3")
    for name in objects(world, company):
        s3.delete_object(
            Bucket=world.jobs.settings.reports_bucket, Key=f"{company.id}/reports/{job_id}/{name}"
        )


def test_killed_between_its_ends_the_last_step_is_taken_again(
    world: JobsWorld,
    furnished: Company,
    ask: Callable[..., str],
    work: ReportWork,
    clock: FixedClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    expected = never_killed(world, furnished, ask, work)
    job_id = ask(furnished, fresh=True, **REQUEST)
    step(world.jobs, furnished.id, job_id, "prepare", work=work)
    step(world.jobs, furnished.id, job_id, "work", work=work)
    from zebros_jobs.use_cases import run_step

    def die(*_: Any, **__: Any) -> None:
        raise KilledError

    real = run_step.end_job
    monkeypatch.setattr(run_step, "end_job", die)
    with pytest.raises(KilledError):
        step(world.jobs, furnished.id, job_id, "finalize", work=work)
    monkeypatch.setattr(run_step, "end_job", real)
    clock.advance(world.jobs.settings.lease.total_seconds())
    assert step(world.jobs, furnished.id, job_id, "finalize", work=work) == "done"
    assert set(objects(world, furnished)) == set(expected)


def test_trouble_that_passes_is_tried_again_from_the_last_part(
    world: JobsWorld, furnished: Company, ask: Callable[..., str], work: ReportWork
) -> None:
    job_id = ask(furnished, **REQUEST)
    step(world.jobs, furnished.id, job_id, "prepare", work=work)
    calls = [0]

    def stumble(service: str, call: Mapping[str, Any]) -> None:
        calls[0] += 1
        if calls[0] == 3:
            raise UnavailableError

    world.doors.before = stumble
    with pytest.raises(UnavailableError):
        step(world.jobs, furnished.id, job_id, "work", work=work)
    cursors = [call.get("cursor") for _, call in world.doors.calls if call["verb"] == "export"]
    assert step(world.jobs, furnished.id, job_id, "work", work=work) == "done"
    assert cursors[-1] in [call.get("cursor") for _, call in world.doors.calls if call["verb"] == "export"]


def test_time_that_is_over_is_noticed_and_the_next_turn_goes_on(
    world: JobsWorld, furnished: Company, ask: Callable[..., str], work: ReportWork
) -> None:
    job_id = ask(furnished, **REQUEST)
    step(world.jobs, furnished.id, job_id, "prepare", work=work)
    turns = 0
    while True:
        deadline = Deadline()
        deadline.stop()
        if step(world.jobs, furnished.id, job_id, "work", work=work, deadline=deadline) == "done":
            break
        turns += 1
    assert turns >= 6


def test_cancelled_in_the_middle_it_leaves_no_part_behind(
    world: JobsWorld,
    furnished: Company,
    ask: Callable[..., str],
    work: ReportWork,
    person: Callable[..., Person],
) -> None:
    job_id = ask(furnished, **REQUEST)
    step(world.jobs, furnished.id, job_id, "prepare", work=work)
    deadline = Deadline()
    deadline.stop()
    step(world.jobs, furnished.id, job_id, "work", work=work, deadline=deadline)
    assert objects(world, furnished)
    assert person(furnished.id).post(f"/v1/jobs/{job_id}:cancel").status == 200
    assert step(world.jobs, furnished.id, job_id, "work", work=work) == "cancelled"
    step(world.jobs, furnished.id, job_id, "finalize", work=work)
    shown = person(furnished.id).get(f"/v1/reports/{job_id}")
    assert (shown.body["state"], shown.body["result"]) == ("cancelled", None)
    assert "etag" not in shown.headers
    assert objects(world, furnished) == {}


def test_records_that_are_made_meanwhile_are_counted_once(
    world: JobsWorld, furnished: Company, ask: Callable[..., str], work: ReportWork, clock: FixedClock
) -> None:
    job_id = ask(furnished, report="sales", period="2017", by=[], formats=["csv"])
    step(world.jobs, furnished.id, job_id, "prepare", work=work)
    made: list[str] = []

    def meanwhile(service: str, call: Mapping[str, Any]) -> None:
        if call["verb"] == "export" and len(made) < 3:
            clock.advance(1)
            made.append("…")
            made[-1] = furnished.deal(title=f"Meanwhile {len(made)}", value=1000)

    world.doors.after = meanwhile
    assert step(world.jobs, furnished.id, job_id, "work", work=work) == "done"
    step(world.jobs, furnished.id, job_id, "finalize", work=work)
    table = objects(world, furnished)["report.csv"].decode()
    assert table.splitlines()[1].split(",")[1] == str(4 + len(made))


def test_a_large_company_has_a_task_of_its_own(
    world: JobsWorld,
    furnished: Company,
    ask: Callable[..., str],
    work: ReportWork,
    company: Callable[..., Company],
) -> None:
    plans: list[Any] = []

    class Looking(ReportWork):
        def prepare(self, run: JobRun) -> Any:
            plans.append(super().prepare(run))
            return plans[-1]

    looking = Looking(DuckDbEngine, FileWriters(), lambda _: None, lambda _: world.jobs.permissions, page=1)  # type: ignore[arg-type,return-value]
    for number, one in enumerate((furnished, company())):
        step(world.jobs, one.id, ask(one, report="sales", period="2017"), "prepare", work=looking)
        assert (plans[number].large, plans[number].unit) == (number == 0, "records")


def test_too_many_rows_are_refused_with_what_to_do(
    world: JobsWorld,
    furnished: Company,
    ask: Callable[..., str],
    work: ReportWork,
    person: Callable[..., Person],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(assembling, "MAX_ROWS", 3)
    job_id = ask(furnished, report="sales", period="2017", by=["month"])
    job = carry_out(world.jobs, furnished.id, job_id, work=work)
    assert (job.state, job.problem and job.problem.code) == (JobState.FAILED, "job-input")
    problem = person(furnished.id).get(f"/v1/jobs/{job_id}").body["problem"]
    assert problem["errors"][0]["field"] == "/by" and "longer steps" in problem["detail"]
    assert objects(world, furnished) == {}


def test_only_what_a_report_needs_is_read_and_kept(
    world: JobsWorld, furnished: Company, ask: Callable[..., str], work: ReportWork
) -> None:
    asked = {
        "sales": {"opportunity"},
        "activities": {"activity"},
        "acquisition": {"opportunity", "customer"},
        "conversion": {"lead"},
    }
    for report, entities in asked.items():
        world.doors.calls.clear()
        job_id = ask(furnished, report=report, period="2017")
        step(world.jobs, furnished.id, job_id, "prepare", work=work)
        deadline = Deadline()
        deadline.stop()
        step(world.jobs, furnished.id, job_id, "work", work=work, deadline=deadline)
        for key, content in objects(world, furnished).items():
            if key.startswith("parts"):
                import gzip

                text = gzip.decompress(content).decode()
                assert "title" not in text and "Deal" not in text and "Customer" not in text
        while step(world.jobs, furnished.id, job_id, "work", work=work) != "done":
            pass
        assert {call["entity"] for _, call in world.doors.calls if call["verb"] == "export"} == entities
        carry_out(world.jobs, furnished.id, job_id, work=work)


def test_regions_products_and_sources_go_by_name(
    world: JobsWorld, company: Callable[..., Company], make: Callable[..., Any]
) -> None:
    one = company()
    furnish(one)
    one.add("ada", name="Ada Lovelace")

    def labels(by: str, **more: Any) -> dict[Any, Any]:
        report = make(one, report="sales", period="2017", by=[by], **more)
        return {row["group"][0]["label"]: row["values"]["wonCount"] for row in report["result"]["rows"]}

    assert labels("region") == {"West": 0, "East": 2, "No region": 2}
    assert set(labels("product")) == {"Pump", "Hose"}
    assert labels("team") == {"The north": 4}
    assert labels("owner") == {"user-1": 4}, "who is nobody of the company goes by the id"
    assert labels("source") == {"No source": 4}
    assert labels("owner", filters={"teamIds": ["south"]}) == {}


def test_activities_and_leads_are_reported_too(
    company: Callable[..., Company], make: Callable[..., Any], clock: FixedClock
) -> None:
    here, elsewhere = company(timeZone="Asia/Tokyo"), company()
    for one in (here, elsewhere):
        one.put("activity", type="call", subject="Call", scheduledAt="2025-12-31T23:30:00Z")
        one.put("activity", type="task", subject="Task", status="completed")
        one.put("lead", lastName="Roe", source="fair")
    here.put("lead", lastName="Doe", source="web")
    day = clock.now().date().isoformat()
    totals = make(here, report="activities", period=f"2025-12-01/{day}", by=["type"])["result"]["totals"][
        "values"
    ]
    assert (totals["made"], totals["completed"], totals["overdue"], totals["tasks"]) == (2, 1, 1, 1)
    found = make(here, report="conversion", period="this-year", by=["source"])["result"]
    assert {row["group"][0]["label"]: row["values"]["created"] for row in found["rows"]} == {
        "fair": 1,
        "web": 1,
    }
    assert found["timeZone"] == "Asia/Tokyo"
    assert found["period"]["beginsAt"].endswith("-12-31T15:00:00Z")
