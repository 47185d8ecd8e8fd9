"""One table from errors to answers."""

from __future__ import annotations

import inspect
import json

import pytest

from zebros_core import errors
from zebros_core.errors import (
    FieldError,
    UnauthenticatedError,
    UnavailableError,
    ValidationError,
    ZebrosError,
)
from zebros_core.http.problems import PROBLEMS, problem_of, problem_type

CLASSES = [
    error
    for _, error in inspect.getmembers(errors, inspect.isclass)
    if issubclass(error, ZebrosError) and error is not ZebrosError
]


@pytest.mark.parametrize("error", CLASSES)
def test_every_classified_error_has_its_own_row(error):
    assert PROBLEMS[error].code == error.code


def test_no_two_kinds_share_a_type():
    codes = [kind.code for kind in PROBLEMS.values()]
    assert len(codes) == len(set(codes))


def test_a_services_own_error_is_answered_as_its_ancestor_under_its_own_type():
    class TooShinyError(ValidationError):
        code = "too-shiny"

    kind = problem_type(TooShinyError)
    assert kind is not None
    assert (kind.status, kind.uri) == (422, "https://zebros.example/problems/too-shiny")


def test_an_error_outside_the_table_is_ours_to_explain():
    class OddError(ZebrosError):
        code = "odd"

    assert problem_type(OddError) is None
    problem = problem_of(OddError("inner workings"))
    assert problem.type.status == 500
    assert "inner workings" not in problem.detail


def test_waiting_times_are_whole_seconds_of_at_least_one():
    assert problem_of(UnavailableError(0.05)).headers == {"Retry-After": "1"}
    assert problem_of(UnavailableError(2.1)).headers == {"Retry-After": "3"}


def test_a_challenge_is_one_line_of_ascii():
    challenge = problem_of(UnauthenticatedError('a "quoted" \\ é')).headers["WWW-Authenticate"]
    assert challenge.count('"') == 6
    assert challenge.isascii()


def test_the_document_is_that_of_rfc_9457():
    problem = problem_of(ValidationError("wrong", fields=[FieldError("/a", "b", "c")]))
    assert json.loads(problem.body(instance="/v1/x", request_id="r")) == {
        "type": "https://zebros.example/problems/validation-failed",
        "title": "The request breaks a rule",
        "status": 422,
        "detail": "wrong",
        "instance": "/v1/x",
        "errors": [{"field": "/a", "code": "b", "message": "c"}],
        "requestId": "r",
    }
