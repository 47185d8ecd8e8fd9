"""Custom field definitions as the services read them that do not keep them: through their keeper's bulk door."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from zebros_core.bulk.client import BulkDoors
from zebros_core.clock import Clock
from zebros_core.records.custom import FieldDefinition
from zebros_core.tenancy import SYSTEM_ACTOR, TenantContext

__all__ = ["FieldDefinitions"]

STALENESS_SECONDS: Final = 30.0
_MOST_KEPT: Final = 1_000


class FieldDefinitions:
    """Definitions by tenant and entity, kept for 30 seconds: a new field can be used everywhere that much later.

    `keeper` is the service whose door has the verb `fields`.
    """

    def __init__(self, doors: BulkDoors, clock: Clock, *, keeper: str) -> None:
        self._doors = doors
        self._clock = clock
        self._keeper = keeper
        self._kept: dict[tuple[str, str], tuple[datetime, list[FieldDefinition]]] = {}

    def of_caller(self, context: TenantContext) -> Callable[[str], list[FieldDefinition]]:
        """Return what gives the definitions of an entity of this caller's tenant. Raises UnavailableError."""
        return lambda entity: self._of(context, entity)

    def _of(self, context: TenantContext, entity: str) -> list[FieldDefinition]:
        key = (context.tenant_id, entity)
        now = self._clock.now()
        kept = self._kept.get(key)
        if kept is not None and now - kept[0] < timedelta(seconds=STALENESS_SECONDS):
            return kept[1]
        # Definitions are the tenant's, whoever asks: who may write records is to be held to all of them.
        machinery = replace(context, user_id=f"{SYSTEM_ACTOR}fields")
        door = self._doors.system_door(self._keeper, machinery)
        found = [
            FieldDefinition.model_validate(field) for field in door.call("fields", entity=entity)["items"]
        ]
        if len(self._kept) >= _MOST_KEPT:
            self._kept.clear()
        self._kept[key] = (now, found)
        return found
