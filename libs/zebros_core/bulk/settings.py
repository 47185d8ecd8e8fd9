"""What a tenant has set in a service that is no record: given to backups and taken from them, by the bulk door.

A service says which kinds of settings it keeps, and how a page of each is read and one of them is put; the order in
which it names them is the one in which they are given.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from zebros_core.bootstrap import ServiceContainer
from zebros_core.bulk.calls import PutSettingsCall, SettingsCall, SettingsItem
from zebros_core.bulk.door import DoorVerb, ensure_machinery
from zebros_core.bulk.mutations import outcome_problem
from zebros_core.dynamodb.cursor import CursorBinding
from zebros_core.dynamodb.paging import Page
from zebros_core.errors import BadRequestError, ConflictError, ValidationError, ZebrosError
from zebros_core.records.mutations import Outcome, OutcomeKind
from zebros_core.tenancy import TenantContext

__all__ = ["Setting", "SettingsKeeper", "settings_verbs"]

S = TypeVar("S", bound=ServiceContainer)

_REFUSED = "settings are given out and put back by backups only"


@dataclass(frozen=True, slots=True)
class Setting:
    """One thing that was set: its id among those of its kind, and its value as JSON has it."""

    id: str
    value: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SettingsKeeper(Generic[S]):
    """How settings of one kind are given out, page by page, and put back.

    `put` makes the setting as it is told and says whether that made it, changed it or found it so; it raises
    ValidationError for a value that is none, ConflictError for one that contradicts what is there.
    """

    page: Callable[[S, TenantContext, str | None], Page[Setting]]
    put: Callable[[S, TenantContext, Setting], OutcomeKind]


def settings_verbs(keepers: Mapping[str, SettingsKeeper[S]]) -> Mapping[str, DoorVerb[S]]:
    """Return the verbs `settings` and `putSettings` of a service that keeps these kinds of settings."""
    kinds = list(keepers)

    def give(have: S, caller: TenantContext, call: SettingsCall) -> dict[str, Any]:
        ensure_machinery(caller, _REFUSED)
        binding = CursorBinding(caller.tenant_id, "settings", {})
        cursors = have.access.cursors
        kind, within = (kinds[0], None) if call.cursor is None else cursors.decode(call.cursor, binding)
        if kind not in keepers:
            raise BadRequestError.for_field("cursor", "invalid_cursor", "This cursor is of another version.")
        page = keepers[kind].page(have, caller, within)
        items = [{"kind": kind, "id": setting.id, "value": setting.value} for setting in page.items]
        following = kinds[kinds.index(kind) + 1 :]
        if page.next_cursor is None and not following:
            return {"items": items, "nextCursor": None}
        position = [kind, page.next_cursor] if page.next_cursor else [following[0], None]
        return {"items": items, "nextCursor": cursors.encode(position, binding)}

    def put(have: S, caller: TenantContext, call: PutSettingsCall) -> dict[str, Any]:
        ensure_machinery(caller, _REFUSED)
        outcomes = [_put(have, caller, item) for item in call.items]
        return {
            "outcomes": [
                {
                    "kind": item.kind,
                    "id": item.id,
                    "outcome": outcome.kind.value,
                    "problem": outcome_problem(outcome),
                }
                for item, outcome in zip(call.items, outcomes, strict=True)
            ]
        }

    def _put(have: S, caller: TenantContext, item: SettingsItem) -> Outcome:
        try:
            if item.kind not in keepers:
                message = f"one of {', '.join(sorted(kinds))}"
                raise ValidationError.for_field("/kind", "unknown_kind", message)
            return Outcome(keepers[item.kind].put(have, caller, Setting(item.id, item.value)), item.id)
        except ConflictError as error:
            return Outcome(OutcomeKind.CONFLICT, item.id, error=error)
        except ZebrosError as error:
            return Outcome(OutcomeKind.REJECTED, item.id, error=error)

    return {"settings": DoorVerb(SettingsCall, give), "putSettings": DoorVerb(PutSettingsCall, put)}
