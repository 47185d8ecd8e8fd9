"""Long work goes on where it was left, a piece at least with each call."""

from __future__ import annotations

import pytest

from zebros_core.errors import BadRequestError
from zebros_core.privacy.run import each
from zebros_core.privacy.steps import Piece, Place, StepWaitsError, carry_on


def counted(name: str, number: int, done: list[str]) -> tuple[str, Piece]:
    def piece(cursor: str | None) -> str | None:
        at = int(cursor or 0)
        done.append(f"{name}{at}")
        return str(at + 1) if at + 1 < number else None

    return name, piece


def test_a_call_does_one_piece_at_least_and_the_next_goes_on() -> None:
    done: list[str] = []
    steps = [counted("a", 2, done), counted("b", 1, done), counted("c", 2, done)]
    place: Place | None = None
    calls = 0
    while True:
        place, waits = carry_on(steps, place, lambda: False)
        calls += 1
        assert waits == 0
        if place is None:
            break
    assert done == ["a0", "a1", "b0", "c0", "c1"] and calls == 5


def test_with_time_everything_is_done_in_one_call() -> None:
    done: list[str] = []
    assert carry_on([counted("a", 2, done), counted("b", 3, done)], None, lambda: True) == (None, 0)
    assert len(done) == 5
    assert carry_on([], None, lambda: False) == (None, 0)


def test_a_step_that_waits_is_where_the_next_call_goes_on() -> None:
    left = [30]

    def piece(cursor: str | None) -> None:
        if left:
            raise StepWaitsError(left.pop())

    done: list[str] = []
    steps = [counted("a", 1, done), ("wait", piece), counted("b", 1, done)]
    place, seconds = carry_on(steps, None, lambda: True)
    assert (place, seconds) == (Place(step="wait"), 30)
    assert carry_on(steps, place, lambda: True) == (None, 0)
    assert done == ["a0", "b0"]


def test_a_place_of_other_steps_is_refused() -> None:
    with pytest.raises(BadRequestError):
        carry_on([counted("a", 1, [])], Place(step="z"), lambda: True)


def test_what_is_done_for_each_is_done_for_each_once() -> None:
    seen: list[str] = []
    steps = [("each", each(["x", "y", "x"], seen.append)), ("none", each([], seen.append))]
    place: Place | None = None
    while True:
        place, _ = carry_on(steps, place, lambda: False)
        if place is None:
            break
    assert seen == ["x", "y"]
