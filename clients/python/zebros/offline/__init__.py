"""The CRM on a device without a network: records in SQLite, edits queued, both sides merged when there is one again."""

from zebros.errors import (
    AlreadySyncingError,
    DeviceWipedError,
    NotOnDeviceError,
    OfflineError,
    StoreError,
)
from zebros.offline.cipher import Cipher
from zebros.offline.engine import SyncEngine, SyncReport
from zebros.offline.local import LocalRecord, LocalRecords
from zebros.offline.queue import QueuedChange
from zebros.offline.store import OfflineStore
from zebros.offline.uploads import PendingUpload

__all__ = [
    "AlreadySyncingError",
    "Cipher",
    "DeviceWipedError",
    "LocalRecord",
    "LocalRecords",
    "NotOnDeviceError",
    "OfflineError",
    "OfflineStore",
    "PendingUpload",
    "QueuedChange",
    "StoreError",
    "SyncEngine",
    "SyncReport",
]
