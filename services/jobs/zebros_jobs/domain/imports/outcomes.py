"""What became of the rows of an import: each by itself, and all of them in figures."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from zebros_jobs.domain.imports.problems import RowProblem
from zebros_jobs.domain.imports.source import Cell

__all__ = ["Outcome", "RejectedRow", "RowOutcome", "Tally"]

_MOST_PROBLEMS: Final = 50
_FIRST_LINES: Final = 5


class Outcome(StrEnum):
    """What became of a row, or in a dry run, what would."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    SKIPPED = "skipped"
    """Its record is there already, and was to be left alone."""
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class RowOutcome:
    """What became of one row. `keys` are hashes of what it is recognised by, `digest` one of all that it says."""

    number: int
    line: int
    outcome: Outcome
    id: str | None = None
    problem: RowProblem | None = None
    keys: tuple[int, ...] = ()
    digest: int = 0

    def dump(self) -> bytes:
        """Return it as a line of JSON."""
        # By hand, since most lines are like this one, and there are millions.
        id = f'"{self.id}"' if self.id is not None else "null"
        head = f'[{self.number},{self.line},"{self.outcome.value}",{id},{list(self.keys)},{self.digest}'
        if self.problem is None:
            return f"{head}]\n".encode()
        return f"{head},{_problem_text(self.problem)}]\n".encode()

    @classmethod
    def load(cls, line: bytes) -> RowOutcome:
        """Return the outcome of such a line."""
        number, at, outcome, id, keys, digest, *more = json.loads(line)
        problem = RowProblem(*more[0]) if more else None
        return cls(number, at, Outcome(outcome), id, problem, tuple(keys), digest)


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A row that was not imported, with its cells, for whoever mends it."""

    line: int
    reason: str
    cells: Sequence[Cell]

    def dump(self) -> bytes:
        """Return it as a line of JSON; bytes that are no text stay what they are."""
        return (json.dumps([self.line, self.reason, self.cells]) + "\n").encode()

    @classmethod
    def load(cls, line: bytes) -> RejectedRow:
        """Return the row of such a line."""
        return cls(*json.loads(line))


@dataclass(slots=True)
class _Counted:
    problem: RowProblem
    count: int = 0
    lines: list[int] = field(default_factory=list[int])


class Tally:
    """The figures of an import so far. Nothing of any row is in them, but the lines on which problems stand."""

    def __init__(self, state: Mapping[str, Any] | None = None) -> None:
        """`state` is what `dump` gave."""
        known: Mapping[str, Any] = state or {}
        self.counts: dict[str, int] = {name.value: 0 for name in Outcome} | dict(known.get("counts", {}))
        self.writes: dict[str, int] = dict(known.get("writes", {}))
        """How many versions of records were written, by service: what the history is to know in the end."""
        self.made: dict[str, int] = dict(known.get("made", {}))
        """Records that were made because rows named them, by entity."""
        self._other = int(known.get("other", 0))
        self._problems: dict[tuple[str, str, str], _Counted] = {}
        for code, where, message, count, lines in known.get("problems", ()):
            self._problems[code, where, message] = _Counted(
                RowProblem(code, message, where), count, list(lines)
            )

    @property
    def rows(self) -> int:
        """How many rows have an outcome."""
        return sum(self.counts[name.value] for name in Outcome)

    def add(self, service: str, outcomes: Iterable[RowOutcome], *, written: bool) -> None:
        """Count outcomes; `written` says that they were written to the records of a service."""
        for found in outcomes:
            self.counts[found.outcome.value] += 1
            if written and found.outcome in {Outcome.CREATED, Outcome.UPDATED}:
                self.writes[service] = self.writes.get(service, 0) + 1
            if found.problem is not None:
                self._add_problem(found.problem, found.line)

    def add_made(self, service: str, entity: str) -> None:
        """Count a record that was made because a row named it."""
        self.made[entity] = self.made.get(entity, 0) + 1
        self.writes[service] = self.writes.get(service, 0) + 1

    def problems(self) -> Iterator[dict[str, Any]]:
        """Give each kind of problem with how often it came and on which lines first, the most frequent first."""
        for found in sorted(self._problems.values(), key=lambda each: -each.count):
            yield {
                "code": found.problem.code,
                "field": found.problem.field or None,
                "message": found.problem.message,
                "count": found.count,
                "lines": found.lines,
            }
        if self._other:
            yield {
                "code": "other",
                "field": None,
                "message": "other problems",
                "count": self._other,
                "lines": [],
            }

    def dump(self) -> dict[str, Any]:
        """Return all of it as JSON values."""
        return {
            "counts": self.counts,
            "writes": self.writes,
            "made": self.made,
            "other": self._other,
            "problems": [[*key, found.count, found.lines] for key, found in self._problems.items()],
        }

    def _add_problem(self, problem: RowProblem, line: int) -> None:
        key = (problem.code, problem.field, problem.message)
        found = self._problems.get(key)
        if found is None:
            if len(self._problems) >= _MOST_PROBLEMS:
                self._other += 1
                return
            found = self._problems[key] = _Counted(problem)
        found.count += 1
        if len(found.lines) < _FIRST_LINES:
            found.lines.append(line)


def _problem_text(problem: RowProblem) -> str:
    return json.dumps([problem.code, problem.message, problem.field, problem.value, problem.hint])
