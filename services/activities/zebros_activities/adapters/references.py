"""Records of other services through their bulk doors, with the actor's own rights."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from zebros_activities.domain.ports import Reference
from zebros_core.bulk import references
from zebros_core.bulk.client import BulkDoorClient

_SERVICE_OF: Final = {
    "customer": "customers",
    "contact": "customers",
    "document": "customers",
    "lead": "pipeline",
    "opportunity": "pipeline",
}


class DoorReferences:
    """The `References` of one actor."""

    def __init__(self, door: Callable[[str], BulkDoorClient]) -> None:
        """`door` gives the door of a service for the actor, when it is needed."""
        self._records = references.DoorReferences(door, _SERVICE_OF)

    def prefetch(self, entity: str, ids: Iterable[str]) -> None:
        """See `References`."""
        self._records.prefetch(entity, ids)

    def find(self, entity: str, id: str) -> Reference | None:
        """See `References`."""
        record = self._records.find(entity, id)
        return None if record is None else Reference(entity, id, record.get("customerId"), record)
