"""Where a privacy request is: what its checkpoints hold. Ids, cursors and counts, and never a value of the person."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final, Literal, Self, TypeAlias, TypeVar

from zebros_core.values import Value
from zebros_jobs.use_cases.privacy.own_files import FilePlace, FoundFile
from zebros_jobs.use_cases.run_job import JobRun

__all__ = ["FORMER", "ArchivedFile", "CollectionState", "ErasureState", "HoldInForce", "Outcome", "load"]

Outcome: TypeAlias = Literal["done", "partly", "held", "nobodyFound"]
"""How a request ended: whole; without what is held; not at all, since the person is held; or about nobody."""

FORMER: Final = "former:"
"""What the name of a store begins with, of whose files only versions went that were deleted or replaced already."""

Counts: TypeAlias = dict[str, dict[str, int]]


class State(Value):
    """What both kinds of checkpoints have."""

    phase: str
    counts: Counts = {}  # noqa: RUF012 - pydantic copies defaults
    begun_at: datetime
    ended_at: datetime | None = None
    outcome: Outcome | None = None

    def at(self, phase: str, **changes: Any) -> Self:
        """Return the state at the beginning of a phase."""
        return self.model_copy(update={"phase": phase, **changes})

    def counted(self, service: str, counts: dict[str, int]) -> Counts:
        """Return the counts with those of a service replaced."""
        return {**self.counts, service: counts}

    def added(self, service: str, store: str, number: int) -> Counts:
        """Return the counts with so many more in a store of a service."""
        stores = self.counts.get(service, {})
        return self.counted(service, {**stores, store: stores.get(store, 0) + number})

    @property
    def total(self) -> int:
        """How much of the person was counted."""
        return sum(
            number
            for stores in self.counts.values()
            for store, number in stores.items()
            if not store.startswith(FORMER)
        )

    def save(self, run: JobRun) -> None:
        """Store this as the job's checkpoint. Raises as `JobRun.save` does."""
        counters = {store: 0 for stores in self.counts.values() for store in stores}
        for stores in self.counts.values():
            for store, number in stores.items():
                counters[store] += number
        checkpoint = self.model_dump(mode="json", by_alias=True)
        run.save(checkpoint, done=self.total, counters=counters, note=self.phase)


class ArchivedFile(Value):
    """A file that a request made."""

    name: str
    key: str
    content_type: str
    size_bytes: int
    sha256: str


class CollectionState(State):
    """Of an access or a portability request. `parts` has the state of the parts of each store's file."""

    service: int = 0
    cursor: str | None = None
    parts: dict[str, dict[str, Any]] = {}  # noqa: RUF012
    place: FilePlace | None = None
    made: tuple[ArchivedFile, ...] = ()


class HoldInForce(Value):
    """A hold that kept something, without its reason, which may name the person."""

    id: str
    scope: Literal["subject", "record", "all"]
    until: date | None = None


class ErasureState(State):
    """Of an erasure.

    `service` and `resume` say where the owners are, `waits_for` which jobs are to end before our files are looked
    through, `pending` which files are to go next: they are written down already. `found` counts what a round of our
    own stores found: the last one finds nothing. `kept` and `files` are the states of the parts that list them.
    """

    round: int = 0
    service: int = 0
    resume: dict[str, Any] | None = None
    kept: dict[str, Any] | None = None
    files: dict[str, Any] | None = None
    waits_for: tuple[str, ...] | None = None
    place: FilePlace | None = None
    pending: tuple[FoundFile, ...] = ()
    unsearched: int = 0
    found: int = 0
    cursor: str | None = None
    left: int = 0
    documents: tuple[str, ...] = ()
    hashes: tuple[str, ...] = ()
    holds: tuple[HoldInForce, ...] = ()


S = TypeVar("S", bound=State)


def load(run: JobRun, model: type[S], first: str) -> S:
    """Return the state of the job's checkpoint, or that of its beginning."""
    if run.checkpoint is None:
        return model(phase=first, begun_at=run.clock.now())
    return model.model_validate(dict(run.checkpoint))
