"""What of a person is in the copies and in what is remembered of devices, and the same without it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, cast

from zebros_core.privacy.redaction import ERASED
from zebros_core.privacy.subject import Subject
from zebros_core.privacy.texts import Sought
from zebros_core.tenancy.context import ERASURE_ACTOR
from zebros_sync.domain.conflict import Conflict, ConflictState, FieldConflict, Side
from zebros_sync.domain.log import Key, State
from zebros_sync.domain.merge import WHOLE_RECORD
from zebros_sync.domain.push import KeptOutcome

__all__ = ["Concern", "Concerned", "IsPersonal", "record_of", "without_person"]

_PARTAKEN: Final = "activity"
"""Its owner takes an erased person out of it: from then on nothing in it tells that it was theirs."""

IsPersonal = Callable[[str], bool]
"""Tells whether a field of a record, by its wire name, is personal."""


class Concern(StrEnum):
    """How something concerns a person.

    - `own`: it is of their own record.
    - `about`: it is of a record that they are part of.
    - `named`: it says their name or address.
    """

    OWN = "own"
    ABOUT = "about"
    NAMED = "named"


class Concerned:
    """A person, to be found in states, conflicts and attempts."""

    def __init__(self, subject: Subject, sought: Sought) -> None:
        self.own: Final[frozenset[Key]] = frozenset(
            (entity, id) for entity, ids in subject.record_ids.items() for id in ids
        )
        self.sought: Final = sought
        # A colleague's id is in every record that is theirs, which says nothing about them.
        ids = (*subject.contact_ids, *subject.lead_ids)
        self._ids = re.compile("|".join(map(re.escape, ids))) if ids else None

    def in_state(self, state: State) -> bool:
        """Tell whether a copy is of the person's own record, mentions that, or names them."""
        if state.gone:
            return False
        return (
            state.key in self.own
            or self._mentioned_in(state.document)
            or self.sought.found_in(state.record())
        )

    def of(self, key: Key, state: State | None, value: Any) -> Concern | None:
        """Return how something that is kept of a record concerns the person; None when it does not."""
        if key in self.own:
            return Concern.OWN
        if state is not None and (self._mentioned_in(state.document) or _was_rewritten(state)):
            return Concern.ABOUT
        return Concern.NAMED if self.sought.found_in(value) else None

    def _mentioned_in(self, document: str) -> bool:
        return self._ids is not None and self._ids.search(document) is not None


def _was_rewritten(state: State) -> bool:
    return state.entity == _PARTAKEN and state.record().get("updatedBy") == ERASURE_ACTOR


def record_of(kept: KeptOutcome) -> Key | None:
    """Return which record the attempt is about that is kept of a mutation; None where there is none."""
    wishes = (kept.attempt or {}).get("wishes") or ()
    return (wishes[0]["entity"], wishes[0]["id"]) if wishes else None


def without_person(
    conflict: Conflict, sought: Sought, at: datetime, *, is_personal: IsPersonal | None
) -> Conflict:
    """Return a conflict with `[erased]` where it names the person; with `is_personal`, without its personal values.

    A field that waited for a decision between values that are not there any more stays as the server has it.
    """
    fields = {
        name: _forgotten(name, each, is_personal) if is_personal is not None else each
        for name, each in conflict.fields.items()
    }
    fields = {
        name: replace(each, device=sought.without(each.device), server=sought.without(each.server))
        for name, each in fields.items()
    }
    changed = replace(conflict, fields=fields)
    if conflict.state is ConflictState.OPEN and all(each.kept is not None for each in fields.values()):
        return replace(changed, state=ConflictState.SETTLED, resolved_by=ERASURE_ACTOR, resolved_at=at)
    return changed


def _forgotten(name: str, each: FieldConflict, is_personal: IsPersonal) -> FieldConflict:
    device, server = (_emptied(name, value, is_personal) for value in (each.device, each.server))
    if (device, server) == (each.device, each.server):
        return each
    return FieldConflict(device, server, each.kept or Side.SERVER)


def _emptied(name: str, value: Any, is_personal: IsPersonal) -> Any:
    if name == WHOLE_RECORD and isinstance(value, Mapping):
        members = cast("Mapping[str, Any]", value)
        return {inner: _emptied(inner, member, is_personal) for inner, member in members.items()}
    is_theirs = name != WHOLE_RECORD and is_personal(name.partition(".")[0])
    return ERASED if is_theirs and value is not None else value
