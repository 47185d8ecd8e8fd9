"""Errors as problem documents (RFC 9457). This table is the only place where an error meets a status."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from zebros_core.errors import (
    AlreadyExistsError,
    BadRequestError,
    ConflictError,
    DuplicateError,
    FieldError,
    ForbiddenError,
    IdempotencyKeyReusedError,
    NotFoundError,
    PayloadTooLargeError,
    PreconditionRequiredError,
    RateLimitedError,
    UnauthenticatedError,
    UnavailableError,
    UnsupportedMediaTypeError,
    ValidationError,
    VersionMismatchError,
    ZebrosError,
)

PROBLEM_JSON = "application/problem+json"
TYPE_PREFIX = "https://zebros.example/problems/"


@dataclass(frozen=True, slots=True)
class ProblemType:
    """A kind of problem: ``code`` ends its type URI."""

    status: int
    code: str
    title: str

    @property
    def uri(self) -> str:
        """The problem's ``type``."""
        return TYPE_PREFIX + self.code


def _of(error: type[ZebrosError], status: int, title: str) -> tuple[type[ZebrosError], ProblemType]:
    return error, ProblemType(status, error.code, title)


PROBLEMS: Mapping[type[ZebrosError], ProblemType] = dict(
    (
        _of(BadRequestError, 400, "The request is malformed"),
        _of(UnauthenticatedError, 401, "A valid access token is required"),
        _of(ForbiddenError, 403, "The caller is not allowed to do this"),
        _of(NotFoundError, 404, "There is no such record"),
        _of(ConflictError, 409, "The request contradicts the present state"),
        _of(AlreadyExistsError, 409, "The record exists already"),
        _of(DuplicateError, 409, "Matching records exist already"),
        _of(VersionMismatchError, 412, "The record has changed"),
        _of(PayloadTooLargeError, 413, "The body is too large"),
        _of(UnsupportedMediaTypeError, 415, "The media type is not supported"),
        _of(ValidationError, 422, "The request breaks a rule"),
        _of(IdempotencyKeyReusedError, 422, "The idempotency key was used for another request"),
        _of(PreconditionRequiredError, 428, "If-Match is required"),
        _of(RateLimitedError, 429, "Too many requests"),
        _of(UnavailableError, 503, "The service is not available for now"),
    )
)
"""Every classified error. A subclass that is not listed is answered as its nearest listed ancestor, under its
own code.
"""

ROUTE_NOT_FOUND = ProblemType(404, "route-not-found", "There is no such resource")
METHOD_NOT_ALLOWED = ProblemType(405, "method-not-allowed", "The resource does not take this method")
INTERNAL_ERROR = ProblemType(500, "internal-error", "Something went wrong on our side")


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem ready to be sent."""

    type: ProblemType
    detail: str
    fields: tuple[FieldError, ...] = ()
    extensions: Mapping[str, Any] = field(default_factory=dict[str, Any])
    headers: Mapping[str, str] = field(default_factory=dict[str, str])

    def document(self) -> dict[str, Any]:
        """Return what is said of it whoever is told: a whole request, or one mutation of many."""
        return {
            "type": self.type.uri,
            "title": self.type.title,
            "status": self.type.status,
            "detail": self.detail,
            "errors": [{"field": f.field, "code": f.code, "message": f.message} for f in self.fields],
            **self.extensions,
        }

    def body(self, *, instance: str, request_id: str) -> str:
        """Return the document as JSON. ``instance`` is the request's path."""
        document = {**self.document(), "instance": instance, "requestId": request_id}
        # ASCII: input that is quoted back may hold what cannot be encoded.
        return json.dumps(document, separators=(",", ":"))


def code_of(document: Mapping[str, Any]) -> str:
    """Return the code of a problem document, which ends its ``type``; empty for none."""
    return str(document.get("type", "")).rpartition("/")[2]


def is_passing(document: Mapping[str, Any]) -> bool:
    """Tell whether a problem document is of what passes: the same may be sent again."""
    return int(document.get("status", 0)) >= INTERNAL_ERROR.status


def problem_type(error: type[ZebrosError]) -> ProblemType | None:
    """Return the kind of problem that ``error`` is answered with; None for an unclassified error, which is a
    500.
    """
    for ancestor in error.__mro__:
        known = PROBLEMS.get(ancestor)
        if known is not None:
            return known if known.code == error.code else ProblemType(known.status, error.code, known.title)
    return None


def problem_of(error: ZebrosError) -> Problem:
    """Return the problem that ``error`` is answered with."""
    kind = problem_type(type(error))
    if kind is None:
        return internal_error()
    headers: dict[str, str] = {}
    extensions: dict[str, Any] = {}
    if isinstance(error, VersionMismatchError):
        extensions["currentVersion"] = error.current_version
    elif isinstance(error, DuplicateError):
        extensions["records"] = [dict(record) for record in error.records]
    elif isinstance(error, RateLimitedError | UnavailableError):
        headers["Retry-After"] = str(max(1, math.ceil(error.retry_after_seconds)))
    elif isinstance(error, UnauthenticatedError):
        headers["WWW-Authenticate"] = _challenge(error)
    return Problem(kind, error.detail, error.fields, extensions, headers)


def internal_error() -> Problem:
    """Return the problem of a defect: it says nothing of what happened."""
    return Problem(
        INTERNAL_ERROR, "The request could not be answered. Quote the request id when you report this."
    )


def _challenge(error: UnauthenticatedError) -> str:
    # RFC 6750, section 3: no error code when the request had no token at all.
    if any(f.code == "missing" for f in error.fields):
        return 'Bearer realm="zebros"'
    description = error.detail.replace("\\", "").replace('"', "'").encode("ascii", "replace").decode()
    return f'Bearer realm="zebros", error="invalid_token", error_description="{description}"'
