"""What the use cases need of the world: where the log and the states are kept, and the owners of the records."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from zebros_sync.domain.conflict import Conflict
from zebros_sync.domain.log import Head, Key, Segment, State
from zebros_sync.domain.push import KeptOutcome

__all__ = ["ChangeLog", "Devices", "Exports", "OwnerOutcome", "Owners", "Schemas"]


class ChangeLog(Protocol):
    """The log and the states of one tenant. Everything is read strongly."""

    def head(self) -> Head:
        """Return how far the log goes."""
        ...

    def append(self, expected: Head, segment: Segment, states: Sequence[State]) -> bool:
        """Write head, segment and states at once; False, and nothing written, when the head was moved meanwhile."""
        ...

    def segments(self, first: int, *, most: int) -> list[Segment]:
        """Return up to `most` segments from number `first` on, in their order and without a gap.

        None at all when `first` is not there: not yet, or not any more.
        """
        ...

    def states(self, keys: Iterable[Key]) -> dict[Key, State]:
        """Return the states of these records, of those that have one."""
        ...

    def state_page(self, shard: int, after: str, *, most_bytes: int) -> tuple[list[State], str | None]:
        """Return states of a partition after a row, and the row to go on after; None at the end of the partition."""
        ...


class Devices(Protocol):
    """What is remembered of a tenant's devices: outcomes of mutations, the versions that they made, conflicts."""

    def outcomes(self, client_id: str, mutation_ids: Iterable[str]) -> dict[str, KeptOutcome]:
        """Return what these mutations of a client came to, of those that were seen before."""
        ...

    def keep_outcome(self, client_id: str, mutation_id: str, outcome: KeptOutcome) -> None:
        """Remember what a mutation came to, or what is being tried for it, for 90 days.

        Raises PayloadTooLargeError for more than is kept of one mutation.
        """
        ...

    def produced(self, client_id: str, keys: Iterable[Key]) -> dict[Key, Mapping[int, datetime]]:
        """Return the versions of these records that this client's own mutations made; for each, when others had last
        written the record before.
        """
        ...

    def note_produced(self, client_id: str, key: Key, version: int, others_wrote_at: datetime) -> None:
        """Remember that this client made a version of a record which others had last written then."""
        ...

    def keep_conflict(self, conflict: Conflict) -> None:
        """Store a conflict; the same one again changes nothing, for it may be decided by now.

        Raises PayloadTooLargeError for more than is kept of one conflict.
        """
        ...

    def erased(self, keys: Iterable[Key]) -> set[Key]:
        """Return those of these records whose person was erased: nothing of them is kept again."""
        ...


@dataclass(frozen=True, slots=True)
class OwnerOutcome:
    """What an owner made of one mutation: created, updated, unchanged, deleted, restored, conflict or rejected."""

    kind: str
    id: str | None = None
    version: int | None = None
    problem: Mapping[str, Any] | None = field(default=None)


class Owners(Protocol):
    """The services that own records, asked with the rights of the device's user."""

    def read(self, keys: Iterable[Key]) -> dict[Key, Mapping[str, Any]]:
        """Return the live records that the user may see, by wire names, as they are now. Raises UnavailableError."""
        ...

    def apply(self, mutations: Sequence[Mapping[str, Any]]) -> list[OwnerOutcome]:
        """Apply mutations (as the bulk doors take them), all of one service or of several; an outcome for each."""
        ...

    def codes(self, entity: str) -> Mapping[str, str]:
        """Return wire name -> short code of an entity's fields, as `fieldVersions` uses them.

        Raises UnavailableError.
        """
        ...


class Schemas(Protocol):
    """What the owners say of their records: `schemaVersion`, `idField`, `codes`, `fields`. Raises UnavailableError."""

    def of(self, entity: str) -> Mapping[str, Any]:
        """Return what is said of an entity. Raises KeyError for one that is not synchronised."""
        ...

    def all(self) -> dict[str, Mapping[str, Any]]:
        """Return what is said of every entity that devices keep."""
        ...


class Exports(Protocol):
    """What owners have, for our own machinery: all of it, page by page."""

    @property
    def entities(self) -> Sequence[str]:
        """The entities whose states are kept, in the order in which they are checked."""
        ...

    def page(self, entity: str, cursor: str | None) -> tuple[list[Mapping[str, Any]], str | None]:
        """Return a page of the live records of an entity, people as colleagues see them, and where to go on.

        Raises UnavailableError.
        """
        ...

    def records(self, keys: Iterable[Key]) -> dict[Key, Mapping[str, Any]]:
        """Return those of these records that are live, people as colleagues see them. Raises UnavailableError."""
        ...

    def id_of(self, entity: str, record: Mapping[str, Any]) -> str:
        """Return the id of a record."""
        ...
