"""What this service writes into the audit log: refusals, exports, and lists of many persons."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from zebros_core.tenancy import TenantContext
from zebros_customers.handlers import bulk

Both = tuple[Any, Any]


@pytest.fixture
def trail(container: Any) -> Iterator[Any]:
    found = container.audit_trail
    found.events.clear()
    yield found
    found.events.clear()
    found.out_of_reach = False


@pytest.fixture
def export(container: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(bulk, "_container", lambda: container)

    def call(tenant: str, role: str = "tenant-admin") -> Any:
        isolation = container.registry.get(tenant).isolation
        context = TenantContext(tenant, "job-7", roles=frozenset({role}), isolation=isolation)
        token = container.internal_tokens.sign(context, audience=container.bulk_function)
        return bulk.handler({"verb": "export", "entity": "customer", "token": token}, None)

    return call


def said(trail: Any) -> list[tuple[Any, ...]]:
    return [
        (event.tenant_id, event.actor, event.action, event.entity, event.outcome) for event in trail.events
    ]


def test_a_refusal_is_in_the_log_of_the_callers_tenant(both: Both, person: Any, trail: Any) -> None:
    one, two = both
    viewer = person(one.tenant, user="vic", roles=("viewer",))
    assert viewer.post("/v1/customers", {"companyName": "No"}).status == 403
    assert two.post("/v1/customers", {"companyName": "Yes"}).status == 201
    assert said(trail) == [(one.tenant, "vic", "permission.refused", "customer", "refused")]
    assert trail.events[0].details["permission"] == "customer:write"


def test_an_export_is_recorded_with_its_count_and_its_refusal_too(
    both: Both, export: Any, trail: Any
) -> None:
    one, two = both
    for name in ("Tidewater", "Aerotrack"):
        one.post("/v1/customers", {"companyName": name})
    assert len(export(one.tenant)["items"]) == 2
    assert export(two.tenant)["items"] == []
    assert export(two.tenant, "viewer")["problem"]["status"] == 403
    assert said(trail) == [
        (one.tenant, "job-7", "records.exported", "customer", "done"),
        (two.tenant, "job-7", "permission.refused", None, "refused"),
    ]
    assert trail.events[0].details == {"operation": "bulk:export", "entity": "customer", "records": 2}


def test_no_record_leaves_by_an_export_that_cannot_be_recorded(both: Both, export: Any, trail: Any) -> None:
    one, _ = both
    one.post("/v1/customers", {"companyName": "Tidewater"})
    trail.out_of_reach = True
    answer = export(one.tenant)
    assert answer["problem"]["status"] == 503
    assert "Tidewater" not in str(answer)
    assert export(one.tenant, "viewer")["problem"]["status"] == 403


@pytest.mark.parametrize("path", ["/v1/customers", "/v1/contacts"])
def test_a_list_of_a_hundred_is_recorded(both: Both, trail: Any, path: str) -> None:
    one, two = both
    wishes = [
        {
            "operation": "create",
            "data": {"companyName": f"C{n}"} if path == "/v1/customers" else {"lastName": f"N{n}"},
        }
        for n in range(100)
    ]
    one.post(f"{path}:batch", {"operations": wishes})
    assert trail.events == []
    assert len(one.get(path, limit=99).body["items"]) == 99
    assert two.get(path, limit=200).body["items"] == []
    assert trail.events == []
    assert len(one.get(path, limit=100).body["items"]) == 100
    assert [(event.tenant_id, event.action, event.details["records"]) for event in trail.events] == [
        (one.tenant, "personal-data.read", 100)
    ]
