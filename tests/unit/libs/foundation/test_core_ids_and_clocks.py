"""Ids and clocks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from zebros_core.clock import FixedClock, HybridLogicalClock, SystemClock, to_instant
from zebros_core.errors import BadRequestError
from zebros_core.ids import check_id, derived_id, is_id, new_id


def test_new_ids_sort_by_time_and_never_repeat() -> None:
    clock = FixedClock()
    ids: list[str] = []
    for _ in range(100):
        ids.append(new_id(clock))
        clock.advance(0.001)
    assert ids == sorted(set(ids))
    assert all(is_id(id) for id in ids)


def test_an_id_holds_the_time_as_the_ulid_specification_says() -> None:
    at = datetime.fromtimestamp(1469918176.385, UTC)  # the specification's own example, 01ARYZ6S41...
    assert new_id(FixedClock(at)).startswith("01ARYZ6S41")


def test_derived_ids_depend_on_every_part_and_its_place() -> None:
    assert derived_id("a", "b") == derived_id("a", "b")
    assert len({derived_id("a", "b"), derived_id("ab"), derived_id("b", "a"), derived_id("a", "b", "")}) == 4
    assert is_id(derived_id("ä"))


@pytest.mark.parametrize(
    "value", ["", "8" + "0" * 25, "0" * 25, "0" * 27, "0" * 25 + "I", "0" * 25 + "#", "0" * 25 + "\n"]
)
def test_what_is_not_an_id_is_refused_by_field(value: str) -> None:
    with pytest.raises(BadRequestError) as caught:
        check_id(value, "widgetId")
    assert caught.value.fields[0].field == "widgetId"
    assert not is_id(value)
    assert not is_id(None)


def test_instants_are_utc_and_whole_milliseconds() -> None:
    east = datetime(2026, 1, 1, 12, 0, 0, 123456, tzinfo=timezone(timedelta(hours=2)))
    assert to_instant(east) == datetime(2026, 1, 1, 10, 0, 0, 123000, tzinfo=UTC)
    assert SystemClock().now().microsecond % 1000 == 0
    with pytest.raises(ValueError, match="zone"):
        to_instant(datetime(2026, 1, 1))


def test_logical_stamps_rise_even_when_the_wall_clock_goes_back() -> None:
    clock = FixedClock()
    hlc = HybridLogicalClock(clock, "a")
    stamps = [hlc.tick()]
    clock.advance(-10)
    stamps += [hlc.tick() for _ in range(70_000)]
    clock.advance(20)
    stamps.append(hlc.tick())
    assert stamps == sorted(set(stamps))


def test_a_stamp_is_above_what_was_seen_elsewhere() -> None:
    clock = FixedClock()
    mine, theirs = (
        HybridLogicalClock(clock, "a"),
        HybridLogicalClock(FixedClock(clock.now() + timedelta(seconds=30)), "b"),
    )
    seen = theirs.tick()
    assert mine.tick() < seen < mine.tick(after=seen)
    later = theirs.tick()
    mine.observe(later)
    assert mine.tick() > later


def test_a_stamp_from_the_far_future_is_refused_and_changes_nothing() -> None:
    clock = FixedClock()
    hlc = HybridLogicalClock(clock, "a")
    wrong = HybridLogicalClock(FixedClock(clock.now() + timedelta(days=1)), "b").tick()
    for stamp in (wrong, "", "zz", "not a stamp at all"):
        with pytest.raises(BadRequestError):
            hlc.observe(stamp)
    assert hlc.tick() < wrong


def test_nodes_have_names_of_their_own() -> None:
    clock = FixedClock()
    assert HybridLogicalClock(clock).tick() != HybridLogicalClock(clock).tick()
    with pytest.raises(ValueError, match="letters"):
        HybridLogicalClock(clock, "a-b")
