"""What it costs to know who is calling, and what they may do: no call to the database beyond the record's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from service_in_process import create_tables

from zebros_core.cache import NullCache
from zebros_core.clock import FixedClock
from zebros_core.tenancy.registry import CachedTenantRegistry, DynamoDbTenantRegistry
from zebros_customers.bootstrap import Container
from zebros_customers.handlers.routes import ROUTES

ROLES = ("tenant-admin", "sales-manager", "sales-rep", "viewer")


@pytest.fixture(scope="module")
def app(container: Container) -> Any:
    """The service without a cache, with the registry that it is deployed with: a table, and its rows for 30 seconds."""
    create_tables(container.dynamodb, container.core.table_prefix, "auth")
    table = DynamoDbTenantRegistry(container.dynamodb, f"{container.core.table_prefix}-tenants")
    vars(container)["registry"] = CachedTenantRegistry(table, container.clock)
    vars(container)["cache"] = NullCache()
    return container.http_app(ROUTES)


@pytest.fixture
def calls(container: Container) -> Callable[..., Any]:
    """`with calls() as made`: the calls of the database within, as (operation, table)."""

    @contextmanager
    def noting() -> Iterator[list[tuple[str, str]]]:
        made: list[tuple[str, str]] = []

        def note(model: Any, params: Any, **_: Any) -> None:
            made.append((model.name, "tenants" if b'-tenants"' in params["body"] else "records"))

        client: Any = container.dynamodb
        events = client.meta.events
        events.register("before-call.dynamodb", note)
        try:
            yield made
        finally:
            events.unregister("before-call.dynamodb", note)

    return noting


@pytest.mark.parametrize("role", ROLES)
def test_a_permission_check_adds_no_call(person: Any, calls: Any, role: str) -> None:
    admin, other = person(), person(roles=(role,))
    id = admin.post("/v1/customers", {"companyName": "Tidewater"}).body["customerId"]
    with calls() as made:
        for _ in range(20):
            assert other.get(f"/v1/customers/{id}").status in (200, 404)
    assert made == [("Query", "records")] * 20


def test_a_refusal_reads_nothing(person: Any, calls: Any) -> None:
    viewer = person(roles=("viewer",))
    viewer.get("/v1/customers")
    with calls() as made:
        assert viewer.post("/v1/customers", {"companyName": "Tidewater"}).status == 403
    assert made == []


def test_who_the_tenant_is_costs_one_read_each_thirty_seconds(
    person: Any, tenant: Any, calls: Any, clock: FixedClock
) -> None:
    callers = [person(tenant("pool")), person(tenant("bridge"))]
    with calls() as made:
        for _ in range(10):
            for caller in callers:
                assert caller.get("/v1/customers/01JC8Z4T5V6W7X8Y9ZABCDEFGH").status == 404
    assert made.count(("GetItem", "tenants")) == 2
    clock.advance(30)
    with calls() as made:
        for _ in range(10):
            callers[0].get("/v1/customers/01JC8Z4T5V6W7X8Y9ZABCDEFGH")
    assert made.count(("GetItem", "tenants")) == 1
