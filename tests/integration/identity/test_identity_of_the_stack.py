"""The stack's own identity provider, stand-in or real Keycloak (`ZEBROS_IDENTITY`), held to the same contract."""

from __future__ import annotations

import os
from collections.abc import Iterator

import httpx
import pytest
from identity_contract import Company, IdentityContract, TokenContract, forget
from stand_in import SECRET, eventually

from zebros_auth.adapters.keycloak import KeycloakIdentity
from zebros_local.settings import LocalSettings
from zebros_local.stack import Stack
from zebros_local.state import StackState

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def state() -> StackState:
    stack = Stack(LocalSettings.from_environ(os.environ))
    if not stack.running():
        pytest.skip("no local stack is running: start one by `make up`, or run `make test-integration`")
    return stack.state


@pytest.fixture(scope="module")
def issuer(state: StackState) -> str:
    return state.issuer


@pytest.fixture(scope="module")
def identity(issuer: str) -> KeycloakIdentity:
    return KeycloakIdentity.of_issuer(issuer, lambda: SECRET)


@pytest.fixture
def company(identity: KeycloakIdentity) -> Iterator[Company]:
    company = Company()
    yield company
    forget(identity, company)


class TestIdentityOfTheStack(IdentityContract): ...


class TestTokensOfTheStack(TokenContract): ...


def test_an_invitation_arrives_where_every_mail_of_the_stack_is_read(
    state: StackState, identity: KeycloakIdentity, company: Company
) -> None:
    person = identity.ensure_person(company.newcomer())
    identity.send_actions(person.id, lifespan_seconds=600)

    def arrived() -> bool:
        text = httpx.get(f"{state.endpoint}/_ministack/ses/messages").text
        return person.email in text and "login-actions/action-token" in text

    assert eventually(arrived)
