"""What reads and writes of activities cost: calls to the database, the same whatever a tenant holds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from activity_records import CALL, LONG, activity, contact, customer
from callers import Person
from in_process_doors import InProcessDoors


class Counts:
    """The calls to the database of this service within a `with counts:` block."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.calls: list[str] = []

    def __enter__(self) -> Counts:
        self.calls = []
        self._client.meta.events.register("before-call.dynamodb", self._note)
        return self

    def __exit__(self, *_: object) -> None:
        self._client.meta.events.unregister("before-call.dynamodb", self._note)

    def _note(self, model: Any, **_: Any) -> None:
        self.calls.append(model.name)


@pytest.fixture
def counts(container: Any) -> Counts:
    return Counts(container.dynamodb)


def fill(admin: Person, customer_id: str, many: int) -> None:
    """Make some activities of each kind that the queries tell apart, in batches."""
    about = {"relatedType": "customer", "relatedId": customer_id}
    wishes = []
    for number in range(many):
        day = f"2026-03-{2 + number % 3:02d}T{number % 24:02d}:00:00Z"
        status = "completed" if number % 4 == 0 else "open"
        wishes.append({**CALL, **about, "scheduledAt": day, "status": status})
        wishes.append({**CALL, **about, "scheduledAt": f"2026-02-{1 + number % 28:02d}T10:00:00Z"})
    for start in range(0, len(wishes), 100):
        operations = [{"operation": "create", "data": data} for data in wishes[start : start + 100]]
        answer = admin.post("/v1/activities:batch", {"operations": operations})
        assert {outcome["outcome"] for outcome in answer.body["outcomes"]} == {"created"}


READS: dict[str, tuple[Callable[[Person, str], Any], list[str]]] = {
    "today": (lambda p, c: p.get("/v1/activities/today", limit=10), ["GetItem", "Query"]),
    "today in a zone": (
        lambda p, c: p.get("/v1/activities/today", limit=10, timeZone="Europe/Berlin"),
        ["Query"],
    ),
    "upcoming of a customer": (
        lambda p, c: p.get("/v1/activities/upcoming", limit=10, customer=c),
        ["Query"],
    ),
    "upcoming": (lambda p, c: p.get("/v1/activities/upcoming", limit=10), ["Query"]),
    "overdue": (lambda p, c: p.get("/v1/activities/overdue", limit=10), ["Query"]),
    "overdue of an owner": (lambda p, c: p.get("/v1/activities/overdue", limit=10, owner=p.user), ["Query"]),
    "completed": (lambda p, c: p.get("/v1/activities/completed", limit=10), ["Query"]),
    "of a record": (lambda p, c: p.get("/v1/activities", limit=10, related=c), ["Query"]),
    "of a customer and type": (
        lambda p, c: p.get("/v1/activities", limit=10, customer=c, type="call"),
        ["Query"],
    ),
    "of a range": (
        lambda p, c: p.get(
            "/v1/activities", limit=10, **{"from": "2026-03-02T00:00:00Z", "to": "2026-03-03T00:00:00Z"}
        ),
        ["Query"],
    ),
    "newest": (lambda p, c: p.get("/v1/activities", limit=10), ["Query"]),
}


def test_queries_cost_the_same_whatever_there_is(admin: Person, counts: Counts) -> None:
    customer_id = customer(admin)
    fill(admin, customer_id, 50)
    small: dict[str, list[str]] = {}
    for many in (0, 60):
        fill(admin, customer_id, many)
        for name, (read, expected) in READS.items():
            with counts:
                answer = read(admin, customer_id)
            assert (answer.status, len(answer.body["items"])) == (200, 10), name
            assert counts.calls == expected, name
            assert small.setdefault(name, counts.calls) == counts.calls


def test_one_activity_is_one_call_and_with_a_long_description_two(admin: Person, counts: Counts) -> None:
    short, long = activity(admin), activity(admin, description=LONG)
    with counts:
        admin.get(f"/v1/activities/{short['activityId']}")
    assert counts.calls == ["Query"]  # a key alone does not say under which record an activity is
    with counts:
        admin.get(f"/v1/activities/{long['activityId']}")
    assert counts.calls == ["Query", "GetItem"]


def test_writes(admin: Person, counts: Counts, doors: InProcessDoors) -> None:
    customer_id = customer(admin)
    person_id = contact(admin, customer_id)
    doors.calls.clear()
    with counts:
        made = activity(
            admin,
            relatedType="customer",
            relatedId=customer_id,
            participants={"contactIds": [person_id]},
        )
    assert counts.calls == ["PutItem"]
    assert [(service, call["entity"]) for service, call in doors.calls] == [
        ("customers", "customer"),
        ("customers", "contact"),
    ]
    doors.calls.clear()
    with counts:
        admin.patch(f"/v1/activities/{made['activityId']}", {"outcome": "Well"})
    assert counts.calls == ["Query", "PutItem"]
    assert doors.calls == [], "what an activity names is not asked for again"
    with counts:
        admin.post(
            "/v1/activities",
            {
                **CALL,
                "scheduledAt": "2026-03-04T10:00:00Z",
                "recurrence": "FREQ=DAILY;COUNT=90",
                "timeZone": "UTC",
            },
        )
    assert counts.calls == ["TransactWriteItems"]
