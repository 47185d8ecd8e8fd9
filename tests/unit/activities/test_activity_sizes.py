"""Activities stay small: 19 of 20 realistic ones take at most 1,024 bytes, in every isolation model."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from zebros_activities.domain.activity import (
    Activity,
    ActivityStatus,
    ActivityType,
    Delivery,
    DeliveryStatus,
    Participants,
    Priority,
    RelatedType,
)
from zebros_activities.repositories.keys import ACTIVITIES
from zebros_activities.use_cases.descriptions import stored_text
from zebros_core.clock import FixedClock, HybridLogicalClock
from zebros_core.dynamodb.store import DataAccess, TenantStore
from zebros_core.dynamodb.writes import plan_add, plan_save
from zebros_core.tenancy import TenantContext

RECORDS = 300
LIMIT_BYTES = 1024
PEOPLE = [f"0f8fad5b-d9cb-469f-a165-7086772895{n:02d}" for n in range(20)]
TEAMS = ["north", "south", "key-accounts"]
SUBJECTS = [
    "Ask about the trial",
    "Weekly status with procurement",
    "Send the offer for twelve devices",
    "Rückruf wegen der Rahmenvereinbarung und der Liefertermine",
    "Demo",
]
SENTENCES = [
    "They want the offer until Friday.",
    "Der Einkauf fragt nach Rabatt ab zwölf Geräten und nach der Lieferzeit.",
    "Budget is approved for the first quarter.",
    "Call Mira back, she was in a meeting.",
]
TAGS = ["newsletter", "trade-fair", "renewal", "at-risk"]
CUSTOM = {"channel": "video", "minutes": 45, "recorded": True}


def _maybe(chance: float, value: Any, rng: random.Random) -> Any:
    return value if rng.random() < chance else None


def _about(store: TenantStore, rng: random.Random) -> dict[str, Any]:
    related = rng.choices([*RelatedType, None], (4, 3, 1, 3, 1))[0]
    related_id = store.new_id() if related else None
    customer_id = related_id if related is RelatedType.CUSTOMER else store.new_id() if related else None
    return {"related_type": related, "related_id": related_id, "customer_id": customer_id}


def _times(kind: ActivityType, at: datetime, store: TenantStore, rng: random.Random) -> dict[str, Any]:
    """Notes and mails have no time, meetings a length and sometimes a series, tasks and calls perhaps a reminder."""
    meets = kind is ActivityType.MEETING
    if kind in {ActivityType.NOTE, ActivityType.EMAIL} or not (meets or rng.random() < 0.8):
        return {}
    series = {
        "recurrence": "FREQ=WEEKLY;BYDAY=MO;COUNT=12",
        "time_zone": "Europe/Berlin",
        "series_id": store.new_id(),
        "occurrence": 4,
        "occurrences": 12,
    }
    return {
        "scheduled_at": at,
        "ends_at": at + timedelta(minutes=30) if meets else None,
        "reminder_minutes": _maybe(0.3, 15, rng),
        **(series if meets and rng.random() < 0.1 else {}),
    }


def _people(kind: ActivityType, store: TenantStore, rng: random.Random) -> Participants:
    contacts = {ActivityType.EMAIL: 1, ActivityType.MEETING: rng.choice((1, 1, 2))}.get(kind, 0)
    users = 1 if kind is ActivityType.MEETING and rng.random() < 0.2 else 0
    return Participants(
        contact_ids=tuple(store.new_id() for _ in range(contacts)), user_ids=tuple(PEOPLE[:users])
    )


def _text(kind: ActivityType, rng: random.Random) -> str | None:
    sentences = {ActivityType.EMAIL: 8, ActivityType.NOTE: rng.choice((1, 2, 3, 10))}.get(
        kind, rng.choice((0, 0, 1, 1, 2))
    )
    return " ".join(rng.choice(SENTENCES) for _ in range(sentences)) or None


def _activity(store: TenantStore, rng: random.Random) -> Activity:
    kind = rng.choices(list(ActivityType), (5, 3, 6, 3, 1))[0]
    at = datetime(2026, 11, 3, 9, 30, tzinfo=UTC) + timedelta(minutes=15 * rng.randint(-2000, 2000))
    mail = kind is ActivityType.EMAIL
    status = ActivityStatus.COMPLETED if mail else rng.choices(list(ActivityStatus), (4, 5, 1))[0]
    done = status is ActivityStatus.COMPLETED
    delivery = Delivery(
        status=DeliveryStatus.DELIVERED,
        to="mira.vantongeren@tidewater.example",
        at=at,
        message_id="0102018f1e2d3c4b-0f8fad5b-d9cb-469f-a165-708677289501-000000",
    )
    record = Activity(
        activity_id=store.new_id(),
        type=kind,
        subject=rng.choice(SUBJECTS),
        status=status,
        completed_at=at if done else None,
        outcome=_maybe(0.4, "Wants an offer until Friday", rng) if done and not mail else None,
        priority=rng.choices(list(Priority), (1, 8, 1))[0],
        location=_maybe(0.3, "Industriestrasse 12, Utrecht", rng) if kind is ActivityType.MEETING else None,
        participants=_people(kind, store, rng),
        delivery=delivery if mail else None,
        owner_id=rng.choice(PEOPLE),
        team_id=rng.choice(TEAMS),
        external_id=_maybe(0.15, f"cal-{rng.randint(10_000, 99_999)}", rng),
        tags=frozenset(rng.sample(TAGS, rng.choice((0, 0, 0, 1, 2)))),
        custom={name: CUSTOM[name] for name in rng.sample(sorted(CUSTOM), rng.choice((0, 0, 0, 0, 0, 1)))},
        **_about(store, rng),
        **_times(kind, at, store, rng),
    )
    return stored_text(record, _text(kind, rng))[0]


def _store(model: Any) -> TenantStore:
    clock = FixedClock(datetime(2026, 11, 3, 9, 30, 15, 123456, tzinfo=UTC))
    # Plans are made without a call, so there is no client.
    client: Any = None
    access = DataAccess(
        client, table_prefix="zebros-test", cursor_key=b"k" * 32, clock=clock, hlc=HybridLogicalClock(clock)
    )
    return access.bind(TenantContext("aurorainstruments", PEOPLE[0], isolation=model))


def size_bytes(value: dict[str, Any]) -> int:
    """Return what an attribute value takes (DynamoDB Developer Guide, "Item sizes and formats")."""
    ((kind, content),) = value.items()
    match kind:
        case "S":
            return len(content.encode())
        case "N":
            digits = content.lstrip("-").replace(".", "").strip("0") or "0"
            return (len(digits) + 1) // 2 + 1 + content.startswith("-")
        case "BOOL" | "NULL":
            return 1
        case "SS":
            return sum(len(text.encode()) for text in content)
        case "L":
            return 3 + sum(size_bytes(inner) + 1 for inner in content)
        case "M":
            return 3 + sum(len(name.encode()) + size_bytes(inner) + 1 for name, inner in content.items())
        case _:
            raise AssertionError(kind)


def _item_bytes(store: TenantStore, record: Activity, rng: random.Random) -> int:
    """Plan a create by a request with an idempotency key and some later changes; return the size of the item."""
    table = store.table(ACTIVITIES.table)
    stored, operations = plan_add(ACTIVITIES, store, table, record, idempotency="f" * 32)
    for _ in range(rng.choice((0, 1, 1, 2))):
        changed = stored.model_copy(
            update={"subject": rng.choice(SUBJECTS), "reminder_minutes": rng.choice((None, 10, 15))}
        )
        planned, writes = plan_save(ACTIVITIES, store, table, changed, stored)
        if writes:
            stored, operations = planned, writes
    item = operations[0].request["Item"]
    return sum(len(name.encode()) + size_bytes(value) for name, value in item.items())


@pytest.mark.parametrize("model", ["pool", "bridge", "silo"])
def test_nineteen_of_twenty_activities_fit_one_write_unit(model: str) -> None:
    store, rng = _store(model), random.Random(f"activity {model}")
    sizes = sorted(_item_bytes(store, _activity(store, rng), rng) for _ in range(RECORDS))
    p95 = sizes[int(RECORDS * 0.95)]
    print(f"activity {model}: p50 {sizes[RECORDS // 2]}, p95 {p95}, largest {sizes[-1]} bytes")  # noqa: T201
    assert p95 <= LIMIT_BYTES
