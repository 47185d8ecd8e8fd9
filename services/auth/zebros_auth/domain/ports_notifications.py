"""What use cases need to notify people, beside mail."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from zebros_auth.domain.device import Platform
from zebros_auth.domain.notification import Notification
from zebros_core.errors import ZebrosError

__all__ = ["Deferrals", "EndpointGoneError", "NotificationTopic", "PushSender"]


class EndpointGoneError(ZebrosError):
    """Nothing sent to this device arrives any more: it is switched off, unknown, or somebody else's."""

    code = "endpoint-gone"
    default_detail = "The device no longer takes messages."


class NotificationTopic(Protocol):
    """Where notifications go to be delivered."""

    def publish(self, notification: Notification) -> None:
        """Publish, perhaps twice after a fault. Raises UnavailableError."""
        ...


class Deferrals(Protocol):
    """Brings notifications back to delivery later."""

    def put(self, notification: Notification, until: datetime) -> None:
        """Bring it back at that instant, once, or up to a minute later. Repeating it changes nothing.

        Raises UnavailableError.
        """
        ...


class PushSender(Protocol):
    """Messages to devices."""

    def serves(self, platform: Platform) -> bool:
        """Whether this stage has an application on that platform."""
        ...

    def register(self, platform: Platform, token: str, owner: str) -> str | None:
        """Return the address at which this device is reached from now on, for this owner alone.

        ``owner`` names tenant and person; whoever had the device before no longer reaches it. None: this stage has
        no application on that platform. Raises ValidationError for a token that the platform does not know,
        UnavailableError.
        """
        ...

    def forget(self, address: str, owner: str) -> None:
        """Remove an address, if it is still this owner's; none there is no error. Raises UnavailableError."""
        ...

    def send(
        self, platform: Platform, address: str, owner: str, *, title: str, data: Mapping[str, str]
    ) -> None:
        """Send one message, once. ``title`` is shown to the person, ``data`` is for the app.

        Raises EndpointGoneError, NotTakenError, RefusedError, DeliveryUncertainError.
        """
        ...
