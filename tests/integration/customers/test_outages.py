"""What still works when a part of the stack does not, on a stack of its own that may be broken."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import redis
from deployed_stack import Deployment, Member, attached, eventually, unique

from zebros_core.tenancy.registry import Tenant
from zebros_local.bring_up import bring_up
from zebros_local.progress import Progress
from zebros_local.settings import CHECKOUT, LocalSettings
from zebros_local.stack import Stack

pytestmark = pytest.mark.integration

KEYS_WITHIN_SECONDS = 40.0


@pytest.fixture(scope="module")
def stack(deployment: Deployment) -> Iterator[Stack]:
    """A stack that only this module knows; `deployment` says whether stacks are wanted at all."""
    del deployment
    with tempfile.TemporaryDirectory(prefix="zebros-outages-") as folder:
        stack = Stack(LocalSettings.from_environ(os.environ, Path(folder)))
        try:
            bring_up(stack, Progress(), for_people=False)
            yield stack
        finally:
            stack.down()


@pytest.fixture(scope="module")
def fragile(stack: Stack) -> Iterator[Deployment]:
    with attached(stack.state) as deployment:
        yield deployment


@pytest.fixture(scope="module")
def aurora(fragile: Deployment) -> Member:
    return fragile.member(Tenant("aurora", "Aurora", "pool"))


@pytest.fixture(scope="module")
def borealis(fragile: Deployment) -> Member:
    return fragile.member(Tenant("borealis", "Borealis", "silo"))


def pid_of(stack: Stack, part: str) -> int:
    return next(found.pid for found in stack.status() if found.name == part)


def command(stack: Stack, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the local tools as a person would."""
    return subprocess.run(
        [sys.executable, "-m", "zebros_local", "--dir", str(stack.settings.directory), *arguments],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def works(member: Member) -> bool:
    """Whether a customer can be created, read, changed, listed and deleted."""
    id = member.customer(ownerId="rep9")["customerId"]
    member.ask("PATCH", f"/v1/customers/{id}", {"tier": "gold"})
    seen = member.get(f"/v1/customers/{id}").json()["tier"] == "gold"
    listed = id in member.get("/v1/customers", owner="rep9").text
    member.ask("DELETE", f"/v1/customers/{id}")
    return seen and listed and member.get(f"/v1/customers/{id}").status_code == 404


def http_event(member: Member, path: str) -> dict[str, Any]:
    """The event that the gateway would hand to the HTTP function, past the gateway's own check of the token."""
    return {
        "version": "2.0",
        "routeKey": "GET /v1/customers",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"authorization": f"Bearer {member.token}"},
        "requestContext": {
            "http": {"method": "GET", "path": path, "sourceIp": "127.0.0.1"},
            "requestId": unique("r"),
            "stage": "$default",
        },
        "isBase64Encoded": False,
    }


@pytest.mark.parametrize("how", ["gone", "silent"])
def test_without_the_cache_all_works_and_a_cache_that_is_back_is_used_again(
    stack: Stack, fragile: Deployment, aurora: Member, borealis: Member, how: str
) -> None:
    assert works(aurora) and works(borealis)
    pid = pid_of(stack, "cache")
    os.kill(pid, signal.SIGKILL if how == "gone" else signal.SIGSTOP)
    try:
        assert works(aurora) and works(borealis)
    finally:
        if how == "silent":
            os.kill(pid, signal.SIGCONT)
        else:
            stack.restart(["cache"])
    id = aurora.customer()["customerId"]
    with redis.Redis.from_url(fragile.state.redis_url) as valkey:
        key = f"{{aurora}}:e:customer:{id}"
        eventually(lambda: aurora.get(f"/v1/customers/{id}").is_success and valkey.hgetall(key))
        assert not valkey.exists(f"{{borealis}}:e:customer:{id}")


def test_without_the_identity_provider_tokens_with_known_keys_go_on_working(
    stack: Stack, fragile: Deployment, aurora: Member, borealis: Member
) -> None:
    assert aurora.get("/v1/customers").is_success
    stack.require_running()
    os.kill(pid_of(stack, "identity"), signal.SIGKILL)
    eventually(lambda: not _healthy(stack, "identity"))
    try:
        assert works(aurora) and works(borealis)
        strange = fragile.member(borealis.tenant, token=aurora.token[:-6] + "AAAAAA")
        assert strange.get("/v1/customers").status_code == 401
    finally:
        stack.restart(["identity"])


@pytest.mark.parametrize("part", ["cache", "identity"])
def test_a_part_that_died_is_reported_by_name_with_the_end_of_its_log(stack: Stack, part: str) -> None:
    os.kill(pid_of(stack, part), signal.SIGKILL)
    eventually(lambda: not _healthy(stack, part))
    told = command(stack, "status")
    title = {"cache": "cache (valkey)", "identity": "identity provider (stands in for Keycloak)"}[part]
    assert told.returncode == 1
    assert f"{title} stopped by itself" in told.stdout
    assert stack.status()[0].healthy
    last_line = next(found for found in stack.status() if found.name == part).log_tail.splitlines()[-1]
    assert last_line in told.stdout

    assert command(stack, "restart", part).returncode == 0
    assert command(stack, "status").returncode == 0


def test_a_new_signing_key_is_accepted_beside_the_former_one(fragile: Deployment, aurora: Member) -> None:
    """Asked past the gateway: the emulator's keeps an issuer's keys for two hours, as API Gateway may."""

    def status(member: Member) -> int:
        return fragile.invoke("http", http_event(member, "/v1/customers"))["statusCode"]

    assert status(aurora) == 200
    fragile.identity.rotate_keys()
    renewed = fragile.member(aurora.tenant)
    # A verifier asks for unknown keys at most every 30 seconds, so that nobody can make it flood the issuer.
    eventually(lambda: status(renewed) == 200, seconds=KEYS_WITHIN_SECONDS)
    assert status(aurora) == 200


def test_data_survives_down_and_up_and_later_changes_reach_search(
    stack: Stack, fragile: Deployment, aurora: Member, borealis: Member
) -> None:
    kept = {member.tenant.id: member.customer(unique("Kept"))["customerId"] for member in (aurora, borealis)}
    # Not the cache: what it was told while it was gone comes again after minutes.
    fragile.settle("history", "search", "followup")
    assert command(stack, "down").returncode == 0
    assert not stack.running()
    with pytest.raises(httpx.TransportError):
        aurora.get("/v1/customers")
    up = command(stack, "up")
    assert up.returncode == 0, up.stdout + up.stderr

    for member in (aurora, borealis):
        renewed = fragile.member(member.tenant)
        assert renewed.get(f"/v1/customers/{kept[member.tenant.id]}").is_success
        renamed, new = unique("Renamed"), unique("New")
        renewed.ask("PATCH", f"/v1/customers/{kept[member.tenant.id]}", {"companyName": renamed})
        made = renewed.customer(new)["customerId"]
        eventually(lambda: renewed.found(new) == [made])  # noqa: B023
        eventually(lambda: renewed.found(renamed) == [kept[renewed.tenant.id]])  # noqa: B023
        eventually(lambda: len(renewed.history(kept[renewed.tenant.id])) == 2)  # noqa: B023


def _healthy(stack: Stack, part: str) -> bool:
    return next(found.healthy for found in stack.status() if found.name == part)
