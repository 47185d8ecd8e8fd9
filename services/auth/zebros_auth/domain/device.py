"""Devices to which notifications are pushed."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final

from pydantic import AfterValidator, StringConstraints

from zebros_core.ids import derived_id
from zebros_core.values import ShortText, Value

MAX_DEVICES: Final = 20
"""How many devices one person has at a time."""


class Platform(StrEnum):
    """Whose push service a device listens to: Apple's or Google's."""

    APNS = "apns"
    FCM = "fcm"


def _printable_ascii(text: str) -> str:
    if not (text.isascii() and text.isprintable()) or " " in text:
        raise ValueError("only printable ASCII characters without spaces")
    return text


DeviceToken = Annotated[
    str, StringConstraints(min_length=1, max_length=4096), AfterValidator(_printable_ascii)
]
"""What the platform calls this app on this device."""


class DeviceDraft(Value):
    """A device as its app registers it."""

    platform: Platform
    token: DeviceToken
    name: ShortText


class Device(Value):
    """A device of one person. ``address`` is where messages to it are sent; None where this stage sends none."""

    device_id: str
    user_id: str
    platform: Platform
    token: str
    name: str
    address: str | None = None
    created_at: datetime
    updated_at: datetime


def device_id(tenant_id: str, platform: Platform, token: str) -> str:
    """Return the id of the device with this token: the same token is the same device, whoever uses it."""
    return derived_id(tenant_id, "device", platform.value, token)
