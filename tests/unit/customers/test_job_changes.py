"""What a job wrote, listed by its id: complete once the history has caught up, for those who may export everything."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from in_process_doors import InProcessDoors
from table_changes import TableChanges

from zebros_core.bulk.client import BulkDoorClient
from zebros_core.clock import FixedClock
from zebros_core.errors import BadRequestError, ForbiddenError, ValidationError
from zebros_core.messaging import EntityChanged
from zebros_core.records.history import ERASED_OPERATION, JOB_TTL_SECONDS
from zebros_core.records.history_events import keep_history
from zebros_core.tenancy import TenantContext
from zebros_customers.handlers.bulk import DOOR
from zebros_customers.repositories.keys import BY_ENTITY, SCHEMAS

Both = tuple[Any, Any]
Door = Callable[..., BulkDoorClient]


@pytest.fixture
def doors(container: Any) -> InProcessDoors:
    made = InProcessDoors()
    made.serve(container, DOOR)
    made.connect(container)
    return made


@pytest.fixture
def door(container: Any, doors: InProcessDoors) -> Door:
    """Return the door for somebody who works for a job, or for our machinery that does."""
    del doors

    def of(person: Any, job: str | None = "job-1", *, system: bool = False, **facts: Any) -> BulkDoorClient:
        context = TenantContext(
            person.tenant,
            "system:undo" if system else person.user,
            roles=frozenset(person.roles),
            isolation=container.registry.get(person.tenant).isolation,
            job_id=job,
        )
        opened = container.bulk_doors.system_door if system else container.bulk_doors.door
        return opened("customers", replace(context, **facts))

    return of


@pytest.fixture
def changes(container: Any) -> TableChanges:
    return TableChanges(container, SCHEMAS)


def keep(container: Any, events: list[EntityChanged]) -> None:
    for event in events:
        if event.entity in {"customer", "contact"}:
            workspace = container.system_workspace(event.tenant_id, "history")
            keep_history(workspace.history, BY_ENTITY, event)


def creates(count: int, prefix: str = "C", entity: str = "customer") -> list[dict[str, Any]]:
    field = {"customer": "companyName", "contact": "lastName"}[entity]
    return [
        {
            "mutationId": f"{prefix}-{number}",
            "entity": entity,
            "operation": "create",
            "changes": {field: f"{prefix}{number}"},
        }
        for number in range(count)
    ]


def wish(number: int, operation: str, id: str, **facts: Any) -> dict[str, Any]:
    return {
        "mutationId": f"w-{number}",
        "entity": "customer",
        "operation": operation,
        "id": id,
        **facts,
    }


def test_what_a_job_wrote_is_listed_with_what_each_version_changed(
    both: Both, container: Any, door: Door, changes: TableChanges
) -> None:
    one, two = both
    older = one.post("/v1/customers", {"companyName": "Known", "tier": "gold"}).body["customerId"]
    keep(container, changes.take())
    made = door(one).apply(creates(1))[0]["id"]
    keep(container, changes.take())
    door(one).apply([wish(1, "update", older, changes={"tier": "silver", "industry": "retail"})])
    keep(container, changes.take())
    door(one).apply([wish(2, "delete", older)])
    keep(container, changes.take())
    one.patch(f"/v1/customers/{made}", {"tier": "bronze"})
    keep(container, changes.take())
    found = list(door(one).changes_all("job-1"))
    assert {(change["id"], change["version"], change["operation"]) for change in found} == {
        (made, 1, "created"),
        (older, 2, "updated"),
        (older, 3, "deleted"),
    }
    by_version = {(change["id"], change["version"]): change for change in found}
    assert by_version[older, 2]["changes"] == {
        "tier": {"before": "gold", "after": "silver"},
        "industry": {"before": None, "after": "retail"},
    }
    assert by_version[made, 1]["changes"]["companyName"] == {"before": None, "after": "C0"}
    assert by_version[made, 1]["entity"] == "customer"
    # The versions of one record are neighbours, the lowest first.
    places = [index for index, change in enumerate(found) if change["id"] == older]
    assert places[1] == places[0] + 1 and found[places[0]]["version"] == 2
    assert door(one).count_changes("job-1") == 3
    assert list(door(two).changes_all("job-1")) == []
    assert door(two).count_changes("job-1") == 0
    assert door(one).count_changes("job-2") == 0


def test_pages_hold_everything_once_in_one_order(
    both: Both, container: Any, door: Door, changes: TableChanges
) -> None:
    one, two = both
    door(one).apply([*creates(40), *creates(20, "P", "contact")])
    door(two).apply(creates(5, "theirs"))
    keep(container, changes.take())
    whole = list(door(one).changes_all("job-1"))
    assert len(whole) == 60
    paged: list[Any] = []
    cursor: str | None = None
    while True:
        page = door(one).changes("job-1", limit=7, cursor=cursor)
        paged += page["items"]
        cursor = page["nextCursor"]
        if cursor is None:
            break
    assert paged == whole
    assert len(list(door(two).changes_all("job-1"))) == 5


def test_repeated_and_reordered_events_are_listed_and_counted_once(
    both: Both, container: Any, door: Door, changes: TableChanges
) -> None:
    one, _ = both
    made = door(one).apply(creates(3))
    events = changes.take()
    door(one).apply([wish(1, "update", made[0]["id"], changes={"tier": "gold"})])
    events += changes.take()
    keep(container, [*reversed(events), *events, events[0]])
    assert door(one).count_changes("job-1") == 4
    found = list(door(one).changes_all("job-1"))
    assert [change["operation"] for change in found if change["id"] == made[0]["id"]] == [
        "created",
        "updated",
    ]
    assert len(found) == 4


def test_a_count_says_how_far_the_history_is(
    admin: Any, container: Any, door: Door, changes: TableChanges
) -> None:
    door(admin).apply(creates(3))
    events = changes.take()
    assert door(admin).count_changes("job-1") == 0
    keep(container, events[:2])
    assert door(admin).count_changes("job-1") == 2
    keep(container, events)
    assert door(admin).count_changes("job-1") == 3


def test_a_count_of_many_is_handed_back_in_parts(
    admin: Any, container: Any, door: Door, changes: TableChanges, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("zebros_core.records.history._COUNTED_AT_ONCE", 5)
    door(admin).apply(creates(40))
    keep(container, changes.take())
    first = door(admin).call("countChanges", job="job-1")
    assert 5 <= first["count"] < 40
    assert first["nextCursor"] is not None
    assert door(admin).count_changes("job-1") == 40


def test_a_page_of_large_changes_is_short(
    admin: Any, container: Any, door: Door, changes: TableChanges, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("zebros_core.records.history._PAGE_BYTES", 1000)
    door(admin).apply(creates(30))
    keep(container, changes.take())
    page = door(admin).changes("job-1")
    assert 0 < len(page["items"]) < 30
    assert len(list(door(admin).changes_all("job-1"))) == 30


def test_a_move_to_another_parent_tells_what_was_there_before(
    both: Both, container: Any, door: Door, changes: TableChanges
) -> None:
    one, _ = both
    first, second = (one.post("/v1/customers", {"companyName": name}).body["customerId"] for name in "AB")
    contact = one.post("/v1/contacts", {"lastName": "Ames", "customerId": first, "position": "buyer"}).body
    events = changes.take()
    one.patch(f"/v1/contacts/{contact['contactId']}", {"position": "head"})
    events += changes.take()
    move = {
        "mutationId": "move",
        "entity": "contact",
        "operation": "update",
        "id": contact["contactId"],
        "changes": {"customerId": second, "position": "chief", "email": "ames@b.example"},
    }
    assert door(one).apply([move])[0]["version"] == 4
    events += changes.take()
    # The events of a move are a removal under the old key and a write under the new one, in any order.
    keep(container, list(reversed(events)))
    found = list(door(one).changes_all("job-1"))
    assert [(change["version"], change["operation"]) for change in found] == [(4, "updated")]
    assert found[0]["changes"] == {
        "customerId": {"before": first, "after": second},
        "position": {"before": "head", "after": "chief"},
        "email": {"before": None, "after": "ames@b.example"},
    }
    shown = one.get(f"/v1/contacts/{contact['contactId']}/history").body["items"][0]
    assert shown["changes"]["customerId"] == {"before": first, "after": second}


def test_what_a_job_wrote_is_forgotten_when_it_can_no_longer_be_undone(
    admin: Any, container: Any, door: Door, changes: TableChanges, clock: FixedClock
) -> None:
    made = door(admin).apply(creates(2))
    keep(container, changes.take())
    clock.advance(JOB_TTL_SECONDS + 1)
    assert list(door(admin).changes_all("job-1")) == []
    assert door(admin).count_changes("job-1") == 0
    assert admin.get(f"/v1/customers/{made[0]['id']}/history").body["items"][0]["job"] == "job-1"


def test_a_version_whose_history_was_erased_is_still_listed(
    admin: Any, container: Any, door: Door, changes: TableChanges
) -> None:
    made = door(admin).apply(creates(1))[0]["id"]
    keep(container, changes.take())
    lookup = container.system_workspace(admin.tenant, "erase").history._lookup
    lookup.delete(("history", "customer", made), "0000000001")
    found = list(door(admin).changes_all("job-1"))
    assert [(change["id"], change["operation"], change["changes"]) for change in found] == [
        (made, "created", {})
    ]


def test_a_place_that_an_erasure_keeps_is_not_shown_and_takes_no_late_event(
    admin: Any, container: Any, door: Door, changes: TableChanges
) -> None:
    made = door(admin).apply(creates(1))[0]["id"]
    (created,) = changes.take()
    history = container.system_workspace(admin.tenant, "erasure").history
    row = {"operation": ERASED_OPERATION, "at": "2026-01-01T00:00:00.000Z", "actor": "x", "changes": {}}
    history._lookup.put(("history", "customer", made), "0000000001", row)
    keep(container, [created])
    assert admin.get(f"/v1/customers/{made}/history").body["items"] == []
    found = list(door(admin).changes_all("job-1"))
    assert [(change["id"], change["changes"]) for change in found] == [(made, {})]


def test_who_may_not_export_everything_is_not_told(
    both: Both, container: Any, door: Door, changes: TableChanges
) -> None:
    one, _ = both
    door(one).apply(creates(1))
    keep(container, changes.take())
    for role in ("sales-rep", "viewer"):
        nosy = door(one, None, roles=frozenset({role}))
        for call in (lambda: nosy.changes("job-1"), lambda: nosy.count_changes("job-1")):  # noqa: B023
            with pytest.raises(ForbiddenError):
                call()
    refused = [event for event in container.audit_trail.events if event.outcome == "refused"]
    assert refused[-1].details == {"operation": "bulk:countChanges", "job": "job-1"}
    manager = door(one, None, roles=frozenset({"sales-manager"}))
    assert manager.count_changes("job-1") == 1
    assert len(list(door(one, None, system=True).changes_all("job-1"))) == 1


def test_whoever_takes_changes_out_is_in_the_audit_log(
    admin: Any, container: Any, door: Door, changes: TableChanges
) -> None:
    door(admin).apply(creates(2))
    keep(container, changes.take())
    container.audit_trail.events.clear()
    door(admin).changes("job-1")
    door(admin).changes("job-2")
    (entry,) = container.audit_trail.events
    assert (entry.action, entry.details) == (
        "records.exported",
        {"operation": "bulk:changes", "job": "job-1", "records": 2},
    )


def test_what_our_machinery_writes_for_a_job_is_the_jobs(
    both: Both, container: Any, door: Door, changes: TableChanges
) -> None:
    one, _ = both
    door(one, "job-7", system=True).apply(creates(2))
    keep(container, changes.take())
    assert door(one).count_changes("job-7") == 2
    written = one.get("/v1/customers").body["items"]
    assert {item["createdBy"] for item in written} == {"system:undo"}


@pytest.mark.parametrize(
    "call",
    [
        {"verb": "changes"},
        {"verb": "changes", "job": ""},
        {"verb": "changes", "job": "a#b"},
        {"verb": "changes", "job": "x" * 129},
        {"verb": "changes", "job": "job-1", "limit": 0},
        {"verb": "changes", "job": "job-1", "limit": 501},
        {"verb": "changes", "job": ["job-1"]},
        {"verb": "countChanges", "job": "job-1", "limit": 5},
    ],
)
def test_calls_that_are_not_well_formed_are_refused(admin: Any, door: Door, call: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        door(admin).call(**call)


def test_a_cursor_is_good_for_its_own_list_only(
    both: Both, container: Any, door: Door, changes: TableChanges
) -> None:
    one, two = both
    for person in both:
        door(person).apply(creates(3))
        door(person, "job-2").apply(creates(3, "D"))
    keep(container, changes.take())
    cursor = door(one).changes("job-1", limit=1)["nextCursor"]
    assert door(one).changes("job-1", limit=1, cursor=cursor)["items"]
    for person, verb, job in (
        (one, "changes", "job-2"),
        (two, "changes", "job-1"),
        (one, "countChanges", "job-1"),
    ):
        with pytest.raises(BadRequestError):
            door(person).call(verb, job=job, cursor=cursor)
