"""The product with the real Keycloak: the demo people sign in through its pages."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from secrets import token_hex
from typing import Any

import httpx
import pytest
from command_line import Terminal
from deployed_stack import Deployment, running_stack

from zebros_auth.realm.admin import KeycloakRealmAdmin
from zebros_local import keycloak
from zebros_local.demo_realm import credential
from zebros_local.identity import LocalIdentity, Person, Realm
from zebros_local.settings import LocalSettings
from zebros_local.stack import Stack


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of one file share what it set up; files that stop or change the server come last."""
    items.sort(key=lambda item: ("test_keys" in item.nodeid, "test_outage" in item.nodeid))


@pytest.fixture(scope="session")
def deployment() -> Iterator[Deployment]:
    with running_stack() as deployment:
        if deployment.state.identity != "keycloak":
            pytest.skip("this stack runs the stand-in: start one by `make up IDENTITY=keycloak`")
        yield deployment


@pytest.fixture(scope="session")
def stack(deployment: Deployment) -> Stack:
    return Stack(LocalSettings.from_environ(os.environ))


@pytest.fixture(scope="session")
def identity(deployment: Deployment) -> LocalIdentity:
    return deployment.identity


@pytest.fixture(scope="session")
def realm() -> Realm:
    return Realm.load()


@pytest.fixture(scope="session")
def ada(realm: Realm) -> Person:
    """Admin of the company that shares tables."""
    return realm.person("aurora")


@pytest.fixture(scope="session")
def bo(realm: Realm) -> Person:
    """Admin of the other company, with tables of its own."""
    return realm.person("borealis")


@pytest.fixture(scope="session")
def admin(deployment: Deployment) -> KeycloakRealmAdmin:
    """The realm's admin API as the platform's own service account."""
    return KeycloakRealmAdmin(
        deployment.state.identity_url, "zebros", keycloak.ADMIN_CLIENT, keycloak.ADMIN_SECRET
    )


@pytest.fixture
def server(deployment: Deployment) -> Iterator[httpx.Client]:
    """The whole server's admin API, as its first administrator: above the realm. For a minute, which tokens last."""
    with httpx.Client(base_url=deployment.state.identity_url, timeout=30) as client:
        answer = client.post(
            "/realms/master/protocol/openid-connect/token",
            data={
                "grant_type": "password",
                "client_id": "admin-cli",
                "username": "admin",
                "password": keycloak.ADMIN_SECRET,
            },
        )
        client.headers["authorization"] = f"Bearer {answer.json()['access_token']}"
        yield client


@pytest.fixture
def terminal(deployment: Deployment, tmp_path: Path) -> Terminal:
    return Terminal(deployment, tmp_path / "config")


@pytest.fixture
def newcomer(admin: KeycloakRealmAdmin) -> Iterator[Callable[..., dict[str, Any]]]:
    """Make people for one test only, of `aurora` by default; their password is `demo`."""
    made: list[str] = []

    def make(**fields: Any) -> dict[str, Any]:
        id = f"made-{token_hex(6)}"
        email = f"{id}@aurora.example"
        user = {
            "id": id,
            "username": email,
            "email": email,
            "emailVerified": True,
            "enabled": True,
            "firstName": "Made",
            "lastName": "Up",
            "attributes": {"tenant_id": ["aurora"], "team": ["north"]},
            "realmRoles": ["sales-rep", "default-roles-zebros"],
            "credentials": [credential("demo")],
            **fields,
        }
        admin.post("/partialImport", {"ifResourceExists": "FAIL", "users": [user]})
        made.append(id)
        return user

    yield make
    for id in made:
        admin.delete(f"/users/{id}")


@pytest.fixture(scope="session")
def customers_of(deployment: Deployment) -> Callable[[str], httpx.Response]:
    """Read a page of customers with a token, through the gateway."""

    def read(token: str) -> httpx.Response:
        return deployment.http.get("/v1/customers?limit=1", headers={"authorization": f"Bearer {token}"})

    return read


@pytest.fixture(scope="session")
def behind_the_gateway(deployment: Deployment) -> Callable[[str], int]:
    """The status that the service itself answers to a token, as if the gateway had let it through."""

    def read(token: str) -> int:
        event = {
            "version": "2.0",
            "routeKey": "GET /v1/customers",
            "rawPath": "/v1/customers",
            "rawQueryString": "limit=1",
            "headers": {"authorization": f"Bearer {token}"},
            "queryStringParameters": {"limit": "1"},
            "requestContext": {
                "http": {"method": "GET", "path": "/v1/customers", "sourceIp": "127.0.0.1"},
                "requestId": token_hex(8),
                "stage": "$default",
            },
            "isBase64Encoded": False,
        }
        return int(deployment.invoke("http", event)["statusCode"])

    return read
