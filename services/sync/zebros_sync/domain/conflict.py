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

    def to_json(self) -> dict[str, Any]:
        """Return the conflict as it is stored."""
        return {
            "id": self.id,
            "entity": self.entity,
            "recordId": self.record_id,
            "state": self.state.value,
            "strategy": self.strategy.value,
            "fields": {
                name: [each.device, each.server, each.kept.value if each.kept else None]
                for name, each in self.fields.items()
            },
            "clientId": self.client_id,
            "mutationId": self.mutation_id,
            "userId": self.user_id,
            "at": self.at.isoformat(),
            "ownerId": self.owner_id,
            "teamId": self.team_id,
            "resolvedBy": self.resolved_by,
            "resolvedAt": self.resolved_at.isoformat() if self.resolved_at else None,
            "operation": self.operation,
        }

    @classmethod
    def of_json(cls, value: Mapping[str, Any]) -> Conflict:
        """Return the conflict that was stored."""
        return cls(
            id=value["id"],
            entity=value["entity"],
            record_id=value["recordId"],
            state=ConflictState(value["state"]),
            strategy=Strategy(value["strategy"]),
            fields={
                name: FieldConflict(device, server, Side(kept) if kept else None)
                for name, (device, server, kept) in value["fields"].items()
            },
            client_id=value["clientId"],
            mutation_id=value["mutationId"],
            user_id=value["userId"],
            at=datetime.fromisoformat(value["at"]),
            owner_id=value["ownerId"],
            team_id=value["teamId"],
            resolved_by=value["resolvedBy"],
            resolved_at=datetime.fromisoformat(value["resolvedAt"]) if value["resolvedAt"] else None,
            operation=value["operation"],
        )
