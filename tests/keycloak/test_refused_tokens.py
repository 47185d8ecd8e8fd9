"""Tokens that are genuine and still not for this API: the gateway refuses them, and so does the service behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import httpx
import pytest
from access_tokens import claims
from deployed_stack import Deployment, unique

from zebros_auth.realm.admin import KeycloakRealmAdmin
from zebros_local import keycloak
from zebros_local.identity import LocalIdentity, Person, Realm

Read = Callable[[str], httpx.Response]
Status = Callable[[str], int]

REFUSED = (401, 403)


def claim(name: str, value: str) -> dict[str, object]:
    config = {
        "claim.name": name,
        "claim.value": value,
        "jsonType.label": "String",
        "access.token.claim": "true",
    }
    return {
        "name": name,
        "protocol": "openid-connect",
        "protocolMapper": "oidc-hardcoded-claim-mapper",
        "config": config,
    }


def audience(name: str) -> dict[str, object]:
    config = {"included.custom.audience": name, "access.token.claim": "true"}
    return {
        "name": f"audience {name}",
        "protocol": "openid-connect",
        "protocolMapper": "oidc-audience-mapper",
        "config": config,
    }


def service(client_id: str, *mappers: dict[str, object], **more: object) -> dict[str, object]:
    return {
        "clientId": client_id,
        "protocol": "openid-connect",
        "publicClient": False,
        "secret": "local-secret",
        "serviceAccountsEnabled": True,
        "standardFlowEnabled": False,
        "protocolMappers": list(mappers),
        **more,
    }


@pytest.fixture
def other_realm(deployment: Deployment, server: httpx.Client) -> Iterator[LocalIdentity]:
    """A realm of somebody else on the same server, that says of its people whatever it likes."""
    name = unique("elsewhere").replace(" ", "-")
    client = service(
        "aurora-integration",
        claim("tenant_id", "aurora"),
        claim("realm_access.roles", "tenant-admin"),
        audience("zebros-api"),
    )
    made = server.post("/admin/realms", json={"realm": name, "enabled": True, "clients": [client]})
    assert made.is_success, made.text
    identity = LocalIdentity(deployment.state.identity_url, "keycloak")
    identity.issuer = f"{deployment.state.identity_url}/realms/{name}"
    yield identity
    server.delete(f"/admin/realms/{name}")


def test_a_token_of_another_realm_is_refused(
    other_realm: LocalIdentity, customers_of: Read, behind_the_gateway: Status
) -> None:
    token = other_realm.client_token("aurora-integration", "local-secret")
    assert customers_of(token).status_code in REFUSED
    assert behind_the_gateway(token) == 401


def test_a_token_of_a_client_that_is_not_for_this_api_is_refused(
    identity: LocalIdentity, admin: KeycloakRealmAdmin, customers_of: Read, behind_the_gateway: Status
) -> None:
    name = unique("another").replace(" ", "-")
    admin.post("/clients", service(name, claim("tenant_id", "aurora"), audience("another-api")))
    try:
        token = identity.client_token(name, "local-secret")
        assert customers_of(token).status_code in REFUSED
        assert behind_the_gateway(token) == 401
    finally:
        admin.delete(f"/clients/{admin.get(f'/clients?clientId={name}')[0]['id']}")


def test_tokens_that_are_for_other_purposes_open_nothing(
    identity: LocalIdentity, realm: Realm, ada: Person, customers_of: Read, behind_the_gateway: Status
) -> None:
    tokens = identity.sign_in(ada.email, realm.password)
    for token in (tokens.id, tokens.refresh):
        assert customers_of(token).status_code in REFUSED
        assert behind_the_gateway(token) == 401
    assert behind_the_gateway(tokens.access) == 200


def test_a_service_account_without_tenant_reads_no_tenants_records(
    identity: LocalIdentity, customers_of: Read, behind_the_gateway: Status
) -> None:
    token = identity.client_token(keycloak.ADMIN_CLIENT, keycloak.ADMIN_SECRET)
    assert customers_of(token).status_code in REFUSED
    assert behind_the_gateway(token) in REFUSED


def test_who_has_none_of_the_roles_gets_a_token_that_is_not_for_this_api(
    identity: LocalIdentity,
    newcomer: Callable[..., dict[str, str]],
    realm: Realm,
    customers_of: Read,
    behind_the_gateway: Status,
) -> None:
    person = newcomer(realmRoles=["default-roles-zebros"])
    token = identity.sign_in(person["email"], realm.password).access
    assert claims(token).keys().isdisjoint({"aud", "tenant_id", "realm_access"})
    assert customers_of(token).status_code in REFUSED
    assert behind_the_gateway(token) == 401
