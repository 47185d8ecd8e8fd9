"""Somebody who edits one record offline and pushes, against the owners and the memory of devices in memory."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sync_in_memory import InMemoryDevices, InMemoryOwners

from zebros_core.tenancy.sync_strategies import Strategy
from zebros_sync.domain.push import Mutation, PushOutcome
from zebros_sync.use_cases.push_mutations import PushDesk, push_mutations

KEY = ("customer", "c1")


class Device:
    """Somebody who edits offline and pushes; `ahead` is how far the device's clock is off."""

    def __init__(
        self, owners: InMemoryOwners, *, name: str = "phone", strategy: Strategy = Strategy.FIELD_MERGE
    ) -> None:
        self.owners = owners
        self.devices = InMemoryDevices()
        self.desk = PushDesk("aurora", "ada", self.devices, owners, {"customer": strategy})
        self.name = name
        self.ahead = timedelta(0)
        self._count = 0

    def edit(
        self,
        operation: str = "update",
        changes: Mapping[str, Any] | None = None,
        *,
        base: int | None = None,
        seen: Mapping[str, Any] | None = None,
        key: tuple[str, str] = KEY,
    ) -> Mutation:
        self._count += 1
        return Mutation(
            f"m{self._count}",
            key[0],
            key[1],
            operation,
            base,
            dict(changes or {}),
            self.owners.clock.now() + self.ahead,
            dict(seen or {}),
        )

    def push(self, *mutations: Mutation) -> list[PushOutcome]:
        now = self.owners.clock.now()
        return push_mutations(self.desk, self.name, mutations, sent_at=now + self.ahead, received_at=now)

    @property
    def record(self) -> Mapping[str, Any]:
        return self.owners.records[KEY]
