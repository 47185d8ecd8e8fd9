"""Rules of retention: what is past them goes, a day after they are set, and what is held or alive stays."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from callers import Person
from jobs_in_process import JobsWorld, carry_out
from personal_traces import Traces

from zebros_core.clock import FixedClock
from zebros_jobs.bootstrap import Container
from zebros_jobs.domain.job import Acting, Job, JobFile, JobKind, JobState
from zebros_jobs.domain.retention import RetentionPolicy, months_before, years_before
from zebros_jobs.repositories.retention import RetentionPolicies
from zebros_jobs.use_cases.retention.start_due import start_due
from zebros_jobs.use_cases.run_job import JobRun

JANE = "jane.roe@example.com"
MONTH = 31 * 24 * 3600
Tenants = Callable[..., str]
People = Callable[..., Person]


@pytest.fixture
def apply(world: JobsWorld) -> Callable[..., str]:
    """Write a record of a tenant through its owner's door; return its id."""
    numbers = iter(range(10_000))

    def write(tenant_id: str, service: str, entity: str, **changes: Any) -> str:
        door = world.jobs.system_workspace(tenant_id, "test").system_door(service)
        mutation = {"mutationId": f"m-{next(numbers)}", "entity": entity, "operation": "create"}
        (outcome,) = door.apply([{**mutation, "changes": changes}])
        assert outcome["outcome"] == "created", outcome
        return str(outcome["id"])

    return write


@pytest.fixture
def daily(container: Container) -> Callable[..., list[Job]]:
    """Do what the platform does every minute, and carry out the jobs that it begins; return them."""

    def look(tenant_id: str) -> list[Job]:
        begun = start_due(
            container.due_retention,
            container.clock.now(),
            lambda id: container.system_workspace(id, "retention"),
        )
        jobs = container.system_workspace(tenant_id, "test").jobs
        ended: list[Job] = []
        while True:
            queued = [
                job
                for job in jobs.page_by_creation(limit=100, cursor=None).items
                if job.state is JobState.QUEUED
            ]
            if not queued:
                assert bool(ended) is bool(begun)
                return ended
            ended += [carry_out(container, tenant_id, job.id) for job in queued]

    return look


def set_rules(person: Person, container: Container, **rules: Any) -> dict[str, Any]:
    """Set rules, carry out the preview, and return what it counted."""
    answer = person.put("/v1/retention", rules)
    assert answer.status == 200, answer.text
    job = carry_out(container, person.tenant, answer.body["previewJobId"])
    assert (job.state, job.problem) == (JobState.SUCCEEDED, None)
    said = json.loads(job.result or "{}")
    assert (said["preview"], said["requests"]) == (True, [])
    counts: dict[str, Any] = said["counts"]
    return counts


def live(world: JobsWorld, tenant_id: str, service: str, entity: str) -> list[str]:
    door = world.jobs.system_workspace(tenant_id, "test").system_door(service)
    return [record[f"{entity}Id"] for record in door.export_all(entity)]


def test_contacts_that_nobody_thinks_of_are_erased_and_others_are_not(
    container: Container,
    clock: FixedClock,
    tenant: Tenants,
    add_jane: Callable[..., str],
    apply: Callable[..., str],
    daily: Callable[..., list[Job]],
    person: People,
    world: JobsWorld,
    traces: Traces,
) -> None:
    here, elsewhere = tenant(), tenant()
    forgotten, theirs = add_jane(here), add_jane(elsewhere)
    with_deal = apply(here, "customers", "contact", lastName="Deal", email="deal@example.com")
    with_plan = apply(here, "customers", "contact", lastName="Plan", email="plan@example.com")
    held = apply(here, "customers", "contact", lastName="Held", email="held@example.com")
    customer = apply(here, "customers", "customer", companyName="ACME")
    apply(
        here,
        "pipeline",
        "opportunity",
        title="A",
        customerId=customer,
        contactId=with_deal,
        stage="prospecting",
    )
    clock.advance(13 * MONTH)
    lately = apply(here, "customers", "contact", lastName="Lately", email="lately@example.com")
    soon = (clock.now() + timedelta(days=3)).isoformat()
    meeting = {"type": "meeting", "subject": "Plan", "scheduledAt": soon}
    apply(here, "activities", "activity", **meeting, participants={"contactIds": [with_plan]})
    person(here).post("/v1/legal-holds", {"reason": "x", "subject": {"email": "held@example.com"}})
    assert set_rules(person(here), container, inactiveContactMonths=12) == {"contacts": 1}
    # Nothing is erased before a day is over.
    assert daily(here) == []
    assert len(live(world, here, "customers", "contact")) == 5
    clock.advance(24 * 3600)
    retention, *requests = daily(here)
    assert (retention.kind, retention.state) == (JobKind.RETENTION, JobState.SUCCEEDED)
    assert json.loads(retention.result or "{}")["requests"] == [job.id for job in requests]
    assert [(job.kind, job.parent_id, job.state) for job in requests] == [
        (JobKind.PRIVACY, retention.id, JobState.SUCCEEDED)
    ]
    assert set(live(world, here, "customers", "contact")) == {with_deal, with_plan, held, lately}
    assert traces.of(here, JANE, "jane roe") == []
    assert live(world, elsewhere, "customers", "contact") == [theirs]
    assert forgotten not in live(world, here, "customers", "contact")
    # The next day there is nothing left to do.
    clock.advance(24 * 3600)
    assert [job.kind for job in daily(here)] == [JobKind.RETENTION]


def test_business_records_stay_seven_years_at_least(
    container: Container,
    clock: FixedClock,
    tenant: Tenants,
    apply: Callable[..., str],
    daily: Callable[..., list[Job]],
    person: People,
    world: JobsWorld,
) -> None:
    here = tenant()
    customer = apply(here, "customers", "customer", companyName="ACME")
    deal = {"title": "A", "customerId": customer}
    lost = {"stage": "lost", "lossReason": "price"}
    seven_years_ago = years_before(clock.now().date(), 7)
    days = [(seven_years_ago + timedelta(days=each)).isoformat() for each in (-1, 3)]
    old, young = (apply(here, "pipeline", "opportunity", **deal, **lost, closeDate=day) for day in days)
    open_ = apply(here, "pipeline", "opportunity", **deal, stage="prospecting")
    assert set_rules(person(here), container, businessYears=7) == {}
    assert set_rules(person(here), container, eraseBusinessRecords=True) == {"opportunities": 1}
    clock.advance(24 * 3600)
    (job,) = daily(here)
    assert json.loads(job.result or "{}")["counts"] == {"opportunities": 1}
    assert set(live(world, here, "pipeline", "opportunity")) == {young, open_}
    assert old not in live(world, here, "pipeline", "opportunity")


def test_archives_of_persons_end_after_thirty_days_without_any_rules(
    container: Container,
    clock: FixedClock,
    tenant: Tenants,
    add_jane: Callable[..., str],
    ask: Callable[..., str],
    daily: Callable[..., list[Job]],
    person: People,
    traces: Traces,
) -> None:
    here = tenant()
    add_jane(here)
    job_id = ask(here, "access", email=JANE)
    carry_out(container, here, job_id)
    for days in (1, 28, 1):
        assert len(person(here).get(f"/v1/jobs/{job_id}/files").body["items"]) == 2
        clock.advance(days * 24 * 3600)
        daily(here)
    assert person(here).get(f"/v1/jobs/{job_id}/files").body["items"] == []
    assert [place for place in traces.dump(here) if "transfers" in place] == []
    # Nothing is left to be looked after.
    clock.advance(24 * 3600)
    daily(here)
    clock.advance(24 * 3600)
    assert daily(here) == []


def test_files_of_jobs_end_when_the_rules_say_so(
    container: Container,
    clock: FixedClock,
    tenant: Tenants,
    put_file: Callable[..., str],
    daily: Callable[..., list[Job]],
    person: People,
    traces: Traces,
) -> None:
    here = tenant()
    jobs = container.system_workspace(here, "test").jobs

    def with_file(kind: JobKind, path: str, purpose: str) -> str:
        acting: Any = {"user_id": "user-1"}
        job = jobs.add(
            Job(id=jobs.store.new_id(), kind=kind, state=JobState.SUCCEEDED, acting=acting, owner_id="user-1")
        )
        key = put_file(here, path.format(job.id), b"content", purpose)
        file = JobFile(name="f", purpose=purpose, key=key, content_type="text/csv", size_bytes=7)
        jobs.save(job.model_copy(update={"files": (file,), "finished_at": clock.now()}), previous=job)
        return job.id

    export = with_file(JobKind.EXPORT, "exports/{}/a.csv", "transfers")
    report = with_file(JobKind.REPORT, "reports/{}/a.pdf", "reports")
    backup = with_file(JobKind.BACKUP, "backups/{}/a", "backups")
    kept = with_file(JobKind.IMPORT, "imports/{}/a.csv", "transfers")
    person(here).post("/v1/legal-holds", {"reason": "x", "record": {"entity": "job", "id": kept}})
    clock.advance(10 * 24 * 3600)
    young = with_file(JobKind.EXPORT, "exports/{}/a.csv", "transfers")
    assert set_rules(person(here), container, jobFileDays=5) == {"files": 2}
    clock.advance(24 * 3600)
    daily(here)
    left = {
        place.split(" ")[1].split("/")[2] for place in traces.dump(here) if "test-" in place and "/" in place
    }
    assert left >= {backup, kept, young}
    assert not left & {export, report}
    assert [len(jobs.get(id).files) for id in (export, report, backup, kept, young)] == [0, 0, 1, 1, 1]


@pytest.mark.parametrize(
    "rules",
    [
        {"businessYears": 6},
        {"businessYears": 101},
        {"inactiveContactMonths": 5},
        {"lostLeadMonths": 0},
        {"jobFileDays": 0},
        {"jobFileDays": 4000},
        {"inactiveContactMonths": "12 months"},
        {"everything": True},
        [],
    ],
)
def test_what_are_no_rules_are_refused(tenant: Tenants, person: People, rules: Any) -> None:
    assert person(tenant()).put("/v1/retention", rules).status == 422


def test_rules_are_a_tenants_own_and_administrators_set_them(
    container: Container, tenant: Tenants, person: People
) -> None:
    here, elsewhere = tenant(), tenant()
    set_rules(person(here), container, jobFileDays=30)
    assert person(here).get("/v1/retention").body["jobFileDays"] == 30
    assert person(elsewhere).get("/v1/retention").body["jobFileDays"] is None
    rep = person(here, roles=("sales-rep",))
    assert (rep.get("/v1/retention").status, rep.put("/v1/retention", {}).status) == (403, 403)


def test_a_tenant_that_has_left_is_looked_after_no_longer(container: Container, clock: FixedClock) -> None:
    due = container.due_retention
    due.ensure("gonetenant", clock.now())
    assert list(due.due(clock.now())) == ["gonetenant"]
    begun = start_due(due, clock.now(), lambda id: container.system_workspace(id, "retention"))
    assert (begun, list(due.due(clock.now()))) == (0, [])


def test_months_end_where_months_end() -> None:
    assert months_before(datetime(2026, 3, 31, 12, tzinfo=UTC), 1).day == 28
    assert months_before(datetime(2024, 3, 31, tzinfo=UTC), 1).date() == date(2024, 2, 29)
    assert months_before(datetime(2026, 1, 15, tzinfo=UTC), 13).date() == date(2024, 12, 15)
    assert years_before(date(2024, 2, 29), 7) == date(2017, 2, 28)


def test_a_look_that_is_killed_anywhere_ends_as_if_it_never_had_been(
    container: Container,
    clock: FixedClock,
    tenant: Tenants,
    apply: Callable[..., str],
    put_file: Callable[..., str],
    world: JobsWorld,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class KilledError(BaseException):
        pass

    here = tenant()
    workspace = container.system_workspace(here, "retention")
    rules = {"erase_business_records": True, "job_file_days": 1, "lost_lead_months": 1}
    RetentionPolicies(workspace.lookup).put(RetentionPolicy(**rules))
    customer = apply(here, "customers", "customer", companyName="ACME")
    old = (years_before(clock.now().date(), 7) - timedelta(days=1)).isoformat()
    for title in "ABC":
        deal = {"title": title, "customerId": customer, "stage": "lost", "lossReason": "price"}
        apply(here, "pipeline", "opportunity", **deal, closeDate=old)
    for name in "XYZ":
        apply(here, "pipeline", "lead", lastName=name, status="unqualified")
    made = workspace.jobs.add(
        Job(
            id=workspace.jobs.store.new_id(),
            kind=JobKind.EXPORT,
            state=JobState.SUCCEEDED,
            acting=Acting(user_id="user-1"),
            owner_id="user-1",
        )
    )
    put_file(here, f"exports/{made.id}/a.csv", b"a")
    clock.advance(2 * MONTH)
    due = container.due_retention
    due.put(here, clock.now())
    start_due(due, clock.now(), lambda id: container.system_workspace(id, "retention"))
    (job,) = (
        each for each in workspace.jobs.page_by_creation(limit=9, cursor=None).items if each.id != made.id
    )
    done = iter(range(1, 10_000))

    def watched(method: Any) -> Any:
        def call(*args: Any, **facts: Any) -> Any:
            if next(done) % 3 == 0:
                raise KilledError
            return method(*args, **facts)

        return call

    monkeypatch.setattr(JobRun, "save", watched(JobRun.save))
    world.doors.after = watched(lambda service, call: None)
    while not (ended := workspace.jobs.get(job.id)).has_ended:
        try:
            carry_out(container, here, job.id)
        except KilledError:
            clock.advance(100)
    assert (ended.state, ended.problem) == (JobState.SUCCEEDED, None)
    said = json.loads(ended.result or "{}")
    assert said["counts"] == {"files": 1, "opportunities": 3, "leads": 3}
    assert len(said["requests"]) == 1
    requests = [
        each
        for each in workspace.jobs.page_by_creation(limit=9, cursor=None).items
        if each.parent_id == job.id
    ]
    assert [each.id for each in requests] == said["requests"]
