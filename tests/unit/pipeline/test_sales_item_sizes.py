"""Leads, products and opportunities stay small: 19 of 20 realistic ones take at most 1,024 bytes, in every model.

As for customers: a unit of writing is 1 KB, per table and per index. Records are planned by the repository's own
functions and sized as DynamoDB bills them; no database is needed.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from zebros_core.clock import FixedClock, HybridLogicalClock
from zebros_core.dynamodb.schema import EntitySchema
from zebros_core.dynamodb.store import DataAccess, TenantStore
from zebros_core.dynamodb.writes import plan_add, plan_save
from zebros_core.tenancy import TenantContext
from zebros_pipeline.domain.lead import Lead, LeadRating, LeadStatus
from zebros_pipeline.domain.opportunity import Line, Opportunity, Outcome
from zebros_pipeline.domain.product import Product
from zebros_pipeline.repositories.keys import LEADS, OPPORTUNITIES, PRODUCTS

RECORDS = 300
LIMIT_BYTES = 1024
TENANT = "aurorainstruments"
NOW = datetime(2026, 11, 3, 9, 30, 15, 123456, tzinfo=UTC)
PEOPLE = [f"0f8fad5b-d9cb-469f-a165-7086772895{n:02d}" for n in range(20)]
TEAMS = ["north", "south", "key-accounts"]
COMPANIES = [
    "Tidewater Instruments",
    "Plussunin",
    "Björkö Skog GmbH",
    "Nord & Söhne",
    "Intelligent Layer S.A.",
]
SALES = [
    "Tidewater: instruments for two labs",
    "Plussunin – renewal 2027",
    "GTX Plus Pro, 12 seats",
    "Expansion phase two",
]
PRODUCTS_SOLD = ["GTX Basic", "GTX Plus Pro", "MG Advanced", "GTK 500", "Installation and training, on site"]
TAGS = ["newsletter", "trade-fair", "renewal", "at-risk", "partner"]
CUSTOM = {"region": "north-east", "seats": 250, "renewal": "2026-11-30", "reference": True}
LINES = (0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 4, 5, 8)
"""How many lines deals have, as shares of a twentieth: a third none, most one, a few many."""


def _maybe(chance: float, value: Any, rng: random.Random) -> Any:
    return value if rng.random() < chance else None


def _shared(rng: random.Random) -> dict[str, Any]:
    custom = rng.sample(sorted(CUSTOM), rng.choice((0, 0, 0, 1, 2, 3)))
    return {
        "tags": frozenset(rng.sample(TAGS, rng.choice((0, 0, 1, 1, 2)))),
        "custom": {name: CUSTOM[name] for name in custom},
        "external_id": _maybe(0.5, f"crm-{rng.randint(10_000, 99_999)}", rng),
    }


def _lead(store: TenantStore, rng: random.Random) -> Lead:
    converted = rng.random() < 0.3
    return Lead(
        lead_id=store.new_id(),
        company_name=_maybe(0.9, rng.choice(COMPANIES), rng),
        first_name=_maybe(0.9, "Alexandra", rng),
        last_name=rng.choice(["Østergaard-Nielsen", "Li", "García Hernández"]),
        email=_maybe(0.9, "alexandra.ostergaard@tidewater.example", rng),
        phone=_maybe(0.6, "+49 69 1234 5678", rng),
        position=_maybe(0.6, "Head of Procurement", rng),
        industry=_maybe(0.7, "telecommunications", rng),
        source=_maybe(0.9, rng.choice(["trade-fair", "website", "referral"]), rng),
        status=LeadStatus.CONVERTED if converted else LeadStatus.QUALIFIED,
        score=_maybe(0.6, rng.randint(0, 100), rng),
        rating=_maybe(0.6, LeadRating.WARM, rng),
        estimated_value=_maybe(0.6, Decimal(rng.randint(500, 90_000)), rng),
        currency="EUR",
        owner_id=rng.choice(PEOPLE),
        team_id=rng.choice(TEAMS),
        converted_at=NOW if converted else None,
        converted_by=PEOPLE[0] if converted else None,
        customer_id=store.new_id() if converted else None,
        contact_id=store.new_id() if converted else None,
        opportunity_id=store.new_id() if converted else None,
        **_shared(rng),
    )


def _product(store: TenantStore, rng: random.Random) -> Product:
    return Product(
        product_id=store.new_id(),
        name=rng.choice(PRODUCTS_SOLD),
        series=_maybe(0.7, "GTX", rng),
        unit_price=_maybe(0.9, Decimal(rng.randint(500, 900_000)) / 100, rng),
        currency="EUR",
        **_shared(rng),
    )


def _opportunity(store: TenantStore, rng: random.Random) -> Opportunity:
    outcome = rng.choice((Outcome.OPEN, Outcome.OPEN, Outcome.WON, Outcome.LOST))
    day = date(2026, 11, 3) + timedelta(days=rng.randint(-300, 300))
    return Opportunity(
        opportunity_id=store.new_id(),
        customer_id=_maybe(0.85, store.new_id(), rng),
        contact_id=_maybe(0.5, store.new_id(), rng),
        lead_id=_maybe(0.2, store.new_id(), rng),
        title=rng.choice(SALES),
        value=_maybe(0.8, Decimal(rng.randint(500, 9_000_000)) / 100, rng),
        currency="EUR",
        stage={"open": rng.choice(["prospecting", "negotiation"])}.get(outcome.value, outcome.value),
        outcome=outcome,
        probability=_maybe(0.1, 35, rng),
        expected_close_date=_maybe(0.9, day, rng),
        engage_date=_maybe(0.6, day, rng),
        close_date=None if outcome is Outcome.OPEN else day,
        loss_reason="Went with the incumbent" if outcome is Outcome.LOST else None,
        lines=tuple(
            Line(
                product_id=store.new_id(),
                name=rng.choice(PRODUCTS_SOLD),
                quantity=Decimal(rng.randint(1, 30)),
                unit_price=Decimal(rng.randint(500, 900_000)) / 100,
            )
            for _ in range(rng.choice(LINES))
        ),
        owner_id=rng.choice(PEOPLE),
        team_id=rng.choice(TEAMS),
        stage_entered_at=NOW,
        active_at=NOW,
        **_shared(rng),
    )


KINDS: dict[str, tuple[EntitySchema[Any], Callable[[TenantStore, random.Random], Any]]] = {
    "lead": (LEADS, _lead),
    "product": (PRODUCTS, _product),
    "opportunity": (OPPORTUNITIES, _opportunity),
}


def _store(model: Any) -> TenantStore:
    clock = FixedClock(NOW)
    # Plans are made without a call, so there is no client.
    client: Any = None
    access = DataAccess(
        client, table_prefix="zebros-test", cursor_key=b"k" * 32, clock=clock, hlc=HybridLogicalClock(clock)
    )
    return access.bind(TenantContext(TENANT, PEOPLE[0], isolation=model))


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


def _item_bytes(schema: EntitySchema[Any], store: TenantStore, record: Any, rng: random.Random) -> int:
    """Plan a create by a request with an idempotency key and some later changes; return the size of the item."""
    table = store.table(schema.table)
    stored, operations = plan_add(schema, store, table, record, idempotency="f" * 22)
    for _ in range(rng.choice((0, 1, 2, 4))):
        update: dict[str, Any] = {"tags": stored.tags ^ {rng.choice(TAGS)}}
        if schema is not PRODUCTS:
            update["team_id"] = rng.choice(TEAMS)
        planned, writes = plan_save(schema, store, table, stored.model_copy(update=update), stored)
        if writes:
            stored, operations = planned, writes
    item = operations[0].request["Item"]
    return sum(len(name.encode()) + size_bytes(value) for name, value in item.items())


@pytest.mark.parametrize("model", ["pool", "bridge", "silo"])
@pytest.mark.parametrize("entity", sorted(KINDS))
def test_nineteen_of_twenty_sales_records_fit_one_write_unit(entity: str, model: str) -> None:
    schema, make = KINDS[entity]
    store, rng = _store(model), random.Random(f"{entity} {model}")
    sizes = sorted(_item_bytes(schema, store, make(store, rng), rng) for _ in range(RECORDS))
    p95 = sizes[int(RECORDS * 0.95)]
    print(f"{entity} {model}: p50 {sizes[RECORDS // 2]}, p95 {p95}, largest {sizes[-1]} bytes")  # noqa: T201
    assert p95 <= LIMIT_BYTES
