"""What owners have, read through their doors with our machinery's rights."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from zebros_core.bulk.client import BulkDoorClient
from zebros_sync.domain.log import Key
from zebros_sync.domain.ports import Schemas
from zebros_sync.settings import OWNER_OF

__all__ = ["DoorExports"]

_PAGE: Final = 200


class DoorExports:
    """See `Exports`."""

    def __init__(self, door: Callable[[str], BulkDoorClient], schemas: Schemas) -> None:
        self._door = door
        self._schemas = schemas

    @property
    def entities(self) -> Sequence[str]:
        """See `Exports`."""
        return tuple(OWNER_OF)

    def page(self, entity: str, cursor: str | None) -> tuple[list[Mapping[str, Any]], str | None]:
        """See `Exports`."""
        answer = self._door(OWNER_OF[entity]).export(entity, limit=_PAGE, cursor=cursor)
        return answer["items"], answer["nextCursor"]

    def existing(self, keys: Iterable[Key]) -> set[Key]:
        """See `Exports`."""
        by_entity: dict[str, list[str]] = {}
        for entity, id in keys:
            by_entity.setdefault(entity, []).append(id)
        return {
            (entity, self.id_of(entity, record))
            for entity, ids in by_entity.items()
            for record in self._door(OWNER_OF[entity]).read(entity, ids)
        }

    def id_of(self, entity: str, record: Mapping[str, Any]) -> str:
        """See `Exports`."""
        return str(record[self._schemas.of(entity)["idField"]])
