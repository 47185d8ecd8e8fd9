"""From an HTTP answer to a typed error, for problem+json and for the gateway's own bodies."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, cast

from zebros import errors
from zebros.errors import ApiError, FieldError, Problem

__all__ = ["Reply", "api_error", "etag_version", "problem_of", "retry_after_seconds"]

_BY_STATUS: Mapping[int, type[ApiError]] = {
    400: errors.BadRequestError,
    401: errors.UnauthenticatedError,
    403: errors.ForbiddenError,
    404: errors.NotFoundError,
    409: errors.ConflictError,
    412: errors.VersionConflictError,
    413: errors.PayloadTooLargeError,
    415: errors.UnsupportedMediaTypeError,
    422: errors.ValidationError,
    428: errors.PreconditionRequiredError,
    429: errors.RateLimitedError,
    502: errors.UnavailableError,
    503: errors.UnavailableError,
    504: errors.UnavailableError,
}
_BY_CODE: Mapping[str, type[ApiError]] = {
    "duplicate": errors.DuplicateError,
    "idempotency-key-reused": errors.IdempotencyKeyReusedError,
}
# The gateway's bodies say one or two words; these say the same to a person.
_GATEWAY_DETAIL: Mapping[int, str] = {
    401: "The token is missing, expired or not accepted.",
    403: "The token does not allow this.",
    404: "There is nothing at this address: is the URL of the API right, and is this service deployed there?",
    413: "The request is larger than the gateway accepts.",
    429: "Too many requests.",
    500: "The service failed before it could answer.",
    502: "The service gave no usable answer.",
    503: "The service did not answer in time.",
    504: "The service did not answer in time.",
}
_ETAG = re.compile(r'^(?:W/)?"(\d+)"$')


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer, read whole. Header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body as JSON; `None` for an empty or unreadable one."""
        try:
            return json.loads(self.body) if self.body else None
        except ValueError:
            return None

    def items(self, member: str) -> list[dict[str, Any]]:
        """The objects in a list that is a member of the body; empty where there is none."""
        value = self.json_object().get(member)
        found = cast("list[Any]", value) if isinstance(value, list) else []
        return [cast("dict[str, Any]", item) for item in found if isinstance(item, dict)]

    def json_object(self) -> dict[str, Any]:
        value = self.json()
        return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def etag_version(value: str | None) -> int | None:
    """`"7"` or `W/"7"` is version 7; anything else is none."""
    found = _ETAG.match(value.strip()) if value else None
    return int(found.group(1)) if found else None


def retry_after_seconds(value: str | None, *, now: float | None = None) -> float | None:
    """`Retry-After` (RFC 9110, 10.2.3): seconds or an HTTP date. `now` is epoch seconds, for tests."""
    if not value:
        return None
    if value.strip().isdigit():
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, moment.timestamp() - (time.time() if now is None else now))


def problem_of(reply: Reply) -> Problem:
    """What the error answer says."""
    body = reply.json_object()
    request_id = reply.headers.get("x-request-id") or reply.headers.get("apigw-requestid")
    retry_after = retry_after_seconds(reply.headers.get("retry-after"))
    if "type" not in body and "title" not in body:
        message = str(body.get("message") or body.get("Message") or f"HTTP {reply.status}")
        return Problem(
            status=reply.status,
            code="gateway",
            title=message,
            detail=_GATEWAY_DETAIL.get(reply.status, message),
            request_id=request_id,
            retry_after_seconds=retry_after,
            from_gateway=True,
        )
    return problem_from_body(
        body, reply.status, request_id=request_id, retry_after=retry_after, headers=reply.headers
    )


def problem_from_body(
    body: Mapping[str, Any],
    status: int,
    *,
    request_id: str | None = None,
    retry_after: float | None = None,
    headers: Mapping[str, str] | None = None,
) -> Problem:
    """A problem+json object (RFC 9457), tolerant to members that are missing or unknown."""
    extensions = dict(body)
    if "currentVersion" not in extensions and headers:
        extensions["currentVersion"] = etag_version(headers.get("etag"))
    raw_errors = body.get("errors")
    fields = cast("list[Any]", raw_errors) if isinstance(raw_errors, list) else []
    return Problem(
        status=int(body.get("status") or status),
        code=str(body.get("type") or "").rstrip("/").rsplit("/", 1)[-1],
        title=str(body.get("title") or f"HTTP {status}"),
        detail=str(body.get("detail") or ""),
        errors=tuple(
            FieldError(str(each.get("field", "")), str(each.get("code", "")), str(each.get("message", "")))
            for each in (cast("dict[str, Any]", item) for item in fields if isinstance(item, dict))
        ),
        request_id=str(body.get("requestId") or "") or request_id,
        retry_after_seconds=retry_after,
        extensions=extensions,
    )


def api_error(problem: Problem) -> ApiError:
    """The exception for a problem: by its code where one is known, else by its status."""
    known = _BY_CODE.get(problem.code) or _BY_STATUS.get(problem.status)
    if known is None:
        known = errors.ServerError if problem.status >= 500 else errors.ApiError
    return known(problem)
