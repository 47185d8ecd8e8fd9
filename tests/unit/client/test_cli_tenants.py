"""`zebros tenants ...`: onboarding followed step by step, offboarding that makes sure."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from identity_provider import IdentityProvider
from scripted_world import World, problem

CUMULUS = {
    "id": "cumulus",
    "name": "Cumulus Cycles",
    "isolation": "silo",
    "tier": "standard",
    "status": "active",
    "settings": {"currency": "EUR", "indexShards": 1},
    "admin": {"email": "ada.admin@cumulus.example", "name": "Ada Admin", "language": "en"},
    "reason": None,
    "operation": None,
    "report": None,
    "version": 7,
}
STEPS = ("organization", "tables", "admin", "welcome", "activate")
ONBOARD = (
    *("tenants", "onboard", "cumulus", "--name", "Cumulus Cycles", "--isolation", "silo"),
    *("--admin-email", "ada.admin@cumulus.example", "--admin-name", "Ada Admin"),
)


def answer(world: World, *answers: httpx.Response) -> None:
    left = list(answers)
    world.respond = lambda request: left.pop(0) if len(left) > 1 else left[0]


def ok(body: object, status: int = 200) -> httpx.Response:
    return httpx.Response(status, json=body)


def at(
    done: int, *, status: str = "onboarding", kind: str = "onboarding", **operation: Any
) -> dict[str, Any]:
    """The tenant with so many steps behind it."""
    steps = [
        {"name": name, "state": "done" if place < done else "running" if place == done else "waiting"}
        for place, name in enumerate(STEPS)
    ]
    running = {"kind": kind, "state": "running", "step": STEPS[min(done, 4)], "steps": steps, **operation}
    return {**CUMULUS, "status": status, "operation": running}


def asked(world: World) -> list[str]:
    return [f"{each.method} {each.url.raw_path.decode()}" for each in world.requests]


def test_onboarding_says_each_step_once_and_ends_with_the_tenant(world: World) -> None:
    looks = [at(0), at(0), at(2), at(2), at(4), at(5, status="active", state="done")]
    answer(world, ok(looks[0], 202), *(ok(each) for each in looks[1:]))
    result = world.run(*ONBOARD, "--setting", "currency=EUR", "--setting", "requestsPerSecond=500")
    assert result.exit_code == 0, result.stderr
    told = [line.split()[-1] for line in result.stderr.splitlines() if line.startswith("  ")]
    assert told == list(STEPS)
    assert "status" in result.stdout
    assert world.waits == [1.0] * 4
    assert world.sent("/v1/tenants") == [
        {
            "id": "cumulus",
            "name": "Cumulus Cycles",
            "isolation": "silo",
            "settings": {"currency": "EUR", "requestsPerSecond": 500},
            "admin": {"email": "ada.admin@cumulus.example", "name": "Ada Admin"},
        }
    ]


def test_how_conflicts_are_settled_is_set_shown_and_taken_back_by_entity(world: World) -> None:
    settings = {"currency": "EUR", "syncStrategies": {"default": "serverWins", "opportunity": "manual"}}
    answer(world, ok({**CUMULUS, "settings": settings}))
    strategies = [f"--setting=syncStrategies.{each}" for each in ("default=serverWins", "opportunity=manual")]
    result = world.run("tenants", "set", "cumulus", *strategies)
    assert result.exit_code == 0, result.stderr
    shown = [line.split() for line in result.stdout.splitlines()]
    assert ["settings.syncStrategies.opportunity", "manual"] in shown
    world.run("tenants", "set", "cumulus", "--clear", "settings.syncStrategies.opportunity")
    assert world.sent("/v1/tenants/cumulus") == [
        {"settings": {"syncStrategies": {"default": "serverWins", "opportunity": "manual"}}},
        {"settings": {"syncStrategies": {"opportunity": None}}},
    ]


def test_no_wait_ends_at_once(world: World) -> None:
    answer(world, ok(at(0), 202))
    result = world.run(*ONBOARD, "--no-wait")
    assert result.exit_code == 0
    assert "zebros tenants show cumulus" in result.stderr
    assert asked(world) == ["POST /v1/tenants"]
    assert json.loads(world.run(*ONBOARD, "--no-wait", "--json").stdout)["status"] == "onboarding"


def test_json_prints_the_end_only(world: World) -> None:
    answer(world, ok(at(0), 202), ok(at(3)), ok(at(5, status="active", state="done")))
    result = world.run(*ONBOARD, "--json")
    assert json.loads(result.stdout)["status"] == "active"
    assert result.stderr == ""


def test_an_onboarding_that_stops_says_where_and_how_to_go_on(world: World) -> None:
    error = {"step": "tables", "code": "limit", "detail": "too many tables"}
    stopped = at(1, status="failed", state="failed", error=error)
    stopped["operation"]["steps"][1] = {"name": "tables", "state": "failed", "detail": "too many tables"}
    answer(world, ok(at(0), 202), ok(stopped))
    result = world.run(*ONBOARD)
    assert result.exit_code == 1
    assert "tables: too many tables" in result.stderr
    assert "zebros tenants resume cumulus" in result.stderr
    shown = world.run("tenants", "show", "cumulus")
    assert "failed (too many tables)" in shown.stdout


def provisioning(
    id: str, state: str, *made: str, detail: str | None = None, **members: Any
) -> dict[str, Any]:
    steps = [{"name": "tables", "state": state, "detail": detail}]
    operation = {"kind": "provisioning", "state": state, "steps": steps, "made": made}
    if state == "failed":
        operation["error"] = {"step": "tables", "detail": detail}
    return {**CUMULUS, "id": id, "operation": operation, **members}


def test_provision_is_followed_to_its_end_and_names_what_was_made(world: World) -> None:
    looks = [provisioning("cumulus", "running")] * 3
    done = provisioning("cumulus", "done", "zebros-dev-t-cumulus-sync-log", detail="1 tables made")
    answer(world, ok(looks[0], 202), *(ok(each) for each in [*looks, done]))
    result = world.run("tenants", "provision", "cumulus")
    assert result.exit_code == 0, result.stderr
    assert result.stderr.splitlines()[0] == "Provisioning cumulus:"
    assert result.stderr.splitlines()[1].endswith("tables: 1 tables made")
    assert "zebros-dev-t-cumulus-sync-log" in result.stdout
    assert asked(world)[:2] == ["POST /v1/tenants/cumulus:provision", "GET /v1/tenants/cumulus"]
    assert world.waits == [1.0] * 3


def test_a_tenant_in_shared_tables_is_told_that_there_is_nothing_to_make(world: World) -> None:
    answer(world, ok(provisioning("cumulus", "done", detail="shared tables: nothing to make"), 202))
    result = world.run("tenants", "provision", "cumulus")
    assert (result.exit_code, "shared tables: nothing to make" in result.stderr) == (0, True)


def test_all_are_provisioned_in_turn_and_one_that_stops_holds_up_no_other(world: World) -> None:
    tenants = {
        "aurora": [provisioning("aurora", "running"), provisioning("aurora", "done", "a-sync-log")],
        "borealis": [provisioning("borealis", "failed", detail="no capacity")],
        "cumulus": [provisioning("cumulus", "done", detail="no table was missing")],
    }
    others = {"coming": "onboarding", "gone": "offboarded", "leaves": "offboarding", "stuck": "failed"}

    def respond(request: httpx.Request) -> httpx.Response:
        id = request.url.path.removeprefix("/v1/tenants").strip("/").partition(":")[0]
        if not id:
            listed = [{**CUMULUS, "id": each} for each in tenants]
            listed += [{**CUMULUS, "id": each, "status": status} for each, status in others.items()]
            return ok({"items": listed, "nextCursor": None})
        if request.method == "POST" and id == "dunes":
            return problem(409, "conflict", detail="This tenant is being offboarded: its tables go.")
        if request.method == "POST":
            return ok(provisioning(id, "running"), 202)
        left = tenants[id]
        return ok(left.pop(0) if len(left) > 1 else left[0])

    world.respond = respond
    tenants["dunes"] = [provisioning("dunes", "done", status="offboarding")]
    result = world.run("tenants", "provision", "--all")
    assert result.exit_code == 1
    assert asked(world)[0].startswith("GET /v1/tenants?isolation=silo")
    begun = [line.split("/")[-1] for line in asked(world) if line.startswith("POST")]
    assert begun == [f"{each}:provision" for each in ("aurora", "borealis", "cumulus", "dunes")]
    assert "borealis: the operation on tenant borealis stopped: tables: no capacity" in result.stderr
    assert "dunes:" in result.stderr
    assert [line for line in result.stderr.splitlines() if line.startswith("Left out")] == [
        f"Left out: {each}, which is {others[each]}." for each in ("coming", "leaves", "stuck")
    ]
    assert [line.split("\t")[:3] for line in result.stdout.splitlines()[1:]] == [
        ["aurora", "done", "a-sync-log"],
        ["borealis", "failed", ""],
        ["cumulus", "done", ""],
        ["dunes", "done", ""],
    ]


def test_all_without_waiting_and_as_json(world: World) -> None:
    answer(
        world,
        ok({"items": [CUMULUS], "nextCursor": None}),
        ok(provisioning("cumulus", "running"), 202),
        ok({"items": [], "nextCursor": None}),
    )
    result = world.run("tenants", "provision", "--all", "--no-wait", "--json")
    assert [each["operation"]["state"] for each in json.loads(result.stdout)] == ["running"]
    assert len(world.requests) == 2
    result = world.run("tenants", "provision", "--all")
    assert (result.exit_code, "No tenant has tables of its own" in result.stderr) == (0, True)


def test_resume_follows_whichever_operation_it_is(world: World) -> None:
    answer(world, ok(at(1), 202), ok(at(5, status="active", state="done")))
    assert world.run("tenants", "resume", "cumulus").exit_code == 0
    assert asked(world) == ["POST /v1/tenants/cumulus:resume", "GET /v1/tenants/cumulus"]
    leaving = at(1, status="offboarding", kind="offboarding")
    answer(world, ok(leaving, 202), ok(leaving), ok({**CUMULUS, "status": "offboarded"}))
    assert "offboarded" in world.run("tenants", "resume", "cumulus").stdout
    answer(world, ok(provisioning("cumulus", "running"), 202), ok(provisioning("cumulus", "done", "t-log")))
    assert "t-log" in world.run("tenants", "resume", "cumulus").stdout


def test_ctrl_c_leaves_the_operation_going_and_says_so(world: World) -> None:
    def respond(request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            raise KeyboardInterrupt
        return ok(at(0), 202)

    world.respond = respond
    result = world.run(*ONBOARD)
    assert result.exit_code == 130
    assert "It goes on without you" in result.stderr


def test_a_taken_id_is_a_conflict_that_names_it(world: World) -> None:
    taken = [{"entity": "tenant", "id": "cumulus", "match": "id"}]
    answer(world, problem(409, "duplicate", detail="this id was given before", records=taken))
    result = world.run(*ONBOARD)
    assert result.exit_code == 5
    assert "tenant cumulus has the same id" in result.stderr
    assert "--allow-duplicate" not in result.stderr


def test_a_bad_id_is_said_by_field(world: World) -> None:
    fault = {"field": "/id", "code": "separator", "message": "only the letters a to z and digits"}
    answer(world, problem(422, "validation-failed", detail="not accepted", errors=[fault]))
    result = world.run(*ONBOARD)
    assert result.exit_code == 7
    assert "/id: only the letters a to z and digits" in result.stderr


@pytest.mark.parametrize(
    "command",
    [
        ["list", "--status", "gone"],
        ["list", "--isolation", "shared"],
        ["onboard", "cumulus", "--name", "C"],
        [*ONBOARD[1:], "--isolation", "shared"],
        [*ONBOARD[1:], "--setting", "currency"],
        ["set", "cumulus"],
        ["suspend", "cumulus"],
        ["offboard"],
        ["offboard", "--yes"],
        ["provision"],
        ["provision", "cumulus", "--all"],
    ],
    ids=" ".join,
)
def test_bad_input_is_refused_before_anything_is_sent(world: World, command: list[str]) -> None:
    assert world.run("tenants", *command).exit_code == 2
    assert world.requests == []


def test_tenants_are_listed_with_filters(world: World) -> None:
    answer(world, ok({"items": [CUMULUS], "nextCursor": None}))
    result = world.run("tenants", "list", "--status", "active", "--isolation", "silo")
    assert result.stdout.splitlines()[1] == "cumulus\tCumulus Cycles\tsilo\tstandard\tactive"
    assert asked(world) == ["GET /v1/tenants?status=active&isolation=silo&limit=50"]
    answer(world, ok({"items": [], "nextCursor": None}))
    assert "zebros tenants onboard" in world.run("tenants", "list").stderr


def test_set_changes_settings_and_keeps_the_others(world: World) -> None:
    answer(world, ok(CUMULUS))
    world.run(
        "tenants", "set", "cumulus", "--tier", "premium", "--setting", "requestBurst=9", "--version", "7"
    )
    world.run("tenants", "set", "cumulus", "--admin-email", "bo.admin@cumulus.example")
    assert world.sent("/v1/tenants/cumulus") == [
        {"tier": "premium", "settings": {"requestBurst": 9}},
        {"admin": {"email": "bo.admin@cumulus.example"}},
    ]
    assert world.requests[0].headers["if-match"] == '"7"'


def test_suspending_says_how_to_undo_it(world: World) -> None:
    answer(world, ok({**CUMULUS, "status": "suspended", "reason": "unpaid"}))
    result = world.run("tenants", "suspend", "cumulus", "--reason", "unpaid")
    assert "zebros tenants activate cumulus" in result.stderr
    assert world.sent("/v1/tenants/cumulus:suspend") == [{"reason": "unpaid"}]
    assert "unpaid" in world.run("tenants", "show", "cumulus").stdout
    answer(world, ok(CUMULUS))
    assert "is active" in world.run("tenants", "activate", "cumulus").stderr


@pytest.mark.parametrize("typed", ["aurora\n", "\n", "CUMULUS\n", "yes\n", ""])
def test_offboarding_needs_the_id_typed(world: World, typed: str) -> None:
    answer(world, ok(CUMULUS))
    result = world.run("tenants", "offboard", "cumulus", stdin=typed)
    assert result.exit_code == 2
    assert "nothing was changed" in result.stderr
    assert asked(world) == ["GET /v1/tenants/cumulus"]


@pytest.mark.parametrize(("arguments", "typed"), [([], "cumulus\n"), (["--yes"], "")])
def test_offboarding_is_of_what_was_looked_at_and_ends_with_the_counts(
    world: World, arguments: list[str], typed: str
) -> None:
    counts = {"tables": {"customers": 1085, "contacts": 2}, "objects": 3}
    report = {
        "export": "s3://exports/cumulus",
        "services": {"customers": counts},
        "people": 4,
        "clients": 1,
        "removedTables": 6,
    }
    leaving = at(1, status="offboarding", kind="offboarding")
    answer(
        world,
        ok(CUMULUS),
        ok(leaving, 202),
        ok(leaving),
        ok({**CUMULUS, "status": "offboarded", "report": report}),
    )
    result = world.run("tenants", "offboard", "cumulus", *arguments, stdin=typed)
    assert result.exit_code == 0, result.stderr
    assert asked(world)[1] == "DELETE /v1/tenants/cumulus"
    assert world.requests[1].headers["if-match"] == '"7"'
    assert "2 of contacts, 1,085 of customers, 3 objects" in result.stdout
    assert "s3://exports/cumulus" in result.stdout


def test_the_question_is_not_in_the_data(world: World) -> None:
    answer(world, ok(CUMULUS), ok({**CUMULUS, "status": "offboarding"}, 202))
    result = world.run("tenants", "offboard", "cumulus", "--no-wait", "--json", stdin="cumulus\n")
    assert result.stdout.startswith("{")
    assert json.loads(result.stdout)["status"] == "offboarding"


def test_a_tenant_that_changed_since_it_was_shown_is_not_offboarded(world: World) -> None:
    answer(world, ok(CUMULUS), problem(412, "version-mismatch", currentVersion=8))
    assert world.run("tenants", "offboard", "cumulus", "--yes").exit_code == 5


def test_somebody_of_a_tenant_is_forbidden(world: World) -> None:
    answer(world, problem(403, "forbidden", detail="for administrators of the platform"))
    assert world.run("tenants", "list").exit_code == 8


def test_an_administrator_of_the_platform_signs_in_without_a_tenant(
    world: World, provider: IdentityProvider
) -> None:
    provider.tenant = ""
    provider.claims = {"realm_access": {"roles": ["offline_access", "platform-admin"]}}
    result = world.run("login")
    assert result.exit_code == 0, result.stderr
    assert "Signed in to the platform" in result.stderr
    shown = json.loads(world.run("whoami", "--json").stdout)
    assert (shown["profile"], shown["tenant"], shown["role"]) == ("platform", "", "platform-admin")
    assert "offline_access" not in world.run("whoami").stdout
