"""`zebros tenants identity-provider ...`: the secret comes from standard input and is never shown."""

from __future__ import annotations

import json

import httpx
import pytest
from scripted_world import World, problem

SECRET = "a-secret-of-the-company"
SHOWN = {
    "displayName": "Cumulus",
    "issuer": "https://login.cumulus.example",
    "authorizationUrl": "https://login.cumulus.example/authorize",
    "tokenUrl": "https://login.cumulus.example/token",
    "jwksUrl": "https://login.cumulus.example/keys",
    "clientId": "zebros",
    "domains": ["cumulus.example", "cumulus-cycles.example"],
}
PATH = "/v1/tenants/cumulus/identity-provider"
SET = (
    *("tenants", "identity-provider", "set", "cumulus", "--name", "Cumulus"),
    *("--issuer", SHOWN["issuer"], "--authorization-url", SHOWN["authorizationUrl"]),
    *("--token-url", SHOWN["tokenUrl"], "--jwks-url", SHOWN["jwksUrl"], "--client-id", "zebros"),
    *("--domain", "cumulus.example", "--domain", "cumulus-cycles.example"),
)


def test_it_is_set_with_the_secret_from_standard_input(world: World) -> None:
    world.respond = lambda request: httpx.Response(200, json=SHOWN)
    result = world.run(*SET, stdin=f"{SECRET}\n")
    assert result.exit_code == 0, result.stderr
    assert [(each.method, each.url.path) for each in world.requests] == [("PUT", PATH)]
    assert world.sent(PATH) == [SHOWN | {"clientSecret": SECRET}]
    assert "cumulus.example, cumulus-cycles.example" in result.stdout
    as_json = world.run(*SET, "--json", stdin=SECRET)
    assert json.loads(as_json.stdout) == SHOWN
    for text in (result.stdout, result.stderr, as_json.stdout, as_json.stderr):
        assert SECRET not in text


@pytest.mark.parametrize("stdin", ["", "\n"])
def test_without_a_secret_nothing_is_sent(world: World, stdin: str) -> None:
    result = world.run(*SET, stdin=stdin)
    assert result.exit_code == 2
    assert "standard input" in result.stderr
    assert world.requests == []


def test_without_a_domain_nothing_is_sent(world: World) -> None:
    assert world.run(*SET[:-4], stdin=SECRET).exit_code == 2
    assert world.requests == []


def test_a_domain_of_another_tenant_is_a_conflict(world: World) -> None:
    world.respond = lambda request: problem(409, "conflict", detail="One of these domains cannot be used.")
    result = world.run(*SET, stdin=SECRET)
    assert result.exit_code == 5
    assert SECRET not in result.stderr


def test_it_is_removed(world: World) -> None:
    world.respond = lambda request: httpx.Response(204)
    result = world.run("tenants", "identity-provider", "remove", "cumulus")
    assert result.exit_code == 0, result.stderr
    assert [(each.method, each.url.path) for each in world.requests] == [("DELETE", PATH)]
    assert "no provider of its own" in result.stderr
