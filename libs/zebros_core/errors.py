"""Classified facts about what went wrong, for callers to act on and for one table in ``http`` to render.

Nothing here knows a protocol: no status code, no header. ``code`` is stable and public, ``detail`` is one
sentence that is safe to show to the caller, ``fields`` names the parts of the input that are at fault.

::

    ZebrosError
    ├── BadRequestError             malformed input: cannot be read as what it should be
    │   ├── PayloadTooLargeError
    │   └── UnsupportedMediaTypeError
    ├── ValidationError             readable input that breaks a rule
    │   └── IdempotencyKeyReusedError
    ├── UnauthenticatedError        no valid proof of who is calling
    ├── ForbiddenError              known caller, not allowed
    ├── NotFoundError               no such record, or not visible to the caller
    ├── ConflictError               the request contradicts the present state
    │   ├── AlreadyExistsError      this id is taken in the caller's own tenant
    │   ├── DuplicateError          other records match; they are named
    │   └── VersionMismatchError    a lost race; carries the current version
    ├── PreconditionRequiredError   a replacing write without the version that it replaces
    ├── RateLimitedError            too many requests; carries when to come back
    └── UnavailableError            a dependency is out of reach for now; carries when to come back
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

__all__ = [
    "AlreadyExistsError",
    "BadRequestError",
    "ConflictError",
    "DuplicateError",
    "FieldError",
    "ForbiddenError",
    "IdempotencyKeyReusedError",
    "NotFoundError",
    "PayloadTooLargeError",
    "PreconditionRequiredError",
    "RateLimitedError",
    "UnauthenticatedError",
    "UnavailableError",
    "UnsupportedMediaTypeError",
    "ValidationError",
    "VersionMismatchError",
    "ZebrosError",
]


@dataclass(frozen=True, slots=True)
class FieldError:
    """One fault in the input.

    ``field`` is a JSON pointer into the body (``/contactInfo/email``) or the name of a query, path or header
    parameter (``limit``); ``code`` is stable (``too_long``); ``message`` is a sentence for people.
    """

    field: str
    code: str
    message: str


class ZebrosError(Exception):
    """Base of every error that callers are expected to handle."""

    code: ClassVar[str] = "error"
    default_detail: ClassVar[str] = "The request could not be carried out."

    def __init__(self, detail: str | None = None, *, fields: Iterable[FieldError] = ()) -> None:
        self.detail: str = detail or self.default_detail
        self.fields: tuple[FieldError, ...] = tuple(fields)
        super().__init__(self.detail)

    @classmethod
    def for_field(cls, field: str, code: str, message: str) -> Self:
        """The error about exactly one field; its message is the detail too."""
        return cls(message, fields=(FieldError(field, code, message),))

    def __str__(self) -> str:
        if not self.fields:
            return self.detail
        return f"{self.detail} [{', '.join(f'{f.field}: {f.code}' for f in self.fields)}]"


class BadRequestError(ZebrosError):
    """The input is malformed: it cannot be read as what it should be."""

    code = "bad-request"
    default_detail = "The request is malformed."


class PayloadTooLargeError(BadRequestError):
    """The input is larger than this operation accepts."""

    code = "payload-too-large"
    default_detail = "The request body is too large."


class UnsupportedMediaTypeError(BadRequestError):
    """The input is in a format that this operation does not read."""

    code = "unsupported-media-type"
    default_detail = "The media type is not supported."


class ValidationError(ZebrosError):
    """The input is well-formed but breaks a rule."""

    code = "validation-failed"
    default_detail = "The request breaks a rule."


class IdempotencyKeyReusedError(ValidationError):
    """The idempotency key was used before, for a different request."""

    code = "idempotency-key-reused"
    default_detail = "This idempotency key was used for a different request."


class UnauthenticatedError(ZebrosError):
    """There is no valid proof of who is calling."""

    code = "unauthenticated"
    default_detail = "A valid access token is required."


class ForbiddenError(ZebrosError):
    """The caller is known and not allowed to do this."""

    code = "forbidden"
    default_detail = "You are not allowed to do this."


class NotFoundError(ZebrosError):
    """No such record, or none that the caller may see: the two are never told apart."""

    code = "not-found"

    def __init__(self, entity: str, id: str) -> None:
        super().__init__(f"No {entity} with this id exists.")
        self.entity = entity
        self.id = id


class ConflictError(ZebrosError):
    """The request contradicts the present state."""

    code = "conflict"
    default_detail = "The request contradicts the present state."


class AlreadyExistsError(ConflictError):
    """A record with this id exists in the caller's own tenant."""

    code = "already-exists"

    def __init__(self, entity: str, id: str) -> None:
        super().__init__(f"A {entity} with this id exists already.")
        self.entity = entity
        self.id = id


class DuplicateError(ConflictError):
    """Other records of the caller's tenant match this one.

    ``records`` names them: mappings with the keys ``entity``, ``id`` and ``match`` (what they have in
    common).
    """

    code = "duplicate"

    def __init__(self, records: Sequence[Mapping[str, str]], detail: str | None = None) -> None:
        super().__init__(detail or "Matching records exist already.")
        self.records: tuple[Mapping[str, str], ...] = tuple(records)


class VersionMismatchError(ConflictError):
    """The record changed since the caller read it; ``current_version`` is what it is at now."""

    code = "version-mismatch"

    def __init__(self, current_version: int) -> None:
        super().__init__(f"The record has changed; its version is now {current_version}.")
        self.current_version = current_version


class PreconditionRequiredError(ZebrosError):
    """A replacing write must name the version that it replaces."""

    code = "precondition-required"
    default_detail = "Name the version that this write replaces."


class RateLimitedError(ZebrosError):
    """Too many requests; come back in ``retry_after_seconds``."""

    code = "rate-limited"

    def __init__(self, retry_after_seconds: float, detail: str | None = None) -> None:
        super().__init__(detail or "Too many requests; slow down.")
        self.retry_after_seconds = retry_after_seconds


class UnavailableError(ZebrosError):
    """A dependency is out of reach for now; the same request may succeed in ``retry_after_seconds``."""

    code = "unavailable"

    def __init__(self, retry_after_seconds: float = 1.0, detail: str | None = None) -> None:
        super().__init__(detail or "The service is busy; try again shortly.")
        self.retry_after_seconds = retry_after_seconds
