"""RFC 7396, by its own examples and by its laws."""

from __future__ import annotations

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zebros_core.errors import ValidationError
from zebros_core.http import WireModel
from zebros_core.http.merge_patch import MergePatch, merge_patch


class Widget(WireModel):
    name: str


names = st.sampled_from("abc")
values = st.recursive(
    st.none() | st.booleans() | st.integers(0, 9),
    lambda v: st.lists(v, max_size=2) | st.dictionaries(names, v, max_size=3),
)
objects = st.dictionaries(names, values, max_size=3)


@pytest.mark.parametrize(
    ("target", "patch", "result"),
    [  # RFC 7396, appendix A
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        (["a", "b"], ["c", "d"], ["c", "d"]),
        ({"a": "b"}, ["c"], ["c"]),
        ({"a": "foo"}, None, None),
        ({"a": "foo"}, "bar", "bar"),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_the_examples_of_the_rfc(target, patch, result):
    assert merge_patch(target, patch) == result


@given(objects, objects)
def test_applying_twice_is_applying_once(target, patch):
    once = merge_patch(target, patch)
    assert merge_patch(once, patch) == once


@given(objects)
def test_an_empty_patch_changes_nothing(target):
    assert merge_patch(target, {}) == target


@given(objects, objects)
def test_neither_argument_is_changed(target, patch):
    before = copy.deepcopy((target, patch))
    merge_patch(target, patch)
    assert (target, patch) == before


@given(objects, objects)
def test_members_that_the_patch_does_not_name_stay(target, patch):
    result = merge_patch(target, patch)
    for name in target.keys() - patch.keys():
        assert result[name] == target[name]


def test_of_very_many_unknown_members_the_first_fifty_are_named():
    with pytest.raises(ValidationError) as caught:
        MergePatch(Widget, {f"x{number}": 1 for number in range(10_000)})
    assert [fault.field for fault in caught.value.fields] == [f"/x{number}" for number in range(50)]
