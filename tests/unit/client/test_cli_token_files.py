"""The files that a sign-in leaves: who can read them, and who renews them when several want to."""

from __future__ import annotations

import json
import os
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from identity_provider import IdentityProvider
from scripted_world import World

from zebros.auth.tokens import Tokens
from zebros.cli.profiles import Profile, ProfileStore
from zebros.cli.renewal import ProfileToken
from zebros.errors import ConfigurationError, SignInError


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def profile_of(world: World, tenant: str = "aurora") -> Path:
    return world.config / "profiles" / f"{tenant}.json"


def test_profiles_are_readable_by_their_owner_only(world: World, provider: IdentityProvider) -> None:
    before = os.umask(0)
    try:
        world.run("login")
    finally:
        os.umask(before)
    profile = profile_of(world)
    assert mode(profile) == mode(world.config / "config.json") == mode(profile.with_suffix(".lock")) == 0o600
    assert mode(profile.parent) == mode(world.config) == 0o700
    assert sorted(path.name for path in profile.parent.iterdir()) == ["aurora.json", "aurora.lock"]


@pytest.mark.parametrize("open_mode", [0o644, 0o660, 0o604])
def test_a_profile_that_others_could_read_is_closed_and_told(
    world: World, provider: IdentityProvider, open_mode: int
) -> None:
    world.run("login")
    profile_of(world).chmod(open_mode)
    world.config.chmod(0o755)
    result = world.run("whoami")
    assert result.exit_code == 0
    assert "could be read by other users" in result.stderr
    assert mode(profile_of(world)) == 0o600
    assert "could be read" not in world.run("whoami").stderr


def test_a_profile_of_another_user_is_not_used(
    world: World, provider: IdentityProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.run("login")
    monkeypatch.setattr(os, "geteuid", lambda: profile_of(world).stat().st_uid + 1)
    result = world.run("whoami")
    assert result.exit_code == 2
    assert "belongs to another user" in result.stderr


def test_a_write_that_fails_leaves_the_former_profile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = ProfileStore(tmp_path / "zebros")
    former = Profile("work", "https://api.test", "https://id.test", "c", Tokens("a", 1.0, "r"))
    store.save(former)

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ConfigurationError, match=r"cannot write .*work\.json \(No space"):
        store.save(Profile("work", "https://api.test", "https://id.test", "c", Tokens("b", 2.0, "s")))
    assert store.load("work") == former
    assert [path.name for path in (tmp_path / "zebros" / "profiles").iterdir()] == ["work.json"]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"name": "x"}', '{"tokens": {}}', "null"])
def test_a_damaged_profile_is_named(tmp_path: Path, text: str) -> None:
    store = ProfileStore(tmp_path / "zebros")
    store.save(Profile("work", "https://api.test", "https://id.test", "c", Tokens("a", 1.0)))
    (tmp_path / "zebros" / "profiles" / "work.json").write_text(text)
    with pytest.raises(ConfigurationError, match="zebros login --profile work"):
        store.load("work")


def test_a_folder_that_cannot_be_made_is_named(world: World, provider: IdentityProvider) -> None:
    (world.folder / "file").write_text("in the way")
    world.environ["XDG_CONFIG_HOME"] = str(world.folder / "file")
    result = world.run("login", "--device")
    assert result.exit_code == 2
    assert "cannot write" in result.stderr


def test_processes_that_renew_at_once_use_each_refresh_token_once(
    world: World, provider: IdentityProvider
) -> None:
    provider.lifetime = 1
    world.run("login")
    provider.lifetime = 300
    store = ProfileStore(world.config)
    stale = store.load("aurora")
    assert stale is not None
    together = threading.Barrier(4)

    def renewed() -> str:
        source = ProfileToken(ProfileStore(world.config), stale, transport=httpx.MockTransport(provider))
        together.wait(timeout=10)
        return source.token()

    with ThreadPoolExecutor(max_workers=4) as pool:
        tokens = {future.result() for future in [pool.submit(renewed) for _ in range(4)]}
    assert len(tokens) == 1
    assert [form["refresh_token"] for _, form in provider.forms if "refresh_token" in form] == ["r1"]


def test_a_refresh_token_that_was_used_elsewhere_asks_to_sign_in_again(
    world: World, provider: IdentityProvider
) -> None:
    provider.lifetime = 1
    world.run("login")
    provider.alive.clear()
    result = world.run("customers", "list")
    assert result.exit_code == 3
    assert "has ended" in result.stderr
    assert "zebros login" in result.stderr
    assert profile_of(world).exists()


def test_a_provider_that_is_down_does_not_look_like_the_end_of_the_sign_in(
    world: World, provider: IdentityProvider
) -> None:
    provider.lifetime = 1
    world.run("login")
    world.respond = lambda request: httpx.Response(404 if "well-known" in request.url.path else 200)
    result = world.run("customers", "list")
    assert result.exit_code == 3
    assert "has ended" not in result.stderr
    world.respond = lambda request: httpx.Response(502)
    assert world.run("customers", "list").exit_code == 6


def test_a_sign_out_while_another_process_waits_to_renew_is_respected(
    world: World, provider: IdentityProvider
) -> None:
    provider.lifetime = 1
    world.run("login")
    store = ProfileStore(world.config)
    stale = store.load("aurora")
    assert stale is not None
    world.run("logout")
    with pytest.raises(SignInError, match="signed out meanwhile"):
        ProfileToken(store, stale, transport=httpx.MockTransport(provider)).token()


def test_tokens_are_never_printed(world: World, provider: IdentityProvider) -> None:
    signed_in = world.run("login")
    kept = json.loads(profile_of(world).read_text())["tokens"]
    shown = signed_in.output + world.run("whoami").output + world.run("whoami", "--json").output
    assert kept["access_token"] not in shown
    assert kept["refresh_token"] not in shown
