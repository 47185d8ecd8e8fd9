"""The test of the test: with the separation of tenants broken on purpose, the suite fails."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from api_document import operations
from estate import Estate
from in_process import InProcessService, in_process_service
from judge import judge
from port import Caller, Model

from zebros_core.dynamodb import lookup, mapping
from zebros_core.tenancy.isolation import BRIDGE, POOL, SILO

OPERATIONS = operations()
BY_KEY = ("getDocument", "getCustomer", "getLead", "getProduct")
"""What is read by a key alone: where that holds the parent too, a filter is in the way as well."""

_NUMBERS = count(1)

pytestmark = pytest.mark.isolation


@pytest.fixture
def service() -> Iterator[InProcessService]:
    """A service of its own: what a broken one has written is not for others."""
    with in_process_service(f"broken{next(_NUMBERS)}") as service:
        yield service


def leaks(service: InProcessService, model: Model, *names: str) -> list[str]:
    """Return which of these operations the suite finds fault with."""
    tenants = [service.register(model) for _ in range(2)]
    admins = [Caller(tenant, user=f"ada-{tenant}", team=f"north-{tenant}") for tenant in tenants]
    found: list[str] = []
    for name in names:
        victim, attacker = (Estate(service, admin) for admin in admins)
        try:
            judge(service, OPERATIONS[name], victim, attacker)
        except AssertionError:
            found.append(name)
    return found


def without_ownership_check(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take away the second wall, so that the first one alone is on trial."""

    def anybodys(item: dict[str, Any], tenant_id: str, table: str) -> dict[str, Any]:
        del table
        return {**item, "tenantId": tenant_id}

    for module in (mapping, lookup):
        monkeypatch.setattr(module, "owned", anybodys)


@pytest.mark.parametrize("model", ["pool", "bridge", "silo"])
def test_nothing_is_found_in_a_service_that_is_whole(service: InProcessService, model: Model) -> None:
    operations = ("getContact", "getDocument", "getCustomerByExternalId", "createContact")
    assert leaks(service, model, *operations, "convertLead", "sendEmail", "getActivity") == []


def test_a_pool_that_forgets_to_filter_by_tenant_is_found_out(
    service: InProcessService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(POOL), "reads_by_filter", False)
    assert "getDocument" in leaks(service, "pool", "getDocument"), "even while the check of rows refuses it"
    without_ownership_check(monkeypatch)
    assert leaks(service, "pool", "getDocument", "downloadDocument") == ["getDocument", "downloadDocument"]


def test_a_bridge_that_forgets_the_prefix_is_found_out(
    service: InProcessService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(BRIDGE), "partition_key", lambda _, tenant_id, id: id)
    monkeypatch.setattr(type(BRIDGE), "entity_id", lambda _, tenant_id, key: key)
    assert leaks(service, "bridge", *BY_KEY) == [*BY_KEY]


def test_a_silo_that_forgets_its_own_tables_is_found_out(
    service: InProcessService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(SILO), "table_name", lambda _, prefix, tenant_id, base: f"{prefix}-{base}")
    assert leaks(service, "silo", *BY_KEY) == [*BY_KEY]


def test_a_lookup_table_that_forgets_the_tenant_is_found_out(
    service: InProcessService, monkeypatch: pytest.MonkeyPatch
) -> None:
    everybodys = lambda _, parts: f"everybody#{lookup.compose(*parts)}"  # noqa: E731
    monkeypatch.setattr(lookup.LookupTable, "_partition", everybodys)
    without_ownership_check(monkeypatch)
    kept_there = ("getField", "restoreCustomer", "getEmailTemplate", "restoreOpportunity", "setStages")
    assert leaks(service, "pool", *kept_there) == [*kept_there]
