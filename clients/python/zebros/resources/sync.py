"""Offline sync: pull, push, conflicts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from zebros.calls import sync as calls
from zebros.listing import Listing
from zebros.models import Conflict, StatesCheck, SyncStatus
from zebros.resources.driver import drive
from zebros.resources.executor import Executor

__all__ = ["Sync", "SyncConflicts", "SyncStates"]


class Sync:
    """`client.sync`: what a device needs; `zebros.offline` is a whole one."""

    def __init__(self, client: Executor, sleep: Callable[[float], None]) -> None:
        self._client = client
        self.conflicts = SyncConflicts(client)
        self.states = SyncStates(client, sleep)

    def pull(
        self,
        cursor: str | None = None,
        *,
        entities: Mapping[str, int] | None = None,
        max_bytes: int | None = None,
    ) -> dict[str, Any]:
        """One page of what is new after a cursor, as the API gives it; without a cursor, the beginning of everything.

        `entities` names what the client can read, each with the version of its fields.
        """
        return self._client.execute(calls.pull(cursor, entities, max_bytes))

    def push(
        self, client_id: str, sent_at: datetime, mutations: Sequence[Mapping[str, Any]]
    ) -> list[dict[str, Any]]:
        """Send what was done offline; an outcome for each. Sending again what was not answered is safe."""
        return self._client.execute(calls.push(client_id, sent_at, mutations))

    def head(self, known: int | None = None) -> int | None:
        """How far the tenant's log goes; None when that is still the known number."""
        return self._client.execute(calls.head(known))

    def status(self) -> SyncStatus:
        """What a client has to know of the service."""
        return self._client.execute(calls.status())

    def schema(self) -> dict[str, Any]:
        """The entities that devices keep, with their fields and versions."""
        return self._client.execute(calls.schema())


class SyncConflicts:
    """`client.sync.conflicts`"""

    def __init__(self, client: Executor) -> None:
        self._client = client

    def list(self, *, state: str | None = None, limit: int = 50) -> Listing[Conflict]:
        """Conflicts, newest first: `open` ones, `settled` ones, or all."""
        return Listing(calls.conflicts(state, limit), self._client.execute)

    def get(self, conflict_id: str) -> Conflict:
        """One conflict, with both sides."""
        return self._client.execute(calls.conflict(conflict_id))

    def resolve(self, conflict_id: str, fields: Mapping[str, str]) -> Conflict:
        """Decide an open conflict: for each field `device` or `server`."""
        return self._client.execute(calls.resolve(conflict_id, fields))


class SyncStates:
    """`client.sync.states`: the copies that devices are served from."""

    def __init__(self, client: Executor, sleep: Callable[[float], None]) -> None:
        self._client = client
        self._sleep = sleep

    def verify(self, *, on_step: Callable[[StatesCheck], None] | None = None) -> StatesCheck:
        """Compare the copies with the records."""
        return drive(calls.checking("verify", on_step), self._client, self._sleep)

    def rebuild(self, *, on_step: Callable[[StatesCheck], None] | None = None) -> StatesCheck:
        """Make anew what is not exact."""
        return drive(calls.checking("rebuild", on_step), self._client, self._sleep)
