"""Somebody decides a conflict of a whole record, through the API: an edit of what others deleted, and the reverse."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from callers import Person
from device_calls import edit, push
from sync_in_process import SyncWorld

from zebros_core.clock import FixedClock
from zebros_core.errors import UnavailableError
from zebros_sync.bootstrap import Container
from zebros_sync.domain.push import KeptOutcome

Tenants = Callable[..., str]
People = Callable[..., Person]


@pytest.fixture
def open_conflict(
    tenant: Tenants, person: People, online: People, clock: FixedClock
) -> Callable[[str], tuple[Person, Person, str, str]]:
    """Let a device edit what others deleted, or delete what they edited: device, web, record's id, its path."""

    def make(operation: str) -> tuple[Person, Person, str, str]:
        here = tenant(syncStrategies={"customer": "manual"})
        web, device = online(here), person(here)
        id = web.post("/v1/customers", {"companyName": "Acme", "tags": ["fair"]}).body["customerId"]
        if operation == "update":
            assert web.delete(f"/v1/customers/{id}", if_match='"1"').status == 204
            changes: dict[str, Any] = {"industry": "medical", "tags": {"add": ["mine"], "remove": ["fair"]}}
        else:
            assert web.patch(f"/v1/customers/{id}", {"industry": "retail"}, if_match='"1"').status == 200
            changes = {}
        clock.advance(60)
        (outcome,) = push(device, edit(device, id, 1, changes, operation=operation))
        assert (outcome["outcome"], outcome["lost"]) == ("conflict", ["*"])
        return device, web, id, f"/v1/sync/conflicts/{outcome['conflictId']}:resolve"

    return make


def test_what_was_deleted_comes_back_with_the_edit_and_its_tags(open_conflict: Any, person: People) -> None:
    device, web, id, where = open_conflict("update")
    assert person("elsewhere1").post(where, {"fields": {"*": "device"}}).status in {403, 404}
    assert device.post(where, {"fields": {"*": "device"}}).status == 200
    record = web.get(f"/v1/customers/{id}").body
    assert (record["industry"], record["tags"]) == ("medical", ["mine"])
    assert device.post(where, {"fields": {"*": "device"}}).status == 200, "the same decision again"


@pytest.mark.parametrize(("operation", "there"), [("update", 404), ("delete", 200)])
def test_what_the_server_has_stays_so(open_conflict: Any, operation: str, there: int) -> None:
    device, web, id, where = open_conflict(operation)
    assert device.post(where, {"fields": {"*": "server"}}).status == 200
    assert web.get(f"/v1/customers/{id}").status == there


def test_what_others_edited_is_deleted_after_all(open_conflict: Any) -> None:
    device, web, id, where = open_conflict("delete")
    assert device.post(where, {"fields": {"*": "device"}}).status == 200
    assert web.get(f"/v1/customers/{id}").status == 404


def test_of_two_who_decide_at_once_the_second_is_told_and_overrides_nothing(
    open_conflict: Any, world: SyncWorld
) -> None:
    device, _, _, where = open_conflict("update")

    def meanwhile(service: str, call: Any) -> None:
        if call["verb"] == "apply":
            world.doors.before = lambda service, call: None
            assert device.post(where, {"fields": {"*": "server"}}).status == 200

    world.doors.before = meanwhile
    assert device.post(where, {"fields": {"*": "device"}}).status == 409
    conflict = device.get(where.removesuffix(":resolve")).body
    assert (conflict["state"], conflict["fields"]["*"]["kept"]) == ("settled", "server")


def test_what_was_decided_stays_so_when_the_push_is_repeated_whose_answer_was_lost(
    tenant: Tenants, person: People, online: People, container: Container
) -> None:
    here = tenant(syncStrategies={"customer": "manual"})
    web, device = online(here), person(here)
    id = web.post("/v1/customers", {"companyName": "Acme"}).body["customerId"]
    web.patch(f"/v1/customers/{id}", {"companyName": "Acme Ltd"}, if_match='"1"')
    mine = edit(device, id, 1, {"companyName": "Acme Inc"})
    (outcome,) = push(device, mine)
    where = f"/v1/sync/conflicts/{outcome['conflictId']}"
    assert device.post(f"{where}:resolve", {"fields": {"companyName": "server"}}).status == 200
    # It broke off before the outcome was kept: the conflict alone was written.
    devices = container.system_workspace(here, "test").devices
    (kept,) = devices.outcomes("user-1.phone", ["m-1"]).values()
    devices.keep_outcome("user-1.phone", "m-1", KeptOutcome(kept.fingerprint))
    assert push(device, mine) == [outcome]
    assert device.get(where).body["state"] == "settled"


def test_conflicts_of_what_one_may_not_read_are_left_out_of_the_list(
    tenant: Tenants, person: People, online: People, container: Container
) -> None:
    here = tenant(syncStrategies={"default": "manual"})
    device = person(here)
    for number, entity in enumerate(("customer", "product")):
        (outcome,) = push(
            device,
            edit(
                device,
                "01JZ8Q5R7N3V4T6W8Y0A2C4E6G",
                1,
                {"name": "x"},
                entity=entity,
                mutationId=f"m-{number}",
            ),
        )
        assert outcome["outcome"] == "conflict"
    devices = container.system_workspace(here, "test").devices
    (known,) = [
        each for each in devices.page_conflicts(limit=9, cursor=None).items if each.entity == "product"
    ]
    devices.replace_conflict(known, replace(known, entity="nosuch"))
    listed = device.get("/v1/sync/conflicts")
    assert (listed.status, [each["entity"] for each in listed.body["items"]]) == (200, ["customer"])
    assert device.get(f"/v1/sync/conflicts/{known.id}").status == 404


def test_an_owner_that_is_away_is_no_refusal_of_the_decision(open_conflict: Any, world: SyncWorld) -> None:
    device, web, id, where = open_conflict("delete")

    def away(service: str, call: Any) -> None:
        raise UnavailableError

    world.doors.before = away
    assert device.post(where, {"fields": {"*": "device"}}).status == 503
    world.doors.before = lambda service, call: None
    assert device.post(where, {"fields": {"*": "device"}}).status == 200
    assert web.get(f"/v1/customers/{id}").status == 404


def test_conflicts_are_listed_newest_first_page_by_page_whatever_their_ids(
    tenant: Tenants, person: People, clock: FixedClock
) -> None:
    device = person(tenant(syncStrategies={"default": "manual"}))
    made: list[str] = []
    for number in range(7):
        clock.advance(60)
        change = edit(
            device, f"01JZ8Q5R7N3V4T6W8Y0A2C4E{number:02}", 1, {"industry": "x"}, mutationId=f"m-{number}"
        )
        (outcome,) = push(device, change)
        made.append(outcome["conflictId"])
    where = f"/v1/sync/conflicts/{made[3]}:resolve"
    assert device.post(where, {"fields": {"*": "server"}}).status == 200
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = device.get("/v1/sync/conflicts", limit=2, **cursor).body
        seen += [each["conflictId"] for each in page["items"]]
        if page["nextCursor"] is None:
            break
        cursor = {"cursor": page["nextCursor"]}
    assert seen == made[::-1]
    clock.advance(days=91)
    left = [each["conflictId"] for each in device.get("/v1/sync/conflicts").body["items"]]
    assert left == [id for id in seen if id != made[3]], (
        "a settled one for 90 days, an open one until it is decided"
    )
