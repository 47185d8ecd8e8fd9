"""How far an e-mail is on its way: it goes on, and never back."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from zebros_activities.domain.activity import Delivery, DeliveryStatus

__all__ = ["advanced"]

_RANK: Final = {
    DeliveryStatus.QUEUED: 0,
    DeliveryStatus.UNCERTAIN: 1,
    DeliveryStatus.SENT: 2,
    DeliveryStatus.DELIVERED: 3,
    DeliveryStatus.FAILED: 4,
    DeliveryStatus.BOUNCED: 5,
    DeliveryStatus.COMPLAINED: 6,
}


def advanced(
    current: Delivery,
    status: DeliveryStatus,
    at: datetime,
    *,
    message_id: str | None = None,
    reason: str | None = None,
) -> Delivery | None:
    """Return the delivery at a later status, or None where it is that far already: news comes late and twice.

    A bounce and a complaint stand above a delivery, whichever is reported first.
    """
    if _RANK[status] <= _RANK[current.status]:
        return None
    return Delivery(
        status=status, to=current.to, at=at, message_id=message_id or current.message_id, reason=reason
    )
