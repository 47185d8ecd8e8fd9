"""Reminders: one notification each, moved and cancelled with the activity, whatever order events come in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from activities_in_process import InMemorySchedules
from activity_records import activity
from callers import Person
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from proof import examples
from table_changes import TableChanges

from zebros_activities.adapters.reminder_schedules import OneTimeReminders
from zebros_activities.domain.reminders import ReminderDue, parse_reminder, reminder_wanted
from zebros_activities.reminder_settings import ReminderSettings
from zebros_activities.repositories.reminders import KeptReminder
from zebros_activities.use_cases.check_reminders import check_reminders
from zebros_activities.use_cases.keep_reminder import keep_reminder, remind
from zebros_core.errors import UnavailableError
from zebros_core.messaging import EntityChanged, MalformedMessageError

AT = "2026-03-02T12:00:00Z"
DUE = datetime(2026, 3, 2, 11, 45, tzinfo=UTC)


class Reminding:
    """The consumer `reminders`, the function `remind`, and the schedules between them."""

    def __init__(self, container: Any, schedules: InMemorySchedules, changes: TableChanges) -> None:
        self.container = container
        self.schedules = schedules
        self.changes = changes
        self.seen: list[EntityChanged] = []

    def follow(self) -> None:
        """Handle what was written since."""
        for change in self.changes.take():
            self.seen.append(change)
            self.handle(change)

    def handle(self, change: EntityChanged) -> None:
        keep_reminder(self.container.system_workspace(change.tenant_id, "reminders"), change.id)

    def ring(self, *, twice: bool = False) -> int:
        """Send what is due by now; return how many told somebody."""
        told = 0
        for key, due in sorted(self.schedules.there.items()):
            if due.at <= self.container.clock.now():
                del self.schedules.there[key]
                for _ in range(2 if twice else 1):
                    workspace = self.container.system_workspace(due.tenant_id, "remind")
                    told += remind(workspace, due.activity_id, due.at)
        return told

    @property
    def instants(self) -> list[datetime]:
        return sorted(at for _, at in self.schedules.there)


@pytest.fixture
def reminding(container: Any, schedules: InMemorySchedules, changes: TableChanges) -> Reminding:
    return Reminding(container, schedules, changes)


def test_somebody_is_reminded_once(both: tuple[Person, Person], reminding: Reminding, clock: Any) -> None:
    one, two = both
    made = activity(one, scheduledAt=AT, reminderMinutes=15)
    activity(two, scheduledAt=AT)
    reminding.follow()
    assert reminding.instants == [DUE]
    clock.advance(hours=2, minutes=45)
    assert reminding.ring(twice=True) == 1
    shown = one.get(f"/v1/activities/{made['activityId']}").body
    assert (shown["remindedAt"], shown["version"]) == ("2026-03-02T11:45:00Z", 2)
    assert (shown["updatedBy"], shown["status"]) == ("system:remind", "open")
    reminding.follow()
    assert reminding.instants == []
    told = [change for change in reminding.seen if change.changed == ("remindedAt",)]
    assert [change.actor for change in told] == ["system:remind"], (
        "one event, from which one notification follows"
    )


def test_a_reminder_moves_with_its_activity(admin: Person, reminding: Reminding, clock: Any) -> None:
    made = activity(admin, scheduledAt=AT, reminderMinutes=15)
    where = f"/v1/activities/{made['activityId']}"
    reminding.follow()
    admin.patch(where, {"scheduledAt": "2026-03-02T14:00:00Z"})
    reminding.follow()
    assert reminding.instants == [DUE + timedelta(hours=2)]
    admin.patch(where, {"reminderMinutes": 30})
    reminding.follow()
    assert reminding.instants == [datetime(2026, 3, 2, 13, 30, tzinfo=UTC)]
    admin.patch(where, {"subject": "Other"})
    reminding.follow()
    clock.advance(hours=4, minutes=30)
    assert reminding.ring() == 1
    admin.patch(where, {"scheduledAt": "2026-03-02T16:00:00Z"})
    assert admin.get(where).body["remindedAt"] is None, "another time is reminded of again"
    reminding.follow()
    assert reminding.instants == [datetime(2026, 3, 2, 15, 30, tzinfo=UTC)]


@pytest.mark.parametrize("end", ["complete", "cancel", "delete", "no-reminder", "no-time"])
def test_a_reminder_is_cancelled_with_its_activity(
    admin: Person, reminding: Reminding, clock: Any, end: str
) -> None:
    made = activity(admin, scheduledAt=AT, reminderMinutes=15)
    where = f"/v1/activities/{made['activityId']}"
    reminding.follow()
    done = {
        "complete": lambda: admin.post(f"{where}/complete", {}),
        "cancel": lambda: admin.patch(where, {"status": "cancelled"}),
        "delete": lambda: admin.delete(where),
        "no-reminder": lambda: admin.patch(where, {"reminderMinutes": None}),
        "no-time": lambda: admin.patch(where, {"reminderMinutes": None, "scheduledAt": None}),
    }[end]()
    assert done.status in {200, 204}, done.text
    created = reminding.seen[0]
    left_over = dict(reminding.schedules.there)
    reminding.follow()
    assert reminding.instants == []
    reminding.handle(created)
    assert reminding.instants == [], "a late event brings nothing back"
    reminding.schedules.there.update(left_over)
    clock.advance(hours=2, minutes=45)
    assert reminding.ring() == 0, "a schedule that a fault left over finds nothing to tell"


def test_a_restored_activity_is_reminded_of_if_it_is_still_ahead(admin: Person, reminding: Reminding) -> None:
    made = activity(admin, scheduledAt=AT, reminderMinutes=15)
    where = f"/v1/activities/{made['activityId']}"
    reminding.follow()
    admin.delete(where)
    reminding.follow()
    admin.post(f"{where}/restore")
    reminding.follow()
    assert reminding.instants == [DUE]


@pytest.mark.parametrize(
    ("scheduled_at", "told"),
    [
        ("2026-03-02T09:10:00Z", True),
        ("2026-03-02T08:00:00Z", True),
        ("2026-03-01T08:59:59Z", False),
        ("2020-01-01T09:00:00Z", False),
    ],
)
def test_a_reminder_that_is_due_when_it_is_made_is_told_at_once_unless_all_is_long_over(
    admin: Person, reminding: Reminding, scheduled_at: str, told: bool
) -> None:
    made = activity(admin, scheduledAt=scheduled_at, reminderMinutes=15)
    reminding.follow()
    assert reminding.instants == []
    shown = admin.get(f"/v1/activities/{made['activityId']}").body
    assert (shown["remindedAt"] is not None) == told
    reminding.handle(reminding.seen[0])
    assert admin.get(f"/v1/activities/{made['activityId']}").body["version"] == shown["version"]


def test_whoever_read_an_older_version_gives_way(
    admin: Person, reminding: Reminding, container: Any, monkeypatch: Any
) -> None:
    """One handles version 1 and is overtaken, between its reads and its write, by who handles version 2."""
    made = activity(admin, scheduledAt=AT, reminderMinutes=15)
    where = f"/v1/activities/{made['activityId']}"
    change = reminding.changes.take()[0]
    put, overtaken = InMemorySchedules.put, [False]

    def overtake(self: InMemorySchedules, reminder: ReminderDue) -> None:
        if not overtaken[0]:
            overtaken[0] = True
            admin.patch(where, {"scheduledAt": "2026-03-02T14:00:00Z"})
            reminding.follow()
        put(self, reminder)

    monkeypatch.setattr(InMemorySchedules, "put", overtake)
    reminding.handle(change)
    assert reminding.instants == [DUE + timedelta(hours=2)]


STEPS = {
    "later": lambda admin, where, n: admin.patch(where, {"scheduledAt": f"2026-03-03T{n:02d}:00:00Z"}),
    "complete": lambda admin, where, n: admin.post(f"{where}/complete", {}),
    "reopen": lambda admin, where, n: admin.post(f"{where}/reopen"),
    "delete": lambda admin, where, n: admin.delete(where),
    "restore": lambda admin, where, n: admin.post(f"{where}/restore"),
    "silence": lambda admin, where, n: admin.patch(where, {"reminderMinutes": None}),
    "remind": lambda admin, where, n: admin.patch(where, {"reminderMinutes": 30}),
}


@settings(
    max_examples=examples(25), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=st.lists(st.sampled_from(sorted(STEPS)), min_size=1, max_size=7), data=st.data())
def test_whatever_happens_and_in_whatever_order_it_is_heard_of_the_schedule_is_what_is_asked_for(
    admin: Person, reminding: Reminding, container: Any, steps: list[str], data: st.DataObject
) -> None:
    reminding.schedules.there.clear()
    activity_id = activity(admin, scheduledAt=AT, reminderMinutes=15)["activityId"]
    waiting = reminding.changes.take()
    for number, step in enumerate(steps):
        STEPS[step](admin, f"/v1/activities/{activity_id}", number)
        waiting += reminding.changes.take()
        if data.draw(st.booleans()):
            reminding.handle(data.draw(st.sampled_from(waiting)))
    for change in data.draw(st.permutations(waiting)):
        reminding.handle(change)
    kept = container.system_workspace(admin.tenant, "test").activities.find_any(activity_id)
    wanted = reminder_wanted(kept, container.clock.now())
    assert reminding.instants == ([wanted] if wanted is not None else [])


@pytest.mark.parametrize("fails", ["put", "remove"])
def test_a_scheduler_that_does_not_answer_is_asked_again(
    admin: Person, reminding: Reminding, schedules: InMemorySchedules, clock: Any, fails: str
) -> None:
    made = activity(admin, scheduledAt=AT, reminderMinutes=15)
    where = f"/v1/activities/{made['activityId']}"
    reminding.follow()
    admin.patch(where, {"scheduledAt": "2026-03-02T14:00:00Z"})
    change = reminding.changes.take()[0]
    schedules.fails.append(fails)
    with pytest.raises(UnavailableError):
        reminding.handle(change)
    reminding.handle(change)
    assert DUE + timedelta(hours=2) in reminding.instants
    clock.advance(hours=5)
    assert reminding.ring() == 1, "whatever schedules are left, one tells"


def test_an_activity_that_changes_while_its_reminder_is_told_is_told_of_all_the_same(
    admin: Person, reminding: Reminding, clock: Any, monkeypatch: Any
) -> None:
    from zebros_activities.repositories.activities import ActivityRepository

    made = activity(admin, scheduledAt=AT, reminderMinutes=15)
    reminding.follow()
    clock.advance(hours=3)
    save, raced = ActivityRepository.save, [False]

    def race(self: Any, *arguments: Any, **more: Any) -> Any:
        if not raced[0]:
            raced[0] = True
            admin.patch(f"/v1/activities/{made['activityId']}", {"subject": "Other"})
        return save(self, *arguments, **more)

    monkeypatch.setattr(ActivityRepository, "save", race)
    assert reminding.ring() == 1
    assert admin.get(f"/v1/activities/{made['activityId']}").body["subject"] == "Other"


def test_a_check_finds_what_is_missing_or_wrong_and_mends_it(
    admin: Person, reminding: Reminding, container: Any, changes: TableChanges
) -> None:
    made = [activity(admin, scheduledAt=AT, reminderMinutes=minutes) for minutes in (15, 30, 45)]
    activity(admin, scheduledAt=AT)
    ids = [item["activityId"] for item in made]
    first, second = [change for change in changes.take() if change.id in ids][:2]
    for change in (first, second):
        reminding.handle(change)
    handled = {first.id, second.id}
    workspace = container.system_workspace(admin.tenant, "check")
    workspace.reminders.keep(first.id, KeptReminder(1, None), previous=workspace.reminders.find(first.id))
    found = check_reminders(workspace, limit=100, cursor=None, repair=False)
    assert (found.checked, found.wrong, found.next_cursor) == (4, [first.id], None)
    assert found.late == [id for id in ids if id not in handled]
    reminding.schedules.there.clear()
    check_reminders(workspace, limit=100, cursor=None, repair=True)
    assert check_reminders(workspace, limit=100, cursor=None, repair=False).wrong == []
    assert {id for id, _ in reminding.schedules.there} == set(ids) - {second.id}


class Scheduler:
    """The API of EventBridge Scheduler, as far as it is used."""

    def __init__(self) -> None:
        self.there: dict[str, dict[str, Any]] = {}

    def create_schedule(self, **request: Any) -> None:
        if request["Name"] in self.there:
            raise self._error("ConflictException", 409)
        self.there[request["Name"]] = request

    def delete_schedule(self, Name: str, GroupName: str) -> None:
        assert GroupName == "zebros-test-reminders"
        if self.there.pop(Name, None) is None:
            raise self._error("ResourceNotFoundException", 404)

    @staticmethod
    def _error(code: str, status: int) -> Exception:
        from botocore.exceptions import ClientError

        return ClientError(
            {"Error": {"Code": code, "Message": ""}, "ResponseMetadata": {"HTTPStatusCode": status}},  # pyright: ignore
            "Schedule",
        )


def test_schedules_of_the_scheduler_are_named_by_their_instant() -> None:
    scheduler = Scheduler()
    settings = ReminderSettings("arn:due", "arn:dead", "zebros-test-reminders", "arn:role")
    reminders = OneTimeReminders(lambda: scheduler, settings)
    activity_id = "01JC8Z4T5V6W7X8Y9ZABCDEFGH"
    due = ReminderDue(tenant_id="a" * 24, activity_id=activity_id, at=DUE + timedelta(milliseconds=1))
    reminders.put(due)
    reminders.put(due)
    ((name, made),) = scheduler.there.items()
    assert len(name) <= 64
    assert made["ScheduleExpression"] == "at(2026-03-02T11:45:01)"
    assert made["ActionAfterCompletion"] == "DELETE"
    assert parse_reminder(made["Target"]["Input"]) == due
    reminders.remove("a" * 24, activity_id, due.at)
    reminders.remove("a" * 24, activity_id, due.at)
    assert scheduler.there == {}


@pytest.mark.parametrize(
    "message",
    ["", "{}", "[]", '{"schemaVersion":1,"tenantId":"x#y","activityId":"1","at":"2026-03-02T11:45:00Z"}'],
)
def test_a_message_that_no_schedule_of_ours_sent_is_set_aside(message: str) -> None:
    with pytest.raises(MalformedMessageError):
        parse_reminder(message)
