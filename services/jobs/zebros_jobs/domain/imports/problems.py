"""Why a row was not imported: said in full to whoever mends it, and without its values to everybody else."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["RowProblem", "RowProblemError"]

_MOST_OF_A_VALUE = 80


@dataclass(frozen=True, slots=True)
class RowProblem:
    """One fault of a row. `field` is the target that its cell was to go to, empty for the row as a whole.

    `message` has nothing of the row in it: it is counted, kept with the job and shown in lists. `value` is the cell at
    fault, `hint` what else only whoever has the row may read; both stay in the outcome of that row.
    """

    code: str
    message: str
    field: str = ""
    value: str | None = None
    hint: str = ""

    @property
    def reason(self) -> str:
        """The fault in one sentence, with the value at fault."""
        where = f"{self.field}: " if self.field else ""
        what = "" if self.value is None else f"{_shortened(self.value)!r} "
        more = f"; {self.hint}" if self.hint else ""
        return f"{where}{what}{self.message}{more}"


class RowProblemError(ValueError):
    """A row cannot be imported."""

    def __init__(self, problem: RowProblem) -> None:
        super().__init__(problem.reason)
        self.problem = problem


def _shortened(value: str) -> str:
    return value if len(value) <= _MOST_OF_A_VALUE else f"{value[:_MOST_OF_A_VALUE]}…"
