"""What a device is told of a mutation that is refused, in the words of the API's one table of problems."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from zebros_core.errors import ConflictError, NotFoundError, ValidationError, ZebrosError
from zebros_core.http.problems import problem_of
from zebros_sync.domain.errors import MutationIdReusedError

__all__ = ["ERASED", "GONE", "LOST_RACE", "NOT_WRITABLE", "NO_BASE", "REUSED", "Refusal", "refusal"]

Refusal = Mapping[str, Any]
"""A problem document (RFC 9457) about one mutation."""


def refusal(error: ZebrosError) -> Refusal:
    """Return what an error says of a mutation."""
    return problem_of(error).document()


def _no_record(detail: str) -> Refusal:
    return {**refusal(NotFoundError("record", "")), "detail": detail}


REUSED: Final = refusal(MutationIdReusedError())
LOST_RACE: Final = refusal(
    ConflictError("The record is changed by others at every moment; send this change again.")
)
NO_BASE: Final = refusal(
    ValidationError.for_field(
        "/baseVersion", "missing", "An update or a deletion says in baseVersion which version its user saw."
    )
)
ERASED: Final = _no_record("This person asked to be erased; nothing is kept of them again. Drop this change.")
GONE: Final = _no_record("There is no such record, or it is out of your sight.")
NOT_WRITABLE: Final = refusal(
    ValidationError.for_field("/entity", "not_writable", "Records of this kind are not written by devices.")
)
