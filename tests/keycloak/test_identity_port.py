"""The auth service's port to the identity provider, held to its contract by the real Keycloak."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from deployed_stack import Deployment
from identity_contract import Company, IdentityContract, TokenContract, forget

from zebros_auth.adapters.keycloak import KeycloakIdentity
from zebros_local import keycloak
from zebros_local.errors import SignInError
from zebros_local.identity import Realm


@pytest.fixture(scope="module")
def issuer(deployment: Deployment) -> str:
    return deployment.state.issuer


@pytest.fixture(scope="module")
def identity(issuer: str) -> KeycloakIdentity:
    return KeycloakIdentity.of_issuer(issuer, lambda: keycloak.ADMIN_SECRET)


@pytest.fixture
def company(identity: KeycloakIdentity) -> Iterator[Company]:
    company = Company()
    yield company
    forget(identity, company)


class TestPeopleAndClients(IdentityContract):
    pass


class TestTokens(TokenContract):
    pass


def test_ending_sessions_ends_those_that_outlive_the_browser_at_once(
    identity: KeycloakIdentity,
    deployment: Deployment,
    newcomer: Callable[..., dict[str, str]],
    realm: Realm,
) -> None:
    pages = deployment.identity
    gone, stays = newcomer(), newcomer(attributes={"tenant_id": ["borealis"]})
    of_gone, of_stays = (
        pages.sign_in(person["email"], realm.password, scope="openid offline_access")
        for person in (gone, stays)
    )
    # The newest token is of the very second of the logout, or nearly: Keycloak's own logout spares that one.
    of_gone = pages.refresh(of_gone)
    identity.end_sessions(gone["id"])
    with pytest.raises(SignInError, match="invalid_grant"):
        pages.refresh(of_gone)
    assert pages.refresh(of_stays).access
