"""Carries out the cases of `services/sync/contracts/conformance`: by our device and by the service's merge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final
from unittest.mock import patch

from sync_in_memory import InMemoryDevices

from zebros.errors import BadRequestError, FieldError, ForbiddenError, Problem, TransportError
from zebros.offline import DeviceWipedError, OfflineStore, SyncEngine
from zebros.offline.pulls import apply_page
from zebros_core.tenancy.sync_strategies import Strategy
from zebros_sync.domain.log import Key
from zebros_sync.domain.ports import OwnerOutcome
from zebros_sync.domain.push import Mutation
from zebros_sync.use_cases.push_mutations import PushDesk, push_mutations

_NOW: Final = datetime.fromisoformat("2026-03-02T09:00:00Z")
_ERRORS: Final = {400: BadRequestError, 403: ForbiddenError}
_STATES: Final = {"acknowledged": "applied", "rejected": "rejected"}
Case = Mapping[str, Any]

# -- a device's side -------------------------------------------------------------------------------------------


@dataclass
class ScriptedApi:
    """A server that answers as a case says, and notes what it is asked; behind the end of the script nobody answers."""

    script: Sequence[Mapping[str, Any]]
    asked: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    def pull(self, cursor: str | None, *, entities: Mapping[str, int] | None = None) -> Mapping[str, Any]:
        assert entities is None
        return self._answer({"pull": {"cursor": cursor}})

    def push(
        self, client_id: str, sent_at: datetime, mutations: Sequence[Mapping[str, Any]]
    ) -> Sequence[Mapping[str, Any]]:
        assert client_id
        assert sent_at == _NOW
        sent = [{name: value for name, value in each.items() if name != "changedAt"} for each in mutations]
        answer: Sequence[Mapping[str, Any]] = self._answer({"push": sent})["outcomes"]
        return answer

    def head(self, known: int | None = None) -> int | None:
        raise AssertionError("a case is one sync")

    def _answer(self, request: dict[str, Any]) -> Mapping[str, Any]:
        self.asked.append(request)
        if len(self.asked) > len(self.script):
            raise TransportError("no network", outcome_unknown=False)
        answer = self.script[len(self.asked) - 1]["answer"]
        if answer is None:
            raise TransportError("no answer", outcome_unknown=True)
        if "status" in answer:
            raise _ERRORS[answer["status"]](_problem(answer))
        found: Mapping[str, Any] = answer
        return found


def _problem(said: Mapping[str, Any]) -> Problem:
    faults = [FieldError(each["field"], each["code"], each["message"]) for each in said.get("errors", ())]
    return Problem(said["status"], said["type"].rpartition("/")[2], said["title"], errors=tuple(faults))


def carry_out_sync(case: Case, folder: Path) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Sync a device as a case describes it; return what it asked, and what it has afterwards."""
    with OfflineStore.open(folder, owner="aurora/ada") as store:
        furnish(store, case["given"])
        api = ScriptedApi(case["exchange"])
        with suppress(TransportError, DeviceWipedError):
            SyncEngine(store, api, now=lambda: _NOW).sync()
        return api.asked, kept_by(store)


def furnish(store: OfflineStore, given: Mapping[str, Any]) -> None:
    """Fill a store: records as a pull brought them, then what its user did."""
    changes = [{**each, "operation": "upsert"} for each in given["records"]]
    if changes or given["cursor"]:
        apply_page(store, {"changes": changes, "cursor": given["cursor"], "more": False})
    for each in given["queue"]:
        records = store.records(each["entity"])
        with patch("zebros.offline.queue.uuid4", lambda each=each: SimpleNamespace(hex=each["mutationId"])):
            if each["operation"] == "create":
                records.create(each["changes"], id=each["id"])
            else:
                names = ("entity", "id", "operation", "baseVersion", "changes", "base")
                with store.transaction():
                    store.queue.add(*(each[name] for name in names))
                    records.refresh(each["id"])
        if each["state"] != "queued":
            outcome = {"outcome": _STATES[each["state"]], "version": each.get("version"), "problem": {}}
            store.queue.answered([{"mutationId": each["mutationId"], **outcome}])


def kept_by(store: OfflineStore) -> dict[str, Any]:
    """Return what a store keeps, as cases say it."""
    entities = [
        row[0] for row in store.connection.execute("SELECT DISTINCT entity FROM records ORDER BY entity")
    ]
    shown = [record for entity in entities for record in store.records(entity).all()]
    queue = store.connection.execute("SELECT mutation_id, state FROM mutations ORDER BY number").fetchall()
    return {
        "cursor": store.cursor,
        "shown": [
            {"entity": each.entity, "id": each.id, "version": each.version, "record": dict(each.values)}
            for each in sorted(shown, key=lambda each: (each.entity, each.id))
        ],
        "queue": [{"mutationId": mutation_id, "state": state} for mutation_id, state in queue],
    }


# -- the server's merge ----------------------------------------------------------------------------------------


@dataclass
class OneRecord:
    """The owner of one record, which takes whatever it is told to write; see `Owners`."""

    record: Mapping[str, Any] | None
    trash: Mapping[str, Any] | None
    names: Mapping[str, str]
    written: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    def read(self, keys: Sequence[Key]) -> dict[Key, Mapping[str, Any]]:
        return {} if self.record is None else dict.fromkeys(keys, self.record)

    def codes(self, entity: str) -> Mapping[str, str]:
        del entity
        return self.names

    def apply(self, mutations: Sequence[Mapping[str, Any]]) -> list[OwnerOutcome]:
        return [self._apply(wish) for wish in mutations]

    def _apply(self, wish: Mapping[str, Any]) -> OwnerOutcome:
        done = {"create": "created", "update": "updated", "delete": "deleted", "restore": "restored"}
        self.written.append({"operation": wish["operation"], "changes": wish.get("changes")})
        version = 1 if self.record is None else int(self.record["version"]) + 1
        if wish["operation"] == "restore" and self.trash is not None:
            self.record, version = self.trash, int(self.trash["version"])
        return OwnerOutcome(done[wish["operation"]], wish["id"], version)


def merge(case: Case, codes: Mapping[str, str]) -> dict[str, Any]:
    """Push one mutation against one record as a case describes both; return what becomes of it."""
    given = case["given"]
    asked = given["mutation"]
    mutation = Mutation(
        "m-1",
        "customer",
        "c-1",
        asked["operation"],
        asked["baseVersion"],
        asked["changes"],
        datetime.fromisoformat(asked["changedAt"]),
        asked["base"],
    )
    owners, devices = OneRecord(given["record"], given["trash"], codes), InMemoryDevices()
    for each in given["madeHere"]:
        others_wrote_at = datetime.fromisoformat(each["othersWroteAt"])
        devices.note_produced("phone", mutation.key, each["version"], others_wrote_at)
    desk = PushDesk("aurora", "ada", devices, owners, {"customer": Strategy(given["strategy"])})
    (outcome,) = push_mutations(
        desk,
        "phone",
        [mutation],
        sent_at=datetime.fromisoformat(given["sentAt"]),
        received_at=datetime.fromisoformat(given["receivedAt"]),
    )
    conflict = devices.conflicts.get(outcome.conflict_id or "")
    return {
        "outcome": outcome.kind.value,
        "lost": list(outcome.lost),
        "writes": owners.written,
        "conflict": None
        if conflict is None
        else {
            "state": conflict.state.value,
            "fields": {
                name: {"device": each.device, "server": each.server, "kept": each.kept and each.kept.value}
                for name, each in conflict.fields.items()
            },
        },
    }
