"""The auth service's port to the identity provider, held to its contract by the real Keycloak."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from deployed_stack import Deployment
from identity_contract import Company, IdentityContract, TokenContract, forget

from zebros_auth.adapters.keycloak import KeycloakIdentity
from zebros_local import keycloak


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
