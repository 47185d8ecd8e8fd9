"""What contacts show of activities, as the events of the activities service tell it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

__all__ = ["SeenActivity"]

_CONTACTING: Final = frozenset({"call", "meeting", "email"})


class _Seen(BaseModel):
    # The record is another service's, and has more than is read here.
    model_config = ConfigDict(alias_generator=to_camel, extra="ignore", frozen=True)


class _Participants(_Seen):
    contact_ids: tuple[str, ...] = ()


class _Delivery(_Seen):
    status: str
    to: str
    at: datetime


class SeenActivity(_Seen):
    """An activity after a change."""

    type: str
    status: str
    completed_at: datetime | None = None
    related_type: str | None = None
    related_id: str | None = None
    participants: _Participants = _Participants()
    delivery: _Delivery | None = None

    @classmethod
    def of(cls, snapshot: Mapping[str, Any]) -> SeenActivity:
        """Read the snapshot of an event."""
        return cls.model_validate(snapshot)

    @property
    def contact_ids(self) -> tuple[str, ...]:
        """The contacts that it is about, or that took part."""
        about = (self.related_id,) if self.related_type == "contact" and self.related_id is not None else ()
        return tuple(dict.fromkeys((*about, *self.participants.contact_ids)))

    @property
    def contacted_at(self) -> datetime | None:
        """When its contacts were contacted: they were by a call, a meeting or an e-mail that is completed."""
        return self.completed_at if self.type in _CONTACTING and self.status == "completed" else None

    @property
    def bounced(self) -> tuple[str, datetime] | None:
        """The address that took no mail, and when that was reported; None for any other activity."""
        if self.delivery is None or self.delivery.status != "bounced":
            return None
        return self.delivery.to, self.delivery.at
