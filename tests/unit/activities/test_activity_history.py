"""The history of an activity, kept from events, with descriptions as a whole."""

from __future__ import annotations

from typing import Any

from activity_records import LONG, activity, contact, customer
from callers import Person
from table_changes import TableChanges

from zebros_activities.use_cases.keep_activity_history import keep_activity_history
from zebros_core.clock import FixedClock


def follow(container: Any, changes: TableChanges) -> None:
    for change in changes.take():
        keep_activity_history(container.system_workspace(change.tenant_id, "history"), change)


def test_a_history_has_whole_descriptions_before_and_after(
    both: tuple[Person, Person], container: Any, changes: TableChanges
) -> None:
    one, two = both
    made = activity(one, description="short")
    where = f"/v1/activities/{made['activityId']}"
    other = LONG.strip() + " Und zwar bald."
    follow(container, changes)
    for text in (LONG, other, "short again", None):
        assert one.patch(where, {"description": text}).status == 200
        follow(container, changes)
    entries = one.get(f"{where}/history").body["items"]
    told = [entry["changes"]["description"] for entry in entries]
    assert told == [
        {"before": "short again", "after": None},
        {"before": other, "after": "short again"},
        {"before": LONG.strip(), "after": other},
        {"before": "short", "after": LONG.strip()},
        {"before": None, "after": "short"},
    ]
    assert not any("descriptionAt" in entry["changes"] for entry in entries)
    assert two.get(f"{where}/history").status == 404


def test_an_event_that_comes_late_still_finds_what_was_replaced(
    admin: Person, container: Any, changes: TableChanges, clock: FixedClock
) -> None:
    made = activity(admin, description=LONG)
    created = changes.take()
    where = f"/v1/activities/{made['activityId']}"
    admin.patch(where, {"description": "short"})
    updated = changes.take()
    clock.advance(days=13)
    for change in [*updated, *created, *created]:
        keep_activity_history(container.system_workspace(change.tenant_id, "history"), change)
    told = [entry["changes"]["description"] for entry in admin.get(f"{where}/history").body["items"]]
    assert told == [
        {"before": LONG.strip(), "after": "short"},
        {"before": None, "after": LONG.strip()},
    ]


def test_a_move_to_another_record_is_one_entry(admin: Person, container: Any, changes: TableChanges) -> None:
    one, two = customer(admin, "One"), customer(admin, "Two")
    made = activity(admin, relatedType="customer", relatedId=one, description=LONG)
    where = f"/v1/activities/{made['activityId']}"
    follow(container, changes)
    admin.patch(where, {"relatedId": two})
    follow(container, changes)
    admin.patch(where, {"relatedType": "contact", "relatedId": contact(admin, two), "description": "short"})
    follow(container, changes)
    entries = admin.get(f"{where}/history").body["items"]
    assert [(entry["version"], entry["operation"]) for entry in entries] == [
        (5, "updated"),
        (3, "updated"),
        (1, "created"),
    ]
    assert entries[1]["changes"]["relatedId"]["after"] == two
    assert entries[0]["changes"]["description"]["after"] == "short"
