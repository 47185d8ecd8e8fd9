"""A device in memory: the least that a client of sync does, to hold the protocol to what it promises.

Everything that a real device keeps in one transaction changes in one step here; a crash is an answer that never came.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from zebros_sync.domain.cursor import PullCursor, ResetReason
from zebros_sync.domain.log import Key
from zebros_sync.domain.push import Mutation, OutcomeKind, PushOutcome
from zebros_sync.use_cases.pull_changes import PulledPage


@dataclass
class Device:
    """What a device holds: records by generation, where it is, and what its user did that is not acknowledged."""

    name: str
    skew: timedelta = timedelta(0)
    held: dict[Key, tuple[int, Mapping[str, Any]]] = field(
        default_factory=dict[Key, tuple[int, Mapping[str, Any]]]
    )
    coming: dict[Key, tuple[int, Mapping[str, Any]]] | None = None
    """The next generation, while a full sync fills it."""
    cursor: PullCursor | None = None
    queue: list[Mutation] = field(default_factory=list[Mutation])
    made: int = 0
    sent: dict[str, Mutation] = field(default_factory=dict[str, Mutation])
    resets: list[ResetReason] = field(default_factory=list[ResetReason])

    def edit(self, key: Key, operation: str, changes: Mapping[str, Any], now: Any) -> Mutation:
        """Do something offline; it is queued with the version that the user saw."""
        self.made += 1
        base = self.held.get(key)
        mutation = Mutation(
            f"{self.name}-{self.made}",
            key[0],
            key[1],
            operation,
            base[0] if base is not None and operation != "create" else None,
            changes,
            now + self.skew,
        )
        self.queue.append(mutation)
        return mutation

    def pull(self, ask: Callable[[PullCursor | None], PulledPage], *, heard: bool = True) -> bool:
        """Ask for one page, and keep it with its cursor if the answer comes; whether there is more."""
        page = ask(self.cursor)
        if not heard:
            return True
        if page.reset is not None:
            self.resets.append(page.reset)
            self.cursor, self.coming = None, {}
            return True
        if self.cursor is None and self.coming is None:
            self.coming = {}
        into = self.held if self.coming is None else self.coming
        for state in page.records:
            into[state.key] = (state.version, state.record())
        for key, _ in page.removed:
            into.pop(key, None)
        self.cursor = page.cursor
        if not page.more and self.coming is not None:
            # The new generation is whole: what is not in it is swept.
            self.held, self.coming = self.coming, None
        return page.more

    def push(
        self, send: Callable[[list[Mutation]], list[PushOutcome]], most: int, *, heard: bool = True
    ) -> list[tuple[Mutation, PushOutcome]]:
        """Send what is queued first; what is acknowledged leaves the queue, if the answer comes."""
        batch = self.queue[:most]
        if not batch:
            return []
        self.sent |= {mutation.mutation_id: mutation for mutation in batch}
        outcomes = send(batch)
        if not heard:
            return []
        done = {outcome.mutation_id for outcome in outcomes}
        self.queue = [mutation for mutation in self.queue if mutation.mutation_id not in done]
        return list(zip(batch, outcomes, strict=True))


def is_acknowledged(outcome: PushOutcome) -> bool:
    """Tell whether the device was told that its change was taken."""
    return outcome.kind is not OutcomeKind.REJECTED
