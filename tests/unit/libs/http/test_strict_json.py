"""The parser takes what every JSON parser agrees on, and nothing else."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zebros_core.errors import BadRequestError
from zebros_core.http.strict_json import MAX_DEPTH, parse_json

text = st.text(st.characters(exclude_categories=["Cs"]))
scalars = st.none() | st.booleans() | st.integers(-(2**63) + 1, 2**63 - 1) | text
documents = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4),
    max_leaves=12,
)


@given(documents, st.booleans(), st.sampled_from([None, 2]))
def test_every_ordinary_document_comes_back(document, ascii_only, indent):
    assert parse_json(json.dumps(document, ensure_ascii=ascii_only, indent=indent).encode()) == document


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**10), max_value=10**10))
def test_decimals_are_exact(number):
    assert parse_json(f"[{number}]".encode()) == [number]


@given(st.binary(max_size=60))
def test_any_bytes_are_a_value_or_a_bad_request(raw):
    try:
        value = parse_json(raw)
    except BadRequestError as error:
        assert error.fields
    else:
        assert value == json.loads(raw, parse_float=Decimal)


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "invalid_json"),
        (b"{} {}", "invalid_json"),
        (b"{'a': 1}", "invalid_json"),
        (b"[1,]", "invalid_json"),
        (b"[01]", "invalid_json"),
        (b"\xef\xbb\xbf{}", "invalid_json"),
        (b'["a\x01"]', "invalid_json"),
        (b"[NaN]", "invalid_number"),
        (b"[-Infinity]", "invalid_number"),
        (b"[9223372036854775808]", "number_out_of_range"),
        (b"[" + b"9" * 100_000 + b"]", "number_out_of_range"),
        (b"[1e101]", "number_out_of_range"),
        (b"[1e-101]", "number_out_of_range"),
        (b"[1e999999999999999999]", "number_out_of_range"),
        (b"[0.1234567890123456]", "number_out_of_range"),
        (b"[" + b"1." + b"0" * 100 + b"]", "number_out_of_range"),
        (b'{"a": {"b": 1, "b": 1}}', "duplicate_name"),
        (b'{"a": 1, "\\u0061": 2}', "duplicate_name"),
        (b'["\\ud83d"]', "lone_surrogate"),
        (b'{"\\udc00": 1}', "lone_surrogate"),
        (b'["\xed\xa0\x80"]', "invalid_utf8"),
        (b'["\xc0\xaf"]', "invalid_utf8"),
    ],
)
def test_what_parsers_disagree_on_is_refused(raw, code):
    with pytest.raises(BadRequestError) as caught:
        parse_json(raw)
    assert [field.code for field in caught.value.fields] == [code]


def test_a_surrogate_pair_is_one_character():
    assert parse_json(b'"\\ud83d\\ude00"') == "\N{GRINNING FACE}"


@pytest.mark.parametrize("opening", [b"[", b'{"a":'])
def test_nesting_is_bounded(opening):
    closing = b"]" if opening == b"[" else b"}"
    parse_json(opening * MAX_DEPTH + b"1" + closing * MAX_DEPTH)
    for depth in (MAX_DEPTH + 1, 200_000):
        with pytest.raises(BadRequestError, match="nests deeper"):
            parse_json(opening * depth + b"1" + closing * depth)


def test_brackets_in_strings_do_not_count_as_nesting():
    assert parse_json(json.dumps(["[{" * 100, '"' + "[" * 100]).encode()) == ["[{" * 100, '"' + "[" * 100]


@pytest.mark.parametrize(
    ("raw", "value"), [(b"1.50", Decimal("1.50")), (b"1E3", Decimal(1000)), (b"0.0", 0), (b"-0", 0)]
)
def test_numbers_with_a_fraction_or_exponent_are_decimals(raw, value):
    assert parse_json(raw) == value
