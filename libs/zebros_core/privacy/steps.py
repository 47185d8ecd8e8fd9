"""Long work in short calls: steps in their order, each going on piece by piece from a cursor.

A step is called with the cursor that its last piece gave, None for its first; it does a piece and gives the next
cursor, or None when it is through. A piece may be done again: whoever was stopped goes on from the answer that was
received last.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Final, TypeAlias

from pydantic import Field

from zebros_core.errors import BadRequestError
from zebros_core.http.wire import WireModel

__all__ = ["WORK_SECONDS", "Piece", "PieceCutError", "Place", "StepWaitsError", "carry_on"]

WORK_SECONDS: Final = 12.0
"""How long a call works: its caller waits for 25 seconds at most, and a piece that was begun is brought to its end."""

Piece: TypeAlias = Callable[[str | None], str | None]


class Place(WireModel):
    """Where a work goes on: in which step, and where in it. `done` is how much of that piece was done already."""

    step: Annotated[str, Field(max_length=40)]
    cursor: Annotated[str | None, Field(max_length=4096)] = None
    done: Annotated[int, Field(ge=0)] = 0


@dataclass
class StepWaitsError(Exception):
    """A step can do nothing before so many seconds are over."""

    seconds: int


@dataclass
class PieceCutError(Exception):
    """A piece was too much for one call: it is begun again by the next, which has so much of it behind it."""

    done: int


def carry_on(
    steps: Sequence[tuple[str, Piece]], place: Place | None, goes_on: Callable[[], bool]
) -> tuple[Place | None, int]:
    """Do pieces while `goes_on`, at least one; return where to go on, None at the end, and how long to wait before.

    Raises BadRequestError for a place that is none of these steps'.
    """
    names = [name for name, _ in steps]
    if place is None:
        number, cursor = 0, None
    elif place.step in names:
        number, cursor = names.index(place.step), place.cursor
    else:
        raise BadRequestError.for_field("/resume", "unknown_step", "This is not where this work was left.")
    while number < len(steps):
        try:
            cursor = steps[number][1](cursor)
        except StepWaitsError as waits:
            return Place(step=names[number], cursor=cursor), waits.seconds
        except PieceCutError as cut:
            return Place(step=names[number], cursor=cursor, done=cut.done), 0
        if cursor is None:
            number += 1
        if number < len(steps) and not goes_on():
            return Place(step=names[number], cursor=cursor), 0
    return None, 0
