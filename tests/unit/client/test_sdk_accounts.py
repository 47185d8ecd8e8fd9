"""Oneself, users, teams, tenants, integrations and the audit log: what is sent and what is read."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import anyio
import httpx
import pytest
from scripted_world import API, ScriptedApi, problem

from zebros import AsyncClient, Client
from zebros.errors import (
    ConflictError,
    DuplicateError,
    ForbiddenError,
    OperationFailedError,
    OperationTimeoutError,
    VersionConflictError,
)
from zebros.models import Tenant

NORA = {
    "userId": "u-7",
    "email": "nora.north@aurora.example",
    "username": "nora.north@aurora.example",
    "name": "Nora North",
    "role": "sales-rep",
    "teamId": "north",
    "status": "invited",
    "permissions": {"customer": "read=team write=own"},
    "invitedAt": "2026-11-20T10:00:00Z",
    "version": 2,
}
TENANT = {"id": "cumulus", "name": "Cumulus Cycles", "isolation": "silo", "status": "onboarding"}


def ok(body: object, status: int = 200, **headers: str) -> httpx.Response:
    return httpx.Response(status, json=body, headers=headers)


def items(*each: object) -> httpx.Response:
    return ok({"items": list(each), "nextCursor": None})


def test_the_asynchronous_lists_are_read_page_by_page(api: ScriptedApi) -> None:
    async def scenario() -> list[str]:
        async with AsyncClient(API, token="t", transport=httpx.MockTransport(api)) as client:
            api.answers = [ok({"items": [NORA], "nextCursor": "n"}), items({**NORA, "userId": "u-8"})]
            return [user.id async for user in client.users.list(team="north")]

    assert anyio.run(scenario) == ["u-7", "u-8"]


def test_a_user_is_changed_under_its_version_and_only_where_it_may_be(
    client: Client, api: ScriptedApi
) -> None:
    api.answers = [ok(NORA), ok({**NORA, "version": 3})]
    user = client.users.get("u-7")
    assert (user.email, user.team_id, user.status) == ("nora.north@aurora.example", "north", "invited")
    user.role = "sales-manager"
    user.team_id = None
    user.email = "other@aurora.example"
    assert client.users.update(user).version == 3
    assert api.bodies() == [{"role": "sales-manager", "teamId": None}]
    assert (api.requests[-1].method, api.requests[-1].url.path) == ("PATCH", "/v1/users/u-7")
    assert api.requests[-1].headers["if-match"] == '"2"'
    assert api.requests[-1].headers["content-type"] == "application/merge-patch+json"


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (
            problem(409, "duplicate", records=[{"entity": "user", "id": "u-1", "match": "email"}]),
            DuplicateError,
        ),
        (problem(403, "forbidden", detail="nobody grants a role above their own"), ForbiddenError),
        (problem(409, "last-admin"), ConflictError),
        (problem(412, "version-mismatch", currentVersion=9), VersionConflictError),
    ],
)
def test_refusals_have_their_types(
    client: Client, api: ScriptedApi, answer: httpx.Response, error: type[Exception]
) -> None:
    api.answers = [answer]
    with pytest.raises(error):
        client.users.patch("u-7", {"role": "tenant-admin"}, version=2)


def test_who_is_signed_in(client: Client, api: ScriptedApi) -> None:
    tenant = {"tenantId": "aurora", "name": "Aurora Outfitters", "isolation": "pool", "settings": {"a": 1}}
    hours = {"language": "de", "timeZone": "UTC", "quietHours": {"from": "22:00:00", "to": "07:00:00"}}
    api.answers = [ok({**NORA, "kind": "person", "tenant": tenant, "preferences": hours})]
    me = client.me.get()
    assert me.tenant is not None
    assert (me.id, me.tenant.id, me.tenant.settings) == ("u-7", "aurora", {"a": 1})
    assert me.preferences is not None
    assert me.preferences.quiet_hours is not None
    assert me.preferences.quiet_hours.from_ == "22:00:00"
    assert me.to_json()["preferences"]["quietHours"] == {"from": "22:00:00", "to": "07:00:00"}


def test_permissions_say_why(client: Client, api: ScriptedApi) -> None:
    granted = {
        "entity": "customer",
        "action": "read",
        "allowed": True,
        "visibility": "team",
        "reason": "role",
    }
    refused = {
        "entity": "audit",
        "action": "read",
        "allowed": False,
        "visibility": None,
        "reason": "not yours",
    }
    api.answers = [ok({"role": "sales-rep", "items": [granted, refused]})]
    assert [(each.allowed, each.reason) for each in client.me.permissions()] == [
        (True, "role"),
        (False, "not yours"),
    ]


def test_a_secret_is_in_the_answer_and_in_no_representation(client: Client, api: ScriptedApi) -> None:
    api.answers = [ok({"integrationId": "i-1", "clientId": "aurora-erp", "clientSecret": "s3cret"}, 201)]
    made = client.integrations.create(name="ERP", role="viewer", scopes=["records:read"])
    assert made.client_secret == "s3cret"
    assert "s3cret" not in repr(made)


def test_the_audit_log_is_read_to_its_end(client: Client, api: ScriptedApi) -> None:
    entry = {"id": "e1", "at": "2026-11-20T10:00:00Z", "action": "sign-in", "outcome": "done", "actor": "u-7"}
    api.answers = [ok({"items": [entry], "nextCursor": "n"}), items({**entry, "id": "e2", "details": None})]
    read = list(client.audit.list())
    assert [(each.id, each.at.tzinfo is not None, each.details) for each in read] == [
        ("e1", True, {}),
        ("e2", True, {}),
    ]


def test_an_instant_without_a_time_zone_is_refused(client: Client) -> None:
    with pytest.raises(ValueError, match="time zone"):
        client.audit.list(to=datetime(2026, 11, 1))


def at_step(*states: str, status: str = "onboarding", **operation: Any) -> httpx.Response:
    names = ("organization", "tables", "admin")
    steps = [{"name": name, "state": state} for name, state in zip(names, states, strict=False)]
    progress = {"kind": "onboarding", "state": "running", "steps": steps, **operation}
    return ok({**TENANT, "status": status, "operation": progress})


def test_waiting_shows_each_look_and_ends_with_the_status(
    client: Client, api: ScriptedApi, waits: list[float]
) -> None:
    api.answers = [at_step("running"), at_step("done", "running"), at_step("done", "done", status="active")]
    seen: list[Tenant] = []
    tenant = client.tenants.wait_until("cumulus", "active", on_progress=seen.append, poll_seconds=2.0)
    assert tenant.status == "active"
    assert [[step.state for step in each.operation.steps] for each in seen if each.operation] == [
        ["running"],
        ["done", "running"],
        ["done", "done"],
    ]
    assert waits == [2.0, 2.0]


@pytest.mark.parametrize(
    ("last", "reason"),
    [
        (
            at_step("done", "failed", status="failed", error={"step": "tables", "detail": "no capacity"}),
            "tables: no capacity",
        ),
        (at_step("done", status="offboarding", state="failed", error={"detail": "late"}), "late"),
        (ok({**TENANT, "status": "failed"}), "no reason was given"),
    ],
)
def test_waiting_ends_with_the_reason_when_it_stops(
    client: Client, api: ScriptedApi, last: httpx.Response, reason: str
) -> None:
    api.answers = [at_step("running"), last]
    with pytest.raises(OperationFailedError) as caught:
        client.tenants.wait_until("cumulus", "active")
    assert caught.value.reason == reason


def test_waiting_ends_in_time_and_says_that_it_goes_on(
    client: Client, api: ScriptedApi, waits: list[float]
) -> None:
    api.answers = [at_step("running")]
    with pytest.raises(OperationTimeoutError, match="still onboarding after 3 s"):
        client.tenants.wait_until("cumulus", "active", timeout_seconds=3, poll_seconds=1)
    assert waits == [1, 1, 1]


def provisioning(state: str, **operation: Any) -> httpx.Response:
    return at_step(state, status="active", kind="provisioning", state=state, **operation)


def test_what_leaves_the_status_alone_is_waited_for_until_it_is_done(
    client: Client, api: ScriptedApi, waits: list[float]
) -> None:
    api.answers = [provisioning("running"), provisioning("done", made=["t-sync-log"])]
    tenant = client.tenants.wait_until_done("cumulus", poll_seconds=3.0)
    assert tenant.operation is not None
    assert (tenant.operation.made, waits) == (["t-sync-log"], [3.0])
    api.answers = [provisioning("failed", error={"step": "tables", "detail": "no capacity"})]
    with pytest.raises(OperationFailedError, match="tables: no capacity"):
        client.tenants.wait_until_done("cumulus")
    api.answers = [provisioning("running")]
    with pytest.raises(OperationTimeoutError, match="still provisioning after 1 s"):
        client.tenants.wait_until_done("cumulus", timeout_seconds=1)
    api.answers = [ok({**TENANT, "status": "active", "operation": None})]
    assert client.tenants.wait_until_done("cumulus").id == "cumulus"


def test_the_asynchronous_client_waits_alike(api: ScriptedApi) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    async def scenario() -> tuple[str | None, bool]:
        transport = httpx.MockTransport(api)
        async with AsyncClient(API, token="t", transport=transport, sleep=sleep) as client:
            api.answers = [at_step("running"), at_step("done", status="active")]
            first = await client.tenants.wait_until("cumulus", "active")
            api.answers = [provisioning("running"), provisioning("done")]
            return first.status, (await client.tenants.wait_until_done("cumulus")).idle

    assert anyio.run(scenario) == ("active", True)
    assert slept == [1.0, 1.0]


def test_offboarding_is_of_the_version_that_was_looked_at(client: Client, api: ScriptedApi) -> None:
    counts = {"tables": {"customers": 85}, "objects": 2}
    report = {"export": "s3://exports/cumulus", "services": {"customers": counts}, "people": 3}
    api.answers = [ok({**TENANT, "status": "offboarded", "report": report}, 202)]
    tenant = client.tenants.offboard("cumulus", version=7)
    assert api.requests[0].headers["if-match"] == '"7"'
    assert tenant.report is not None
    assert tenant.report.services["customers"].tables == {"customers": 85}
    assert tenant.report.people == 3
