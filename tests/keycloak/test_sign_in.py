"""Signing in: people through Keycloak's pages with PKCE, the command line, integrations; and what is refused."""

from __future__ import annotations

import urllib.parse
from collections.abc import Callable

import httpx
import pytest
from access_tokens import claims, header
from command_line import Terminal

from zebros_local.browser import Browser
from zebros_local.errors import SignInError
from zebros_local.identity import LocalIdentity, Person, Realm

LEAN_BYTES = 1_300
"""The gateway takes 10 KB of request line and headers; a mobile client sends this with each request."""


def test_everybody_signs_in_through_the_page_and_reads_their_own_company(
    identity: LocalIdentity, realm: Realm, customers_of: Callable[[str], httpx.Response]
) -> None:
    for person in realm.people:
        if person.tenant:
            answer = customers_of(identity.sign_in(person.email, realm.password).access)
            assert answer.status_code == 200, f"{person.email}: {answer.text}"


def test_a_token_is_lean_and_says_tenant_team_role_and_audience(
    identity: LocalIdentity, realm: Realm, ada: Person, bo: Person
) -> None:
    for person in (ada, bo):
        token = identity.sign_in(person.email, realm.password).access
        said = claims(token)
        assert said["tenant_id"] == person.tenant
        assert said["team"] == person.team
        assert said["realm_access"] == {"roles": list(person.roles)}
        assert said["aud"] == "zebros-api"
        assert said["sub"] == person.id
        assert said["iss"] == identity.issuer
        assert said["exp"] - said["iat"] in (900, 901)
        assert "resource_access" not in said
        assert header(token)["alg"] == "RS256"
        assert len(token) <= LEAN_BYTES


def test_the_platforms_people_belong_to_no_tenant(identity: LocalIdentity, realm: Realm) -> None:
    pia = next(person for person in realm.people if not person.tenant)
    said = claims(identity.sign_in(pia.email, realm.password).access)
    assert said["realm_access"] == {"roles": ["platform-admin"]}
    assert "tenant_id" not in said


def test_an_integration_signs_in_as_itself_and_reads_its_own_company(
    identity: LocalIdentity, realm: Realm, customers_of: Callable[[str], httpx.Response]
) -> None:
    for integration in realm.integrations:
        token = identity.client_token(integration.id, integration.secret)
        said = claims(token)
        assert (said["tenant_id"], said["team"]) == (integration.tenant, integration.team)
        assert said["realm_access"] == {"roles": list(integration.roles)}
        assert customers_of(token).status_code == 200
        with pytest.raises(SignInError, match="unauthorized_client"):
            identity.client_token(integration.id, "another-secret")


def test_the_command_line_signs_in_with_a_device_code(terminal: Terminal, realm: Realm) -> None:
    for tenant in realm.tenants:
        assert realm.person(tenant.id).email in terminal.sign_in(tenant.id)
        terminal.succeed("customers", "list")


def test_without_pkce_or_with_a_plain_challenge_no_page_is_shown(identity: LocalIdentity) -> None:
    question = {
        "client_id": "zebros-cli",
        "redirect_uri": "http://127.0.0.1:49999/callback",
        "response_type": "code",
        "scope": "openid",
    }
    for challenge in ({}, {"code_challenge": "a" * 43, "code_challenge_method": "plain"}):
        browser = Browser(stop_at=question["redirect_uri"])
        browser.get(
            f"{identity.issuer}/protocol/openid-connect/auth?{urllib.parse.urlencode(question | challenge)}"
        )
        assert "error=invalid_request" in (browser.stopped_at or "")


def test_a_code_is_worth_nothing_without_its_verifier_and_nothing_a_second_time(
    identity: LocalIdentity, realm: Realm, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    grants: list[dict[str, str]] = []
    exchange = identity.grant

    def keep(**parameters: str) -> object:
        grants.append(parameters)
        return exchange(**parameters)

    with monkeypatch.context() as patch:
        patch.setattr(
            identity, "grant", lambda **parameters: keep(**parameters | {"code_verifier": "b" * 64})
        )
        with pytest.raises(SignInError, match="invalid_grant"):
            identity.sign_in(ada.email, realm.password)
    with monkeypatch.context() as patch:
        patch.setattr(identity, "grant", keep)
        identity.sign_in(ada.email, realm.password)
    with pytest.raises(SignInError, match="invalid_grant"):
        exchange(**grants[-1])


def test_an_address_that_is_not_the_clients_gets_no_code(
    identity: LocalIdentity, realm: Realm, ada: Person
) -> None:
    for address in ("https://evil.example/callback", "http://127.0.0.1:49999/elsewhere"):
        with pytest.raises(SignInError, match="redirect_uri"):
            identity.sign_in(ada.email, realm.password, redirect_uri=address)


@pytest.mark.parametrize("client", ["zebros-cli", "zebros-web", "zebros-mobile", "admin-cli"])
def test_no_client_takes_a_password_itself(
    identity: LocalIdentity, realm: Realm, ada: Person, client: str
) -> None:
    with pytest.raises(SignInError, match=r"unauthorized_client|invalid_client"):
        identity.grant(grant_type="password", client_id=client, username=ada.email, password=realm.password)
