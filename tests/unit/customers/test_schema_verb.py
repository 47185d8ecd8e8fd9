"""What the bulk door says of the service's records, for clients that keep copies of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from zebros_core.tenancy import TenantContext
from zebros_customers.bootstrap import Container
from zebros_customers.handlers.bulk import DOOR


def test_the_door_tells_fields_with_type_and_who_may_write_them(
    container: Container, tenant: Callable[..., str]
) -> None:
    caller = TenantContext(tenant(), "ada", roles=frozenset({"viewer"}))
    token = container.internal_tokens.sign(caller, audience=container.bulk_function)
    door = type(DOOR)(lambda: container, DOOR.verbs, DOOR.exported, DOOR.more)
    entities: dict[str, Any] = door.handler({"verb": "schema", "token": token})["entities"]
    assert set(entities) == {"contact", "customer", "document"}
    customer = entities["customer"]
    assert (customer["idField"], customer["schemaVersion"]) == ("customerId", 1)
    assert customer["fields"]["companyName"] == {
        "type": "string",
        "nullable": False,
        "writable": True,
        "classification": "business",
    }
    assert customer["fields"]["version"]["writable"] is False
    assert customer["fields"]["createdAt"]["format"] == "date-time"
    assert (
        customer["codes"][next(c for c, n in customer["codes"].items() if n == "companyName")]
        == "companyName"
    )
    assert entities["contact"]["fields"]["email"]["classification"] == "personal"
    assert not any(field["writable"] for field in entities["document"]["fields"].values())
    assert "tenantId" not in customer["fields"]
