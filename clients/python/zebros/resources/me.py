"""Yourself: what you may do, what you prefer, your devices."""

from __future__ import annotations

from typing import Literal, Unpack

from zebros.calls import me as calls
from zebros.calls.me import PreferenceFields
from zebros.listing import Listing
from zebros.models import Device, Me, Permission, Preferences
from zebros.resources.executor import Executor

__all__ = ["DevicePlatform", "Devices", "MyPreferences", "Myself"]

DevicePlatform = Literal["apns", "fcm"]


class Myself:
    """`client.me`"""

    def __init__(self, client: Executor) -> None:
        self._client = client
        self.preferences = MyPreferences(client)
        self.devices = Devices(client)

    def get(self) -> Me:
        """Who is signed in, with role, team, tenant and preferences."""
        return self._client.execute(calls.get())

    def permissions(self) -> list[Permission]:
        """Every action on every kind of record: allowed or not, how far, and why."""
        return self._client.execute(calls.permissions())


class MyPreferences:
    """`client.me.preferences`. An integration has none: NotFoundError."""

    def __init__(self, client: Executor) -> None:
        self._client = client

    def get(self) -> Preferences:
        """Language, time zone, quiet hours and ways of notification."""
        return self._client.execute(calls.preferences())

    def update(self, **fields: Unpack[PreferenceFields]) -> Preferences:
        """Change what is given; `quiet_hours=None` takes them away. Kinds in `channels` that are not named
        stay.
        """
        return self._client.execute(calls.update_preferences(fields))


class Devices:
    """`client.me.devices`: where your push notifications go."""

    def __init__(self, client: Executor) -> None:
        self._client = client

    def list(self) -> Listing[Device]:
        """Your devices."""
        return Listing(calls.devices(), self._client.execute)

    def add(self, *, platform: DevicePlatform, token: str, name: str) -> Device:
        """Register a device by the token that its system gave the app. The same token is the same device."""
        return self._client.execute(calls.add_device(platform=platform, token=token, name=name))

    def remove(self, device_id: str) -> None:
        """Send no more to a device."""
        self._client.execute(calls.remove_device(device_id))
