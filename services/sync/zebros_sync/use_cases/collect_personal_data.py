"""Say everything that sync holds on a person: copies of records, conflicts, what is being tried for devices."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from zebros_core.privacy.calls import CollectedItem
from zebros_core.privacy.desk import PrivacyDesk
from zebros_core.privacy.run import CollectionRun, each
from zebros_core.privacy.steps import Piece
from zebros_core.privacy.subject import Subject
from zebros_sync.domain.log import STATE_SHARDS, State
from zebros_sync.domain.personal import Concerned, IsPersonal, record_of
from zebros_sync.domain.ports import ChangeLog, Exports, Schemas
from zebros_sync.repositories.devices import DeviceRepository
from zebros_sync.repositories.keys import LOG_TABLE, STATE_TABLE

__all__ = [
    "CONFLICTS_AT_ONCE",
    "Desk",
    "PersonalStores",
    "collection_steps",
    "identify_person",
    "personal_fields",
    "state_pages",
]

CONFLICTS_AT_ONCE: Final = 100
_PAGE_BYTES: Final = 512 * 1024
_PERSONAL: Final = "personal"


@dataclass(frozen=True, slots=True)
class PersonalStores:
    """Where something of a person may be, in one tenant; and the owners, who say what a record is by now."""

    log: ChangeLog
    devices: DeviceRepository
    exports: Exports
    schemas: Schemas


Desk: TypeAlias = PrivacyDesk[PersonalStores]


def identify_person(desk: Desk, subject: Subject) -> Subject:
    """Return the subject as it came: whatever is known here, the owners know better."""
    del desk
    return subject


def collection_steps(desk: Desk, run: CollectionRun) -> list[tuple[str, Piece]]:
    """Return the steps that collect: the copies, the conflicts, then what is remembered of clients."""
    work = _Collection(desk.workspace, run)
    return [
        ("states", state_pages(desk.workspace.log, work.add_states)),
        ("conflicts", work.look_at_conflicts),
        ("attempts", work.look_at_attempts),
        ("clients", each(run.subject.user_ids, work.add_clients)),
    ]


def state_pages(log: ChangeLog, look: Callable[[Iterable[State]], None]) -> Piece:
    """Return a step that looks at every state, half a megabyte a piece."""

    def piece(cursor: str | None) -> str | None:
        part, _, after = (cursor or "0/").partition("/")
        shard = int(part)
        states, row = log.state_page(shard, after, most_bytes=_PAGE_BYTES)
        look(states)
        if row is not None:
            return f"{shard}/{row}"
        return f"{shard + 1}/" if shard + 1 < STATE_SHARDS else None

    return piece


def personal_fields(schemas: Schemas, entity: str) -> IsPersonal:
    """Return what tells whether a field of an entity is personal; one that its owner does not know counts as such."""
    fields = schemas.of(entity)["fields"]
    return lambda name: name not in fields or fields[name]["classification"] == _PERSONAL


class _Collection:
    def __init__(self, stores: PersonalStores, run: CollectionRun) -> None:
        self._stores, self._run = stores, run
        self._concerned = Concerned(run.subject, run.sought)

    def add_states(self, states: Iterable[State]) -> None:
        for state in filter(self._concerned.in_state, states):
            self._run.add(
                CollectedItem(
                    store=STATE_TABLE,
                    entity=state.entity,
                    id=state.id,
                    state="live",
                    data=dict(state.record()),
                    classification=self._classes(state.entity, state.record()),
                )
            )

    def look_at_conflicts(self, cursor: str | None) -> str | None:
        page = self._stores.devices.page_conflicts(limit=CONFLICTS_AT_ONCE, cursor=cursor)
        states = self._stores.log.states({conflict.record for conflict in page.items})
        for conflict in page.items:
            values = {name: [each.device, each.server] for name, each in conflict.fields.items()}
            if self._concerned.of(conflict.record, states.get(conflict.record), values) is None:
                continue
            sides = {
                name: {"device": each.device, "server": each.server} for name, each in conflict.fields.items()
            }
            classes = self._classes(conflict.entity, sides)
            data = {
                "entity": conflict.entity,
                "recordId": conflict.record_id,
                "at": conflict.at.isoformat(),
                "userId": conflict.user_id,
                "fields": sides,
            }
            self._row(
                "conflict", conflict.id, data, **{f"fields.{name}": each for name, each in classes.items()}
            )
        return page.next_cursor

    def look_at_attempts(self, cursor: str | None) -> str | None:
        """Look at one client's: a piece."""
        page = self._stores.devices.page_clients(limit=1, cursor=cursor)
        for client_id in page.items:
            for mutation_id, kept in self._stores.devices.attempts(client_id):
                key = record_of(kept)
                if key is None:
                    continue
                data = {"wishes": (kept.attempt or {}).get("wishes"), "planned": kept.planned}
                state = self._stores.log.states([key]).get(key)
                if self._concerned.of(key, state, data) is not None:
                    self._row(
                        "attempt", f"{client_id}/{mutation_id}", data, wishes=_PERSONAL, planned=_PERSONAL
                    )
        return page.next_cursor

    def add_clients(self, user_id: str) -> None:
        """Add which clients somebody has pushed from."""
        cursor: str | None = None
        while True:
            page = self._stores.devices.page_clients(of=user_id, cursor=cursor)
            for client_id in page.items:
                self._row("client", client_id, {"clientId": client_id}, clientId=_PERSONAL)
            cursor = page.next_cursor
            if cursor is None:
                return

    def _classes(self, entity: str, values: Iterable[str]) -> dict[str, str]:
        fields = self._stores.schemas.of(entity)["fields"]
        described = {name: fields.get(name.partition(".")[0]) for name in values}
        return {name: each["classification"] if each else _PERSONAL for name, each in described.items()}

    def _row(self, entity: str, id: str, data: dict[str, Any], **classes: str) -> None:
        classification = dict.fromkeys(data, "system") | classes
        self._run.add(
            CollectedItem(store=LOG_TABLE, entity=entity, id=id, data=data, classification=classification)
        )
