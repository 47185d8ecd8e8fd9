"""What people can do to their own account, and to somebody else's: nothing that changes whose records they see."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import httpx
import pytest
from access_tokens import claims
from deployed_stack import Deployment, eventually

from zebros_auth.realm.admin import KeycloakRealmAdmin, RealmAdminError
from zebros_local.browser import Browser
from zebros_local.errors import SignInError
from zebros_local.identity import LocalIdentity, Person, Realm

Newcomer = Callable[..., dict[str, Any]]


@pytest.fixture
def account(identity: LocalIdentity, realm: Realm, newcomer: Newcomer) -> tuple[dict[str, Any], httpx.Client]:
    """A person, and Keycloak's account API as their own account page calls it."""
    person = newcomer()
    tokens = identity.sign_in(
        person["email"],
        realm.password,
        client_id="account-console",
        redirect_uri=f"{identity.issuer}/account/",
    )
    headers = {"authorization": f"Bearer {tokens.access}", "accept": "application/json"}
    return person, httpx.Client(base_url=f"{identity.issuer}/account", headers=headers, timeout=30)


@pytest.mark.parametrize(("attribute", "value"), [("tenant_id", "borealis"), ("team", "south")])
def test_nobody_changes_their_own_tenant_or_team(
    account: tuple[dict[str, Any], httpx.Client],
    identity: LocalIdentity,
    admin: KeycloakRealmAdmin,
    realm: Realm,
    attribute: str,
    value: str,
) -> None:
    person, api = account
    profile = api.get("/").json()
    before = profile["attributes"][attribute]
    assert before != [value]
    attempts = (
        {**profile, "attributes": {**profile["attributes"], attribute: [value]}},
        {**profile, attribute: value, "attributes": {**profile["attributes"], attribute: [before[0], value]}},
        {
            **profile,
            "attributes": {name: each for name, each in profile["attributes"].items() if name != attribute},
        },
    )
    for attempt in attempts:
        answer = api.post("/", json=attempt)
        assert answer.status_code in (204, 400, 403), answer.text
        assert admin.get(f"/users/{person['id']}")["attributes"][attribute] == before
    assert api.put("/", json=attempts[0]).status_code in (404, 405)
    said = claims(identity.sign_in(person["email"], realm.password).access)
    assert [said[attribute]] == before


def test_nobody_adds_an_attribute_that_the_realm_does_not_know(
    account: tuple[dict[str, Any], httpx.Client], admin: KeycloakRealmAdmin
) -> None:
    person, api = account
    profile = api.get("/").json()
    api.post(
        "/", json={**profile, "attributes": {**profile["attributes"], "realm_access": ["platform-admin"]}}
    )
    assert admin.get(f"/users/{person['id']}")["attributes"].keys() == {"tenant_id", "team"}


def test_nobody_changes_their_own_address(
    account: tuple[dict[str, Any], httpx.Client], admin: KeycloakRealmAdmin, bo: Person
) -> None:
    person, api = account
    profile = api.get("/").json()
    for taken in ("somebody.else@aurora.example", bo.email):
        api.post("/", json={**profile, "email": taken, "username": taken})
        assert admin.get(f"/users/{person['id']}")["email"] == person["email"]


def test_the_applications_tokens_do_not_open_the_account_api(
    identity: LocalIdentity, realm: Realm, ada: Person
) -> None:
    token = identity.sign_in(ada.email, realm.password).access
    for method in ("GET", "POST"):
        answer = httpx.request(
            method,
            f"{identity.issuer}/account",
            headers={"authorization": f"Bearer {token}", "accept": "application/json"},
            json=None if method == "GET" else {"attributes": {"tenant_id": ["borealis"]}},
        )
        assert answer.status_code in (401, 403)


@pytest.mark.parametrize("person", ["aurora", "borealis"])
def test_no_person_of_a_tenant_reaches_the_admin_api(
    identity: LocalIdentity, deployment: Deployment, realm: Realm, person: str
) -> None:
    token = identity.sign_in(realm.person(person).email, realm.password).access
    for path in ("", "/users", "/clients", "/users/profile"):
        answer = httpx.get(
            f"{deployment.state.identity_url}/admin/realms/zebros{path}",
            headers={"authorization": f"Bearer {token}"},
        )
        assert answer.status_code == 403


def test_guessing_locks_out_even_the_right_password_for_that_person_alone(
    identity: LocalIdentity, admin: KeycloakRealmAdmin, newcomer: Newcomer, realm: Realm, ada: Person
) -> None:
    victim, other = newcomer(), newcomer()
    for guess in range(admin.get("")["failureFactor"]):
        with pytest.raises(SignInError, match="Invalid username or password"):
            identity.sign_in(victim["email"], f"guess {guess}")
    status = eventually(
        lambda: found if (found := admin.get(_attack(victim)))["disabled"] else None, seconds=10
    )
    assert status["numFailures"] >= 1
    # The page says no more than before: whoever guesses does not learn that one guess was right.
    with pytest.raises(SignInError, match="Invalid username or password"):
        identity.sign_in(victim["email"], realm.password)
    assert identity.sign_in(other["email"], realm.password).access
    assert identity.sign_in(ada.email, realm.password).access
    admin.delete(_attack(victim))
    assert identity.sign_in(victim["email"], realm.password).access


def test_failed_and_good_sign_ins_are_kept_for_the_audit_log(
    identity: LocalIdentity, admin: KeycloakRealmAdmin, newcomer: Newcomer, realm: Realm
) -> None:
    person = newcomer()
    with pytest.raises(SignInError):
        identity.sign_in(person["email"], "a guess")
    admin.delete(_attack(person))
    identity.sign_in(person["email"], realm.password)
    types = {event["type"] for event in admin.get(f"/events?user={person['id']}&max=100")}
    assert {"LOGIN", "LOGIN_ERROR"} <= types


def test_a_password_that_the_policy_refuses_is_not_taken(
    admin: KeycloakRealmAdmin, newcomer: Newcomer
) -> None:
    person = newcomer()
    for weak in ("short", person["email"]):
        with pytest.raises(RealmAdminError, match="400"):
            admin.put(
                f"/users/{person['id']}/reset-password",
                {"type": "password", "value": weak, "temporary": False},
            )


def test_who_is_invited_sets_a_password_from_the_mail_and_signs_in(
    identity: LocalIdentity, admin: KeycloakRealmAdmin, newcomer: Newcomer, deployment: Deployment
) -> None:
    person = newcomer(credentials=[], emailVerified=False)
    admin.put(
        f"/users/{person['id']}/execute-actions-email?client_id=zebros-web"
        "&redirect_uri=http://127.0.0.1:5173/callback&lifespan=604800",
        ["UPDATE_PASSWORD", "VERIFY_EMAIL"],
    )
    mail = eventually(lambda: _mail_to(deployment, person["email"]))
    assert mail["Source"] == "no-reply@zebros.example"
    link = re.search(r"http\S+action-token\S+", mail["BodyText"])
    assert link is not None
    browser = Browser(stop_at="http://127.0.0.1:5173/callback")
    page = browser.get(link[0])
    onward = re.search(r'href="([^"]*action-token[^"]*)"', page.text)
    assert onward is not None, page.title
    page = browser.get(unescape(onward[1]))
    password = "correct horse battery staple"
    browser.submit(page, {"password-new": password, "password-confirm": password})
    said = claims(identity.sign_in(person["email"], password).access)
    assert (said["tenant_id"], said["email_verified"]) == ("aurora", True)


def _attack(person: dict[str, Any]) -> str:
    return f"/attack-detection/brute-force/users/{person['id']}"


def _mail_to(deployment: Deployment, address: str) -> dict[str, Any] | None:
    sent = httpx.get(f"{deployment.state.endpoint}/_ministack/ses/messages", timeout=30).json()["messages"]
    found = [mail for mails in sent.values() for mail in mails if address in mail["To"]]
    return found[-1] if found else None
