"""How far a restore is."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

__all__ = ["RestoreState", "Stage"]


class Stage(StrEnum):
    """What a restore does, one after the other."""

    THAW = "thaw"
    CHECK = "check"
    WRITE = "write"
    TRASH = "trash"
    COMPARE = "compare"
    DONE = "done"


def _counts() -> dict[str, dict[str, int]]:
    return {}


def _sums() -> dict[str, dict[str, Any]]:
    return {}


@dataclass(slots=True)
class RestoreState:
    """The checkpoint.

    `at` counts what is done of the present stage: files, parts, or contents. `entry` and `line` are the next to write
    of a content, `reading` is where records are read. `planned` is what was decided on a batch before it was carried
    out: the next worker does that and decides nothing anew, since it would find what this one has written.
    """

    stage: Stage = Stage.THAW
    at: int = 0
    entry: int = 0
    line: int = 0
    reading: dict[str, Any] | None = None
    planned: list[str] | None = None
    checked: dict[str, dict[str, Any]] = field(default_factory=_sums)
    counts: dict[str, dict[str, int]] = field(default_factory=_counts)
    found: dict[str, dict[str, Any]] = field(default_factory=_sums)
    problems: dict[str, Any] | None = None
    done: int = 0

    @classmethod
    def of(cls, kept: Any) -> RestoreState:
        """Return the state that a checkpoint says."""
        return cls(**{**kept, "stage": Stage(kept["stage"])})

    def json(self) -> dict[str, Any]:
        """Return the state as JSON values."""
        return {name: getattr(self, name) for name in self.__slots__} | {"stage": self.stage.value}

    def go_on(self, stage: Stage) -> None:
        """Begin the next stage."""
        self.stage, self.at, self.entry, self.line = stage, 0, 0, 0
        self.reading = self.planned = None

    def count(self, content: str, outcome: str, number: int = 1) -> None:
        """Count what came of something."""
        counts = self.counts.setdefault(content, {})
        counts[outcome] = counts.get(outcome, 0) + number
