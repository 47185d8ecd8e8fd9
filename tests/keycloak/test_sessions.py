"""Staying signed in and signing out: refresh, its rotation, logout."""

from __future__ import annotations

import time
from collections.abc import Callable

import httpx
import pytest
from access_tokens import claims
from deployed_stack import eventually

from zebros_auth.realm.admin import KeycloakRealmAdmin
from zebros_local.errors import SignInError
from zebros_local.identity import LocalIdentity, Person, Realm


def test_a_refresh_gives_new_tokens_for_the_same_person(
    identity: LocalIdentity, realm: Realm, ada: Person, customers_of: Callable[[str], httpx.Response]
) -> None:
    first = identity.sign_in(ada.email, realm.password)
    second = identity.refresh(first)
    assert claims(second.access)["sub"] == claims(first.access)["sub"] == ada.id
    assert second.refresh != first.refresh
    assert customers_of(second.access).status_code == 200


def test_a_refresh_token_used_twice_ends_the_sign_in_for_thief_and_owner_alike(
    identity: LocalIdentity, realm: Realm, ada: Person
) -> None:
    first = identity.sign_in(ada.email, realm.password)
    second = identity.refresh(first)
    with pytest.raises(SignInError, match="reuse"):
        identity.refresh(first)
    with pytest.raises(SignInError, match="invalid_grant"):
        identity.refresh(second)


def test_after_signing_out_nothing_is_refreshed_and_the_access_token_runs_out_by_itself(
    identity: LocalIdentity,
    realm: Realm,
    ada: Person,
    bo: Person,
    customers_of: Callable[[str], httpx.Response],
) -> None:
    tokens = identity.sign_in(ada.email, realm.password)
    other = identity.sign_in(bo.email, realm.password)
    identity.sign_out(tokens)
    with pytest.raises(SignInError, match="invalid_grant"):
        identity.refresh(tokens)
    assert identity.refresh(other).access
    # Nobody is asked about an access token: that is why it lasts 15 minutes only.
    assert customers_of(tokens.access).status_code == 200


def test_a_sign_in_that_outlives_the_browser_ends_with_the_persons_sessions(
    identity: LocalIdentity,
    admin: KeycloakRealmAdmin,
    newcomer: Callable[..., dict[str, str]],
    realm: Realm,
) -> None:
    person = newcomer()
    tokens = identity.sign_in(person["email"], realm.password, scope="openid offline_access")
    tokens = identity.refresh(tokens)
    # Keycloak compares whole seconds: a token of the very second of the logout would live on.
    eventually(lambda: time.time() >= claims(tokens.access)["iat"] + 1)
    admin.post(f"/users/{person['id']}/logout", {})
    with pytest.raises(SignInError, match="invalid_grant"):
        identity.refresh(tokens)


def test_who_was_switched_off_gets_no_more_tokens(
    identity: LocalIdentity,
    admin: KeycloakRealmAdmin,
    newcomer: Callable[..., dict[str, str]],
    realm: Realm,
) -> None:
    person = newcomer()
    tokens = identity.sign_in(person["email"], realm.password)
    admin.put(f"/users/{person['id']}", {**admin.get(f"/users/{person['id']}"), "enabled": False})
    with pytest.raises(SignInError, match="invalid_grant"):
        identity.refresh(tokens)
    with pytest.raises(SignInError):
        identity.sign_in(person["email"], realm.password)
