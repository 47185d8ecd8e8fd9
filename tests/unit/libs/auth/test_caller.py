"""From claims to a tenant's context."""

from __future__ import annotations

import pytest

from zebros_core.auth import PLATFORM_ADMIN, caller, platform_caller
from zebros_core.errors import ForbiddenError, UnauthenticatedError
from zebros_core.tenancy.registry import InMemoryTenantRegistry, Tenant

REGISTRY = InMemoryTenantRegistry(
    Tenant(id="aurora", name="Aurora", isolation="pool"),
    Tenant(id="borealis", name="Borealis", isolation="silo", settings={"indexShards": 4}),
    Tenant(id="closed", name="Closed", status="suspended"),
    Tenant(id="coming", name="Coming", status="onboarding"),
    Tenant(id="going", name="Going", status="offboarding"),
    Tenant(id="gone", name="Gone", status="offboarded"),
    Tenant(id="halfway", name="Halfway", status="failed"),
)


@pytest.mark.parametrize(("tenant", "isolation", "shards"), [("aurora", "pool", 1), ("borealis", "silo", 4)])
def test_the_registry_says_how_a_tenant_is_kept_apart(issuer, verifier, tenant, isolation, shards):
    context, found = caller(verifier.verify(issuer.token(tenant_id=tenant)), REGISTRY)

    assert found.id == context.tenant_id == tenant
    assert (context.isolation, context.index_shards) == (isolation, shards)
    assert context.user_id == "7d3f5a52-user"
    assert "editor" in context.roles


@pytest.mark.parametrize(
    ("tenant", "code"),
    [
        ("closed", "tenant_suspended"),
        ("coming", "tenant_onboarding"),
        ("going", "tenant_offboarding"),
        ("gone", "tenant_offboarded"),
        ("halfway", "tenant_failed"),
        ("nobody", "tenant_unknown"),
    ],
)
def test_a_tenant_that_is_not_active_is_refused_with_the_reason(issuer, verifier, tenant, code):
    with pytest.raises(ForbiddenError) as caught:
        caller(verifier.verify(issuer.token(tenant_id=tenant)), REGISTRY)
    assert [f.code for f in caught.value.fields] == [code]
    assert caught.value.detail.endswith(".") and len(caught.value.detail) > 20, "a sentence that says why"


def test_a_token_without_a_tenant_opens_nothing_of_any_tenant(issuer, verifier):
    for roles in ([], [PLATFORM_ADMIN], ["tenant-admin"]):
        token = issuer.token(tenant_id=None, realm_access={"roles": roles})
        with pytest.raises(UnauthenticatedError, match="no claim tenant_id"):
            caller(verifier.verify(token), REGISTRY)


def test_an_administrator_of_the_platform_has_the_role_and_no_tenant(issuer, verifier):
    token = issuer.token(tenant_id=None, realm_access={"roles": [PLATFORM_ADMIN]})

    assert platform_caller(verifier.verify(token)).user_id == "7d3f5a52-user"


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({"tenant_id": "aurora"}, "platform_only"),
        ({"tenant_id": "nobody"}, "platform_only"),
        ({"tenant_id": None}, "platform_only"),
        ({"tenant_id": None, "realm_access": {"roles": ["tenant-admin"]}}, "platform_only"),
        (
            {"tenant_id": "aurora", "realm_access": {"roles": [PLATFORM_ADMIN]}},
            "platform_role_in_tenant_token",
        ),
    ],
)
def test_nobody_else_is_one(issuer, verifier, claims, code):
    with pytest.raises(ForbiddenError) as caught:
        platform_caller(verifier.verify(issuer.token(**claims)))
    assert [f.code for f in caught.value.fields] == [code]


def test_the_platforms_role_in_a_tenants_token_closes_that_tenant_too(issuer, verifier):
    token = issuer.token(tenant_id="aurora", realm_access={"roles": ["tenant-admin", PLATFORM_ADMIN]})
    with pytest.raises(ForbiddenError) as caught:
        caller(verifier.verify(token), REGISTRY)
    assert [f.code for f in caught.value.fields] == ["platform_role_in_tenant_token"]
