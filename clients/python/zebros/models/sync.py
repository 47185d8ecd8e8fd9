"""What sync answers: outcomes, conflicts, the state of the log."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from zebros.models.base import Model

__all__ = ["Conflict", "FieldConflict", "StatesCheck", "SyncStatus"]


class FieldConflict(Model):
    """What a device wrote, what the server had, and whose value was kept: `device`, `server`, or None while open."""

    device: Any = None
    server: Any = None
    kept: str | None = None


class Conflict(Model):
    """Edits that met. The field `*` stands for the whole record: a deletion that met edits."""

    id: str = Field(alias="conflictId")
    entity: str
    record_id: str
    state: str
    strategy: str
    operation: str = "update"
    fields: dict[str, FieldConflict] = Field(default_factory=dict[str, FieldConflict])
    mutation_id: str | None = None
    user_id: str | None = None
    at: datetime | None = None
    resolved_by: str | None = None
    resolved_at: datetime | None = None


class SyncStatus(Model):
    """What a client has to know of the service."""

    sequence: int
    at: datetime | None = None
    server_time: datetime | None = None
    log_days: int | None = None
    max_mutations: int | None = None
    strategies: dict[str, str] = Field(default_factory=dict[str, str])


class StatesCheck(Model):
    """A page of a check of the copies that devices are served from."""

    checked: int = 0
    different: int = 0
    repaired: int = 0
    records: list[dict[str, str]] = Field(default_factory=list[dict[str, str]])
    next_cursor: str | None = None
