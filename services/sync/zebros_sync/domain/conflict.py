"""A conflict: two writers changed one field, and what became of it. Kept, so that nothing is lost silently."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from zebros_core.tenancy.sync_strategies import Strategy

__all__ = ["Conflict", "ConflictState", "FieldConflict", "Side", "Strategy"]


class Side(StrEnum):
    """Whose value was kept."""

    DEVICE = "device"
    SERVER = "server"


class ConflictState(StrEnum):
    """`open` until somebody decides, `settled` by a strategy or a person."""

    OPEN = "open"
    SETTLED = "settled"


@dataclass(frozen=True, slots=True)
class FieldConflict:
    """One field of a conflict: what the device wrote, what the server had, and whose was kept; None while it is open.

    The field of a deletion that met edits is `*`.
    """

    device: Any
    server: Any
    kept: Side | None


@dataclass(frozen=True, slots=True)
class Conflict:
    """Edits that met. `id` is derived from the mutation, so that a repeated push keeps it once."""

    id: str
    entity: str
    record_id: str
    state: ConflictState
    strategy: Strategy
    fields: Mapping[str, FieldConflict]
    client_id: str
    mutation_id: str
    user_id: str
    at: datetime
    owner_id: str | None = None
    team_id: str | None = None
    resolved_by: str | None = None
    resolved_at: datetime | None = None
    operation: str = field(default="update")

    @property
    def record(self) -> tuple[str, str]:
        """Entity and id of the record."""
        return self.entity, self.record_id

    def settled(self, kept: Mapping[str, Side], by: str, at: datetime) -> Conflict:
        """Return this conflict as a person settled it."""
        fields = {name: replace(each, kept=kept.get(name, each.kept)) for name, each in self.fields.items()}
        return replace(self, state=ConflictState.SETTLED, fields=fields, resolved_by=by, resolved_at=at)
