"""A device's edits meet what the device itself wrote, what it brings back, and its own pushes that broke off."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from pushing_device import KEY, Device
from sync_in_memory import InMemoryOwners

from zebros_core.dynamodb.lookup import LookupTable
from zebros_core.errors import UnavailableError
from zebros_core.tenancy.sync_strategies import Strategy
from zebros_sync.bootstrap import Container
from zebros_sync.domain.push import Mutation, OutcomeKind


@pytest.fixture
def owners() -> InMemoryOwners:
    made = InMemoryOwners()
    made.write(
        KEY, {"name": "Acme", "note": "first", "contactInfo": {"phone": "1", "email": "a"}, "tags": ["x"]}
    )
    return made


@pytest.mark.parametrize("strategy", [Strategy.FIELD_MERGE, Strategy.LAST_WRITER_WINS])
@pytest.mark.parametrize("pushes", [1, 3])
def test_what_a_device_wrote_itself_makes_its_next_edit_no_earlier(
    owners: InMemoryOwners, strategy: Strategy, pushes: int
) -> None:
    device = Device(owners, strategy=strategy)
    owners.clock.advance(60)
    owners.write(KEY, {"name": "web"})
    edits: list[Mutation] = []
    for changes in ({"note": "mine"}, {"name": "mine"}, {"note": "mine at last"}):
        owners.clock.advance(60)
        edits.append(device.edit(changes=changes, base=1))
    owners.clock.advance(600)
    size = len(edits) // pushes
    outcomes = [
        outcome
        for first in range(0, len(edits), size)
        for outcome in device.push(*edits[first : first + size])
    ]
    assert [outcome.lost for outcome in outcomes] == [(), (), ()]
    assert (device.record["name"], device.record["note"]) == ("mine", "mine at last")
    owners.clock.advance(60)
    owners.write(KEY, {"name": "web again"})
    owners.clock.advance(600)
    late = Mutation("m9", *KEY, "update", 1, {"name": "mine again"}, edits[-1].changed_at)
    (outcome,) = device.push(late)
    assert (outcome.lost, device.record["name"]) == (("name",), "web again"), "others' last write counts"


def test_a_push_that_broke_off_still_knows_when_others_wrote(owners: InMemoryOwners) -> None:
    device = Device(owners)
    owners.clock.advance(60)
    owners.write(KEY, {"name": "web"})
    owners.clock.advance(60)
    edits = [device.edit(changes={"note": "mine"}, base=1), device.edit(changes={"name": "mine"}, base=1)]
    owners.clock.advance(600)

    def fail() -> None:
        owners.after = lambda: None
        raise UnavailableError

    owners.after = fail
    with pytest.raises(UnavailableError):
        device.push(*edits)
    assert [each.lost for each in device.push(*edits)] == [(), ()]
    assert (device.record["name"], device.record["note"]) == ("mine", "mine")


def test_a_creation_of_what_is_there_says_what_it_lost(owners: InMemoryOwners) -> None:
    device = Device(owners)
    early = Mutation("m1", *KEY, "create", None, {"name": "Another"}, owners.clock.now() - timedelta(days=1))
    (outcome,) = device.push(early)
    assert (outcome.kind, outcome.lost) == (OutcomeKind.MERGED, ("name",))
    assert device.record["name"] == "Acme"


def test_an_outcome_without_a_write_says_at_which_version_it_holds(owners: InMemoryOwners) -> None:
    device = Device(owners, strategy=Strategy.SERVER_WINS)
    owners.write(KEY, {"name": "server"})
    lost, same, gone = device.push(
        device.edit(changes={"name": "mine"}, base=1),
        device.edit(changes={"name": "server"}, base=1),
        device.edit("delete", base=1, key=("customer", "never")),
    )
    assert (lost.version, same.version, gone.version) == (2, 2, None)


def test_an_edit_of_a_deleted_record_keeps_its_tags_and_says_what_else_it_overrode(
    owners: InMemoryOwners,
) -> None:
    device = Device(owners)
    owners.write(KEY, {"name": "server", "tags": ["x", "theirs"]})
    owners.delete(KEY)
    owners.clock.advance(60)
    edit = device.edit(changes={"name": "mine", "tags": {"add": ["mine"], "remove": ["x"]}}, base=1)
    (outcome,) = device.push(edit)
    assert (outcome.kind, outcome.lost) == (OutcomeKind.MERGED, ())
    assert (device.record["deletedAt"], device.record["name"]) == (None, "mine")
    assert device.record["tags"] == ["mine", "theirs"]
    (conflict,) = device.devices.conflicts.values()
    assert {name: each.server for name, each in conflict.fields.items()} == {"*": "deleted", "name": "server"}
    assert device.push(edit) == [outcome]


@pytest.mark.parametrize("heard", [1, 2, 3])
def test_a_record_that_was_brought_back_by_a_push_that_broke_off_gets_the_edit(
    owners: InMemoryOwners, heard: int
) -> None:
    device = Device(owners)
    owners.delete(KEY)
    edit = device.edit(changes={"note": "still there?", "tags": {"add": ["mine"]}}, base=1)
    calls = iter(range(1, 10))

    def fail() -> None:
        if next(calls) == heard:
            raise UnavailableError

    owners.after = fail
    with pytest.raises(UnavailableError):
        device.push(edit)
    (outcome,) = device.push(edit)
    assert (outcome.kind, device.record["note"], device.record["tags"]) == (
        OutcomeKind.MERGED,
        "still there?",
        ["mine", "x"],
    )
    assert len(device.devices.conflicts) == 1


def test_a_record_that_was_brought_back_is_said_to_be_so_although_others_wrote_before_the_push_was_repeated(
    owners: InMemoryOwners,
) -> None:
    device = Device(owners)
    owners.delete(KEY)
    edit = device.edit(changes={"note": "mine"}, base=1)

    def fail() -> None:
        if not device.record["deletedAt"]:
            owners.before = lambda: None
            raise UnavailableError

    owners.before = fail
    with pytest.raises(UnavailableError):
        device.push(edit)  # it brought the record back, and has not written its note
    owners.clock.advance(60)
    owners.write(KEY, {"name": "web"})
    (outcome,) = device.push(edit)
    assert (outcome.kind, outcome.lost) == (OutcomeKind.MERGED, ())
    assert (device.record["name"], device.record["note"]) == ("web", "mine")
    (conflict,) = device.devices.conflicts.values()
    assert {name: each.server for name, each in conflict.fields.items()} == {"*": "deleted"}


def test_two_pushes_of_one_client_at_once_forget_none_of_its_versions(
    container: Container, tenant: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    devices = container.system_workspace(tenant(), "test").devices
    at = container.clock.now()
    devices.note_produced("ada.phone", KEY, 2, at)
    put, other = LookupTable.put, [3, 4]

    def meanwhile(*args: Any, **facts: Any) -> bool:
        if other:
            devices.note_produced("ada.phone", KEY, other.pop(0), at)
        return put(*args, **facts)

    monkeypatch.setattr(LookupTable, "put", meanwhile)
    devices.note_produced("ada.phone", KEY, 5, at)
    assert set(devices.produced("ada.phone", [KEY])[KEY]) == {2, 3, 4, 5}
