"""From claims to a tenant's context."""

from __future__ import annotations

import pytest

from zebros_core.auth import caller
from zebros_core.errors import ForbiddenError
from zebros_core.tenancy.registry import InMemoryTenantRegistry, Tenant

REGISTRY = InMemoryTenantRegistry(
    Tenant(id="aurora", name="Aurora", isolation="pool"),
    Tenant(id="borealis", name="Borealis", isolation="silo", settings={"indexShards": 4}),
    Tenant(id="closed", name="Closed", status="suspended"),
)


@pytest.mark.parametrize(("tenant", "isolation", "shards"), [("aurora", "pool", 1), ("borealis", "silo", 4)])
def test_the_registry_says_how_a_tenant_is_kept_apart(issuer, verifier, tenant, isolation, shards):
    context, found = caller(verifier.verify(issuer.token(tenant_id=tenant)), REGISTRY)

    assert found.id == context.tenant_id == tenant
    assert (context.isolation, context.index_shards) == (isolation, shards)
    assert context.user_id == "7d3f5a52-user"
    assert "editor" in context.roles


@pytest.mark.parametrize(("tenant", "code"), [("closed", "tenant_suspended"), ("nobody", "tenant_unknown")])
def test_a_tenant_that_is_not_active_is_refused_with_the_reason(issuer, verifier, tenant, code):
    with pytest.raises(ForbiddenError) as caught:
        caller(verifier.verify(issuer.token(tenant_id=tenant)), REGISTRY)
    assert [f.code for f in caught.value.fields] == [code]
