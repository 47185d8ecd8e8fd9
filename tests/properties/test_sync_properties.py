"""Whatever devices, people online, networks and queues do: in the end every device has what its user may see, and every
change that was acknowledged is in the records or is kept as overridden.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from proof import examples
from sync_device import Device, is_acknowledged
from sync_in_memory import CODE_OF, InMemoryDevices, InMemoryLog, InMemoryOwners

from zebros_core.auth.permissions import Visibility
from zebros_core.errors import UnavailableError
from zebros_core.ids import derived_id
from zebros_core.messaging import EntityChanged
from zebros_core.tenancy import TenantContext
from zebros_sync.domain.conflict import Side, Strategy
from zebros_sync.domain.cursor import PullCursor
from zebros_sync.domain.log import Key
from zebros_sync.domain.push import Mutation, PushOutcome
from zebros_sync.domain.sight import Sight
from zebros_sync.use_cases.append_changes import append_changes
from zebros_sync.use_cases.pull_changes import PulledPage, pull_changes
from zebros_sync.use_cases.push_mutations import PushDesk, push_mutations

pytestmark = pytest.mark.properties

MOST_DEVICES = 5
USERS = ("ada", "bo")
TEAMS = ("north", "south", None)
KEYS: tuple[Key, ...] = tuple(("customer", f"c{number}") for number in range(6))
FIELDS = ("name", "note")

keys = st.sampled_from(KEYS)
numbers = st.integers(0, MOST_DEVICES - 1)
heard = st.sampled_from([True, True, True, False])
owners_are = st.sampled_from(["there"] * 4 + ["before", "after"])
"""Whether the owner of a record answers, is away, or does its work and is not heard."""


class SyncMachine(RuleBasedStateMachine):
    """Up to five devices of two users, two people online, and everything that may go wrong between them."""

    @initialize(
        count=st.integers(1, MOST_DEVICES),
        skews=st.lists(st.sampled_from([0, 5, -5, 365 * 24 * 60, -365 * 24 * 60]), min_size=5, max_size=5),
        strategy=st.sampled_from(list(Strategy)),
        visibilities=st.tuples(*[st.sampled_from(list(Visibility)) for _ in USERS]),
    )
    def begin(
        self, count: int, skews: list[int], strategy: Strategy, visibilities: tuple[Visibility, ...]
    ) -> None:
        self.owners = InMemoryOwners()
        self.log = InMemoryLog()
        self.memory = InMemoryDevices()
        self.strategy = strategy
        self.devices = [Device(f"d{n}", timedelta(minutes=skews[n])) for n in range(count)]
        self.reach = dict(zip(USERS, visibilities, strict=True))
        self.team: dict[str, str | None] = dict.fromkeys(USERS, "north")
        self.undelivered: list[EntityChanged] = []
        self.published = 0
        self.value = 0
        self.acknowledged: list[tuple[Mutation, PushOutcome]] = []
        # Everybody starts level: what is worth trying begins when two sides know the same record.
        for number, key in enumerate(KEYS):
            owner = {"ownerId": USERS[number % 2], "teamId": "north"}
            self.owners.write(key, {name: self.new_value() for name in FIELDS} | owner)
        self.all_events_arrive()
        for device in self.devices:
            self.pull_all(device)

    # -- people ------------------------------------------------------------------------------------------------

    def user_of(self, device: Device) -> str:
        return USERS[self.devices.index(device) % len(USERS)]

    def new_value(self) -> str:
        """A text that nobody else ever writes: where it turns up, it came from here."""
        self.value += 1
        return f"v{self.value}"

    def sight(self, device: Device) -> Sight:
        user = self.user_of(device)
        context = TenantContext("aurora", user, team_id=self.team[user])
        return Sight(context, {"customer": self.reach[user]})

    def device(self, number: int) -> Device:
        return self.devices[number % len(self.devices)]

    @rule(key=keys, name=st.sampled_from(FIELDS), who=st.sampled_from(["web-1", "web-2"]))
    def somebody_online_writes(self, key: Key, name: str, who: str) -> None:
        self.owners.write(key, {name: self.new_value()}, actor=who)

    @rule(key=keys, who=st.sampled_from(["web-1", "web-2"]))
    def somebody_online_deletes(self, key: Key, who: str) -> None:
        if key in self.owners.records:
            self.owners.delete(key, actor=who)

    @rule(key=keys, owner=st.sampled_from([*USERS, "cy"]), team=st.sampled_from(TEAMS))
    def somebody_online_gives_away(self, key: Key, owner: str, team: str | None) -> None:
        self.owners.write(key, {"ownerId": owner, "teamId": team}, actor="web-1")

    @rule(key=keys, added=st.sampled_from("xyz"))
    def somebody_online_tags(self, key: Key, added: str) -> None:
        present = self.owners.records.get(key, {}).get("tags", [])
        self.owners.write(key, {"tags": sorted({*present, added})}, actor="web-2")

    @rule(number=numbers, chosen=st.lists(st.tuples(keys, st.sampled_from(FIELDS)), min_size=1, max_size=3))
    def a_user_edits_offline(self, number: int, chosen: list[tuple[Key, str]]) -> None:
        device = self.device(number)
        for key, name in chosen:
            if key in device.held:
                device.edit(key, "update", {name: self.new_value()}, self.owners.clock.now())

    @rule(number=numbers, key=keys, name=st.sampled_from(FIELDS), device_last=st.booleans())
    def two_sides_edit_one_field(self, number: int, key: Key, name: str, device_last: bool) -> None:
        for side in (1, 2) if device_last else (2, 1):
            self.owners.clock.advance(minutes=1)
            if side == 1:
                self.owners.write(key, {name: self.new_value()}, actor="web-1")
            else:
                self.a_user_edits_offline(number, [(key, name)])

    @rule(number=numbers, key=keys, tag=st.sampled_from("xyz"), adds=st.booleans())
    def a_user_tags_offline(self, number: int, key: Key, tag: str, adds: bool) -> None:
        device = self.device(number)
        if key in device.held:
            change = {"add": [tag]} if adds else {"remove": [tag]}
            device.edit(key, "update", {"tags": change}, self.owners.clock.now())

    @rule(number=numbers, key=keys)
    def a_user_deletes_offline(self, number: int, key: Key) -> None:
        device = self.device(number)
        if key in device.held:
            device.edit(key, "delete", {}, self.owners.clock.now())

    @rule(number=numbers)
    def a_user_creates_offline(self, number: int) -> None:
        device = self.device(number)
        key = ("customer", f"new-{device.name}-{device.made}")
        changes = {"name": self.new_value(), "ownerId": self.user_of(device), "teamId": "north"}
        device.edit(key, "create", changes, self.owners.clock.now())

    @rule(
        user=st.sampled_from(USERS), visibility=st.sampled_from(list(Visibility)), team=st.sampled_from(TEAMS)
    )
    def a_user_gets_another_role_or_team(self, user: str, visibility: Visibility, team: str | None) -> None:
        self.reach[user], self.team[user] = visibility, team

    @rule(minutes=st.sampled_from([1, 90]))
    def time_passes(self, minutes: int) -> None:
        self.owners.clock.advance(minutes=minutes)

    # -- queues and networks -----------------------------------------------------------------------------------

    def collect(self) -> None:
        self.undelivered += self.owners.published[self.published :]
        self.published = len(self.owners.published)

    @rule(data=st.data())
    def some_events_arrive(self, data: st.DataObject) -> None:
        self.collect()
        if not self.undelivered:
            return
        chosen = data.draw(
            st.lists(st.integers(0, len(self.undelivered) - 1), min_size=1, max_size=6), label="events"
        )
        append_changes(self.log, [self.undelivered[number] for number in chosen])
        if data.draw(st.booleans(), label="and are forgotten"):
            gone = set(chosen)
            self.undelivered = [e for number, e in enumerate(self.undelivered) if number not in gone]

    @rule()
    def all_events_arrive(self) -> None:
        self.collect()
        append_changes(self.log, self.undelivered)
        self.undelivered = []

    @rule(number=numbers)
    def a_device_is_online_for_a_while(self, number: int) -> None:
        device = self.device(number)
        self.acknowledged += device.push(lambda batch: self.answer_push(device, batch), 50)
        self.all_events_arrive()
        self.pull_all(device)

    def pull_all(self, device: Device) -> None:
        for _ in range(200):
            if not device.pull(lambda cursor: self.answer_pull(device, cursor, 300)):
                return
        raise AssertionError("a pull has no end")

    @rule(age=st.integers(1, 6))
    def the_log_is_trimmed(self, age: int) -> None:
        self.log.trim(before=self.log.head().sequence - age)

    @rule(number=numbers, most_bytes=st.sampled_from([1, 400, 100_000]), heard=heard)
    def a_device_pulls_a_page(self, number: int, most_bytes: int, heard: bool) -> None:
        device = self.device(number)
        device.pull(lambda cursor: self.answer_pull(device, cursor, most_bytes), heard=heard)

    @rule(
        number=numbers,
        most=st.integers(1, 4),
        heard=heard,
        owner=st.sampled_from(["there"] * 4 + ["before", "after"]),
    )
    def a_device_pushes(self, number: int, most: int, heard: bool, owner: str) -> None:
        device = self.device(number)
        if owner != "there":
            setattr(self.owners, owner, _away)
        try:
            done = device.push(lambda batch: self.answer_push(device, batch), most, heard=heard)
        except UnavailableError:
            done = []
        finally:
            self.owners.before = self.owners.after = lambda: None
        self.acknowledged += done

    def answer_pull(self, device: Device, cursor: PullCursor | None, most_bytes: int = 100_000) -> PulledPage:
        return pull_changes(self.log, self.sight(device), cursor, schema=1, most_bytes=most_bytes)

    def answer_push(self, device: Device, batch: list[Mutation]) -> list[PushOutcome]:
        self.owners.clock.advance(milliseconds=1)
        user = self.user_of(device)
        self.owners.actor = user
        desk = PushDesk("aurora", user, self.memory, self.owners, {"customer": self.strategy})
        now = self.owners.clock.now()
        return push_mutations(desk, device.name, batch, sent_at=now + device.skew, received_at=now)

    # -- what must hold ----------------------------------------------------------------------------------------

    @invariant()
    def the_log_is_dense(self) -> None:
        if hasattr(self, "log") and self.log.head().sequence:
            kept = self.log.kept()
            for former, following in pairwise(kept):
                assert following.first == former.last + 1
            assert not kept or kept[-1].last == self.log.head().sequence

    def teardown(self) -> None:
        if not hasattr(self, "log"):
            return
        for _ in range(3):  # a push may be answered by a conflict that was a race of two devices
            for device in self.devices:
                for _ in range(50):
                    if not device.queue:
                        break
                    self.acknowledged += device.push(lambda batch, d=device: self.answer_push(d, batch), 4)
                assert not device.queue, "one bad change never blocks the rest"
        self.collect()
        append_changes(self.log, self.undelivered)
        for device in self.devices:
            self.pull_all(device)
            self.check_device(device)
        self.check_nothing_is_lost()

    def check_device(self, device: Device) -> None:
        sight = self.sight(device)
        visible = {
            key: record["version"]
            for key, record in self.owners.records.items()
            if not record.get("deletedAt")
            and sight.sees("customer", record.get("ownerId"), record.get("teamId"))
        }
        assert {key: version for key, (version, _) in device.held.items()} == visible
        for key, (_, record) in device.held.items():
            for name in (*FIELDS, "tags"):
                assert record.get(name) == self.owners.records[key].get(name), (key, name)

    def check_nothing_is_lost(self) -> None:
        written = self.written()
        overridden = {
            (conflict.entity, conflict.record_id, name, each.device)
            for conflict in self.memory.conflicts.values()
            for name, each in _fields(conflict.fields)
        }
        for mutation, outcome in self.acknowledged:
            if not is_acknowledged(outcome) or mutation.operation == "delete":
                continue
            for name in FIELDS:
                value = mutation.changes.get(name)
                if value is not None:
                    assert (
                        value in written.get((mutation.key, name), ())
                        or (*mutation.key, name, value) in overridden
                    ), (mutation, outcome)
        self.check_nobody_online_is_overwritten_silently()
        self.check_no_device_conflicts_with_itself()

    def check_no_device_conflicts_with_itself(self) -> None:
        own = {
            device.name: {
                value
                for sent in device.sent.values()
                for value in sent.changes.values()
                if isinstance(value, str)
            }
            for device in self.devices
        }
        if self.strategy is Strategy.LAST_WRITER_WINS:
            return  # it takes or leaves the record as one, with what the device wrote itself
        for conflict in self.memory.conflicts.values():
            for each in conflict.fields.values():
                assert not isinstance(each.server, str) or each.server not in own[conflict.client_id]

    def written(self) -> Mapping[tuple[Key, str], set[Any]]:
        """Return every value that a field of a record ever had."""
        found: dict[tuple[Key, str], set[Any]] = {}
        for event in self.owners.published:
            for name in FIELDS:
                if (event.snapshot or {}).get(name) is not None:
                    found.setdefault(((event.entity, event.id), name), set()).add(event.snapshot[name])  # type: ignore[index]
        return found

    def check_nobody_online_is_overwritten_silently(self) -> None:
        """A value that a device's user had not seen, and that the device replaced, is kept in a conflict."""
        replaced = {
            (conflict.entity, conflict.record_id, name, each.server)
            for conflict in self.memory.conflicts.values()
            for name, each in conflict.fields.items()
            if each.kept is Side.DEVICE
        }
        wishes = {
            f"sync-{derived_id('aurora', device.name, mutation.mutation_id)}": (device, mutation)
            for device in self.devices
            for mutation in device.sent.values()
        }
        for wish, key, former, after in self.owners.overwrites:
            device, mutation = wishes[wish.removesuffix(":r")]
            if mutation.operation == "delete":
                unseen = {
                    version
                    for version in former["fieldVersions"].values()
                    if version > (mutation.base_version or 0)
                }
                foreign = unseen - self.memory.versions.get((device.name, key), {}).keys()
                assert not foreign or (*key, "*", "edited") in replaced, "an edit that nobody saw was deleted"
            if mutation.operation != "update":
                continue
            for name in FIELDS:
                version = former["fieldVersions"].get(CODE_OF[name], 1)
                unseen = version > (mutation.base_version or 0)
                own = version in self.memory.versions.get((device.name, key), {})
                if former.get(name) not in {None, after.get(name)} and unseen and not own:
                    assert (*key, name, former[name]) in replaced


def _away() -> None:
    raise UnavailableError


def _fields(fields: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """The fields of a conflict; of a whole record that is gone, those that the device wrote."""
    found: list[tuple[str, Any]] = []
    for name, each in fields.items():
        if name == "*" and isinstance(each.device, Mapping):
            found += [(inner, _Written(value)) for inner, value in each.device.items()]
        else:
            found.append((name, each))
    return found


class _Written:
    def __init__(self, device: Any) -> None:
        self.device = device if not isinstance(device, dict) else None


SyncMachine.TestCase.settings = settings(
    deadline=None, max_examples=examples(1000, more=100), stateful_step_count=30
)
TestSync = SyncMachine.TestCase
