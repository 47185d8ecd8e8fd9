"""What a log line says, and what it must not."""

from __future__ import annotations

import logging
from datetime import datetime

import pytest
from pydantic import BaseModel, ValidationError

from zebros_core.observability import bind, log_context


class Person(BaseModel):
    age: int


def test_a_line_is_one_json_object_with_service_and_members(logger, written):
    logger.info("widget %s polished", "w1", extra={"durationMs": 12})

    (line,) = written.lines()
    assert line["message"] == "widget w1 polished"
    assert (line["level"], line["service"], line["stage"], line["durationMs"]) == (
        "INFO",
        "widgets",
        "test",
        12,
    )
    assert datetime.fromisoformat(line["timestamp"]).utcoffset() is not None


def test_lines_of_a_request_carry_its_identity_and_later_ones_do_not(logger, written):
    with log_context(requestId="r1"):
        logger.info("before")
        bind(tenantId="aurora")
        with log_context(widgetId="w1"):
            logger.info("inside")
        logger.info("after")
    logger.info("outside")

    before, inside, after, outside = written.lines()
    assert (before["requestId"], before.get("tenantId")) == ("r1", None)
    assert (inside["requestId"], inside["tenantId"], inside["widgetId"]) == ("r1", "aurora", "w1")
    assert (after["tenantId"], after.get("widgetId")) == ("aurora", None)
    assert not {"requestId", "tenantId"} & outside.keys()


def test_one_requests_tenant_does_not_leak_into_the_next(logger, written):
    for tenant in ("aurora", "borealis"):
        with log_context(requestId=tenant):
            logger.info("start")
            bind(tenantId=tenant)

    assert [line.get("tenantId") for line in written.lines()] == [None, None]


@pytest.mark.parametrize(
    "secret",
    [
        "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl",
        "Bearer abcdefghijklmnopqrstuvwxyz",
    ],
)
def test_what_looks_like_a_token_is_masked_wherever_it_stands(logger, written, secret):
    try:
        raise RuntimeError(f"upstream refused {secret}")
    except RuntimeError:
        logger.exception("call with %s failed", secret, extra={"note": secret})

    assert secret.rpartition(" ")[2] not in written.stream.getvalue()
    assert "[token]" in written.lines()[0]["message"]


@pytest.mark.parametrize("name", ["authorization", "token", "password", "body", "headers", "event"])
def test_members_that_hold_secrets_are_not_written(logger, written, name):
    logger.info("x", extra={name: "hunter2"})
    assert written.lines()[0][name] == "[redacted]"


def test_an_exception_is_told_by_type_frames_and_cause(logger, written):
    def fail() -> None:
        try:
            raise KeyError("inner")
        except KeyError as error:
            raise ValueError("outer") from error

    try:
        fail()
    except ValueError:
        logger.exception("failed")

    exception = written.lines()[0]["exception"]
    assert exception["type"] == "builtins.ValueError"
    assert exception["message"] == "outer"
    assert exception["frames"][-1].endswith(" fail")
    assert exception["cause"]["type"] == "builtins.KeyError"


def test_a_validation_error_is_told_without_the_input(logger, written):
    try:
        Person.model_validate({"age": "ada@private.example"})
    except ValidationError:
        logger.exception("failed")

    assert "private" not in written.stream.getvalue()
    assert written.lines()[0]["exception"]["message"] == "age: int_parsing"


def test_long_values_are_cut(logger, written):
    logger.info("x" * 10_000, extra={"note": "y" * 10_000})
    assert len(written.stream.getvalue()) < 5_000


def test_values_that_are_not_json_are_written_as_text(logger, written):
    logger.info("x", extra={"when": datetime(2026, 1, 1)})
    assert written.lines()[0]["when"] == "2026-01-01 00:00:00"


def test_other_libraries_log_warnings_in_the_same_form(logger, written):
    logging.getLogger("somebody.else").info("chatter")
    logging.getLogger("somebody.else").warning("trouble")
    assert [line["logger"] for line in written.lines()] == ["somebody.else"]
