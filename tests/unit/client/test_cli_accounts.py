"""Users, teams, integrations, the audit log and oneself on the command line: what they send, print and end with."""

from __future__ import annotations

import json

import httpx
import pytest
from identity_provider import IdentityProvider
from scripted_world import World, problem

NORA = {
    "userId": "u-7",
    "email": "nora.north@aurora.example",
    "name": "Nora \x1b[31mNorth",
    "role": "sales-rep",
    "teamId": "north",
    "status": "invited",
    "invitedAt": "2026-11-20T10:00:00Z",
    "version": 2,
}
ERP = {
    "integrationId": "erp",
    "name": "ERP",
    "clientId": "aurora-erp",
    "role": "viewer",
    "scopes": ["records:read"],
    "teamId": "north",
}


def answer(world: World, *answers: httpx.Response) -> None:
    left = list(answers)
    world.respond = lambda request: left.pop(0) if len(left) > 1 else left[0]


def ok(body: object, status: int = 200) -> httpx.Response:
    return httpx.Response(status, json=body)


def listed(*items: object, cursor: str | None = None) -> httpx.Response:
    return ok({"items": list(items), "nextCursor": cursor})


def asked(world: World) -> list[str]:
    return [f"{each.method} {each.url.raw_path.decode()}" for each in world.requests]


@pytest.mark.parametrize(
    ("command", "hint"),
    [
        (["users", "list"], "zebros users invite"),
        (["users", "list", "--role", "viewer"], "Nobody matches these filters"),
        (["teams", "list"], "zebros teams create"),
        (["integrations", "list"], "zebros integrations create"),
        (["audit", "list"], "No entry matches"),
        (["me", "devices", "list"], "zebros me devices add"),
        (["me", "permissions"], "Nothing matches"),
    ],
)
def test_an_empty_state_says_what_to_do(world: World, command: list[str], hint: str) -> None:
    answer(world, listed())
    result = world.run(*command)
    assert (result.exit_code, result.stdout) == (0, "")
    assert hint in result.stderr
    assert json.loads(world.run(*command, "--json").stdout) == []


@pytest.mark.parametrize(
    "command",
    [
        ["users", "list", "--role", "boss"],
        ["users", "list", "--status", "gone"],
        ["users", "invite", "n@a.example"],
        ["users", "invite", "n@a.example", "--name", "N", "--role", "platform-admin"],
        ["users", "set", "u-7"],
        ["users", "set", "u-7", "--role", "boss"],
        ["teams", "create", "north"],
        ["teams", "set", "north"],
        ["integrations", "create", "erp"],
        ["integrations", "create", "erp", "--role", "boss"],
        ["integrations", "create", "erp", "--role", "viewer", "--scope", "everything"],
        ["audit", "list", "--from", "yesterday"],
        ["audit", "list", "--from", "2026-11-02", "--to", "2026-11-01"],
        ["me", "preferences", "--quiet-hours", "22:00"],
        ["me", "preferences", "--quiet-hours", "-07:00"],
        ["me", "preferences", "--channel", "customer.assigned"],
        ["me", "preferences", "--channel", "customer.assigned:fax=on"],
        ["me", "preferences", "--channel", "customer.assigned:push=maybe"],
        ["me", "devices", "add", "pager", "token"],
        ["users", "nothing"],
    ],
    ids=" ".join,
)
def test_bad_input_is_refused_before_anything_is_sent(world: World, command: list[str]) -> None:
    assert world.run(*command).exit_code == 2
    assert world.requests == []


def test_users_are_listed_with_their_filters(world: World) -> None:
    answer(world, listed(NORA))
    result = world.run("users", "list", "--role", "sales-rep", "--team", "north", "--status", "invited")
    assert result.stdout.splitlines() == [
        "ID\tNAME\tEMAIL\tROLE\tTEAM\tSTATUS",
        "u-7\tNora  [31mNorth\tnora.north@aurora.example\tsales-rep\tnorth\tinvited",
    ]
    assert dict(world.requests[0].url.params) == {
        "role": "sales-rep",
        "team": "north",
        "status": "invited",
        "limit": "50",
    }


def test_a_limit_fetches_no_more_and_all_fetches_everything(world: World) -> None:
    answer(world, listed(NORA, NORA, cursor="n"), listed(NORA))
    assert len(world.run("users", "list", "-n", "1").stdout.splitlines()) == 2
    answer(world, listed(NORA, NORA, cursor="n"), listed(NORA))
    assert len(json.loads(world.run("users", "list", "--all", "--json").stdout)) == 3


def test_a_user_is_found_by_address_or_id(world: World) -> None:
    answer(world, listed(NORA), ok(NORA))
    shown = world.run("users", "show", "nora.north@aurora.example")
    assert "sales-rep" in shown.stdout
    assert "\x1b" not in shown.stdout
    assert asked(world) == ["GET /v1/users?email=nora.north%40aurora.example", "GET /v1/users/u-7"]
    world.requests.clear()
    answer(world, ok(NORA))
    world.run("users", "show", "u-7")
    assert asked(world) == ["GET /v1/users/u-7"]


def test_an_address_that_nobody_has_is_not_found(world: World) -> None:
    answer(world, listed())
    result = world.run("users", "deactivate", "ghost@aurora.example")
    assert result.exit_code == 4
    assert "ghost@aurora.example" in result.stderr


def test_inviting_sends_what_was_given(world: World) -> None:
    answer(world, ok(NORA, 201))
    result = world.run(
        "users",
        "invite",
        "nora.north@aurora.example",
        "--name",
        "Nora North",
        "--team",
        "north",
        "--language",
        "de",
    )
    assert result.exit_code == 0, result.stderr
    assert "invited  2026-11-20T10:00:00Z" in result.stdout
    assert world.sent("/v1/users") == [
        {
            "email": "nora.north@aurora.example",
            "name": "Nora North",
            "role": "sales-rep",
            "teamId": "north",
            "language": "de",
        }
    ]


def test_an_invitation_whose_mail_waits_says_so(world: World) -> None:
    answer(world, ok({**NORA, "invitedAt": None}, 201))
    assert "it follows" in world.run("users", "invite", "n@a.example", "--name", "N").stderr


def test_an_address_that_is_taken_names_who_has_it(world: World) -> None:
    taken = [{"entity": "user", "id": "u-7", "match": "email"}]
    answer(world, problem(409, "duplicate", detail="exists", records=taken))
    result = world.run("users", "invite", "n@a.example", "--name", "N")
    assert result.exit_code == 5
    assert "user u-7 has the same email" in result.stderr
    assert "--allow-duplicate" not in result.stderr


def test_an_escalation_is_forbidden_and_says_where_to_look(world: World) -> None:
    answer(world, problem(403, "forbidden", detail="nobody gives a role above their own"))
    result = world.run("users", "set", "u-7", "--role", "tenant-admin")
    assert result.exit_code == 8
    assert "above their own" in result.stderr
    assert "zebros me permissions" in result.stderr


def test_a_customer_is_given_to_whoever_has_an_address(world: World) -> None:
    answer(
        world, listed(NORA), ok({"customerId": "c1", "companyName": "Acme", "ownerId": "u-7", "version": 2})
    )
    result = world.run("customers", "update", "c1", "--owner", "nora.north@aurora.example")
    assert result.exit_code == 0, result.stderr
    assert world.sent("/v1/customers/c1") == [{"ownerId": "u-7"}]
    answer(world, listed())
    assert world.run("customers", "list", "--owner", "nobody@aurora.example").exit_code == 4


def test_a_suspended_tenant_is_told_whom_to_ask(world: World) -> None:
    fault = {"field": "tenant_id", "code": "tenant_suspended", "message": "This tenant is suspended."}
    answer(world, problem(403, "forbidden", detail="This tenant is suspended.", errors=[fault]))
    result = world.run("users", "list")
    assert result.exit_code == 8
    assert "runs the platform" in result.stderr
    assert "me permissions" not in result.stderr


def test_an_administrator_of_the_platform_is_told_that_they_are_in_no_company(world: World) -> None:
    answer(world, problem(401, "unauthenticated", detail="the token has no claim tenant_id"))
    result = world.run("me")
    assert result.exit_code == 3
    assert "of no company" in result.stderr
    assert "zebros login" not in result.stderr


def test_an_operation_of_the_platform_is_not_looked_for_among_the_roles(world: World) -> None:
    fault = {"field": "roles", "code": "platform_only", "message": "For administrators of the platform."}
    answer(world, problem(403, "forbidden", detail="For administrators of the platform.", errors=[fault]))
    result = world.run("tenants", "list")
    assert result.exit_code == 8
    assert "--profile" in result.stderr
    assert "me permissions" not in result.stderr


def test_set_changes_what_is_named_under_the_version(world: World) -> None:
    answer(world, ok({**NORA, "role": "sales-manager"}))
    world.run("users", "set", "u-7", "--role", "sales-manager", "--clear", "teamId", "--version", "2")
    assert world.sent("/v1/users/u-7") == [{"role": "sales-manager", "teamId": None}]
    assert world.requests[0].headers["if-match"] == '"2"'


@pytest.mark.parametrize(
    ("command", "verb", "status"),
    [
        ("deactivate", "deactivate", "deactivated"),
        ("activate", "activate", "active"),
        ("resend", "invite", "invited"),
    ],
)
def test_what_is_done_to_a_user(world: World, command: str, verb: str, status: str) -> None:
    answer(world, ok({**NORA, "status": status}))
    result = world.run("users", command, "u-7")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "nora.north@aurora.example" in result.stderr
    assert asked(world) == [f"POST /v1/users/u-7:{verb}"]
    assert json.loads(world.run("users", command, "u-7", "--json").stdout)["status"] == status


def test_teams(world: World) -> None:
    team = {"teamId": "north", "name": "Sales north", "version": 1}
    answer(world, listed(team))
    assert world.run("teams", "list").stdout.splitlines()[1] == "north\tSales north\t1"
    answer(world, ok(team))
    assert "Sales north" in world.run("teams", "show", "north").stdout
    world.run("teams", "create", "north", "--name", "Sales north")
    assert world.sent("/v1/teams") == [{"teamId": "north", "name": "Sales north"}]
    world.run("teams", "set", "north", "--name", "North", "--version", "1")
    assert world.sent("/v1/teams/north") == [{"name": "North"}]
    answer(world, httpx.Response(204))
    assert world.run("teams", "delete", "north").exit_code == 0
    answer(world, problem(409, "team-in-use", detail="still has people"))
    refused = world.run("teams", "delete", "north")
    assert refused.exit_code == 5
    assert "still has people" in refused.stderr


@pytest.mark.parametrize(
    "command",
    [["create", "ERP", "--role", "viewer", "--scope", "records:read"], ["rotate", "erp"]],
)
def test_a_secret_is_shown_once(world: World, command: list[str]) -> None:
    answer(world, ok({**ERP, "clientSecret": "s3cret"}, 201))
    result = world.run("integrations", *command)
    assert "client secret  s3cret" in result.stdout
    assert "s3cret" not in result.stderr
    assert "not shown again" in result.stderr
    assert "zebros login --client-id aurora-erp --client-secret-stdin" in result.stderr
    machine = world.run("integrations", *command, "--json")
    assert json.loads(machine.stdout)["clientSecret"] == "s3cret"
    assert machine.stderr == ""


def test_integrations_are_listed_and_shown_without_secrets(world: World) -> None:
    answer(world, listed(ERP))
    assert (
        world.run("integrations", "list").stdout.splitlines()[1]
        == "erp\tERP\taurora-erp\tviewer\tnorth\trecords:read"
    )
    answer(world, ok(ERP))
    shown = world.run("integrations", "show", "erp")
    assert "secret" not in shown.output
    scopes = ["records:write", "records:read"]
    world.run("integrations", "create", "ERP", "--role", "viewer", "--scope", scopes[0], "--scope", scopes[1])
    world.run("integrations", "create", "ERP", "--role", "viewer")
    assert [each["scopes"] for each in world.sent("/v1/integrations")] == [scopes, ["records:read"]]


def test_revoking_asks_first(world: World) -> None:
    answer(world, ok(ERP))
    assert world.run("integrations", "delete", "erp", stdin="n\n").exit_code != 0
    assert asked(world) == ["GET /v1/integrations/erp"]
    world.requests.clear()
    answer(world, httpx.Response(204))
    assert world.run("integrations", "delete", "erp", "--yes").exit_code == 0
    assert asked(world) == ["DELETE /v1/integrations/erp"]


def test_the_audit_log_is_filtered_and_printed(world: World) -> None:
    entry = {
        "id": "e1",
        "at": "2026-11-20T10:00:00Z",
        "actor": "u-7",
        "action": "permission.refused",
        "outcome": "refused",
        "entity": "user",
        "recordId": "u-1",
        "details": {"role": "tenant-admin", "count": 2},
        "ip": "192.0.2.7",
    }
    answer(world, listed(entry))
    result = world.run(
        "audit",
        "list",
        "--from",
        "2026-11-01",
        "--to",
        "2026-11-21T00:00:00+01:00",
        "--action",
        "permission.refused",
    )
    assert result.stdout.splitlines()[1] == (
        "2026-11-20T10:00:00Z\tu-7\tpermission.refused\trefused\tuser u-1\tcount=2, role=tenant-admin\t192.0.2.7"
    )
    assert dict(world.requests[0].url.params) == {
        "from": "2026-11-01T00:00:00.000Z",
        "to": "2026-11-20T23:00:00.000Z",
        "action": "permission.refused",
        "limit": "50",
    }


def test_oneself(world: World) -> None:
    me = {
        **NORA,
        "tenant": {"tenantId": "aurora", "name": "Aurora Outfitters"},
        "preferences": {
            "language": "de",
            "timeZone": "Europe/Berlin",
            "quietHours": {"from": "22:00:00", "to": "07:00:00"},
            "channels": {"customer.assigned": {"push": True, "email": False}},
        },
    }
    answer(world, ok(me))
    result = world.run("me")
    assert "aurora (Aurora Outfitters)" in result.stdout
    assert "22:00-07:00" in result.stdout
    assert "push on, email off" in result.stdout
    assert json.loads(world.run("me", "--json").stdout)["userId"] == "u-7"


def test_permissions_say_what_and_why(world: World) -> None:
    granted = {
        "entity": "customer",
        "action": "read",
        "allowed": True,
        "visibility": "team",
        "reason": "a rep sees",
    }
    refused = {
        "entity": "audit",
        "action": "read",
        "allowed": False,
        "visibility": None,
        "reason": "admins only",
    }
    answer(world, ok({"role": "sales-rep", "items": [granted, refused]}))
    assert world.run("me", "permissions").stdout.splitlines()[1:] == [
        "customer\tread\tteam\ta rep sees",
        "audit\tread\tno\tadmins only",
    ]
    assert len(world.run("me", "permissions", "--denied").stdout.splitlines()) == 2
    assert "Known are: audit, customer" in world.run("me", "permissions", "--entity", "x").stderr


def test_preferences_are_shown_or_changed(world: World) -> None:
    answer(world, ok({"language": "en", "timeZone": "UTC", "quietHours": None, "channels": {}}))
    assert "quiet hours  none" in world.run("me", "preferences").stdout
    world.run("me", "preferences", "--time-zone", "Europe/Berlin", "--quiet-hours", "22:00-07:00")
    world.run("me", "preferences", "--quiet-hours", "none", "--language", "de")
    world.run("me", "preferences", "--channel", "a.b:push=off", "--channel", "a.b:email=on")
    assert world.sent("/v1/me/preferences") == [
        {"timeZone": "Europe/Berlin", "quietHours": {"from": "22:00", "to": "07:00"}},
        {"language": "de", "quietHours": None},
        {"channels": {"a.b": {"push": False, "email": True}}},
    ]


def test_devices(world: World) -> None:
    device = {
        "deviceId": "d1",
        "platform": "fcm",
        "name": "Phone",
        "push": False,
        "updatedAt": "2026-11-20T10:00:00Z",
    }
    answer(world, listed(device))
    assert (
        world.run("me", "devices", "list").stdout.splitlines()[1]
        == "d1\tfcm\tPhone\tno\t2026-11-20T10:00:00Z"
    )
    answer(world, ok(device, 201))
    world.run("me", "devices", "add", "fcm", "token", "--name", "Phone")
    assert world.sent("/v1/me/devices") == [{"platform": "fcm", "token": "token", "name": "Phone"}]
    answer(world, httpx.Response(204))
    assert world.run("me", "devices", "remove", "d1").exit_code == 0


def test_each_profile_asks_with_the_token_of_its_tenant(world: World, provider: IdentityProvider) -> None:
    world.run("login")
    provider.tenant = "borealis"
    world.run("login")
    seen: list[str] = []

    def respond(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers["authorization"].rsplit(".", 1)[-1])
        return listed()

    world.respond = respond
    for profile in ("aurora", "borealis"):
        assert world.run("users", "list", "--profile", profile).exit_code == 0
    assert seen == ["aurorau1", "borealisu2"]


def test_every_command_explains_itself(world: World) -> None:
    groups: dict[str, list[str]] = {
        "users": ["list", "show", "invite", "set", "deactivate", "activate", "resend"],
        "teams": ["list", "show", "create", "set", "delete"],
        "integrations": ["list", "show", "create", "rotate", "delete"],
        "audit": ["list"],
        "tenants": ["list", "show", "onboard", "set", "suspend", "activate", "resume", "offboard"],
        "me": ["permissions", "preferences", "devices"],
    }
    for group, commands in groups.items():
        assert world.run(group, "--help").exit_code == 0
        for command in commands:
            shown = world.run(group, command, "--help")
            assert shown.exit_code == 0, shown.output
            assert "Usage:" in shown.output
