"""Records of other services that a write names: read through their doors with the rights of whoever writes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from zebros_core.bulk.client import BulkDoorClient
from zebros_core.errors import ForbiddenError
from zebros_core.ids import is_id

__all__ = ["DoorReferences"]


class DoorReferences:
    """What one actor may see elsewhere, each record read once for a request, and a hundred in one call.

    The reads are strong, so a record that was made a moment ago can be named at once.
    """

    def __init__(self, door: Callable[[str], BulkDoorClient], services: Mapping[str, str]) -> None:
        """`door` gives the door of a service for the actor, when it is needed; `services` are by entity."""
        self._door = door
        self._services = services
        self._known: dict[tuple[str, str], Mapping[str, Any] | None] = {}

    def prefetch(self, entity: str, ids: Iterable[str]) -> None:
        """Read these at once; what is no id is left to `find`. Raises UnavailableError."""
        wanted = [id for id in dict.fromkeys(ids) if is_id(id) and (entity, id) not in self._known]
        if not wanted:
            return
        try:
            records = self._door(self._services[entity]).read(entity, wanted)
        except ForbiddenError:
            # Whoever may not read an entity at all sees none of its records.
            records = []
        found = {str(record[f"{entity}Id"]): record for record in records}
        self._known |= {(entity, id): found.get(id) for id in wanted}

    def find(self, entity: str, id: str) -> Mapping[str, Any] | None:
        """Return a live record that the actor may see, by wire names, or None. Raises UnavailableError."""
        if (entity, id) not in self._known:
            self.prefetch(entity, [id])
        return self._known.get((entity, id))

    def know(self, entity: str, id: str) -> None:
        """Take a record as found that was made just now."""
        self._known[entity, id] = {f"{entity}Id": id}
