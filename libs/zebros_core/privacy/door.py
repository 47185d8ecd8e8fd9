"""The privacy verbs of a bulk door, for our own machinery alone."""

from __future__ import annotations

import base64
import binascii
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias, TypeVar

from pydantic import ValidationError as ModelError

from zebros_core.bootstrap import ServiceContainer
from zebros_core.bulk.client import SYSTEM_SCOPE
from zebros_core.bulk.door import DoorVerb
from zebros_core.cache import Layer
from zebros_core.errors import BadRequestError, ForbiddenError
from zebros_core.privacy.calls import CollectCall, EraseCall, IdentifyCall
from zebros_core.privacy.desk import PrivacyDesk
from zebros_core.privacy.run import CollectionRun, ErasureRun
from zebros_core.privacy.steps import WORK_SECONDS, Piece, Place, carry_on
from zebros_core.privacy.subject import Subject
from zebros_core.tenancy import TenantContext

__all__ = ["Steps", "lists_end_after", "privacy_verbs"]

S = TypeVar("S", bound=ServiceContainer)
Desk: TypeAlias = PrivacyDesk[Any]
Steps: TypeAlias = Sequence[tuple[str, Piece]]


def privacy_verbs(
    desk: Callable[[S, str], Desk],
    *,
    identify: Callable[[Desk, Subject], Subject],
    collection: Callable[[Desk, CollectionRun], Steps],
    erasure: Callable[[Desk, ErasureRun], Steps],
    layers: Mapping[str, Layer] | None = None,
    lists_of: Mapping[str, Sequence[str]] | None = None,
) -> Mapping[str, DoorVerb[S]]:
    """Return the verbs by name. `desk` gives a tenant's; `collection` and `erasure` the steps of a call.

    `layers` and `lists_of` are those of the service's cache.
    """
    ends = lists_end_after(layers or {}, lists_of or {})

    def find(have: S, caller: TenantContext, call: IdentifyCall) -> dict[str, Any]:
        _ensure_machinery(caller)
        found = identify(desk(have, caller.tenant_id), call.subject)
        return {"subject": found.model_dump(mode="json", by_alias=True)}

    def collect(have: S, caller: TenantContext, call: CollectCall) -> dict[str, Any]:
        _ensure_machinery(caller)
        begun = _place(call.cursor)
        run = CollectionRun(call.subject, _until(WORK_SECONDS), told=begun.done if begun else 0)
        steps = run.steps(collection(desk(have, caller.tenant_id), run))
        place, _ = carry_on(steps, begun, run.goes_on)
        return {
            "items": [item.model_dump(mode="json", by_alias=True) for item in run.items],
            "nextCursor": None if place is None else _cursor(place),
        }

    def erase(have: S, caller: TenantContext, call: EraseCall) -> dict[str, Any]:
        _ensure_machinery(caller)
        run = ErasureRun(call, have.clock, _until(WORK_SECONDS), lists_end_after=ends)
        try:
            answer = run.carry_on(erasure(desk(have, caller.tenant_id), run))
        finally:
            have.note_written(caller.tenant_id, run.written)
        return answer.model_dump(mode="json", by_alias=True)

    return {
        "identify": DoorVerb(IdentifyCall, find),
        "collect": DoorVerb(CollectCall, collect),
        "erase": DoorVerb(EraseCall, erase),
    }


def lists_end_after(layers: Mapping[str, Layer], lists_of: Mapping[str, Sequence[str]]) -> dict[str, float]:
    """Return for each cached entity after how many seconds no list is left that was cached before a write of it."""
    lists = [layer for name, layer in layers.items() if name not in lists_of]
    longest = max((layer.ttl_seconds + layer.stale_seconds for layer in lists), default=0.0)
    return dict.fromkeys(lists_of, longest)


def _ensure_machinery(caller: TenantContext) -> None:
    if SYSTEM_SCOPE not in caller.scopes:
        raise ForbiddenError("what is held on a person is told and erased through the privacy requests only")


def _until(seconds: float) -> Callable[[], bool]:
    ends_at = time.monotonic() + seconds
    return lambda: time.monotonic() < ends_at


def _cursor(place: Place) -> str:
    return base64.urlsafe_b64encode(place.model_dump_json(by_alias=True).encode()).decode()


def _place(cursor: str | None) -> Place | None:
    if cursor is None:
        return None
    try:
        return Place.model_validate_json(base64.b64decode(cursor.encode(), altchars=b"-_", validate=True))
    except (binascii.Error, UnicodeError, ModelError):
        raise BadRequestError.for_field("cursor", "invalid_cursor", "This is not a cursor.") from None
