"""The life of one call without any input or output: attempts, waits, one token refresh.

A generator asks its driver for one thing at a time (send this, wait so long, give me a token); the
synchronous and the asynchronous client are two drivers of the same generator, so they cannot differ in what
they retry.
"""

from __future__ import annotations

import json
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, TypeVar

from zebros._replies import Reply, api_error, problem_of
from zebros._version import __version__
from zebros.calls.call import Call
from zebros.errors import Problem, TransportError
from zebros.retry import RetryPolicy

__all__ = ["GetToken", "Lost", "Send", "Step", "Wait", "exchange"]

T = TypeVar("T")

# Answers that say "try later". A gateway's own 500 is a crash or a throttled function, so it is tried again;
# the service's own 500 is a bug and would fail alike.
_NOT_MODIFIED = 304
"""The answer to a GET that names what it knows: that is still so."""
_TRANSIENT = frozenset({408, 425, 429, 502, 503, 504})
# A function may run for 30 seconds more than the gateway has waited for it.
_UNDER_WAY_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Send:
    """Send this; the answer is a `Reply`, or `Lost` when none came."""

    method: str
    url: str
    headers: dict[str, str]
    query: dict[str, str | int]
    content: bytes | None


@dataclass(frozen=True, slots=True)
class Lost:
    """No answer came. `sent` is false when the request certainly did not reach the service."""

    reason: str
    sent: bool


@dataclass(frozen=True, slots=True)
class Wait:
    """Wait so long; the answer is None."""

    seconds: float


@dataclass(frozen=True, slots=True)
class GetToken:
    """Give the access token; with `rejected`, a newer one than that, or None if there is none to have."""

    rejected: str | None = None


Step = Send | Wait | GetToken


def exchange(call: Call[T], *, base_url: str, policy: RetryPolicy) -> Generator[Step, Any, T]:
    """Run the call to its end: returns what it reads, or raises the error of the last attempt."""
    token: str = yield GetToken()
    refreshed = False
    outcome_unknown = False
    attempt = 0
    target = call.path
    while True:
        attempt += 1
        answer: Reply | Lost = yield _request(call, base_url, token, target)
        if isinstance(answer, Lost):
            outcome_unknown = outcome_unknown or answer.sent
            delay = policy.delay_seconds(attempt) if call.repeatable or not answer.sent else None
            if delay is None:
                raise TransportError(
                    _lost_message(base_url, answer, call),
                    outcome_unknown=outcome_unknown and call.method != "GET",
                )
            yield Wait(delay)
            continue
        moved = _moved_to(call, answer)
        if moved is not None and target == call.path:
            target = moved
            continue
        if answer.status < 300 or answer.status == _NOT_MODIFIED:
            return call.read(answer)
        if answer.status == 401 and not refreshed:
            refreshed = True
            newer: str | None = yield GetToken(rejected=token)
            if newer is not None:
                token = newer
                attempt -= 1
                continue
        if answer.status == 404 and call.method == "DELETE" and outcome_unknown:
            # Our own earlier attempt, whose answer was lost, deleted it.
            return call.read(answer)
        problem = problem_of(answer)
        if outcome_unknown and _is_under_way(problem, call):
            delay = policy.delay_seconds(attempt, _UNDER_WAY_SECONDS)
        elif _worth_retrying(problem, call):
            delay = policy.delay_seconds(attempt, problem.retry_after_seconds)
        else:
            delay = None
        if delay is None:
            raise api_error(problem)
        outcome_unknown = outcome_unknown or _may_have_run(problem)
        yield Wait(delay)


def _moved_to(call: Call[Any], answer: Reply) -> str | None:
    """The path that a read is redirected to: a merged record answers with its winner's.

    Only paths of the API itself are followed; the token must not go anywhere else.
    """
    location = answer.headers.get("location", "")
    followed = answer.status == 308 and call.method == "GET" and location.startswith("/v1/")
    return location if followed else None


def _worth_retrying(problem: Problem, call: Call[Any]) -> bool:
    transient = problem.status in _TRANSIENT or (problem.status == 500 and problem.from_gateway)
    return transient and (call.repeatable or not _may_have_run(problem))


def _is_under_way(problem: Problem, call: Call[Any]) -> bool:
    """Whether the answer may mean our own earlier attempt, whose answer was lost and which still runs.

    The service refuses a second request of the same key meanwhile, and gives the first one's outcome after it.
    """
    return problem.status == 409 and problem.code == "conflict" and call.method == "POST" and call.repeatable


def _may_have_run(problem: Problem) -> bool:
    """Whether the service may have done its work although the answer is an error.

    The gateway answers 5xx also when the integration took too long, which says nothing about its writes; the
    service's own 503 and every 429 are given before anything is written.
    """
    return problem.status >= 500 and problem.from_gateway


def _lost_message(base_url: str, lost: Lost, call: Call[Any]) -> str:
    what = f"{call.method} {call.path}: no answer from {base_url} ({lost.reason})"
    if lost.sent and not call.repeatable:
        return f"{what}; it may have been applied, read the record again before writing it"
    return what


def _request(call: Call[Any], base_url: str, token: str, target: str) -> Send:
    headers = {
        "Accept": "application/json",
        "Authorization": f"Bearer {token}",
        "User-Agent": f"zebros-python/{__version__}",
        **(call.headers or {}),
    }
    content = None
    if call.json is not None:
        content = json.dumps(call.json, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
        headers.setdefault("Content-Type", "application/json")
    return Send(call.method, base_url.rstrip("/") + target, headers, dict(call.query or {}), content)
