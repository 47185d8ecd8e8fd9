"""A tenant leaves the pipeline: every row it has is exported and erased, and its neighbour's is as it was."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from callers import Person
from leaving_tenant import export_buckets, offboarding_door, rows_of

from zebros_pipeline.bootstrap import Container
from zebros_pipeline.handlers import offboarding

TABLES = ("leads", "products", "opportunities", "pipeline-lookup")


@pytest.fixture(scope="module")
def _buckets(container: Container) -> Iterator[None]:
    with export_buckets(container, container.core.failures_bucket):
        yield


@pytest.fixture
def door(container: Container, _buckets: None, monkeypatch: pytest.MonkeyPatch) -> Any:
    return offboarding_door(container, offboarding, "pipeline", monkeypatch)


def rows(container: Container, tenant: str) -> list[str]:
    """Every stored row of a tenant."""
    return rows_of(container, tenant, TABLES)


def settle_in(person: Person) -> None:
    """Records of each kind, one in the trash, a conversion that waits, lines, stage entries, guards, settings."""
    product = person.post("/v1/products", {"name": "GTX", "unitPrice": 5}).body["productId"]
    deal = person.post(
        "/v1/opportunities", {"title": "Deal", "lines": [{"productId": product}], "externalId": "d-1"}
    ).headers["location"]
    person.post(f"{deal}/move", {"stage": "won"})
    person.delete(person.post("/v1/opportunities", {"title": "Gone"}).headers["location"])
    lead = person.post("/v1/leads", {"lastName": "Li", "email": "li@tidewater.example"}).headers["location"]
    person.post(f"{lead}/convert", {}, idempotency_key="again")
    person.put("/v1/pipeline/currencies", {"baseCurrency": "SEK"}, if_match='"1"')


def test_every_row_of_the_tenant_is_exported_and_erased_and_no_other(
    both: tuple[Person, Person], door: Any, container: Container
) -> None:
    one, other = both
    for person in both:
        settle_in(person)
    mine, theirs = rows(container, one.tenant), rows(container, other.tenant)
    known = container.registry.get(one.tenant)
    container.registry.put(replace(known, status="offboarding", epoch=known.epoch + 1))
    exported = door(one.tenant, "exportTenant")
    assert sum(exported[table] for table in TABLES) == len(mine) > 10
    erased = door(one.tenant, "eraseTenant")
    assert sum(erased[table] for table in TABLES) == len(mine)
    assert rows(container, one.tenant) == []
    assert rows(container, other.tenant) == theirs
