"""The codec loses nothing, whatever it accepts, and agrees with boto3's on the wire."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

import pytest
from boto3.dynamodb.types import TypeDeserializer
from hypothesis import given
from hypothesis import strategies as st

from zebros_core.dynamodb.codec import (
    UnstorableTypeError,
    UnstorableValueError,
    decode,
    decode_value,
    encode,
    encode_value,
)

pytestmark = pytest.mark.properties

digits = st.integers(min_value=-(10**38) + 1, max_value=10**38 - 1)
decimals = st.builds(lambda number, exponent: Decimal(number).scaleb(exponent), digits, st.integers(-90, 80))
numbers = digits | decimals
text = st.text(max_size=20)
scalars = st.none() | st.booleans() | numbers | text | st.binary(max_size=20)
sets = (
    st.frozensets(text, min_size=1, max_size=5)
    | st.frozensets(numbers, min_size=1, max_size=5)
    | st.frozensets(st.binary(max_size=5), min_size=1, max_size=5)
)
values = st.recursive(
    scalars | sets,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4),
    max_leaves=12,
)
items = st.dictionaries(text, values, max_size=6)


@given(items)
def test_what_is_encoded_is_decoded_to_an_equal_item(item: dict[str, Any]) -> None:
    assert decode(encode(item)) == item


@given(items)
def test_booleans_and_numbers_stay_apart(item: dict[str, Any]) -> None:
    for name, value in decode(encode(item)).items():
        assert isinstance(value, bool) == isinstance(item[name], bool)


@given(values)
def test_the_wire_form_is_what_boto3_reads(value: Any) -> None:
    def plain(given: Any) -> Any:
        if hasattr(given, "value"):
            return given.value  # boto3 wraps bytes
        if isinstance(given, set):
            return {plain(member) for member in given}
        if isinstance(given, list):
            return [plain(member) for member in given]
        return {name: plain(member) for name, member in given.items()} if isinstance(given, dict) else given

    assert plain(TypeDeserializer().deserialize(encode_value(value))) == value


@given(st.floats())
def test_floats_are_refused_by_name_at_any_depth(number: float) -> None:
    with pytest.raises(UnstorableTypeError) as caught:
        encode({"outer": {"inner": [1, number]}})
    assert caught.value.path == ("outer", "inner", "1")


@given(
    st.integers(min_value=10**38) | st.sampled_from([Decimal("NaN"), Decimal("sNaN"), Decimal("Infinity")])
)
def test_numbers_that_dynamodb_would_round_or_refuse_are_refused(number: Any) -> None:
    exact = isinstance(number, int) and len(str(number).rstrip("0")) <= 38 and math.log10(number) < 126
    if exact:
        assert decode_value(encode_value(number)) == number
    else:
        with pytest.raises(UnstorableValueError):
            encode_value(number)


@pytest.mark.parametrize(
    "number", [Decimal("1E126"), Decimal("1E-131"), Decimal("0." + "1" * 39), Decimal("1" * 39)]
)
def test_the_limits_are_dynamodbs(number: Decimal) -> None:
    with pytest.raises(UnstorableValueError):
        encode_value(number)


@pytest.mark.parametrize("value", [set(), {1, "a"}, {True, 2}, object(), 1j, range(3), {"a": {1: 2}}])
def test_what_has_no_dynamodb_type_is_refused(value: Any) -> None:
    with pytest.raises((UnstorableTypeError, UnstorableValueError)):
        encode_value(value)
