"""Everything that the SDK raises.

::

    ZebrosError
    ├── ConfigurationError            no API URL, an unusable profile file
    ├── SignInError                   the identity provider refused, or nobody is signed in
    ├── TransportError                no answer; `outcome_unknown` tells whether a write may have happened
    ├── OperationFailedError          a tenant's onboarding or offboarding stopped; it can be resumed
    ├── OperationTimeoutError         it takes longer than was waited for, and goes on
    ├── OfflineError                  the copy on this device cannot do that
    │   ├── StoreError                it is damaged, of a newer version, or another person's
    │   ├── NotOnDeviceError          no such record is on it
    │   ├── AlreadySyncingError       another process is syncing it
    │   └── DeviceWipedError          the account was deactivated; the copy is removed
    ├── StorageError                  object storage refused a transfer
    │   └── UploadInterruptedError    a multipart upload that can be resumed
    └── ApiError                      the API or its gateway answered with an error
        ├── BadRequestError           400
        ├── UnauthenticatedError      401
        ├── ForbiddenError            403
        ├── NotFoundError             404
        ├── ConflictError             409
        │   └── DuplicateError        409 `duplicate`: `duplicates` names the records
        ├── VersionConflictError      412: `current_version` is what the server holds
        ├── PayloadTooLargeError      413
        ├── UnsupportedMediaTypeError 415
        ├── ValidationError           422
        │   └── IdempotencyKeyReusedError
        ├── PreconditionRequiredError 428
        ├── RateLimitedError          429
        └── ServerError               500
            └── UnavailableError      502, 503, 504
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = [
    "AlreadySyncingError",
    "ApiError",
    "BadRequestError",
    "ConfigurationError",
    "ConflictError",
    "DeviceWipedError",
    "DuplicateError",
    "DuplicateRecord",
    "FieldError",
    "ForbiddenError",
    "IdempotencyKeyReusedError",
    "NotFoundError",
    "NotOnDeviceError",
    "OfflineError",
    "OperationFailedError",
    "OperationTimeoutError",
    "PayloadTooLargeError",
    "PreconditionRequiredError",
    "Problem",
    "RateLimitedError",
    "ServerError",
    "SignInError",
    "StorageError",
    "StoreError",
    "TransportError",
    "UnauthenticatedError",
    "UnavailableError",
    "UnsupportedMediaTypeError",
    "UploadInterruptedError",
    "ValidationError",
    "VersionConflictError",
    "ZebrosError",
]


@dataclass(frozen=True, slots=True)
class FieldError:
    """One field at fault. `field` is a JSON pointer (`/contactInfo/email`) or a query parameter."""

    field: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class DuplicateRecord:
    """A record that already holds what was to be created. `match` says by what (name, e-mail)."""

    entity: str
    id: str
    match: str


@dataclass(frozen=True, slots=True)
class Problem:
    """What an error answer said, whoever sent it.

    `from_gateway` is true for the bodies that API Gateway writes itself (`{"message": "Unauthorized"}`): they
    carry no code and no fields, and they prove nothing about what the service behind it did.
    """

    status: int
    code: str
    title: str
    detail: str = ""
    errors: tuple[FieldError, ...] = ()
    request_id: str | None = None
    retry_after_seconds: float | None = None
    from_gateway: bool = False
    extensions: Mapping[str, Any] | None = None


class ZebrosError(Exception):
    """Base of all errors of this package."""


class ConfigurationError(ZebrosError):
    """The client cannot start with what it was given."""


class OfflineError(ZebrosError):
    """Base of what may go wrong with the copy on a device."""


class StoreError(OfflineError):
    """The store cannot be used: it is damaged, of a newer version, of another person, or sealed with another key."""


class NotOnDeviceError(OfflineError):
    """No such record is on this device."""


class AlreadySyncingError(OfflineError):
    """Another process is bringing this store up to date at this moment."""


class DeviceWipedError(OfflineError):
    """The account was deactivated: what the device kept of it is removed."""


class SignInError(ZebrosError):
    """There is no usable token. `code` is OAuth's error code where the identity provider gave one."""

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        self.code = code


class TransportError(ZebrosError):
    """The request got no answer.

    `outcome_unknown` is true when a write may have been applied although its answer was lost: read the record
    before writing again.
    """

    def __init__(self, message: str, *, outcome_unknown: bool = False) -> None:
        super().__init__(message)
        self.outcome_unknown = outcome_unknown


class OperationFailedError(ZebrosError):
    """An operation on a tenant stopped at a step; `tenants.resume(tenant_id)` goes on from there."""

    def __init__(self, tenant_id: str, reason: str) -> None:
        super().__init__(f"the operation on tenant {tenant_id} stopped: {reason}")
        self.tenant_id = tenant_id
        self.reason = reason


class OperationTimeoutError(ZebrosError):
    """An operation on a tenant was not at its end in time. It goes on; nothing is lost."""

    def __init__(self, tenant_id: str, status: str, waited_seconds: float) -> None:
        super().__init__(f"tenant {tenant_id} is still {status} after {waited_seconds:g} s")
        self.tenant_id = tenant_id
        self.status = status


class StorageError(ZebrosError):
    """Object storage refused an upload or a download. `code` is its own code, such as `EntityTooLarge`."""

    def __init__(self, message: str, *, status: int | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


class UploadInterruptedError(StorageError):
    """A multipart upload stopped half way; `documents.resume(document_id, file)` sends the missing parts."""

    def __init__(self, message: str, *, document_id: str) -> None:
        super().__init__(message)
        self.document_id = document_id


class ApiError(ZebrosError):
    """The API answered with an error."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(problem.detail or problem.title)

    @property
    def status(self) -> int:
        return self.problem.status

    @property
    def code(self) -> str:
        """The last segment of the problem's type, such as `duplicate`, or `gateway`."""
        return self.problem.code

    @property
    def errors(self) -> Sequence[FieldError]:
        return self.problem.errors

    @property
    def request_id(self) -> str | None:
        """What to quote to whoever runs the service."""
        return self.problem.request_id

    @property
    def retry_after_seconds(self) -> float | None:
        return self.problem.retry_after_seconds


class BadRequestError(ApiError):
    """The request is malformed: an unknown query parameter, a bad cursor, broken JSON."""


class UnauthenticatedError(ApiError):
    """The token is missing, expired or not accepted."""


class ForbiddenError(ApiError):
    """The token is good and its roles do not allow this."""


class NotFoundError(ApiError):
    """No such record, or none that this user may see."""


class ConflictError(ApiError):
    """The record's state does not allow this."""


class DuplicateError(ConflictError):
    """A record with the same name or e-mail exists; create with `skip_duplicate_check=True` to go on."""

    @property
    def duplicates(self) -> tuple[DuplicateRecord, ...]:
        extensions = self.problem.extensions or {}
        raw = extensions.get("records") or extensions.get("duplicates") or ()
        return tuple(
            DuplicateRecord(str(each.get("entity", "")), str(each.get("id", "")), str(each.get("match", "")))
            for each in raw
        )


class VersionConflictError(ApiError):
    """Somebody else wrote the record after it was read. Nothing was changed."""

    @property
    def current_version(self) -> int | None:
        """The version that the server holds now, where it said so."""
        value = (self.problem.extensions or {}).get("currentVersion")
        return value if isinstance(value, int) else None


class PayloadTooLargeError(ApiError):
    """The body is over the limit (1 MB for JSON)."""


class UnsupportedMediaTypeError(ApiError):
    """The content type is not accepted."""


class ValidationError(ApiError):
    """The body is well formed and breaks a rule; `errors` names the fields."""


class IdempotencyKeyReusedError(ValidationError):
    """The idempotency key was used before with another body."""


class PreconditionRequiredError(ApiError):
    """A replacing write needs the version that it replaces."""


class RateLimitedError(ApiError):
    """The tenant's budget of requests is spent; see `retry_after_seconds`."""


class ServerError(ApiError):
    """The service failed."""


class UnavailableError(ServerError):
    """The service cannot answer now; it is safe to try later."""
