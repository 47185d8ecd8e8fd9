"""Records of one entity without a person's values: erased, emptied or redacted, with their history and guards.

Every write is one over the version that was read, by the actor of erasures, so that its event carries nothing of what
it replaced. Whoever repeats one finds nothing left to do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final, Generic, TypeVar, cast

from zebros_core.dynamodb.entity import StoredEntity
from zebros_core.dynamodb.lookup import LookupTable
from zebros_core.dynamodb.operations import WriteOp, write
from zebros_core.dynamodb.repository import Repository
from zebros_core.dynamodb.writes import plan_remove, plan_save
from zebros_core.errors import ConflictError, NotFoundError
from zebros_core.privacy.history import HistoryErasure, Rewrite
from zebros_core.privacy.redaction import erased, erased_change, is_named_in, redacted
from zebros_core.privacy.run import EVENT_DAYS, ErasureRun
from zebros_core.privacy.steps import Piece
from zebros_core.privacy.trash import TrashIndex
from zebros_core.records.exported import ExportedRepository
from zebros_core.tenancy.context import ERASURE_ACTOR

__all__ = ["RecordErasure", "guards_of", "sweep"]

E = TypeVar("E", bound=StoredEntity)

_PAGE: Final = 100
_MAX_RACES: Final = 8


def guards_of(record: Any, entity: str) -> dict[str, str]:
    """Return what a record may have claimed for itself alone, by the kind of its guards."""
    claimed: dict[str, str] = {}
    if hasattr(record, "unique_values"):
        values = cast("Mapping[str, str]", record.unique_values())
        claimed = {f"{entity}.{kind}": value for kind, value in values.items()}
    return claimed | ({f"{entity}.externalId": record.external_id} if record.external_id else {})


def _nothing_beside(_: Any, __: Any) -> Sequence[WriteOp]:
    return ()


class RecordErasure(Generic[E]):
    """Erases and redacts records of one entity, for one call."""

    def __init__(
        self,
        run: ErasureRun,
        repository: Repository[E],
        history: HistoryErasure | None,
        *,
        guards: Callable[[Any, str], Mapping[str, str]] = guards_of,
        beside: Callable[[E, E], Sequence[WriteOp]] = _nothing_beside,
    ) -> None:
        """`history` is None for an entity that has none.

        `beside` gives the writes of what lies beside a record, for the transaction that writes it: from the record
        without the person's values, and from what is stored of it, which may be a tombstone with a new end.
        """
        if repository.store.context.actor != ERASURE_ACTOR:
            raise ValueError(f"erasures are written by {ERASURE_ACTOR}")
        self._run = run
        self._repository = repository
        self._history = history
        self._guards = guards
        self._beside = beside
        self._schema = repository.schema

    def remove(self, id: str) -> E | None:
        """Make a record, live or in the trash, a tombstone without personal values; None where there is none.

        Here as below, one that a legal hold keeps is left as it is, and is None.
        """
        return self._erase(id, erased, to_trash=True)

    def empty(self, id: str, without: Callable[[E], E] = erased) -> E | None:
        """Empty the personal values of a record of the person, which stays where it is; None where there is none."""
        return self._erase(id, without, to_trash=False)

    def look(self, record: E, *, named: bool = False, without: Callable[[E], E] | None = None) -> bool:
        """Redact a record that names the person, and its history; tell whether anything was found.

        `named`: it is known already that it does. `without` redacts it, where more is to be done than with its texts.

        Of a record that was changed lately, and of which not all entries of the history are there, one may be on its
        way that names them: it is looked at again at the end.
        """
        id = str(getattr(record, self._schema.id_field))
        if self._is_held(id):
            return False
        if named or is_named_in(record, self._run.sought):
            self._redact(id, without or self._redacted)
            return True
        if self._history is None or record.version == 1:
            # The only entry, whether it is there already or not, says what the record does.
            return False
        changed, there = self._history.rewrite(self._schema.entity, id, self._mention)
        if changed:
            self._count_history(changed)
            self._close(id, record.version + 1, self._mention)
        elif self._may_be_late(self._history, record, there) and not self._run.look_again(
            self._schema.entity, id, record.version
        ):
            self._close(id, record.version + 1, self._mention)
        return changed > 0

    def _redact(self, id: str, without: Callable[[E], E]) -> None:
        stored = self._rewritten(id, without, to_trash=False)
        if stored is not None:
            self._close(id, stored.version, self._mention)

    def _redacted(self, record: E) -> E:
        return redacted(record, self._run.sought)

    def look_again(self, id: str, version: int) -> None:
        """Look at the history of a record again, and leave no room for events up to that version."""
        self._close(id, version + 1, self._mention)

    def _erase(self, id: str, without: Callable[[E], E], *, to_trash: bool) -> E | None:
        if self._is_held(id):
            return None
        # What is not personal may still name them: the title of a deal, a tag.
        stored = self._rewritten(id, lambda record: self._redacted(without(record)), to_trash=to_trash)
        if stored is not None:
            self._close(id, stored.version, self._own)
        return stored

    def _is_held(self, id: str) -> bool:
        return self._run.holds(self._schema.table, self._schema.entity, id)

    def _rewritten(self, id: str, change: Callable[[E], E], *, to_trash: bool) -> E | None:
        """Write what `change` makes of a record, unless it is that already. Raises ConflictError for endless races."""
        for _ in range(_MAX_RACES):
            record = self._repository.find_any(id)
            if record is None:
                return None
            changed = change(record)
            if changed == record and (record.is_deleted or not to_trash):
                return record
            try:
                stored = self._write(id, record, changed, to_trash or record.is_deleted, owned=to_trash)
            except (ConflictError, NotFoundError):
                continue
            self._run.count(self._schema.table)
            self._run.note_written(self._schema.entity, id, stored.version)
            return stored
        raise ConflictError(f"a {self._schema.entity} changes faster than it can be erased")

    def _write(self, id: str, record: E, changed: E, to_trash: bool, *, owned: bool) -> E:
        schema, repository = self._schema, self._repository
        if to_trash:
            # Whoever deleted it keeps having done so, unless the erasure did: then nobody brings it back.
            actor = record.deleted_by if record.is_deleted and not owned else None
            stored, planned = plan_remove(schema, repository.store, repository.table, changed, actor)
            claimed: Mapping[str, str] = {}
        else:
            stored, planned = plan_save(schema, repository.store, repository.table, changed, record)
            claimed = self._guards(changed, schema.entity)
        # The plan's own guards are those of a record as it is changed: here all are freed that it had.
        freed = self._freed(id, self._guards(record, schema.entity), claimed)
        write(repository.store, [*planned[:1], *freed, *self._beside(changed, stored)])
        return stored

    def _freed(self, id: str, had: Mapping[str, str], keeps: Mapping[str, str]) -> list[WriteOp]:
        if self._schema.lookup_table is None:
            return []
        lookup = LookupTable(self._repository.store, self._schema.lookup_table)
        # One that was let in as a duplicate holds no guard, and one in the trash gave its own back.
        return [
            lookup.delete_guard(kind, value, id=id)
            for kind, value in had.items()
            if keeps.get(kind) != value and lookup.guarded_id(kind, value) == id
        ]

    def _close(self, id: str, before: int, rewrite: Rewrite) -> None:
        if self._history is not None:
            self._count_history(self._history.close(self._schema.entity, id, before, rewrite, self._run.now))

    def _count_history(self, number: int) -> None:
        self._run.count(f"{self._schema.lookup_table}", number)

    def _own(self, name: str, value: Any) -> Any:
        return self._run.sought.without(erased_change(self._schema.model, name, value))

    def _mention(self, name: str, value: Any) -> Any:
        del name
        return self._run.sought.without(value)

    def _may_be_late(self, history: HistoryErasure, record: E, there: set[int]) -> bool:
        if len(there) >= record.version or self._run.now - record.updated_at >= timedelta(days=EVENT_DAYS):
            return False
        id = str(getattr(record, self._schema.id_field))
        return bool(history.missing(self._schema.entity, id, record.version))


def sweep(repository: ExportedRepository[E], trash: TrashIndex, look: Callable[[E], object]) -> Piece:
    """Return a step that looks at every record of an entity: the live ones by their creation, then the trash.

    A page of a hundred is a piece. Live records are as the index has them: read them again before you change one.
    """

    def piece(cursor: str | None) -> str | None:
        part, _, inner = (cursor or "live:").partition(":")
        if part == "live":
            page = repository.page_by_creation(limit=_PAGE, cursor=inner or None)
            for record in page.items:
                look(record)
            return f"live:{page.next_cursor}" if page.next_cursor else "trash:"
        ids = trash.page(repository.schema.entity, limit=_PAGE, cursor=inner or None)
        for id in ids.items:
            record = repository.find_any(id)
            if record is not None and record.is_deleted:
                look(record)
        return f"trash:{ids.next_cursor}" if ids.next_cursor else None

    return piece
