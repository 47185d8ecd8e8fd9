"""The exit codes of the command, which scripts may rely on, and what each error says to do next."""

from __future__ import annotations

from enum import IntEnum

from zebros import errors

__all__ = ["ExitCode", "exit_code_of", "next_step"]


class ExitCode(IntEnum):
    """What the process ends with."""

    OK = 0
    PARTIAL = 1
    """Some of it is done: rejected rows, an upload or an operation on a tenant to resume."""
    USAGE = 2
    NOT_SIGNED_IN = 3
    NOT_FOUND = 4
    CONFLICT = 5
    """A duplicate, a newer version, a state that does not allow it."""
    UNAVAILABLE = 6
    """No answer, too many requests, or the service failed: try later."""
    INVALID = 7
    """The input breaks a rule; the message names the field."""
    FORBIDDEN = 8
    OTHER = 9
    STOPPED = 130
    """By Ctrl+C, as shells say."""


# The first match counts, so subclasses stand before their bases.
_TABLE: tuple[tuple[type[errors.ZebrosError], ExitCode, str], ...] = (
    (errors.SignInError, ExitCode.NOT_SIGNED_IN, "Sign in with: zebros login"),
    (
        errors.UnauthenticatedError,
        ExitCode.NOT_SIGNED_IN,
        "Sign in again with: zebros login, or choose another sign-in with --profile",
    ),
    (errors.ForbiddenError, ExitCode.FORBIDDEN, "What your role allows is shown by: zebros me permissions"),
    (errors.NotFoundError, ExitCode.NOT_FOUND, "Check the id, and the tenant with: zebros whoami"),
    (errors.DuplicateError, ExitCode.CONFLICT, "Use that record, or go on with --allow-duplicate"),
    (errors.VersionConflictError, ExitCode.CONFLICT, "Read the record again, then repeat the change"),
    (errors.ConflictError, ExitCode.CONFLICT, ""),
    (errors.PreconditionRequiredError, ExitCode.CONFLICT, "Give the version that you read with --version"),
    (errors.UploadInterruptedError, ExitCode.PARTIAL, ""),
    (errors.OperationFailedError, ExitCode.PARTIAL, ""),
    (errors.OperationTimeoutError, ExitCode.PARTIAL, ""),
    (
        errors.NotOnDeviceError,
        ExitCode.NOT_FOUND,
        "Look with: zebros offline list ENTITY, or at changes with: zebros offline status",
    ),
    (errors.AlreadySyncingError, ExitCode.CONFLICT, ""),
    (errors.DeviceWipedError, ExitCode.FORBIDDEN, ""),
    (errors.OfflineError, ExitCode.OTHER, ""),
    (errors.StorageError, ExitCode.UNAVAILABLE, "Run the same command again"),
    (errors.TransportError, ExitCode.UNAVAILABLE, "Check the network; a local stack is started by: make up"),
    (errors.RateLimitedError, ExitCode.UNAVAILABLE, "Wait a little, then run the same command again"),
    (errors.ServerError, ExitCode.UNAVAILABLE, "Try again; if it stays, report the request id"),
    (errors.ConfigurationError, ExitCode.USAGE, ""),
    (errors.ApiError, ExitCode.INVALID, ""),
)


def exit_code_of(error: errors.ZebrosError) -> ExitCode:
    """The exit code that the error stands for."""
    return next((code for kind, code, _ in _TABLE if isinstance(error, kind)), ExitCode.OTHER)


def next_step(error: errors.ZebrosError) -> str:
    """What the person can do about it; empty where the message says it all."""
    match error:
        case errors.OperationFailedError():
            return f"Go on where it stopped with: zebros tenants resume {error.tenant_id}"
        case errors.OperationTimeoutError():
            return f"It goes on; look with: zebros tenants show {error.tenant_id}"
        case errors.ConflictError(code="opportunity-closed"):
            return "Open it again with: zebros opportunities reopen OPPORTUNITY STAGE"
        case errors.DuplicateError() if not _may_be_doubled(error):
            return ""
        case errors.UnauthenticatedError() if "tenant_id" in str(error):
            return "This sign-in is the platform's and of no company; choose another with --profile"
        case errors.ForbiddenError() if _is_about(error, "tenant_"):
            return "Whoever runs the platform can say why"
        case errors.ForbiddenError() if _is_about(error, "platform_only"):
            return "Choose an administrator's sign-in with --profile"
        case _:
            pass
    return next((hint for kind, _, hint in _TABLE if isinstance(error, kind)), "")


def _is_about(error: errors.ApiError, code: str) -> bool:
    return any(fault.code.startswith(code) for fault in error.errors)


def _may_be_doubled(error: errors.DuplicateError) -> bool:
    """Only these can be created although one like them exists."""
    named = {record.entity for record in error.duplicates}
    return not named or bool(named & {"customer", "contact", "lead"})
