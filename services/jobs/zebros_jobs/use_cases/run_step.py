"""One step of a job, as its state machine asks for it: may be repeated, and goes on where the last one stopped."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from math import ceil
from typing import Final

from zebros_core.errors import NotFoundError, UnavailableError, VersionMismatchError, ZebrosError
from zebros_jobs.domain.errors import CancelledError, JobStop, LeaseLostError, PausedError
from zebros_jobs.domain.job import KEPT_STOPPING, Job, JobProblem, JobState
from zebros_jobs.domain.work import StepAnswer
from zebros_jobs.use_cases.end_job import end_job
from zebros_jobs.use_cases.run_job import Deadline, JobRun, Work, open_run
from zebros_jobs.use_cases.workspace import Workspace

__all__ = ["STEPS", "run_step"]

_HELD_SECONDS: Final = 5
"""How long to wait for another worker's lease: a live one goes on meanwhile, a dead one's runs out."""
_AGAIN_SECONDS: Final = 1
MOST_TRIES: Final = 5
"""So many workers may stop between two checkpoints before the work itself is taken to be at fault."""
_GAVE_UP: Final = JobProblem(
    code="gave-up",
    detail="It stopped for a reason that nobody foresaw. What it had done is kept; start it again, and tell whoever"
    " runs the platform if it stops again.",
)

Prepared = Callable[[JobRun], StepAnswer]


def run_step(workspace: Workspace, work: Work, step: str, job_id: str, deadline: Deadline) -> StepAnswer:
    """Carry out a step and say how the machine goes on.

    What a job's own input is to blame for ends it as failed. Raises UnavailableError, and whatever nobody foresaw, for
    the machine to try again; ValueError for a step that there is not.
    """
    carry_out = STEPS.get(step)
    if carry_out is None:
        raise ValueError(f"no step is called {step!r}")
    try:
        job = workspace.jobs.get(job_id)
    except NotFoundError:
        return StepAnswer("failed")  # an execution that outlived its tenant's data
    return carry_out(workspace, work, job, deadline)


def _prepare(workspace: Workspace, work: Work, job: Job, deadline: Deadline) -> StepAnswer:
    if job.has_ended:
        return StepAnswer("cancelled" if job.state is JobState.CANCELLED else "failed")
    job = _begin(workspace, job)

    def prepare(run: JobRun) -> StepAnswer:
        plan = work.prepare(run)
        workspace.progress.plan(job.id, total=plan.total, unit=plan.unit)
        if plan.wait_seconds:
            return StepAnswer("again", plan.wait_seconds)
        large = plan.large and workspace.settings.large_work == "fargate"
        return StepAnswer("large" if large else "small")

    return _held(workspace, job, deadline, prepare)


def _begin(workspace: Workspace, job: Job) -> Job:
    """Note that the job runs."""
    while job.state is JobState.QUEUED:
        begun = job.model_copy(update={"state": JobState.RUNNING, "started_at": workspace.now})
        try:
            return workspace.jobs.save(begun, previous=job)
        except VersionMismatchError:
            job = workspace.jobs.get(job.id)
    return job


def _work(workspace: Workspace, work: Work, job: Job, deadline: Deadline) -> StepAnswer:
    if job.has_ended or job.problem is not None:
        return _check(workspace, work, job, deadline)

    def carry_out(run: JobRun) -> StepAnswer:
        if not run.progress.worked:
            work.carry_out(run)
            run.finish()
        return StepAnswer("done")

    return _held(workspace, job, deadline, carry_out)


def _held(workspace: Workspace, job: Job, deadline: Deadline, carry_out: Prepared) -> StepAnswer:
    """Do something while holding the job's lease, and turn every way in which it may stop into an answer."""
    run = open_run(workspace, job, deadline)
    if run is None:
        return StepAnswer("again", _HELD_SECONDS)
    with run:
        if run.progress.tries > MOST_TRIES:
            _note_problem(workspace, job.id, KEPT_STOPPING)
            return StepAnswer("failed")
        try:
            if run.progress.cancelled:
                raise CancelledError
            return carry_out(run)
        except PausedError as paused:
            return StepAnswer("again", paused.wait_seconds)
        except CancelledError:
            return StepAnswer("cancelled")
        except LeaseLostError:
            return StepAnswer("again", _HELD_SECONDS)
        except (UnavailableError, JobStop):
            raise
        except ZebrosError as error:
            _note_problem(workspace, job.id, problem_of(error))
            return StepAnswer("failed")


def _check(workspace: Workspace, work: Work, job: Job, deadline: Deadline) -> StepAnswer:
    """Say how the work went, whoever did it: a task of its own tells nobody but the progress."""
    del work, deadline
    progress = workspace.progress.get(job.id)
    if job.state is JobState.CANCELLED:
        return StepAnswer("cancelled")
    if job.state is JobState.FAILED or job.problem is not None:
        return StepAnswer("failed")
    if job.has_ended or progress.worked:
        return StepAnswer("done")
    if progress.cancelled:
        return StepAnswer("cancelled")
    if progress.is_held(workspace.now):
        return StepAnswer("again", _HELD_SECONDS)
    waits = (progress.wait_until - workspace.now).total_seconds() if progress.wait_until else 0
    return StepAnswer("again", max(_AGAIN_SECONDS, ceil(waits)))


def _finalize(workspace: Workspace, work: Work, job: Job, deadline: Deadline) -> StepAnswer:
    if job.has_ended:
        return StepAnswer("done")
    progress = workspace.progress.get(job.id)
    if progress.checkpoint is None and not progress.worked:
        # Nothing was begun, so there is nothing to put together.
        end_job(workspace, job.id, _end_of(job, progress.cancelled), problem=job.problem)
        return StepAnswer("done")
    run = open_run(workspace, job, deadline)
    if run is None:
        return StepAnswer("again", _HELD_SECONDS)
    with run:
        result = work.finalize(run)
    cancelled = run.progress.cancelled and not run.progress.worked
    end_job(
        workspace,
        job.id,
        _end_of(job, cancelled),
        result=json.dumps(result.summary, ensure_ascii=False),
        files=result.files,
        problem=job.problem,
    )
    return StepAnswer("done")


def _end_of(job: Job, cancelled: bool) -> JobState:
    if job.problem is not None:
        return JobState.FAILED
    return JobState.CANCELLED if cancelled else JobState.SUCCEEDED


def _notify(workspace: Workspace, work: Work, job: Job, deadline: Deadline) -> StepAnswer:
    work.notify(JobRun(workspace, job, workspace.progress.get(job.id), deadline))
    return StepAnswer("done")


def _give_up(workspace: Workspace, work: Work, job: Job, deadline: Deadline) -> StepAnswer:
    del work, deadline
    end_job(workspace, job.id, JobState.FAILED, problem=job.problem or _GAVE_UP)
    return StepAnswer("done")


def _note_problem(workspace: Workspace, job_id: str, problem: JobProblem) -> None:
    while True:
        job = workspace.jobs.get(job_id)
        try:
            workspace.jobs.save(job.model_copy(update={"problem": problem}), previous=job)
            return
        except VersionMismatchError:
            continue


def problem_of(error: ZebrosError) -> JobProblem:
    """Return an error as the reason of a failed job."""
    return JobProblem(
        code=error.code,
        detail=error.detail,
        errors=tuple(
            {"field": fault.field, "code": fault.code, "message": fault.message}
            for fault in error.fields[:20]
        ),
    )


Step = Callable[[Workspace, Work, Job, Deadline], StepAnswer]
STEPS: Final[Mapping[str, Step]] = {
    "prepare": _prepare,
    "work": _work,
    "check": _check,
    "finalize": _finalize,
    "notify": _notify,
    "giveUp": _give_up,
}
"""The steps of every state machine of a job, by the names that the definitions use."""
