"""That the walls of these tests stand: what a session may not reach is refused, by whatever call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from callers import Person

from zebros_core.dynamodb.store import TenantStore
from zebros_core.tenancy import TenantContext
from zebros_customers.bootstrap import Container


def store_of(container: Container, person: Person) -> TenantStore:
    model: Any = person.tenant.rstrip("0123456789")
    return container.request_store(TenantContext(person.tenant, person.user, isolation=model))


def test_a_session_reaches_its_own_record_and_no_other_tenants(
    container: Container, both: tuple[Person, Person]
) -> None:
    mine, theirs = both
    ids = [
        person.post("/v1/customers", {"companyName": "Tidewater"}).body["customerId"]
        for person in (mine, theirs)
    ]
    own, other = store_of(container, mine), store_of(container, theirs)
    pool = own.isolation.name == "pool"

    def read(store: TenantStore, by: TenantStore, id: str) -> Any:
        table = store.table("customers")
        key = store.isolation.partition_key(store.tenant_id, id)
        if not pool:
            return by.client.get_item(TableName=table, Key={"customerId": {"S": key}})
        return by.client.query(
            TableName=table,
            KeyConditionExpression="customerId = :k",
            ExpressionAttributeValues={":k": {"S": key}},
        )

    assert read(own, own, ids[0])
    if not pool:  # there a filter keeps tenants apart, and no policy can
        with pytest.raises(ClientError, match="AccessDenied"):
            read(other, own, ids[1])
    with pytest.raises(ClientError, match="AccessDenied"):
        own.client.query(
            TableName=other.table("customers"),
            IndexName="name",
            KeyConditionExpression="tenantId = :t",
            ExpressionAttributeValues={":t": {"S": theirs.tenant}},
        )
    with pytest.raises(ClientError, match="AccessDenied"):
        own.client.get_item(
            TableName=other.table("customers-lookup"),
            Key={"pk": {"S": f"{theirs.tenant}#word#ti"}, "sk": {"S": "-"}},
        )
    with pytest.raises(ClientError, match="AccessDenied"):
        own.client.transact_write_items(
            TransactItems=[
                {"Put": {"TableName": table, "Item": {"pk": {"S": f"{tenant}#fact"}, "sk": {"S": "-"}}}}
                for table, tenant in (
                    (own.table("customers-lookup"), mine.tenant),
                    (other.table("customers-lookup"), theirs.tenant),
                )
            ]
        )


def test_a_pool_tenants_session_gets_no_item_and_no_row_of_a_bridge_tenant(
    container: Container, person: Callable[..., Person], tenant: Callable[..., str]
) -> None:
    pooled, bridged = person(tenant("pool")), person(tenant("bridge"))
    id = bridged.post("/v1/customers", {"companyName": "Tidewater"}).body["customerId"]
    own = pooled.post("/v1/customers", {"companyName": "Tidewater"}).body["customerId"]
    client = store_of(container, pooled).client
    for key in (own, f"{bridged.tenant}#{id}"):
        with pytest.raises(ClientError, match="AccessDenied"):
            client.get_item(TableName="zebros-test-customers", Key={"customerId": {"S": key}})
    with pytest.raises(ClientError, match="AccessDenied"):
        client.query(
            TableName="zebros-test-customers",
            KeyConditionExpression="customerId = :k",
            ExpressionAttributeValues={":k": {"S": f"{bridged.tenant}#{id}"}},
        )
