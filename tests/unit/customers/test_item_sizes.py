"""Stored records stay small: 19 of 20 realistic ones take at most 1,024 bytes, in every isolation model.

A unit of writing is 1 KB, per table and per index, so a record of 1,025 bytes costs twice one of 1,024 and every
index doubles that. Records are planned by the repository's own functions and sized as DynamoDB bills them; no
database is needed.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from zebros_core.clock import FixedClock, HybridLogicalClock
from zebros_core.dynamodb.schema import EntitySchema
from zebros_core.dynamodb.store import DataAccess, TenantStore
from zebros_core.dynamodb.writes import plan_add, plan_save
from zebros_core.tenancy import TenantContext
from zebros_customers.domain.contact import Contact, ContactDetails
from zebros_customers.domain.customer import Customer
from zebros_customers.domain.document import Document, DocumentKind, DocumentStatus, object_path
from zebros_customers.domain.values import Address, ContactInfo
from zebros_customers.repositories.keys import CONTACTS, CUSTOMERS, DOCUMENTS

RECORDS = 300
LIMIT_BYTES = 1024
TENANT = "aurorainstruments"
PEOPLE = [f"0f8fad5b-d9cb-469f-a165-7086772895{n:02d}" for n in range(20)]
TEAMS = ["north", "south", "key-accounts"]
COMPANIES = ["Tidewater", "Plussunin", "Groovestreet", "Björkö Skog", "Nord & Söhne", "Intelligent Layer"]
FORMS = ["GmbH", "Ltd", "B.V.", "Instruments", "Holding International S.A.", "and Partners"]
CITIES = ["Utrecht", "Frankfurt am Main", "Lyon", "Łódź", "San Francisco"]
COUNTRIES = ["Netherlands", "Germany", "United States", "Philippines"]
FIRST = ["Mira", "Jörg", "Alexandra", "Wei", "Fatoumata"]
LAST = ["Vantongeren", "Li", "Østergaard-Nielsen", "García Hernández", "Smith"]
POSITIONS = ["Head of Procurement", "CEO", "Senior Software Engineer", "Office Manager"]
TAGS = ["newsletter", "trade-fair", "decision-maker", "renewal", "at-risk", "partner"]
CUSTOM = {"region": "north-east", "seats": 250, "renewal": "2026-11-30", "reference": True}


def _maybe(chance: float, value: Any, rng: random.Random) -> Any:
    return value if rng.random() < chance else None


def _tags(rng: random.Random) -> frozenset[str]:
    return frozenset(rng.sample(TAGS, rng.choice((0, 0, 1, 1, 2, 3))))


def _custom(rng: random.Random) -> dict[str, Any]:
    return {name: CUSTOM[name] for name in rng.sample(sorted(CUSTOM), rng.choice((0, 0, 0, 1, 2, 4)))}


def _shared(rng: random.Random) -> dict[str, Any]:
    return {
        "owner_id": rng.choice(PEOPLE),
        "team_id": rng.choice(TEAMS),
        "tags": _tags(rng),
    }


def _customer(store: TenantStore, rng: random.Random) -> Customer:
    name = f"{rng.choice(COMPANIES)} {rng.choice(FORMS)}"
    host = f"{name.split()[0].lower()}.example"
    address = Address(
        street=_maybe(0.6, f"Industriestrasse {rng.randint(1, 400)}", rng),
        city=rng.choice(CITIES),
        postal_code=_maybe(0.6, f"{rng.randint(10_000, 99_999)}", rng),
        country=rng.choice(COUNTRIES),
    )
    return Customer(
        customer_id=store.new_id(),
        company_name=name,
        industry=_maybe(0.9, rng.choice(["medical", "technology", "telecommunications"]), rng),
        tier=_maybe(0.6, rng.choice(["gold", "platinum", "standard"]), rng),
        contact_info=ContactInfo(
            email=_maybe(0.8, f"hello@{host}", rng),
            phone=_maybe(0.7, "+49 69 1234 5678", rng),
            website=_maybe(0.6, f"https://www.{host}", rng),
            address=_maybe(0.7, address, rng),
        ),
        external_id=_maybe(0.5, f"erp-{rng.randint(10_000, 99_999)}", rng),
        custom=_custom(rng),
        **_shared(rng),
    )


def _contact(store: TenantStore, rng: random.Random) -> Contact:
    first, last = rng.choice(FIRST), rng.choice(LAST)
    return Contact(
        contact_id=store.new_id(),
        customer_id=_maybe(0.95, store.new_id(), rng),
        first_name=_maybe(0.95, first, rng),
        last_name=last,
        email=_maybe(0.9, f"{first.lower()}.{last.split()[0].lower()}@tidewater.example", rng),
        phone=_maybe(0.7, "+49 69 1234 5678", rng),
        position=_maybe(0.7, rng.choice(POSITIONS), rng),
        details=ContactDetails(
            department=_maybe(0.4, "Operations", rng),
            mobile=_maybe(0.5, "+49 171 2345678", rng),
            language=_maybe(0.3, "de", rng),
            linkedin=_maybe(0.2, "linkedin.com/in/somebody-at-work", rng),
        ),
        last_contacted_at=_maybe(0.5, datetime(2026, 10, 3, 9, 30, tzinfo=UTC), rng),
        external_id=_maybe(0.3, f"crm-{rng.randint(10_000, 99_999)}", rng),
        custom=_custom(rng),
        **_shared(rng),
    )


def _document(store: TenantStore, rng: random.Random) -> Document:
    document_id, customer_id = store.new_id(), store.new_id()
    parts = object_path(customer_id, document_id, DocumentKind.DOCUMENT)
    return Document(
        document_id=document_id,
        customer_id=customer_id,
        status=rng.choice(list(DocumentStatus)),
        file_name=f"Framework agreement {rng.randint(2019, 2026)} (signed, final).pdf",
        content_type=rng.choice(
            ["application/pdf", "application/vnd.openxmlformats-officedocument.spreadsheetml"]
        ),
        size_bytes=rng.randint(1_000, 50_000_000),
        description=_maybe(0.4, "Signed by both sides, with the annexes", rng),
        object_key="/".join((TENANT, *parts)),
        upload_id=_maybe(0.02, "u" * 60, rng),
        **_shared(rng),
    )


KINDS: dict[str, tuple[EntitySchema[Any], Callable[[TenantStore, random.Random], Any]]] = {
    "customer": (CUSTOMERS, _customer),
    "contact": (CONTACTS, _contact),
    "document": (DOCUMENTS, _document),
}


def _store(model: Any) -> TenantStore:
    clock = FixedClock(datetime(2026, 11, 3, 9, 30, 15, 123456, tzinfo=UTC))
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
    stored, operations = plan_add(schema, store, table, record, idempotency="f" * 64)
    for _ in range(rng.choice((0, 1, 2, 4))):
        changed = stored.model_copy(
            update={"tags": stored.tags ^ {rng.choice(TAGS)}, "team_id": rng.choice(TEAMS)}
        )
        planned, writes = plan_save(schema, store, table, changed, stored)
        if writes:
            stored, operations = planned, writes
    item = operations[0].request["Item"]
    return sum(len(name.encode()) + size_bytes(value) for name, value in item.items())


@pytest.mark.parametrize("model", ["pool", "bridge", "silo"])
@pytest.mark.parametrize("entity", sorted(KINDS))
def test_nineteen_of_twenty_records_fit_one_write_unit(entity: str, model: str) -> None:
    schema, make = KINDS[entity]
    store, rng = _store(model), random.Random(f"{entity} {model}")
    sizes = sorted(_item_bytes(schema, store, make(store, rng), rng) for _ in range(RECORDS))
    p95 = sizes[int(RECORDS * 0.95)]
    print(f"{entity} {model}: p50 {sizes[RECORDS // 2]}, p95 {p95}, largest {sizes[-1]} bytes")  # noqa: T201
    assert p95 <= LIMIT_BYTES
