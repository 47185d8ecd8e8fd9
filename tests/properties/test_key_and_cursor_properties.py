"""Keys can be taken apart again and never run into each other; cursors open only what they were made for."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from zebros_core.clock import FixedClock, HybridLogicalClock
from zebros_core.dynamodb.cursor import MAX_CURSOR_BYTES, CursorBinding, CursorCodec
from zebros_core.dynamodb.keys import compose, escape_part, scope, split, unscope
from zebros_core.errors import BadRequestError
from zebros_core.ids import derived_id, is_id
from zebros_core.tenancy import BRIDGE

pytestmark = pytest.mark.properties

tenants = st.from_regex(r"[a-z][a-z0-9]{3,23}", fullmatch=True)
anything = st.text(max_size=30)
parts = st.lists(st.text(min_size=1, max_size=10), min_size=1, max_size=5)


@given(parts)
def test_composed_keys_split_into_the_same_parts_or_are_refused(given_parts: list[str]) -> None:
    bad = any(
        character == "#" or ord(character) < 32 or ord(character) == 127
        for part in given_parts
        for character in part
    )
    if bad:
        with pytest.raises(BadRequestError):
            compose(*given_parts)
    else:
        assert split(compose(*given_parts), len(given_parts)) == tuple(given_parts)


@given(anything, anything)
def test_any_text_can_be_a_part_and_stays_distinct(one: str, other: str) -> None:
    assume(one and other)
    compose(escape_part(one), escape_part(other))
    assert (escape_part(one) == escape_part(other)) == (one == other)


@given(tenants, tenants, anything)
def test_a_scoped_value_is_read_by_its_own_tenant_only(owner: str, reader: str, value: str) -> None:
    stored = scope(owner, value)
    assert unscope(owner, stored) == value
    if reader != owner:
        assert unscope(reader, stored) is None
        assert not stored.startswith(scope(reader, ""))
        assert BRIDGE.entity_id(reader, BRIDGE.partition_key(owner, value)) is None


@given(st.lists(anything, max_size=4), st.lists(anything, max_size=4))
def test_derived_ids_are_equal_only_for_equal_parts(one: list[str], other: list[str]) -> None:
    assert is_id(derived_id(*one))
    assert (derived_id(*one) == derived_id(*other)) == (one == other)


bindings = st.builds(
    CursorBinding,
    tenants,
    anything,
    st.dictionaries(anything, anything | st.booleans() | st.none(), max_size=3),
    anything,
)
positions = st.lists(st.none() | st.just(0) | st.lists(anything, min_size=2, max_size=3), max_size=3)
CODEC = CursorCodec([b"k" * 32, b"o" * 32])


@given(positions, bindings)
def test_a_cursor_gives_its_position_back_and_is_bounded(position: Any, binding: CursorBinding) -> None:
    with contextlib.suppress(ValueError):  # a position that does not fit is refused when the cursor is made
        cursor = CODEC.encode(position, binding)
        assert len(cursor) <= MAX_CURSOR_BYTES
        assert CODEC.decode(cursor, binding) == position


@given(positions, bindings, bindings)
def test_a_cursor_opens_nothing_else(position: Any, own: CursorBinding, other: CursorBinding) -> None:
    assume(own != other)
    with contextlib.suppress(ValueError):
        cursor = CODEC.encode(position, own)
        with pytest.raises(BadRequestError) as caught:
            CODEC.decode(cursor, other)
        assert caught.value.fields[0].field == "cursor"


@given(bindings, st.data())
def test_a_cursor_with_any_character_changed_is_refused(binding: CursorBinding, data: st.DataObject) -> None:
    cursor = CODEC.encode([["2026-01-01T00:00:00.000Z", "01ARYZ6S410000000000000000"]], binding)
    place = data.draw(st.integers(0, len(cursor) - 1))
    character = data.draw(st.characters())
    changed = cursor[:place] + character + cursor[place + 1 :]
    assume(changed != cursor)
    for bad in (changed, cursor[:place], cursor + character):
        with pytest.raises(BadRequestError):
            CODEC.decode(bad, binding)


@given(anything, bindings)
def test_any_text_is_refused_as_a_cursor_and_nothing_else_happens(text: str, binding: CursorBinding) -> None:
    with pytest.raises(BadRequestError):
        CODEC.decode(text, binding)


@given(positions, bindings)
def test_keys_can_be_rotated(position: Any, binding: CursorBinding) -> None:
    with contextlib.suppress(ValueError):
        old = CursorCodec(b"o" * 32).encode(position, binding)
        assert CODEC.decode(old, binding) == position
        with pytest.raises(BadRequestError):
            CursorCodec(b"n" * 32).decode(old, binding)


def test_a_short_key_signs_nothing() -> None:
    for keys in (b"short", [], [b"k" * 32, b"short"]):
        with pytest.raises(ValueError, match="16 bytes"):
            CursorCodec(keys)


@given(st.lists(st.tuples(st.booleans(), st.integers(-5000, 5000)), max_size=60))
def test_logical_clocks_rise_through_drift_and_exchange(steps: list[tuple[bool, int]]) -> None:
    walls = FixedClock(), FixedClock()
    clocks = HybridLogicalClock(walls[0], "a"), HybridLogicalClock(walls[1], "b", max_ahead_seconds=10**6)
    last = ""
    for second, milliseconds in steps:
        walls[second].advance(milliseconds / 1000)
        stamp = clocks[second].tick(after=last or None)
        assert stamp > last
        last = stamp
