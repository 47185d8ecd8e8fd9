"""What owners say of their records' fields, kept for a few minutes: it changes with a deployment only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from zebros_core.bulk.client import BulkDoorClient
from zebros_core.clock import Clock
from zebros_core.errors import UnavailableError
from zebros_sync.domain.people import SCHEMA as PEOPLE_SCHEMA
from zebros_sync.settings import OWNER_OF, OWNERS, PEOPLE

__all__ = ["OwnerSchemas", "SchemaCache"]

STALENESS: Final = timedelta(minutes=5)


class SchemaCache:
    """What is kept of the owners' schemas in a container: it is the same for every tenant."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: dict[str, tuple[datetime, Mapping[str, Any]]] = {}

    def entities(self, service: str, ask: Callable[[], Mapping[str, Any]]) -> Mapping[str, Any]:
        """Return the entities of a service; what is older than five minutes is served while the owner is away."""
        now = self._clock.now()
        known = self._kept.get(service)
        if known is not None and now - known[0] < STALENESS:
            return known[1]
        try:
            asked = ask()
        except UnavailableError:
            if known is None:
                raise
            return known[1]
        self._kept[service] = now, asked
        return asked


class OwnerSchemas:
    """The schemas as one caller asks for them."""

    def __init__(self, cache: SchemaCache, door: Callable[[str], BulkDoorClient]) -> None:
        self._cache = cache
        self._door = door

    def of(self, entity: str) -> Mapping[str, Any]:
        """Return what the owner says of an entity. Raises KeyError for one that is not synchronised."""
        if entity == PEOPLE:
            return PEOPLE_SCHEMA
        return self._of_service(OWNER_OF[entity])[entity]

    def all(self) -> dict[str, Mapping[str, Any]]:
        """Return what owners say of every entity that devices keep."""
        found = {
            entity: self._of_service(service)[entity]
            for service, entities in OWNERS.items()
            for entity in entities
        }
        return {**found, PEOPLE: PEOPLE_SCHEMA}

    def _of_service(self, service: str) -> Mapping[str, Any]:
        return self._cache.entities(service, lambda: self._door(service).call("schema")["entities"])
