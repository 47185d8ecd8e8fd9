"""A job from its start to its end: steps, checkpoints, leases, and what a kill or a cancellation leaves."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from callers import Person
from counting_work import Counting
from jobs_in_process import carry_out, machines_of, step

from zebros_core.clock import FixedClock
from zebros_core.dynamodb.lookup import LookupTable
from zebros_core.errors import UnavailableError
from zebros_core.tenancy import TenantContext
from zebros_jobs.bootstrap import Container
from zebros_jobs.domain.errors import JobInputError
from zebros_jobs.domain.job import Job, JobKind, JobState
from zebros_jobs.repositories.progress import ProgressRepository
from zebros_jobs.use_cases.reap_jobs import reap_jobs, watch_job
from zebros_jobs.use_cases.run_job import Deadline, JobRun, open_run
from zebros_jobs.use_cases.start_job import start_job

Tenants = Callable[..., str]


@pytest.fixture
def start(container: Container) -> Callable[..., Job]:
    """Start a job of a tenant and give it."""

    def begin(tenant_id: str, user: str = "user-1", kind: JobKind = JobKind.EXPORT) -> Job:
        tenant = container.registry.get(tenant_id)
        context = TenantContext(
            tenant_id, user, roles=frozenset({"tenant-admin"}), isolation=tenant.isolation
        )
        return start_job(container.workspace(context), kind, title="Numbers", parameters="{}")

    return begin


def jobs_of(container: Container, tenant_id: str) -> Any:
    return container.system_workspace(tenant_id, "test").jobs


class KilledError(BaseException):
    """The process is gone: nothing after it is done."""


def killed_at(number: int) -> Callable[[JobRun, int], None]:
    """Die once, when that number comes."""
    lives = [True]

    def die(run: JobRun, reached: int) -> None:
        if reached == number and lives.pop() if lives else False:
            raise KilledError

    return die


@pytest.mark.parametrize("model", ["silo", "bridge", "pool"])
def test_a_job_is_carried_out_to_its_end(
    container: Container,
    tenant: Tenants,
    start: Callable[..., Job],
    person: Callable[..., Person],
    model: str,
) -> None:
    here, elsewhere = tenant(model), tenant(model)
    job = start(here)
    work = Counting()
    ended = carry_out(container, here, job.id, work=work)
    assert (ended.state, ended.result) == (JobState.SUCCEEDED, '{"counted": 5}')
    assert work.counted == [0, 1, 2, 3, 4]
    assert work.told == [job.id]
    shown = person(here).get(f"/v1/jobs/{job.id}").body
    assert (shown["state"], shown["progress"]["done"], shown["progress"]["total"]) == ("succeeded", 5, 5)
    assert shown["result"] == {"counted": 5}
    (file,) = person(here).get(f"/v1/jobs/{job.id}/files").body["items"]
    assert (file["name"], file["sizeBytes"]) == ("numbers.txt", 10)
    assert person(elsewhere).get(f"/v1/jobs/{job.id}").status == 404
    assert person(elsewhere).get(f"/v1/jobs/{job.id}/files").status == 404
    assert person(elsewhere).get("/v1/jobs").body["items"] == []


@pytest.mark.parametrize("number", range(5))
def test_killed_anywhere_it_goes_on_and_counts_each_once_more_at_most(
    container: Container, tenant: Tenants, start: Callable[..., Job], clock: FixedClock, number: int
) -> None:
    here = tenant()
    job = start(here)
    work = Counting(at=killed_at(number))
    assert step(container, here, job.id, "prepare", work=work) == "small"
    with pytest.raises(KilledError):
        step(container, here, job.id, "work", work=work)
    # The dead worker's lease has to run out first.
    assert step(container, here, job.id, "work", work=work) == "again"
    assert step(container, here, job.id, "check", work=work) == "again"
    clock.advance(container.settings.lease.total_seconds())
    assert step(container, here, job.id, "work", work=work) == "done"
    assert work.counted == [0, 1, 2, 3, 4]
    assert step(container, here, job.id, "work", work=work) == "done", "a step that comes twice does nothing"
    assert work.counted == [0, 1, 2, 3, 4]


def test_a_worker_that_lost_its_lease_stops_and_writes_nothing(
    container: Container, tenant: Tenants, start: Callable[..., Job], clock: FixedClock
) -> None:
    here = tenant()
    job = start(here)
    other = Counting()

    def outlive(run: JobRun, reached: int) -> None:
        if reached == 2 and not other.counted:
            clock.advance(container.settings.lease.total_seconds())
            assert step(container, here, job.id, "work", work=other) == "done"

    slow = Counting(at=outlive)
    step(container, here, job.id, "prepare", work=slow)
    assert step(container, here, job.id, "work", work=slow) == "again"
    assert other.counted == [2, 3, 4]
    assert slow.counted == [0, 1, 2], "the third was counted twice, and its checkpoint refused"
    progress = container.system_workspace(here, "test").progress.get(job.id)
    assert (progress.done, progress.worked) == (5, True)


def test_time_that_is_over_is_noticed_at_a_checkpoint(
    container: Container, tenant: Tenants, start: Callable[..., Job]
) -> None:
    here = tenant()
    job = start(here)
    work = Counting()
    step(container, here, job.id, "prepare", work=work)
    deadline = Deadline()
    deadline.stop()
    for _ in range(5):
        assert step(container, here, job.id, "work", work=work, deadline=deadline) == "again"
    assert work.counted == [0, 1, 2, 3, 4]
    assert step(container, here, job.id, "work", work=work, deadline=deadline) == "done"


def test_cancelled_in_the_middle_it_says_how_far_it_came(
    container: Container, tenant: Tenants, start: Callable[..., Job], person: Callable[..., Person]
) -> None:
    here, elsewhere = tenant(), tenant()
    job = start(here)

    def cancel(run: JobRun, reached: int) -> None:
        if reached == 2:
            assert person(elsewhere).post(f"/v1/jobs/{job.id}:cancel").status == 404
            assert (
                person(here, user="user-2", roles=("sales-rep",)).post(f"/v1/jobs/{job.id}:cancel").status
                == 404
            )
            assert person(here).post(f"/v1/jobs/{job.id}:cancel").status == 200
            assert person(here).post(f"/v1/jobs/{job.id}:cancel").status == 200, "twice is once"

    ended = carry_out(container, here, job.id, work=Counting(at=cancel))
    assert (ended.state, ended.result) == (JobState.CANCELLED, '{"counted": 3}')
    refused = person(here).post(f"/v1/jobs/{job.id}:cancel")
    assert refused.status == 200, "it was cancelled already"


def test_a_queued_job_that_is_cancelled_never_begins(
    container: Container, tenant: Tenants, start: Callable[..., Job], person: Callable[..., Person]
) -> None:
    here = tenant()
    job = start(here)
    assert person(here).post(f"/v1/jobs/{job.id}:cancel").body["state"] == "cancelled"
    work = Counting()
    assert step(container, here, job.id, "prepare", work=work) == "cancelled"
    assert work.counted == []


def test_bad_input_fails_the_job_with_its_reason(
    container: Container, tenant: Tenants, start: Callable[..., Job], person: Callable[..., Person]
) -> None:
    here = tenant()
    job = start(here)

    def refuse(run: JobRun, reached: int) -> None:
        if reached == 3:
            raise JobInputError.for_field("/numbers", "too_large", "3 is too large for this world")

    ended = carry_out(container, here, job.id, work=Counting(at=refuse))
    assert (ended.state, ended.result) == (JobState.FAILED, '{"counted": 3}')
    problem = person(here).get(f"/v1/jobs/{job.id}").body["problem"]
    assert problem["detail"] == "3 is too large for this world"
    assert problem["errors"][0]["field"] == "/numbers"


def test_trouble_that_passes_is_raised_for_the_machine_to_try_again(
    container: Container, tenant: Tenants, start: Callable[..., Job]
) -> None:
    here = tenant()
    job = start(here)
    trouble = [UnavailableError(detail="not now")]

    def stumble(run: JobRun, reached: int) -> None:
        if reached == 1 and trouble:
            raise trouble.pop()

    work = Counting(at=stumble)
    step(container, here, job.id, "prepare", work=work)
    with pytest.raises(UnavailableError):
        step(container, here, job.id, "work", work=work)
    assert step(container, here, job.id, "work", work=work) == "done", "the lease was given back"


def test_given_up_it_has_failed_and_says_so(
    container: Container, tenant: Tenants, start: Callable[..., Job], person: Callable[..., Person]
) -> None:
    here = tenant()
    job = start(here)
    work = Counting()
    step(container, here, job.id, "prepare", work=work)
    step(container, here, job.id, "giveUp", work=work)
    shown = person(here).get(f"/v1/jobs/{job.id}").body
    assert (shown["state"], shown["problem"]["code"]) == ("failed", "gave-up")
    assert step(container, here, job.id, "work", work=work) == "failed"
    step(container, here, job.id, "finalize", work=work)
    assert person(here).get(f"/v1/jobs/{job.id}").body["state"] == "failed"


def test_a_job_that_has_to_wait_is_asked_again(
    container: Container, tenant: Tenants, start: Callable[..., Job]
) -> None:
    here = tenant()
    ended = carry_out(container, here, start(here).id, work=Counting(waits=2))
    assert ended.state is JobState.SUCCEEDED


def test_large_work_is_a_tasks_only_where_there_are_tasks(
    container: Container, tenant: Tenants, start: Callable[..., Job]
) -> None:
    here = tenant()
    assert step(container, here, start(here).id, "prepare", work=Counting(large=True)) == "small"


def test_a_tenant_has_so_many_slots_and_the_next_begins_when_one_ends(
    container: Container, tenant: Tenants, start: Callable[..., Job], clock: FixedClock
) -> None:
    here, elsewhere = tenant(), tenant()
    machines = machines_of(container)
    jobs: list[Job] = []
    for _ in range(5):
        jobs.append(start(here))
        clock.advance(1)
    other = start(elsewhere)
    assert [each[2] for each in machines.started] == [*(job.id for job in jobs[:3]), other.id]
    carry_out(container, here, jobs[1].id, work=Counting())
    assert machines.started[-1][2] == jobs[3].id
    step(container, here, jobs[0].id, "giveUp", work=Counting())
    assert machines.started[-1][2] == jobs[4].id


def test_the_reaper_begins_anew_what_stopped_without_a_word(
    container: Container, tenant: Tenants, start: Callable[..., Job], clock: FixedClock
) -> None:
    here, elsewhere = tenant(), tenant()
    machines = machines_of(container)
    dead, alive = start(here), start(elsewhere)
    for tenant_id, job in ((here, dead), (elsewhere, alive)):
        watch_job(container.system_workspace(tenant_id, "followup"), container.watched, job.id)
        step(container, tenant_id, job.id, "prepare", work=Counting())
    machines.running.discard((JobKind.EXPORT, here, dead.id, 1))

    def reap() -> int:
        return reap_jobs(container.watched, lambda id: container.system_workspace(id, "reaper"))

    assert reap() == 0, "it may just have ended"
    clock.advance(container.settings.lease.total_seconds() + 1)
    assert reap() == 1
    assert machines.started[-1] == (JobKind.EXPORT, here, dead.id, 2)
    assert reap() == 0
    assert carry_out(container, here, dead.id, work=Counting()).state is JobState.SUCCEEDED
    reap()
    assert [job for _, job in container.watched.all()] == [alive.id]


@pytest.mark.parametrize("trouble", [UnavailableError(), RuntimeError("nobody foresaw this")])
def test_the_trouble_of_one_tenant_stops_no_other(
    container: Container,
    tenant: Tenants,
    start: Callable[..., Job],
    clock: FixedClock,
    trouble: Exception,
) -> None:
    machines = machines_of(container)
    tenants = [tenant() for _ in range(3)]
    jobs = [start(here) for here in tenants]
    for here, job in zip(tenants, jobs, strict=True):
        watch_job(container.system_workspace(here, "followup"), container.watched, job.id)
        step(container, here, job.id, "prepare", work=Counting())
        machines.running.discard((JobKind.EXPORT, here, job.id, 1))
    clock.advance(container.settings.lease.total_seconds() + 1)

    def workspace_of(id: str) -> Any:
        if id == tenants[1]:
            raise trouble
        return container.system_workspace(id, "reaper")

    if isinstance(trouble, UnavailableError):
        assert reap_jobs(container.watched, workspace_of) == 2
    else:
        with pytest.raises(RuntimeError, match="nobody foresaw"):
            reap_jobs(container.watched, workspace_of)
    assert {each[2] for each in machines.started if each[3] == 2} == {jobs[0].id, jobs[2].id}


def test_of_two_workers_that_come_at_once_one_gets_the_lease(
    container: Container, tenant: Tenants, start: Callable[..., Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tenant()
    job = start(here)
    progress = container.system_workspace(here, "test").progress
    until = container.clock.now() + container.settings.lease
    progress.plan(job.id, total=1, unit="things")
    get = LookupTable.get
    won: list[Any] = []

    def overtaken(self: LookupTable, *args: Any, **options: Any) -> Any:
        row = get(self, *args, **options)
        if not won:
            won.append("now")
            won.append(progress.claim(job.id, "1:first", until))
        return row

    monkeypatch.setattr(LookupTable, "get", overtaken)
    assert progress.claim(job.id, "1:second", until) is None
    assert progress.get(job.id).holder == "1:first"


def test_the_reaper_ends_an_execution_that_says_nothing_and_a_job_that_keeps_stopping(
    container: Container, tenant: Tenants, start: Callable[..., Job], clock: FixedClock
) -> None:
    here = tenant()
    machines = machines_of(container)
    job = start(here)
    watch_job(container.system_workspace(here, "followup"), container.watched, job.id)
    step(container, here, job.id, "prepare", work=Counting())
    for attempt in range(2, 6):
        clock.advance(timedelta(minutes=6).total_seconds())
        reap_jobs(container.watched, lambda id: container.system_workspace(id, "reaper"))
        assert machines.started[-1][3] == attempt
    clock.advance(timedelta(minutes=6).total_seconds())
    reap_jobs(container.watched, lambda id: container.system_workspace(id, "reaper"))
    ended = jobs_of(container, here).get(job.id)
    assert (ended.state, ended.problem.code) == (JobState.FAILED, "kept-stopping")


def test_people_see_their_own_jobs_and_administrators_all(
    tenant: Tenants, start: Callable[..., Job], person: Callable[..., Person]
) -> None:
    here = tenant()
    mine, theirs = start(here, "user-1"), start(here, "user-2")
    seen = person(here, user="user-1", roles=("sales-manager",)).get("/v1/jobs").body["items"]
    assert [job["jobId"] for job in seen] == [mine.id]
    everybody = person(here).get("/v1/jobs", kind="export").body["items"]
    assert {job["jobId"] for job in everybody} == {mine.id, theirs.id}
    assert person(here).get("/v1/jobs", state="succeeded").body["items"] == []
    assert person(here).get("/v1/jobs", state="lost").status == 400


def test_work_that_kills_every_worker_at_one_place_fails_there(
    container: Container, tenant: Tenants, start: Callable[..., Job], clock: FixedClock
) -> None:
    here = tenant()
    job = start(here)

    def poison(run: JobRun, reached: int) -> None:
        if reached == 2:
            raise KilledError

    work = Counting(at=poison)
    step(container, here, job.id, "prepare", work=work)
    for _ in range(1 + 5):  # the first one still made two checkpoints
        with pytest.raises(KilledError):
            step(container, here, job.id, "work", work=work)
        clock.advance(container.settings.lease.total_seconds())
    assert step(container, here, job.id, "work", work=work) == "failed"
    assert step(container, here, job.id, "check", work=work) == "failed"
    step(container, here, job.id, "finalize", work=work)
    ended = jobs_of(container, here).get(job.id)
    assert (ended.state, ended.problem.code, ended.result) == (
        JobState.FAILED,
        "kept-stopping",
        '{"counted": 2}',
    )
    assert work.counted == [0, 1], "what was done before is kept, and nothing is done twice"


def test_a_living_worker_renews_its_lease_while_a_batch_takes_long(
    container: Container, tenant: Tenants, start: Callable[..., Job]
) -> None:
    here = tenant()
    job = start(here)
    workspace = container.job_workspace(here, job.id)
    beats: list[str] = []
    beaten = threading.Event()

    class Watched(ProgressRepository):
        def renew(self, job_id: str, holder: str, until: datetime) -> bool:
            beats.append(holder)
            beaten.set()
            return len(beats) < 2  # somebody else has it: there is nothing left to renew

    watched = replace(
        workspace,
        progress=Watched(workspace.jobs.store),
        settings=replace(workspace.settings, beat=timedelta(milliseconds=1)),
    )
    run = open_run(watched, job, Deadline())
    assert run is not None
    with run:
        assert beaten.wait(5)
        assert beats[0] == run.progress.holder
    assert not container.system_workspace(here, "test").progress.get(job.id).is_held(container.clock.now())


@pytest.mark.parametrize(("seconds", "told"), [(30, False), (61, True)])
def test_people_are_told_of_the_end_of_what_they_no_longer_wait_for(
    container: Container,
    tenant: Tenants,
    start: Callable[..., Job],
    clock: FixedClock,
    seconds: int,
    told: bool,
) -> None:
    here = tenant()
    job = start(here)
    clock.advance(seconds)
    ended = carry_out(container, here, job.id, work=Counting())
    assert (ended.told_at is not None) is told


def test_people_are_told_of_what_failed_and_not_of_what_they_cancelled(
    container: Container, tenant: Tenants, start: Callable[..., Job], person: Callable[..., Person]
) -> None:
    here = tenant()
    failed, cancelled = start(here), start(here)
    step(container, here, failed.id, "giveUp", work=Counting())
    person(here).post(f"/v1/jobs/{cancelled.id}:cancel")
    jobs = jobs_of(container, here)
    assert jobs.get(failed.id).told_at is not None
    assert jobs.get(cancelled.id).told_at is None
