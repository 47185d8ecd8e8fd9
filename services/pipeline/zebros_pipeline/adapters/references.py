"""Records of other services, through their bulk doors."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from zebros_core.bulk.client import BulkDoorClient
from zebros_core.ids import is_id

_ID_OF: Final = {"customer": "customerId", "contact": "contactId"}


class DoorReferences:
    """What one actor may see of the customers service, read once for a request."""

    def __init__(self, door: BulkDoorClient) -> None:
        """`door` is the service's door for the actor."""
        self._door = door
        self._known: dict[tuple[str, str], Mapping[str, Any] | None] = {}

    def prefetch(self, entity: str, ids: Iterable[str]) -> None:
        """Read these at once: one call for a hundred."""
        wanted = [id for id in dict.fromkeys(ids) if is_id(id) and (entity, id) not in self._known]
        if not wanted:
            return
        found = {record[_ID_OF[entity]]: record for record in self._door.read(entity, wanted)}
        self._known |= {(entity, id): found.get(id) for id in wanted}

    def find(self, entity: str, id: str) -> Mapping[str, Any] | None:
        """Return a record that the actor may see, or None."""
        if (entity, id) not in self._known:
            self.prefetch(entity, [id])
        return self._known.get((entity, id))

    def know(self, entity: str, id: str) -> None:
        """Take a record as found that was made just now."""
        self._known[entity, id] = {_ID_OF[entity]: id}
