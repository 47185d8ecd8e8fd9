"""Where texts name somebody, and where they only look like it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zebros_core.privacy.subject import Subject, names_of
from zebros_core.privacy.texts import REPLACED, Sought

SOUGHT = Sought(["jane.doe@person.example"], ["Jane O'Neil", "O'Neil Jane", "Günter Groß", "Li Wu"])


@pytest.mark.parametrize(
    ("text", "without"),
    [
        ("mail jane.doe@person.example.", "mail [erased]."),
        ("<JANE.DOE@PERSON.EXAMPLE>", "<[erased]>"),
        ("mailto:jane.doe%40person.example?subject=x", "mailto:[erased]?subject=x"),
        ("Jane O'Neil's garden", "[erased]'s garden"),
        ("o'neil,  jane; and JANE\n O'NEIL", "[erased]; and [erased]"),
        ("<b>Jane O&#39;Neil</b> Jane O&#x27;Neil", "<b>[erased]</b> [erased]"),
        ("günter groß", "[erased]"),
        ("Jane\u00a0O'Neil", "[erased]"),
    ],
)
def test_a_person_is_found_as_people_write_them(text: str, without: str) -> None:
    assert SOUGHT.found_in(text)
    assert SOUGHT.without(text) == without


@pytest.mark.parametrize(
    "text",
    [
        "",
        "mary-jane.doe@person.example",
        "jane.doe@person.example.org",
        "xjane.doe@person.example",
        "Jane O'Neill",
        "Mary-Jane",
        "Jane",
        "O'Neil",
        "Li Wu",  # too short: it is in what is about others
        "JaneO'Neil",
    ],
)
def test_what_only_looks_like_it_is_left(text: str) -> None:
    assert not SOUGHT.found_in(text)
    assert SOUGHT.without(text) == text


def test_everything_that_json_has_is_searched_but_names_of_fields() -> None:
    value: Any = {
        "Jane O'Neil": [1, None, {"deep": ("x", "Jane O'Neil")}],
        "tags": frozenset({"Jane O'Neil"}),
    }
    assert SOUGHT.found_in(value)
    assert SOUGHT.without(value) == {
        "Jane O'Neil": [1, None, {"deep": ("x", REPLACED)}],
        "tags": frozenset({REPLACED}),
    }
    assert not SOUGHT.found_in({"Jane O'Neil": [1, 2.5, True]})


def test_nobody_is_found_nowhere() -> None:
    nobody = Sought([], ["Jane"])
    assert not nobody.found_in("Jane")
    assert nobody.without({"a": "Jane"}) == {"a": "Jane"}


@given(st.text(max_size=30), st.text(max_size=30), st.text(alphabet="ab .-'", max_size=12))
def test_whatever_a_name_is_made_of_nothing_of_it_is_left_where_it_was_found(
    before: str, after: str, name: str
) -> None:
    sought = Sought(["a+b.c@x-y.example"], [name])
    without = sought.without(f"{before} {name} a+b.c@x-y.example {after}")
    assert (
        not sought.found_in(without)
        or sought.found_in(before)
        or sought.found_in(after)
        or sought.found_in(REPLACED)
    )


def test_names_of_somebody_are_told_only_where_they_are_whole() -> None:
    assert names_of("Jane", "van der Berg") == ("Jane van der Berg", "van der Berg Jane")
    assert names_of(None, "Berg") == ()


def test_two_answers_about_a_person_are_one() -> None:
    one = Subject.model_validate({"emails": ["Jane@X.example"], "names": ["Jane Doe"]})
    two = one.joined(emails=[None, "jane@x.example", "j@x.example"], user_ids=["u-1"])
    assert one.united(two).emails == ("jane@x.example", "j@x.example")
    assert two.ids == {"u-1"}
