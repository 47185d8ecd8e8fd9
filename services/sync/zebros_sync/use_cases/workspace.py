"""What a use case works with: one caller's rights, the tenant's log, what is known of its devices, and the owners."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from zebros_core.dynamodb.cursor import CursorCodec
from zebros_core.records.workspace import RecordWorkspace
from zebros_sync.domain.conflict import Strategy
from zebros_sync.domain.ports import ChangeLog, Owners, Schemas
from zebros_sync.repositories.devices import DeviceRepository

__all__ = ["Workspace"]


@dataclass(frozen=True, slots=True)
class Workspace(RecordWorkspace):
    """One caller's access to one tenant. Made for each request by the composition root.

    `strategies` are the tenant's, by entity; that of `default` is for all others.
    """

    log: ChangeLog
    devices: DeviceRepository
    owners: Owners
    schemas: Schemas
    strategies: Callable[[], Mapping[str, Strategy]]
    cursors: CursorCodec
