"""Real devices, a deployed server, and a network that loses answers: in the end all have the same, and nothing is lost.

The seeds make the same choices in every run; what meets what on the server is up to the moment.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import pytest
from deployed_stack import Deployment, Member, eventually

from zebros import Client
from zebros.errors import TransportError
from zebros.offline import LocalRecord, OfflineStore, SyncEngine, SyncReport

pytestmark = pytest.mark.integration

T = TypeVar("T")

ROUNDS = 6
RECORDS = 10
FIELDS = ("companyName", "industry")
PAGE_BYTES = 1500
"""Small, so that a pull has several pages in which something may go wrong."""


class Crash(BaseException):
    """The process of a device ends: nothing of it is carried out further."""


@dataclass
class Ledger:
    """What the server answered to pushes, whether or not the device ever heard it."""

    answers: dict[str, tuple[Mapping[str, Any], Mapping[str, Any]]] = field(
        default_factory=dict[str, tuple[Mapping[str, Any], Mapping[str, Any]]]
    )
    repeated: int = 0

    def note(self, mutations: Sequence[Mapping[str, Any]], outcomes: Sequence[Mapping[str, Any]]) -> None:
        """Keep the outcomes; one that was given before has to be the same."""
        for mutation, outcome in zip(mutations, outcomes, strict=True):
            known = self.answers.get(mutation["mutationId"])
            if known is not None and known[1]["outcome"] != "rejected":
                self.repeated += 1
                assert outcome == known[1], "the same change again has the same outcome"
            self.answers[mutation["mutationId"]] = mutation, outcome

    def acknowledged(self) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
        return (answer for answer in self.answers.values() if answer[1]["outcome"] != "rejected")


@dataclass
class Network:
    """The API over a network that fails as `chance` says: before a request arrives, after it was carried out, or with
    the device itself."""

    client: Client
    ledger: Ledger
    chance: random.Random
    is_bad: bool = True
    pushes: int = 0

    def pull(self, cursor: str | None, *, entities: Mapping[str, int] | None = None) -> Mapping[str, Any]:
        return self._over(lambda: self.client.sync.pull(cursor, entities=entities, max_bytes=PAGE_BYTES))

    def push(
        self, client_id: str, sent_at: datetime, mutations: Sequence[Mapping[str, Any]]
    ) -> Sequence[Mapping[str, Any]]:
        def send() -> list[dict[str, Any]]:
            outcomes = self.client.sync.push(client_id, sent_at, mutations)
            self.ledger.note(mutations, outcomes)
            return outcomes

        # Whatever the seed: of each device one answer to a push is lost, and one push is its last work before a crash.
        self.pushes += 1
        return self._over(send, {1: "after", 3: "crash"}.get(self.pushes))

    def head(self, known: int | None = None) -> int | None:
        return self._over(lambda: self.client.sync.head(known))

    def _over(self, request: Callable[[], T], fate: str | None = None) -> T:
        if not self.is_bad:
            return request()
        fate = fate or self.chance.choices(["well", "before", "after", "crash"], [14, 1, 3, 1])[0]
        if fate == "before":
            raise TransportError("no network", outcome_unknown=False)
        answer = request()
        if fate == "after":
            raise TransportError("the answer was lost", outcome_unknown=True)
        if fate == "crash":
            raise Crash
        return answer


@dataclass
class Device:
    """A device of somebody: the client's own store and engine. It is opened anew each time, as after a crash."""

    name: str
    member: Member
    folder: Path
    network: Network
    made: int = 0

    def open(self) -> OfflineStore:
        return OfflineStore.open(self.folder, owner=f"{self.member.tenant.id}/{self.member.user}")

    def sync(self) -> SyncReport | None:
        """Sync once; None when the network or the device failed on the way."""
        with self.open() as store:
            try:
                return SyncEngine(store, self.network).sync()
            except (Crash, TransportError):
                return None

    def value(self) -> str:
        """A text that nobody else ever writes."""
        self.made += 1
        return f"{self.name} {self.made}"

    def work(self, chance: random.Random) -> None:
        """Do something or other without a network."""
        with self.open() as store:
            customers = store.customers
            ids = sorted(record.id for record in customers.all())
            for _ in range(chance.randint(0, 3)):
                what = chance.choices(["edit", "tag", "create", "delete"], [8, 2, 1, 1])[0]
                if what == "create":
                    facts = {"ownerId": self.member.user, "teamId": "north"}
                    customers.create({"companyName": self.value(), **facts})
                elif not ids:
                    continue
                elif what == "edit":
                    customers.edit(chance.choice(ids), {chance.choice(FIELDS): self.value()})
                elif what == "tag":
                    customers.edit(chance.choice(ids), {"tags": {"add": [chance.choice("xyz")]}})
                else:
                    customers.delete(ids.pop(chance.randrange(len(ids))))

    def give_up_what_was_refused(self) -> None:
        with self.open() as store:
            for change in store.queue.rejected():
                store.queue.give_up(change.mutation_id)

    def records(self) -> dict[str, Any]:
        with self.open() as store:
            return {record.id: shown(record) for record in store.customers.all()}

    def unsent(self) -> int:
        with self.open() as store:
            return store.queue.count()


def shown(record: LocalRecord | Mapping[str, Any]) -> tuple[Any, ...]:
    """What is compared of a record, on a device or from the API."""
    values = record.values if isinstance(record, LocalRecord) else record
    names = (*FIELDS, "ownerId", "teamId", "version")
    return *(values.get(name) for name in names), sorted(values.get("tags") or ())


class World:
    """A tenant with two devices of its admin and one of a representative, and somebody who writes by the API."""

    def __init__(self, deployment: Deployment, folder: Path, seed: int) -> None:
        self.deployment = deployment
        self.chance = random.Random(seed)
        self.ledger = Ledger()
        tenant = deployment.register("pool")
        self.ada = deployment.member(tenant, "ada", team="north")
        bo = deployment.member(tenant, "bo", roles=("sales-rep",), team="north")
        self.queue = deployment.queue("changes", "zebros-sync-local")
        self.devices = [
            Device(name, member, folder / name, self._network(member))
            for name, member in (("phone", self.ada), ("laptop", self.ada), ("tablet", bo))
        ]
        self.written = 0
        for number in range(RECORDS):
            facts = {"ownerId": ("ada", "bo")[number % 2], "teamId": "south" if number % 5 == 0 else "north"}
            self.ada.customer(self._value(), **facts)
        deployment.settle(self.queue)

    def _network(self, member: Member) -> Network:
        return Network(self.deployment.sdk(member), self.ledger, self.chance)

    def _value(self) -> str:
        self.written += 1
        return f"api {self.written}"

    def customers(self) -> list[str]:
        page = self.ada.ask("GET", "/v1/customers", params={"limit": "200"})
        assert page["nextCursor"] is None
        return sorted(item["customerId"] for item in page["items"])

    def seen_by(self, member: Member) -> dict[str, Any]:
        """What somebody may read one by one; the list of a team leaves out what is theirs in another team."""
        answers = {id: member.get(f"/v1/customers/{id}") for id in self.customers()}
        return {id: shown(answer.json()) for id, answer in answers.items() if answer.is_success}

    def write_by_the_api(self) -> None:
        ids = self.customers()
        for _ in range(self.chance.randint(0, 3)):
            path = f"/v1/customers/{self.chance.choice(ids)}"
            patch = self.chance.choice(
                [{name: self._value()} for name in FIELDS]
                + [{"teamId": self.chance.choice(["north", "south"])}]
            )
            self.ada.ask("PATCH", path, patch)

    def a_round(self) -> None:
        for device in self.devices:
            device.work(self.chance)
        self.write_by_the_api()
        for device in self.chance.sample(self.devices, k=2):
            device.sync()

    def come_to_rest(self) -> None:
        """Mend the network, and sync until nobody has anything more to send or to get."""
        for device in self.devices:
            device.network.is_bad = False
        for _ in range(10):
            moved = 0
            for device in self.devices:
                device.give_up_what_was_refused()
                report = device.sync()
                assert report is not None
                moved += report.pushed + report.pulled + len(report.rejected) + device.unsent()
            self.deployment.settle(self.queue)
            if not moved:
                return
        raise AssertionError("the devices never come to rest")

    def kept_of(self, id: str) -> list[str]:
        """Every text that a record has or once had, by its history; of a deleted one too."""
        path = f"/v1/customers/{id}"
        if self.ada.get(path).status_code == 404:
            self.ada.ask("POST", f"{path}/restore")
        entries = self.ada.ask("GET", f"{path}/history", params={"limit": "200"})["items"]
        return [
            str(change.get("after"))
            for entry in entries
            for name, change in entry["changes"].items()
            if name in FIELDS
        ]

    def conflicts(self) -> dict[str, Any]:
        with self.deployment.sdk(self.ada) as client:
            return {each.id: each for each in client.sync.conflicts.list(limit=200)}


@pytest.mark.parametrize("seed", [1, 2])
def test_devices_come_to_what_the_server_has_and_no_acknowledged_change_is_lost(
    deployment: Deployment, tmp_path: Path, seed: int
) -> None:
    world = World(deployment, tmp_path, seed)
    for device in world.devices:
        while device.sync() is None:
            pass
    for _ in range(ROUNDS):
        world.a_round()
    world.come_to_rest()

    for device in world.devices:
        assert device.records() == world.seen_by(device.member), device.name
    conflicts = world.conflicts()
    told = 0
    for mutation, outcome in world.ledger.acknowledged():
        values = {name: mutation["changes"][name] for name in FIELDS if name in mutation["changes"]}
        of_conflict = conflicts.get(outcome["conflictId"] or "")
        for name, value in values.items():
            told += 1
            overridden = of_conflict is not None and (
                name in of_conflict.fields and of_conflict.fields[name].device == value
            )
            if name in outcome["lost"]:
                assert overridden, (mutation, outcome)
            elif not overridden:
                assert eventually(lambda id=outcome["id"], value=value: value in world.kept_of(id)), mutation
    assert told > ROUNDS, "enough was acknowledged for this to say something"
    assert world.ledger.repeated > 0, "answers were lost, and given again"
