"""A client over a scripted API, and the command over a scripted world."""

from __future__ import annotations

import functools
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import typer.main
import typer.testing

from zebros.client import Client
from zebros.retry import RetryPolicy

# The suite runs with `--import-mode=importlib`, which does not put a test's own folder on the path.
sys.path.insert(0, str(Path(__file__).parent))

from identity_provider import IdentityProvider
from scripted_world import API, ISSUER, ScriptedApi, World, access_token, no_network


@pytest.fixture(scope="session", autouse=True)
def _command_built_once() -> Iterator[None]:
    """Typer's runner builds all commands anew for each run, which takes longer than most runs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(typer.testing, "_get_command", functools.cache(typer.main.get_command))
        yield


@pytest.fixture
def api() -> ScriptedApi:
    return ScriptedApi()


@pytest.fixture
def waits() -> list[float]:
    return []


@pytest.fixture
def client(api: ScriptedApi, waits: list[float]) -> Iterator[Client]:
    retry = RetryPolicy(uniform=lambda low, high: high)
    with Client(API, token="t", retry=retry, transport=httpx.MockTransport(api), sleep=waits.append) as made:
        yield made


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Signed in by a token in the environment."""
    environ = {
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "ZEBROS_API_URL": API,
        "ZEBROS_ISSUER": ISSUER,
        "ZEBROS_TOKEN": access_token("aurora"),
    }
    return World(tmp_path, no_network, environ)


@pytest.fixture
def provider(world: World) -> IdentityProvider:
    """Nobody is signed in, and this provider is the network."""
    del world.environ["ZEBROS_TOKEN"]
    made = IdentityProvider()
    world.respond = made
    return made
