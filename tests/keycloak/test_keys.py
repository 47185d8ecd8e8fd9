"""Changing the signing key: published before it signs, it takes over without one refused request.

A key that signs before anybody could know it (a leak, a lost database) is tested in process, with the clock in hand:
tests/unit/libs/auth/test_jwks_client.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from access_tokens import header
from deployed_stack import eventually
from steady_traffic import steady_traffic

from zebros_auth.realm.admin import KeycloakRealmAdmin
from zebros_local.identity import LocalIdentity, Person, Realm
from zebros_local.stack import Stack

Read = Callable[[str], httpx.Response]

NAME = "rsa-next"


@pytest.fixture
def next_key(admin: KeycloakRealmAdmin) -> Iterator[dict[str, Any]]:
    """A new key that is published and signs nothing yet."""
    admin.post(
        "/components",
        {
            "name": NAME,
            "providerId": "rsa-generated",
            "providerType": "org.keycloak.keys.KeyProvider",
            "config": {
                "priority": ["200"],
                "enabled": ["true"],
                "active": ["false"],
                "keySize": ["2048"],
                "algorithm": ["RS256"],
            },
        },
    )
    component = admin.get(f"/components?name={NAME}")[0]
    yield component
    admin.delete(f"/components/{component['id']}")


def test_a_key_published_first_takes_over_while_requests_go_on(
    stack: Stack,
    identity: LocalIdentity,
    admin: KeycloakRealmAdmin,
    realm: Realm,
    ada: Person,
    bo: Person,
    customers_of: Read,
    next_key: dict[str, Any],
) -> None:
    def tokens() -> list[str]:
        return [identity.sign_in(person.email, realm.password).access for person in (ada, bo)]

    old = tokens()
    old_kid = header(old[0])["kid"]
    published = _published(identity)
    assert len(published) >= 2
    assert old_kid in published
    assert {header(token)["kid"] for token in tokens()} == {old_kid}, "a passive key has signed"

    # Two hours go by, in which the gateway and, each hour, the services have read the keys again. Here their memories
    # are emptied: the gateway's and the functions' by a restart of the emulator, the shared one by that of the cache.
    stack.restart(["cache", "emulator"])
    eventually(lambda: all(_served(customers_of, token) for token in old))

    with steady_traffic(customers_of, old) as traffic:
        active = {**next_key["config"], "active": ["true"]}
        admin.put(f"/components/{next_key['id']}", {**next_key, "config": active})
        new = eventually(lambda: found if header((found := tokens())[0])["kid"] != old_kid else None)
        assert {header(token)["kid"] for token in new} <= published
        for _ in range(5):
            for token in (*new, *old):
                answer = customers_of(token)
                assert answer.status_code == 200, answer.text
        eventually(lambda: traffic.refused or traffic.statuses[200] >= 10)
    assert not traffic.refused


def _published(identity: LocalIdentity) -> set[str]:
    keys = httpx.get(f"{identity.issuer}/protocol/openid-connect/certs", timeout=30).json()["keys"]
    return {key["kid"] for key in keys if key["use"] == "sig"}


def _served(read: Read, token: str) -> bool:
    try:
        return read(token).status_code == 200
    except httpx.HTTPError:
        return False
