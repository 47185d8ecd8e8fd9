"""What owners have, read through their doors with our machinery's rights."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from zebros_core.bulk.client import BulkDoorClient
from zebros_sync.domain.log import Key
from zebros_sync.domain.people import shown_person
from zebros_sync.domain.ports import Schemas
from zebros_sync.settings import OWNER_OF, PEOPLE

__all__ = ["DoorExports"]

_PAGE: Final = 200
_OWNERS: Final = {**OWNER_OF, PEOPLE: "auth"}


class DoorExports:
    """See `Exports`."""

    def __init__(self, door: Callable[[str], BulkDoorClient], schemas: Schemas) -> None:
        self._door = door
        self._schemas = schemas

    @property
    def entities(self) -> Sequence[str]:
        """See `Exports`."""
        return tuple(_OWNERS)

    def page(self, entity: str, cursor: str | None) -> tuple[list[Mapping[str, Any]], str | None]:
        """See `Exports`."""
        answer = self._door(_OWNERS[entity]).export(entity, limit=_PAGE, cursor=cursor)
        return [_kept(entity, record) for record in answer["items"]], answer["nextCursor"]

    def records(self, keys: Iterable[Key]) -> dict[Key, Mapping[str, Any]]:
        """See `Exports`."""
        by_entity: dict[str, list[str]] = {}
        for entity, id in keys:
            by_entity.setdefault(entity, []).append(id)
        return {
            (entity, self.id_of(entity, record)): _kept(entity, record)
            for entity, ids in by_entity.items()
            for record in self._door(_OWNERS[entity]).read(entity, ids)
        }

    def id_of(self, entity: str, record: Mapping[str, Any]) -> str:
        """See `Exports`."""
        return str(record[self._schemas.of(entity)["idField"]])


def _kept(entity: str, record: Mapping[str, Any]) -> Mapping[str, Any]:
    return shown_person(record) if entity == PEOPLE else record
