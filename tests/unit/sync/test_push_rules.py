"""What a device did offline meets what others did: who wins which field, what is kept of the rest."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from pushing_device import KEY, Device
from sync_in_memory import InMemoryOwners

from zebros_core.errors import UnavailableError
from zebros_sync.domain.conflict import ConflictState, Side, Strategy
from zebros_sync.domain.merge import ServerRecord, plan_update
from zebros_sync.domain.push import Mutation, OutcomeKind

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture
def owners() -> InMemoryOwners:
    made = InMemoryOwners()
    made.write(
        KEY, {"name": "Acme", "note": "first", "contactInfo": {"phone": "1", "email": "a"}, "tags": ["x"]}
    )
    return made


def test_edits_of_different_fields_are_both_there(owners: InMemoryOwners) -> None:
    device = Device(owners)
    edit = device.edit(changes={"note": "mine"}, base=1)
    owners.write(KEY, {"name": "Acme Ltd"})
    (outcome,) = device.push(edit)
    assert (outcome.kind, outcome.version, outcome.lost) == (OutcomeKind.MERGED, 3, ())
    assert (device.record["name"], device.record["note"]) == ("Acme Ltd", "mine")
    assert not device.devices.conflicts


def test_of_one_field_the_later_edit_wins_and_the_other_is_kept_as_overridden(owners: InMemoryOwners) -> None:
    device = Device(owners)
    early = device.edit(changes={"name": "early"}, base=1)
    owners.clock.advance(60)
    owners.write(KEY, {"name": "server"})
    (lost,) = device.push(early)
    assert (lost.kind, lost.lost, device.record["name"]) == (OutcomeKind.MERGED, ("name",), "server")
    owners.clock.advance(60)
    late = device.edit(changes={"name": "late"}, base=1)
    (won,) = device.push(late)
    assert (won.kind, won.lost, device.record["name"]) == (OutcomeKind.MERGED, (), "late")
    kept = [
        (each.fields["name"].device, each.fields["name"].server, each.fields["name"].kept, each.state)
        for each in device.devices.conflicts.values()
    ]
    assert kept == [
        ("early", "server", Side.SERVER, ConflictState.SETTLED),
        ("late", "server", Side.DEVICE, ConflictState.SETTLED),
    ]


@pytest.mark.parametrize("days", [-20_000, 365, 27_000])
def test_a_clock_that_is_decades_off_wins_nothing(owners: InMemoryOwners, days: int) -> None:
    device = Device(owners)
    device.ahead = timedelta(days=days)
    early = device.edit(changes={"name": "early"}, base=1)
    owners.clock.advance(60)
    owners.write(KEY, {"name": "server"})
    owners.clock.advance(60)
    device.push(early)
    assert device.record["name"] == "server"
    owners.write(KEY, {"note": "later"})
    owners.clock.advance(1)
    late = device.edit(changes={"name": "late"}, base=1)
    device.push(late)
    assert device.record["name"] == "late"


def test_two_edits_of_one_device_never_conflict(owners: InMemoryOwners) -> None:
    device = Device(owners)
    outcomes = device.push(
        device.edit(changes={"name": "one"}, base=1), device.edit(changes={"name": "two"}, base=1)
    )
    assert [each.kind for each in outcomes] == [OutcomeKind.APPLIED, OutcomeKind.APPLIED]
    (third,) = device.push(device.edit(changes={"name": "three"}, base=1))
    assert (third.kind, third.lost, device.record["name"]) == (OutcomeKind.APPLIED, (), "three")
    assert not device.devices.conflicts


def test_the_server_wins_where_the_tenant_says_so(owners: InMemoryOwners) -> None:
    device = Device(owners, strategy=Strategy.SERVER_WINS)
    owners.write(KEY, {"name": "server"})
    owners.clock.advance(60)
    (outcome,) = device.push(device.edit(changes={"name": "mine", "note": "mine"}, base=1))
    assert outcome.lost == ("name",)
    assert (device.record["name"], device.record["note"]) == ("server", "mine")


def test_the_last_writer_takes_the_whole_record(owners: InMemoryOwners) -> None:
    device = Device(owners, strategy=Strategy.LAST_WRITER_WINS)
    early = device.edit(changes={"note": "early"}, base=1)
    owners.clock.advance(60)
    owners.write(KEY, {"name": "server"})
    (outcome,) = device.push(early)
    assert (outcome.lost, device.record["note"]) == (("note",), "first")
    owners.clock.advance(60)
    (outcome,) = device.push(device.edit(changes={"note": "late", "name": "late"}, base=1))
    assert (outcome.lost, device.record["note"], device.record["name"]) == ((), "late", "late")


def test_a_manual_conflict_keeps_both_sides_until_somebody_decides(owners: InMemoryOwners) -> None:
    device = Device(owners, strategy=Strategy.MANUAL)
    owners.write(KEY, {"name": "server"})
    owners.clock.advance(60)
    (outcome,) = device.push(device.edit(changes={"name": "mine", "note": "mine"}, base=1))
    assert (outcome.kind, outcome.lost) == (OutcomeKind.CONFLICT, ("name",))
    assert (device.record["name"], device.record["note"]) == ("server", "mine")
    conflict = device.devices.conflicts[outcome.conflict_id or ""]
    assert (conflict.state, conflict.fields["name"].device) == (ConflictState.OPEN, "mine")


def test_an_edit_that_nobody_saw_survives_a_deletion(owners: InMemoryOwners) -> None:
    device = Device(owners)
    owners.write(KEY, {"name": "server"})
    owners.clock.advance(60)
    (outcome,) = device.push(device.edit("delete", base=1))
    assert (outcome.kind, outcome.lost) == (OutcomeKind.MERGED, ("*",))
    assert not device.record.get("deletedAt")
    (gone,) = device.push(device.edit("delete", base=2))
    assert (gone.kind, bool(device.record.get("deletedAt"))) == (OutcomeKind.APPLIED, True)


def test_an_edit_of_a_deleted_record_brings_it_back(owners: InMemoryOwners) -> None:
    device = Device(owners)
    owners.delete(KEY)
    (outcome,) = device.push(device.edit(changes={"note": "still there?"}, base=1))
    assert (outcome.kind, device.record["note"], device.record["deletedAt"]) == (
        OutcomeKind.MERGED,
        "still there?",
        None,
    )
    (conflict,) = device.devices.conflicts.values()
    assert conflict.fields["*"].kept is Side.DEVICE


def test_deleting_what_is_not_there_is_done_and_creating_what_is_there_is_an_update(
    owners: InMemoryOwners,
) -> None:
    device = Device(owners)
    owners.clock.advance(1)
    outcomes = device.push(
        device.edit("delete", base=1, key=("customer", "never")),
        device.edit("create", {"name": "Acme", "note": "again"}),
    )
    assert [each.kind for each in outcomes] == [OutcomeKind.APPLIED, OutcomeKind.MERGED]
    assert (outcomes[1].lost, device.record["note"]) == ((), "again")


def test_tags_are_added_and_removed_and_never_conflict(owners: InMemoryOwners) -> None:
    device = Device(owners)
    owners.write(KEY, {"tags": ["x", "theirs"]})
    device.push(device.edit(changes={"tags": {"add": ["mine"], "remove": ["x"]}}, base=1))
    assert device.record["tags"] == ["mine", "theirs"]
    device.push(device.edit(changes={"tags": ["x", "whole"]}, base=1, seen={"tags": ["x"]}))
    assert device.record["tags"] == ["mine", "theirs", "whole"]
    assert not device.devices.conflicts


def test_objects_merge_by_their_keys(owners: InMemoryOwners) -> None:
    device = Device(owners)
    mine = device.edit(
        changes={"contactInfo": {"phone": "2"}}, base=1, seen={"contactInfo": {"phone": "1", "email": "a"}}
    )
    owners.clock.advance(60)
    owners.write(KEY, {"contactInfo": {"email": "b"}})
    (outcome,) = device.push(mine)
    assert (outcome.lost, device.record["contactInfo"]) == ((), {"phone": "2", "email": "b"})


def test_what_the_owner_refuses_is_rejected_whole_and_stops_nothing_else(owners: InMemoryOwners) -> None:
    device = Device(owners)
    outcomes = device.push(
        device.edit(changes={"name": "", "note": "x"}, base=1),
        device.edit(changes={"nosuch": 1}, base=1),
        device.edit(changes={"note": "no base"}),
        device.edit("create", {"name": "Other"}, key=("customer", "c2")),
    )
    kinds = [each.kind for each in outcomes]
    assert kinds == [OutcomeKind.REJECTED] * 3 + [OutcomeKind.APPLIED]
    assert device.record["note"] == "first"
    assert owners.records["customer", "c2"]["name"] == "Other"


def test_a_push_that_comes_again_gives_the_same_outcomes_and_does_nothing(owners: InMemoryOwners) -> None:
    device = Device(owners)
    owners.write(KEY, {"name": "server"})
    owners.clock.advance(60)
    edits = [
        device.edit(changes={"name": "mine"}, base=1),
        device.edit("create", {"name": "Other"}, key=("customer", "c2")),
    ]
    first = device.push(*edits)
    count = len(owners.published)
    owners.write(KEY, {"name": "newer"})
    owners.clock.advance(60)
    assert device.push(*edits) == first
    assert device.record["name"] == "newer"
    assert len(owners.published) == count + 1
    assert len(device.devices.conflicts) == 1


def test_an_id_that_is_used_again_for_something_else_is_refused(owners: InMemoryOwners) -> None:
    device = Device(owners)
    edit = device.edit(changes={"note": "one"}, base=1)
    device.push(edit)
    other = Mutation(edit.mutation_id, *KEY, "update", 1, {"note": "two"}, edit.changed_at)
    (outcome,) = device.push(other)
    assert outcome.kind is OutcomeKind.REJECTED
    assert device.record["note"] == "one"


@pytest.mark.parametrize("where", ["before", "after"])
def test_a_push_that_breaks_off_goes_on_and_does_nothing_twice(owners: InMemoryOwners, where: str) -> None:
    device = Device(owners)
    edit = device.edit(changes={"name": "mine"}, base=1)
    owners.write(KEY, {"name": "server"})
    owners.clock.advance(60)
    edit = device.edit(changes={"name": "mine"}, base=1)

    def fail() -> None:
        setattr(owners, where, lambda: None)
        raise UnavailableError

    setattr(owners, where, fail)
    with pytest.raises(UnavailableError):
        device.push(edit)
    if where == "after":
        owners.write(KEY, {"name": "newest"}, actor="web")
    (outcome,) = device.push(edit)
    assert outcome.kind is OutcomeKind.MERGED
    assert device.record["name"] == ("newest" if where == "after" else "mine")
    assert len(device.devices.conflicts) == 1
    (again,) = device.push(edit)
    assert again == outcome


def test_a_race_with_somebody_online_is_merged_again(owners: InMemoryOwners) -> None:
    device = Device(owners)
    races = [1, 2]

    def race() -> None:
        if races:
            owners.write(KEY, {"name": f"race {races.pop()}"})

    owners.before = race
    (outcome,) = device.push(device.edit(changes={"note": "mine"}, base=1))
    assert (outcome.kind, device.record["note"], device.record["name"]) == (
        OutcomeKind.MERGED,
        "mine",
        "race 1",
    )


def test_the_end_of_a_long_text_conflicts_like_any_field() -> None:
    """A record has the beginning of it: whoever changed the rest moved the place of the whole, not the field."""
    server = ServerRecord(
        {
            "version": 2,
            "description": "It began",
            "descriptionAt": 2,
            "fieldVersions": {"da": 2},
            "updatedAt": "2026-01-01T00:00:00+00:00",
        },
        {"description": "de", "descriptionAt": "da"},
        {},
    )
    wanted = {"description": "It began, and ended otherwise"}
    for seen in ({}, {"description": "It began"}):
        mine = Mutation("m", "activity", "a", "update", 1, wanted, LONG_AGO, seen)
        plan = plan_update(server, mine, Strategy.FIELD_MERGE, LONG_AGO)
        assert (plan.lost, dict(plan.changes)) == (("description",), {})
    mine = Mutation("m", "activity", "a", "update", 1, wanted, LONG_AGO)
    own = plan_update(replace(server, produced={2: LONG_AGO}), mine, Strategy.FIELD_MERGE, LONG_AGO)
    assert own.conflicts == {}
