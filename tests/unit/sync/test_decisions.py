"""Somebody decides a conflict of a whole record, through the API: an edit of what others deleted, and the reverse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from callers import Person
from device_calls import edit, push

from zebros_core.clock import FixedClock

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
