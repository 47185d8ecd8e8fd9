"""Reports that come by themselves: when, in whose name, and once for each time."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from callers import Person
from hypothesis import given
from hypothesis import strategies as st
from jobs_in_process import JobsWorld

from zebros_auth.domain.user import Role, UserStatus
from zebros_core.clock import FixedClock
from zebros_core.errors import UnavailableError
from zebros_core.messaging import MalformedMessageError
from zebros_jobs.domain.job import JobKind
from zebros_jobs.domain.reports.schedule import Recurrence, ScheduleDue, parse_due
from zebros_jobs.handlers.due import make_due_report
from zebros_jobs.repositories.report_schedules import ReportScheduleRepository
from zebros_jobs.use_cases.reports.schedules import forget_person

Company = Any
Schedules = Any

MONTHLY = {
    "name": "Sales for the board",
    "report": {"report": "sales", "period": "last-month", "by": ["week"], "formats": ["pdf"]},
    "recurrence": {"every": "month", "day": 1, "at": "07:30", "timeZone": "Europe/Amsterdam"},
    "recipients": ["ada"],
}


@pytest.fixture
def at(clock: FixedClock) -> Callable[[str], None]:
    """Move the clock on to the next time that it is so much past midnight UTC on a day of the month."""

    def move(moment: str) -> None:
        day, _, time = moment.partition(" ")
        hour, minute = map(int, time.split(":"))
        now = clock.now()
        target = now.replace(hour=hour, minute=minute, second=0, microsecond=0)
        while target <= now or target.day != int(day):
            target += timedelta(days=1)
        clock.advance((target - now).total_seconds())

    return move


@pytest.fixture
def staffed(company: Callable[..., Company]) -> Company:
    one = company(timeZone="Europe/Amsterdam")
    one.add("ada", email="ada@example.com")
    one.add("bob", role="viewer")
    one.add("rep", role="sales-rep")
    return one


@pytest.fixture
def owner(person: Callable[..., Person], staffed: Company) -> Person:
    return person(staffed.id, user="ada", roles=("sales-manager",))


@pytest.fixture
def due(world: JobsWorld) -> Callable[..., None]:
    """Deliver what the scheduler sends."""
    return lambda company, id: make_due_report(
        world.jobs, ScheduleDue(tenant_id=getattr(company, "id", company), schedule_id=id)
    )


def jobs_of(world: JobsWorld, company: Company) -> list[Any]:
    page = world.jobs.system_workspace(company.id, "test").jobs.page(
        kind="report", state=None, owner_id=None, limit=50, cursor=None, visibility_key="all"
    )
    return list(page.items)


# -- keeping them ----------------------------------------------------------------------------------------------------


def test_a_schedule_is_kept_changed_and_deleted(
    staffed: Company,
    owner: Person,
    scheduler: Schedules,
    person: Callable[..., Person],
    company: Callable[..., Company],
) -> None:
    made = owner.post("/v1/report-schedules", {**MONTHLY, "recipients": ["ADA@example.com", "bob", "ada"]})
    assert made.status == 201, made.text
    body = made.body
    id = body["scheduleId"]
    assert made.headers["location"] == f"/v1/report-schedules/{id}"
    assert body["recipients"] == ["ada", "bob"], "each once, by id"
    assert (body["ownerId"], body["paused"], body["lastRun"], body["version"]) == ("ada", None, None, 1)
    assert body["report"]["period"] == "last-month"
    assert scheduler.kept[staffed.id, id] == ("cron(30 7 1 * ? *)", "Europe/Amsterdam", True)
    read = owner.get(f"/v1/report-schedules/{id}")
    assert (read.body, read.headers["etag"]) == (body, '"1"')

    changed = owner.patch(
        f"/v1/report-schedules/{id}",
        {"recurrence": {"every": "week", "weekdays": ["friday", "monday"], "day": None}, "name": "Weekly"},
        if_match='"1"',
    )
    assert changed.status == 200, changed.text
    assert (changed.body["name"], changed.body["version"]) == ("Weekly", 2)
    assert scheduler.kept[staffed.id, id][0] == "cron(30 7 ? * MON,FRI *)"
    assert owner.patch(f"/v1/report-schedules/{id}", {"name": "Late"}, if_match='"1"').status == 412

    elsewhere = person(company().id)
    for call in (elsewhere.get, elsewhere.delete):
        assert call(f"/v1/report-schedules/{id}").status == 404
    assert elsewhere.get("/v1/report-schedules").body["items"] == []
    assert elsewhere.patch(f"/v1/report-schedules/{id}", {"name": "x"}).status == 404
    assert [each["scheduleId"] for each in owner.get("/v1/report-schedules").body["items"]] == [id]

    assert owner.delete(f"/v1/report-schedules/{id}", if_match='"1"').status == 412
    assert owner.delete(f"/v1/report-schedules/{id}", if_match='"2"').status == 204
    assert (staffed.id, id) not in scheduler.kept
    assert owner.get(f"/v1/report-schedules/{id}").status == 404


def test_a_repeated_request_makes_one_schedule(owner: Person) -> None:
    first = owner.post("/v1/report-schedules", MONTHLY, idempotency_key="once")
    again = owner.post("/v1/report-schedules", MONTHLY, idempotency_key="once")
    assert first.body == again.body
    assert len(owner.get("/v1/report-schedules").body["items"]) == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"recipients": []}, "/recipients"),
        ({"recipients": ["stranger@elsewhere.example"]}, "/recipients/0"),
        ({"recipients": ["ada", "nobody"]}, "/recipients/1"),
        ({"recipients": ["rep"]}, "/recipients/0"),
        ({"recipients": ["gone"]}, "/recipients/0"),
        ({"recipients": ["ada\r\nBcc: all@example.com"]}, "/recipients/0"),
        ({"report": {"report": "sales", "period": "2017"}}, "/report/period"),
        ({"report": {"report": "sales", "period": "last-month", "by": ["type"]}}, "/report/by"),
        ({"report": {"report": "sales", "period": "last-month", "formats": ["json"]}}, "/report/formats"),
        ({"recurrence": {"every": "day", "at": "24:00"}}, "/recurrence"),
        ({"recurrence": {"every": "day", "at": "7:30"}}, "/recurrence"),
        ({"recurrence": {"every": "day", "at": "07:30", "day": 3}}, "/recurrence"),
        ({"recurrence": {"every": "week", "at": "07:30"}}, "/recurrence"),
        ({"recurrence": {"every": "week", "at": "07:30", "weekdays": ["monday", "monday"]}}, "/recurrence"),
        ({"recurrence": {"every": "month", "at": "07:30", "day": 29}}, "/recurrence"),
        ({"recurrence": {"every": "month", "at": "07:30"}}, "/recurrence"),
        (
            {"recurrence": {"every": "month", "at": "07:30", "day": 1, "timeZone": "Mars/Olympus"}},
            "/recurrence",
        ),
        ({"ownerId": "bob"}, "/ownerId"),
        ({"name": "x" * 201}, "/name"),
    ],
)
def test_what_is_no_schedule_is_refused_with_the_field(
    staffed: Company, owner: Person, scheduler: Schedules, change: dict[str, Any], field: str
) -> None:
    staffed.add("gone", status=UserStatus.DEACTIVATED)
    before = dict(scheduler.kept)
    answer = owner.post("/v1/report-schedules", {**MONTHLY, **change})
    assert answer.status == 422, answer.text
    assert any(fault["field"].startswith(field) for fault in answer.body["errors"]), answer.body
    assert owner.get("/v1/report-schedules").body["items"] == []
    assert scheduler.kept == before


def test_schedules_are_for_those_who_may_set_them_up_and_are_people(
    staffed: Company, person: Callable[..., Person]
) -> None:
    for user, role, status in (
        ("bob", "viewer", 403),
        ("rep", "sales-rep", 403),
        ("integration-1", "tenant-admin", 403),
        ("ada", "sales-manager", 201),
    ):
        who = person(staffed.id, user=user, roles=(role,))
        assert who.post("/v1/report-schedules", MONTHLY).status == status, user
    assert person(staffed.id, user="bob", roles=("viewer",)).get("/v1/report-schedules").status == 403


def test_no_company_has_more_than_a_hundred(owner: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zebros_jobs.use_cases.reports.schedules.MAX_SCHEDULES", 2)
    assert [owner.post("/v1/report-schedules", MONTHLY).status for _ in range(3)] == [201, 201, 409]


def test_a_scheduler_that_does_not_answer_leaves_nothing_half_done(
    staffed: Company, owner: Person, scheduler: Schedules, monkeypatch: pytest.MonkeyPatch
) -> None:
    id = owner.post("/v1/report-schedules", MONTHLY).body["scheduleId"]

    def silent(*_: Any) -> None:
        raise UnavailableError

    monkeypatch.setattr(scheduler, "put", silent)
    assert owner.post("/v1/report-schedules", MONTHLY).status == 503
    assert owner.patch(f"/v1/report-schedules/{id}", {"name": "Other"}).status == 503
    assert [each["name"] for each in owner.get("/v1/report-schedules").body["items"]] == [MONTHLY["name"]]


# -- when they are due -----------------------------------------------------------------------------------------------


def test_it_runs_once_for_each_time_however_often_it_is_woken(
    world: JobsWorld, staffed: Company, owner: Person, due: Callable[..., None], at: Callable[[str], None]
) -> None:
    staffed.deal()
    id = owner.post("/v1/report-schedules", {**MONTHLY, "recipients": ["ada", "bob"]}).body["scheduleId"]
    due(staffed, id)
    assert jobs_of(world, staffed) == [], "nothing was due since it was made"
    at("1 07:00")
    for _ in range(3):
        due(staffed, id)
    (job,) = jobs_of(world, staffed)
    assert (job.kind, job.parent_id, job.owner_id) == (JobKind.REPORT, id, "ada")
    asked = json.loads(job.parameters)
    today = world.jobs.clock.now().astimezone(ZoneInfo("Europe/Amsterdam")).date()
    assert (asked["today"], asked["recipients"], asked["title"]) == (
        today.isoformat(),
        ["ada", "bob"],
        MONTHLY["name"],
    )
    assert job.acting.roles == ("sales-manager",)
    shown = owner.get(f"/v1/report-schedules/{id}").body
    assert shown["lastRun"]["jobId"] == job.id and shown["version"] == 1
    assert shown["nextDueAt"] > shown["lastRun"]["dueAt"]
    at("1 07:00")
    due(staffed, id)
    assert len(jobs_of(world, staffed)) == 2


def test_of_several_times_that_were_missed_the_last_is_made(
    world: JobsWorld, staffed: Company, owner: Person, due: Callable[..., None], clock: FixedClock
) -> None:
    daily = {"every": "day", "at": "06:00", "timeZone": "UTC"}
    id = owner.post("/v1/report-schedules", {**MONTHLY, "recurrence": daily}).body["scheduleId"]
    clock.advance(days=5)
    due(staffed, id)
    (job,) = jobs_of(world, staffed)
    assert json.loads(job.parameters)["today"] == clock.now().date().isoformat()


def test_killed_between_the_start_and_its_note_it_starts_no_second_one(
    world: JobsWorld,
    staffed: Company,
    owner: Person,
    due: Callable[..., None],
    at: Callable[[str], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    id = owner.post("/v1/report-schedules", MONTHLY).body["scheduleId"]
    at("1 07:00")

    class KilledError(BaseException):
        pass

    def die(*_: Any, **__: Any) -> None:
        raise KilledError

    with monkeypatch.context() as patched:
        patched.setattr(ReportScheduleRepository, "save", die)
        with pytest.raises(KilledError):
            due(staffed, id)
    due(staffed, id)
    assert len(jobs_of(world, staffed)) == 1
    assert owner.get(f"/v1/report-schedules/{id}").body["lastRun"] is not None


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"status": UserStatus.DEACTIVATED}, "ownerLeft"),
        ({"role": Role.SALES_REP}, "ownerLacksPermission"),
        ({"role": Role.VIEWER}, "ownerLacksPermission"),
    ],
)
def test_whose_owner_has_left_or_lost_the_right_is_paused_and_says_so(
    world: JobsWorld,
    staffed: Company,
    owner: Person,
    due: Callable[..., None],
    at: Callable[[str], None],
    person: Callable[..., Person],
    scheduler: Schedules,
    change: dict[str, Any],
    reason: str,
) -> None:
    staffed.add("eve", role="tenant-admin")
    id = owner.post("/v1/report-schedules", {**MONTHLY, "recipients": ["bob"]}).body["scheduleId"]
    staffed.change("ada", **change)
    at("1 07:00")
    due(staffed, id)
    assert jobs_of(world, staffed) == []
    eve = person(staffed.id, user="eve")
    shown = eve.get(f"/v1/report-schedules/{id}").body
    assert (shown["paused"]["reason"], shown["nextDueAt"], shown["version"]) == (reason, None, 2)
    due(staffed, id)
    assert eve.get(f"/v1/report-schedules/{id}").body["version"] == 2
    resumed = eve.patch(f"/v1/report-schedules/{id}", {"paused": False}).body
    assert (resumed["ownerId"], resumed["paused"]) == ("eve", None), "who resumes it takes it over"
    due(staffed, id)
    assert jobs_of(world, staffed) == [], "what was due meanwhile is not made up for"
    at("1 07:00")
    due(staffed, id)
    (job,) = jobs_of(world, staffed)
    assert (job.owner_id, job.acting.roles) == ("eve", ("tenant-admin",))


def test_it_runs_with_the_role_that_its_owner_has_by_then(
    world: JobsWorld, staffed: Company, owner: Person, due: Callable[..., None], at: Callable[[str], None]
) -> None:
    id = owner.post("/v1/report-schedules", MONTHLY).body["scheduleId"]
    staffed.change("ada", role=Role.TENANT_ADMIN, team_id="south")
    at("1 07:00")
    due(staffed, id)
    (job,) = jobs_of(world, staffed)
    assert (job.acting.roles, job.acting.team_id) == (("tenant-admin",), "south")


def test_a_paused_one_does_nothing_and_resumes_with_its_owner(
    world: JobsWorld,
    staffed: Company,
    owner: Person,
    due: Callable[..., None],
    at: Callable[[str], None],
    person: Callable[..., Person],
    scheduler: Schedules,
) -> None:
    staffed.add("eve", role="tenant-admin")
    id = owner.post("/v1/report-schedules", MONTHLY).body["scheduleId"]
    assert owner.patch(f"/v1/report-schedules/{id}", {"paused": True}).body["paused"]["reason"] == "byRequest"
    assert scheduler.kept[staffed.id, id][2] is False
    at("1 07:00")
    due(staffed, id)
    assert jobs_of(world, staffed) == []
    resumed = person(staffed.id, user="eve").patch(f"/v1/report-schedules/{id}", {"paused": False}).body
    assert (resumed["ownerId"], resumed["paused"]) == ("ada", None)
    assert scheduler.kept[staffed.id, id][2] is True


def test_what_nobody_keeps_any_more_is_taken_out_of_the_scheduler(
    world: JobsWorld,
    staffed: Company,
    company: Callable[..., Company],
    owner: Person,
    due: Callable[..., None],
    scheduler: Schedules,
) -> None:
    other = company()
    id = owner.post("/v1/report-schedules", MONTHLY).body["scheduleId"]
    scheduler.kept[other.id, id] = ("cron(0 0 * * ? *)", "UTC", True)
    due(other, id)
    assert (other.id, id) not in scheduler.kept and (staffed.id, id) in scheduler.kept
    assert jobs_of(world, staffed) == jobs_of(world, other) == []
    scheduler.kept["nowhere1", id] = ("cron(0 0 * * ? *)", "UTC", True)
    due("nowhere1", id)
    assert ("nowhere1", id) not in scheduler.kept


@pytest.mark.parametrize("status", ["suspended", "offboarding"])
def test_a_company_that_is_not_served_gets_none(
    world: JobsWorld,
    staffed: Company,
    owner: Person,
    due: Callable[..., None],
    at: Callable[[str], None],
    status: Any,
) -> None:
    from dataclasses import replace

    id = owner.post("/v1/report-schedules", MONTHLY).body["scheduleId"]
    at("1 07:00")
    world.register(replace(world.jobs.registry.get(staffed.id), status=status))
    due(staffed, id)
    world.register(replace(world.jobs.registry.get(staffed.id), status="active"))
    assert jobs_of(world, staffed) == []


@pytest.mark.parametrize(
    "message",
    [
        "",
        "{}",
        "[]",
        '{"tenantId": "acme1", "scheduleId": "x", "schemaVersion": 1}',
        '{"tenantId": "Acme", "scheduleId": "01JC8Z4T5V6W7X8Y9ZABCDEFGH", "schemaVersion": 1}',
        '{"tenantId": "acme1", "scheduleId": "01JC8Z4T5V6W7X8Y9ZABCDEFGH", "schemaVersion": 2}',
        '{"tenantId": "acme1", "scheduleId": "01JC8Z4T5V6W7X8Y9ZABCDEFGH", "schemaVersion": 1, "owner": "eve"}',
        '{"tenantId": "acme1", "tenantId": "acme2", "scheduleId": "01JC8Z4T5V6W7X8Y9ZABCDEFGH", "schemaVersion": 1}',
    ],
)
def test_a_message_that_says_something_else_is_poison(message: str) -> None:
    with pytest.raises(MalformedMessageError):
        parse_due(message)


def test_what_is_sent_is_what_is_read() -> None:
    sent = ScheduleDue(tenant_id="acme1", schedule_id="01JC8Z4T5V6W7X8Y9ZABCDEFGH")
    assert parse_due(sent.to_wire()) == sent


def test_who_is_erased_is_in_no_schedule_any_more(
    world: JobsWorld, staffed: Company, owner: Person, clock: FixedClock
) -> None:
    mine = owner.post("/v1/report-schedules", {**MONTHLY, "recipients": ["ada", "bob"]}).body["scheduleId"]
    schedules = ReportScheduleRepository(world.jobs.system_workspace(staffed.id, "test").lookup)
    assert forget_person(schedules, "bob", clock.now()) == 1
    assert schedules.get(mine).recipients == ("ada",)
    assert forget_person(schedules, "bob", clock.now()) == 0
    assert forget_person(schedules, "ada", clock.now()) == 1
    left = schedules.get(mine)
    assert (left.recipients, left.paused and left.paused.reason) == ((), "ownerLeft")


# -- the calendar ----------------------------------------------------------------------------------------------------


def moments(recurrence: dict[str, Any], zone: str, start: str, many: int) -> list[str]:
    made = Recurrence.model_validate(recurrence)
    now = datetime.fromisoformat(start)
    found: list[str] = []
    for _ in range(many):
        now = made.following(now, zone)
        found.append(now.isoformat())
        assert made.latest(now, zone) == now
        assert made.latest(now + timedelta(seconds=59), zone) == now
    return found


def test_times_are_those_of_the_clock_through_summer_and_winter() -> None:
    daily = {"every": "day", "at": "02:30"}
    assert moments(daily, "Europe/Berlin", "2026-03-27T12:00:00+00:00", 3) == [
        "2026-03-28T01:30:00+00:00",
        # There is no half past two on the 29th.
        "2026-03-30T00:30:00+00:00",
        "2026-03-31T00:30:00+00:00",
    ]
    assert moments(daily, "Europe/Berlin", "2026-10-24T12:00:00+00:00", 2) == [
        # It is half past two twice; the first counts.
        "2026-10-25T00:30:00+00:00",
        "2026-10-26T01:30:00+00:00",
    ]
    monthly = {"every": "month", "day": "last", "at": "23:59"}
    assert moments(monthly, "America/New_York", "2024-01-31T12:00:00+00:00", 3) == [
        "2024-02-01T04:59:00+00:00",
        "2024-03-01T04:59:00+00:00",
        "2024-04-01T03:59:00+00:00",
    ]
    weekly = {"every": "week", "weekdays": ["monday", "sunday"], "at": "00:00"}
    assert moments(weekly, "Pacific/Kiritimati", "2026-01-01T00:00:00+00:00", 3) == [
        "2026-01-03T10:00:00+00:00",
        "2026-01-04T10:00:00+00:00",
        "2026-01-10T10:00:00+00:00",
    ]


@given(
    st.sampled_from(
        ["Europe/Berlin", "America/Sao_Paulo", "Australia/Lord_Howe", "UTC", "Africa/Casablanca"]
    ),
    st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)).map(lambda at: at.replace(tzinfo=UTC)),
    st.one_of(
        st.just({"every": "day"}),
        st.sets(st.sampled_from(["monday", "wednesday", "saturday"]), min_size=1).map(
            lambda days: {"every": "week", "weekdays": sorted(days)}
        ),
        st.sampled_from([1, 15, 28, "last"]).map(lambda day: {"every": "month", "day": day}),
    ),
    st.tuples(st.integers(0, 23), st.integers(0, 59)),
)
def test_between_the_last_time_and_the_next_there_is_none(
    zone: str, now: datetime, recurrence: dict[str, Any], time: tuple[int, int]
) -> None:
    made = Recurrence.model_validate({**recurrence, "at": f"{time[0]:02}:{time[1]:02}"})
    latest, following = made.latest(now, zone), made.following(now, zone)
    assert latest <= now < following
    assert made.following(latest, zone) == following
    local = following.astimezone(ZoneInfo(zone))
    assert (local.hour, local.minute) == time
    assert following - latest <= timedelta(days=64)


@pytest.mark.parametrize(
    ("recurrence", "expression"),
    [
        ({"every": "day", "at": "00:05"}, "cron(5 0 * * ? *)"),
        ({"every": "week", "at": "07:30", "weekdays": ["sunday", "monday"]}, "cron(30 7 ? * MON,SUN *)"),
        ({"every": "month", "at": "23:59", "day": 28}, "cron(59 23 28 * ? *)"),
        ({"every": "month", "at": "06:00", "day": "last"}, "cron(0 6 L * ? *)"),
    ],
)
def test_the_scheduler_is_told_in_its_own_words(recurrence: dict[str, Any], expression: str) -> None:
    assert Recurrence.model_validate(recurrence).expression() == expression


def test_a_recurrence_has_a_next_time_on_any_day() -> None:
    made = Recurrence.model_validate({"every": "month", "day": 28, "at": "12:00"})
    assert made.following(datetime(2026, 2, 28, 12, tzinfo=UTC), "UTC").date() == date(2026, 3, 28)
