"""How long to pause between two looks at a history that catches up with what a job wrote."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import Final, Self

__all__ = ["CatchingUp"]

_SHORTEST: Final = 2
_LONGEST: Final = 15
_PATIENCE: Final = 120
"""Seconds of waiting after which the shortest pause is a second longer: a state machine has turns for an hour so."""


@dataclass(frozen=True, slots=True)
class CatchingUp:
    """A look at a history: `known` of `expected` versions, after `waited` seconds, and the `pause` until the next."""

    known: int
    expected: int
    waited: int
    pause: int

    @classmethod
    def after(cls, former: CatchingUp | None, *, known: int, expected: int, waited: int) -> Self:
        """Look once more. Each look reads a row for each version, so there are few while there is much to come.

        The pause is half of what is left at the pace since the former look; without any progress it grows.
        """
        if former is None:
            wanted = _SHORTEST
        elif known > former.known:
            pace = (known - former.known) / max(1, waited - former.waited)
            wanted = ceil(max(0, expected - known) / pace / 2)
        else:
            wanted = former.pause + 1
        shortest = _SHORTEST + waited // _PATIENCE
        return cls(known, expected, waited, min(_LONGEST, max(shortest, wanted)))

    @classmethod
    def load(cls, state: list[int] | None) -> Self | None:
        """Return the look that `dump` gave."""
        return None if state is None else cls(*state)

    def dump(self) -> list[int]:
        """Return it as JSON values."""
        return [self.known, self.expected, self.waited, self.pause]

    @property
    def note(self) -> str:
        """What is waited for, for people."""
        if self.known >= self.expected:
            return "waiting for the last writes of the import"
        return f"waiting for the history, which has {self.known:,} of {self.expected:,} changes"
