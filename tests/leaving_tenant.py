"""A tenant that leaves a service in this process: the door that is called for it, and what is stored of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import boto3
import pytest
from service_in_process import REGION

from zebros_core.tenancy import TenantContext
from zebros_core.tenancy.offboarding import OFFBOARDING_SCOPE

EXPORTS = "zebros-test-exports"


@contextmanager
def export_buckets(container: Any, *more: str) -> Iterator[None]:
    """Make the bucket that exports go to, and more; the service knows it meanwhile."""
    client = boto3.client("s3")
    for bucket in (EXPORTS, *more):
        client.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    before = container.core
    container.core = replace(before, exports_bucket=EXPORTS)
    yield
    container.core = before


def offboarding_door(
    container: Any, module: Any, service: str, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str, str], dict[str, int]]:
    """Return the service's door for leaving tenants, called until it is done; it gives the counts."""
    monkeypatch.setattr(module.DOOR, "_container", lambda: container)
    monkeypatch.setitem(vars(container), "current_registry", container.registry)

    def call(tenant: str, verb: str) -> dict[str, int]:
        token = container.internal_tokens.sign(
            TenantContext(tenant, "root", scopes=frozenset({OFFBOARDING_SCOPE})),
            audience=f"zebros-{service}-test-offboarding",
        )
        resume = None
        while True:
            answer = module.handler({"verb": verb, "token": token, "resume": resume}, None)
            assert "problem" not in answer, answer
            resume = json.loads(json.dumps(answer["resume"]))
            if answer["done"]:
                return answer["counts"]

    return call


def rows_of(container: Any, tenant: str, tables: Collection[str]) -> list[str]:
    """Every stored row of a tenant, whichever way it is found."""
    silo = container.registry.get(tenant).isolation == "silo"
    prefix = f"zebros-test-{f't-{tenant}-' if silo else ''}"
    return sorted(
        json.dumps([base, item], sort_keys=True, default=repr)
        for base in tables
        for item in container.dynamodb.scan(TableName=f"{prefix}{base}")["Items"]
        if item["tenantId"]["S"] == tenant
    )
