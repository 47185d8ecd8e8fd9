"""A tenant leaves the pipeline: every row it has is exported and erased, and its neighbour's is as it was."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import boto3
import pytest
from callers import Person
from service_in_process import REGION

from zebros_core.tenancy import TenantContext
from zebros_core.tenancy import offboarding as library
from zebros_pipeline.bootstrap import Container
from zebros_pipeline.handlers import offboarding

EXPORTS = "zebros-test-exports"
TABLES = ("leads", "products", "opportunities", "pipeline-lookup")


@pytest.fixture(scope="module")
def _buckets(container: Container) -> Iterator[None]:
    s3 = boto3.client("s3")
    for bucket in (EXPORTS, container.core.failures_bucket):
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    before = container.core
    container.core = replace(before, exports_bucket=EXPORTS)
    yield
    container.core = before


@pytest.fixture
def door(container: Container, _buckets: None, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(offboarding.DOOR, "_container", lambda: container)
    monkeypatch.setitem(vars(container), "current_registry", container.registry)

    def call(tenant: str, verb: str) -> dict[str, int]:
        """Call until it is done; return the counts."""
        token = container.internal_tokens.sign(
            TenantContext(tenant, "root", scopes=frozenset({library.OFFBOARDING_SCOPE})),
            audience="zebros-pipeline-test-offboarding",
        )
        resume = None
        while True:
            answer = offboarding.handler({"verb": verb, "token": token, "resume": resume}, None)
            assert "problem" not in answer, answer
            resume = json.loads(json.dumps(answer["resume"]))
            if answer["done"]:
                return answer["counts"]

    return call


def rows(container: Container, tenant: str) -> list[str]:
    """Every stored row of a tenant, whichever way it is found."""
    silo = container.registry.get(tenant).isolation == "silo"
    prefix = f"zebros-test-{f't-{tenant}-' if silo else ''}"
    return sorted(
        json.dumps([base, item], sort_keys=True, default=repr)
        for base in TABLES
        for item in container.dynamodb.scan(TableName=f"{prefix}{base}")["Items"]
        if item["tenantId"]["S"] == tenant
    )


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
