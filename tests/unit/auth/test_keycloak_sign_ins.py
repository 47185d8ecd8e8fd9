"""Sign-ins are read page by page, in order, none twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from zebros_auth.adapters.keycloak.session import KeycloakSession
from zebros_auth.adapters.keycloak.sign_ins import KeycloakSignIns

BEGUN = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Events:
    """The part of the admin API that the test needs: events a second apart, served as Keycloak does."""

    def __init__(self, count: int) -> None:
        begun = int(BEGUN.timestamp() * 1000)
        self.stored = [
            {"id": f"event-{number:04d}", "time": begun + number * 1000, "type": "LOGIN", "userId": "ada"}
            for number in range(count)
        ]
        self.asked = 0

    def get(self, path: str, **query: Any) -> list[dict[str, Any]]:
        assert (path, query["direction"]) == ("events", "asc")
        self.asked += 1
        found = [item for item in self.stored if query["dateFrom"] <= item["time"] <= query["dateTo"]]
        return found[query["first"] : query["first"] + query["max"]]


def read(events: Events, seconds: int, limit: int) -> list[str]:
    sign_ins = KeycloakSignIns(cast(KeycloakSession, events))
    return [event.id for event in sign_ins.sign_in_events(BEGUN, BEGUN + timedelta(seconds=seconds), limit)]


@pytest.mark.parametrize("count", [0, 1, 499, 500, 501, 1200])
def test_all_of_a_window_is_told_once_and_in_order(count: int) -> None:
    assert read(Events(count), 10_000, 5000) == [f"event-{number:04d}" for number in range(count)]


def test_no_more_than_asked_for_is_read() -> None:
    events = Events(1200)
    assert len(read(events, 10_000, 700)) == 700
    assert events.asked == 2


def test_the_window_excludes_its_end() -> None:
    assert read(Events(10), 3, 100) == ["event-0000", "event-0001", "event-0002"]
