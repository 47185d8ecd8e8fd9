"""What this service needs of others, as its use cases see it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol


class References(Protocol):
    """Records of other services that records here name, as the actor may see them."""

    def prefetch(self, entity: str, ids: Iterable[str]) -> None:
        """Read these at once, so that the questions that follow need no call. Ids that are none are let pass."""
        ...

    def find(self, entity: str, id: str) -> Mapping[str, Any] | None:
        """Return a record that is live and within the actor's sight, by wire names; None for any other.

        Raises UnavailableError, and ForbiddenError for an actor who may not read the entity at all.
        """
        ...

    def know(self, entity: str, id: str) -> None:
        """Take a record as found that was made just now."""
        ...


class RecordDoor(Protocol):
    """Another service's door for writes."""

    def apply(self, mutations: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Apply mutations and return the outcome of each. Raises UnavailableError where nobody answers."""
        ...
