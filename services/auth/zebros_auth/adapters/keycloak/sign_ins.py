"""Sign-ins, as the realm's event store has them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from zebros_auth.adapters.keycloak.session import KeycloakSession, Representation
from zebros_auth.domain.identity import SIGN_IN_TYPES, SignInEvent

_PAGE: Final = 500
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class KeycloakSignIns:
    """The part of the identity provider that is about who signed in."""

    def __init__(self, session: KeycloakSession) -> None:
        self._session = session

    def sign_in_events(self, since: datetime, until: datetime, limit: int = 1000) -> list[SignInEvent]:
        events: list[SignInEvent] = []
        while len(events) < limit:
            wanted = min(_PAGE, limit - len(events))
            page = self._session.get(
                "events",
                type=list(SIGN_IN_TYPES),
                dateFrom=_milliseconds(since),
                # Keycloak includes the last instant.
                dateTo=_milliseconds(until) - 1,
                direction="asc",
                first=len(events),
                max=wanted,
            )
            events.extend(_event(item) for item in page)
            if len(page) < wanted:
                break
        return events


def _milliseconds(instant: datetime) -> int:
    return (instant - _EPOCH) // timedelta(milliseconds=1)


def _event(item: Representation) -> SignInEvent:
    return SignInEvent(
        id=item["id"],
        time=_EPOCH + timedelta(milliseconds=item["time"]),
        type=item["type"],
        user_id=item.get("userId"),
        client_id=item.get("clientId"),
        ip=item.get("ipAddress"),
        error=item.get("error"),
    )
