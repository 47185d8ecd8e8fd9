"""What may go wrong on the device itself."""

from __future__ import annotations

from zebros.errors import ZebrosError

__all__ = ["AlreadySyncingError", "DeviceWipedError", "NotOnDeviceError", "OfflineError", "StoreError"]


class OfflineError(ZebrosError):
    """Base of the errors of the offline store."""


class StoreError(OfflineError):
    """The store cannot be used: it is damaged, of a newer version, of another person, or sealed with another key."""


class NotOnDeviceError(OfflineError):
    """No such record is on this device."""


class AlreadySyncingError(OfflineError):
    """Another process is bringing this store up to date at this moment."""


class DeviceWipedError(OfflineError):
    """The account was deactivated: what the device kept of it is removed."""
