"""The owners of records behind their bulk doors, asked with the rights of the device's user."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from zebros_core.bulk.client import BulkDoorClient
from zebros_core.errors import UnavailableError
from zebros_sync.adapters.owner_schemas import OwnerSchemas
from zebros_sync.domain.log import Key
from zebros_sync.domain.ports import OwnerOutcome
from zebros_sync.domain.refusals import NOT_WRITABLE, refusal
from zebros_sync.settings import OWNER_OF, OWNERS

__all__ = ["DoorOwners"]


class DoorOwners:
    """See `Owners`. `door` gives the door of a service for the user of the device."""

    def __init__(self, door: Callable[[str], BulkDoorClient], schemas: OwnerSchemas) -> None:
        self._door = door
        self._schemas = schemas

    def read(self, keys: Iterable[Key]) -> dict[Key, Mapping[str, Any]]:
        """See `Owners`. Raises UnavailableError when an owner does not answer."""
        by_entity: dict[str, list[str]] = {}
        for entity, id in keys:
            if entity in OWNER_OF:
                by_entity.setdefault(entity, []).append(id)
        found: dict[Key, Mapping[str, Any]] = {}
        for entity, ids in by_entity.items():
            name = self._schemas.of(entity)["idField"]
            for record in self._door(OWNER_OF[entity]).read(entity, ids):
                found[entity, record[name]] = record
        return found

    def apply(self, mutations: Sequence[Mapping[str, Any]]) -> list[OwnerOutcome]:
        """See `Owners`. A service that does not answer refuses its own mutations and no others'."""
        outcomes: list[OwnerOutcome | None] = [None] * len(mutations)
        by_service: dict[str, list[int]] = {}
        for number, mutation in enumerate(mutations):
            service = OWNER_OF.get(mutation["entity"])
            if service is None:
                outcomes[number] = OwnerOutcome("rejected", problem=NOT_WRITABLE)
            else:
                by_service.setdefault(service, []).append(number)
        for service in OWNERS:
            # Records name those of services before their own: what is made offline is there when it is named.
            numbers = by_service.get(service, [])
            answered = self._applied(service, [mutations[number] for number in numbers])
            for number, outcome in zip(numbers, answered, strict=True):
                outcomes[number] = outcome
        return [outcome for outcome in outcomes if outcome is not None]

    def _applied(self, service: str, mutations: Sequence[Mapping[str, Any]]) -> list[OwnerOutcome]:
        if not mutations:
            return []
        try:
            answers = self._door(service).apply(mutations)
        except UnavailableError as error:
            # Whether it was done, the owner's receipts will tell: the mutation is sent again as it is.
            return [OwnerOutcome("rejected", problem=refusal(error)) for _ in mutations]
        return [
            OwnerOutcome(answer["outcome"], answer.get("id"), answer.get("version"), answer.get("problem"))
            for answer in answers
        ]

    def codes(self, entity: str) -> Mapping[str, str]:
        """See `Owners`."""
        return {wire: code for code, wire in self._schemas.of(entity)["codes"].items()}
