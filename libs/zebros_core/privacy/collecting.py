"""Records of one entity as they are told to the person whom they are about, with their history."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final, Literal

from zebros_core.dynamodb.entity import StoredEntity
from zebros_core.dynamodb.schema import EntitySchema
from zebros_core.privacy.calls import CollectedFile, CollectedItem
from zebros_core.privacy.redaction import classification_of, data_of, is_named_in
from zebros_core.privacy.run import CollectionRun
from zebros_core.records.history import HistoryEntry, HistoryRepository
from zebros_core.tenancy.context import ERASURE_ACTOR

__all__ = ["RecordCollection"]

_PAGE: Final = 100
_OF_ENTRIES: Final[Mapping[str, str]] = dict.fromkeys(
    ("entity", "recordId", "version", "operation", "at", "actor", "job"), "system"
)


class RecordCollection:
    """Collects records of one entity, for one call."""

    def __init__(
        self, run: CollectionRun, schema: EntitySchema[Any], history: HistoryRepository | None
    ) -> None:
        """`history` is None for an entity that has none."""
        self._run = run
        self._schema = schema
        self._history = history
        self._classes = classification_of(schema.model)

    def own(self, record: StoredEntity, files: Collection[CollectedFile] = ()) -> None:
        """Add a record of the person, and all that its history says; nothing of one that was erased."""
        if record.deleted_by == ERASURE_ACTOR:
            return
        self._add(record, files)
        for entry in self._entries(record):
            self._add_entry(record, entry)

    def about(self, record: StoredEntity, files: Collection[CollectedFile] = ()) -> None:
        """Add a business record that is about the person, and what in its history names them."""
        self._add(record, files)
        self._add_naming(record)

    def look(self, record: StoredEntity, files: Collection[CollectedFile] = ()) -> bool:
        """Add a record that names the person, and what in its history does; tell whether the record does."""
        named = is_named_in(record, self._run.sought)
        if named:
            self._add(record, files)
        if named or record.version > 1:
            self._add_naming(record)
        return named

    def _add_naming(self, record: StoredEntity) -> None:
        for entry in self._entries(record):
            if self._run.sought.found_in(entry.model_dump(mode="json", include={"changes"})):
                self._add_entry(record, entry)

    def _add(self, record: StoredEntity, files: Collection[CollectedFile]) -> None:
        data, classes = data_of(record)
        state: Literal["live", "trash"] = "trash" if record.is_deleted else "live"
        self._run.add(
            CollectedItem(
                store=self._schema.table,
                entity=self._schema.entity,
                id=self._id(record),
                state=state,
                data=dict(data),
                classification=dict(classes),
                files=list(files),
            )
        )

    def _entries(self, record: StoredEntity) -> Iterator[HistoryEntry]:
        cursor: str | None = None
        while self._history is not None:
            page = self._history.page(self._schema.entity, self._id(record), limit=_PAGE, cursor=cursor)
            yield from page.items
            cursor = page.next_cursor
            if cursor is None:
                return

    def _add_entry(self, record: StoredEntity, entry: HistoryEntry) -> None:
        facts = entry.model_dump(mode="json", by_alias=True)
        self._run.add(
            CollectedItem(
                store=str(self._schema.lookup_table),
                entity="history",
                id=f"{self._schema.entity}/{self._id(record)}/{entry.version}",
                data={"entity": self._schema.entity, "recordId": self._id(record), **facts},
                classification={
                    **_OF_ENTRIES,
                    **{f"changes.{name}": self._classes.get(name, "personal") for name in entry.changes},
                },
            )
        )

    def _id(self, record: StoredEntity) -> str:
        return str(getattr(record, self._schema.id_field))
