"""The story of companies: they come, invite their people, work, are kept apart, and one of them leaves.

Told through the command line, and by HTTP where it has no verb for what must not work.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from command_line import Terminal
from company_story import PASSWORD, ROLES, Colleague, Company, World, onboard
from deployed_stack import MODELS, Deployment, eventually, unique

from zebros_core.tenancy.registry import Tenant
from zebros_local.errors import SignInError

pytestmark = pytest.mark.e2e

STEPS = ("organization", "tables", "admin", "welcome", "activate")
# Within this every container knows that a tenant is no longer served; and the machine that a test runs on may be busy.
STALE_SECONDS = 35.0
# A company that leaves is waited for a minute. At this scale it is a little more than the 30 s that it has to be.
WAIT_SCALE = 0.55
OPERATIONS = (
    ("GET", "/v1/users/{userId}", None),
    ("PATCH", "/v1/users/{userId}", {"name": "Taken Over"}),
    ("POST", "/v1/users/{userId}:deactivate", None),
    ("POST", "/v1/users/{userId}:activate", None),
    ("POST", "/v1/users/{userId}:invite", None),
    ("GET", "/v1/teams/{teamId}", None),
    ("PATCH", "/v1/teams/{teamId}", {"name": "Taken over"}),
    ("DELETE", "/v1/teams/{teamId}", None),
    ("GET", "/v1/integrations/{integrationId}", None),
    ("POST", "/v1/integrations/{integrationId}:rotate", None),
    ("DELETE", "/v1/integrations/{integrationId}", None),
    ("GET", "/v1/customers/{customerId}", None),
    ("PATCH", "/v1/customers/{customerId}", {"industry": "taken over"}),
    ("GET", "/v1/customers/{customerId}/history", None),
    ("DELETE", "/v1/customers/{customerId}", None),
    ("POST", "/v1/customers/{customerId}/restore", None),
)
FILTERS = (
    ("/v1/users", "team", "teamId"),
    ("/v1/customers", "owner", "userId"),
    ("/v1/customers", "team", "teamId"),
    ("/v1/audit", "actor", "userId"),
)


@pytest.fixture(scope="module")
def world(deployment: Deployment, tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(deployment, tmp_path_factory.mktemp("terminals"))


@pytest.fixture(scope="module")
def _shorter_waits(deployment: Deployment) -> Iterator[None]:
    url = f"{deployment.state.endpoint}/_ministack/config"
    httpx.post(url, json={"stepfunctions._SFN_WAIT_SCALE": WAIT_SCALE})
    yield
    httpx.post(url, json={"stepfunctions._SFN_WAIT_SCALE": 1})


@pytest.fixture(params=MODELS)
def company(world: World, request: pytest.FixtureRequest) -> Company:
    return world[request.param]


def test_an_operator_sees_how_far_an_onboarding_is_and_an_id_is_given_once(
    world: World, company: Company
) -> None:
    told = [line.split()[1].rstrip(":") for line in company.onboarding.splitlines()[1:]]
    assert tuple(told) == STEPS, company.onboarding
    again = Tenant(company.id, "Another company", company.isolation)
    refused = world.operator.run(*onboard(again))
    assert refused.returncode == 5
    assert f"tenant {company.id} has the same id" in refused.stderr
    shown = json.loads(world.operator.succeed("tenants", "show", company.id, "--json"))
    assert (shown["status"], shown["name"]) == ("active", f"The {company.isolation} company")


def test_the_first_admin_is_greeted_in_their_language_and_knows_where_they_are(
    world: World, company: Company
) -> None:
    subjects = [mail.subject for mail in world.mails(company.admin.email)]
    assert f"The {company.isolation} company ist auf Zebros eingerichtet" in subjects
    me = company.admin.shown("me")
    assert (me["role"], me["tenant"]["tenantId"], me["email"]) == (
        "tenant-admin",
        company.id,
        company.admin.email,
    )
    statuses = {user["email"]: user["status"] for user in company.admin.shown("users", "list")}
    assert {person.email: statuses[person.email] for person in company.people} == {
        person.email: "active" for person in company.people
    }


def test_an_operator_is_nobody_in_a_company_and_an_admin_nobody_on_the_platform(world: World) -> None:
    admin = world["pool"].admin
    assert world.operator.run("customers", "list").returncode == 3
    code, said = admin.refused("tenants", "suspend", world["silo"].id, "--reason", "revenge")
    assert (code, "administrators of the platform" in said) == (8, True)
    refusals = eventually(lambda: admin.shown("audit", "list", "--action", "permission.refused"))
    assert "suspendTenant" in {entry["details"]["operation"] for entry in refusals}


@pytest.mark.parametrize("name", ROLES)
def test_everybody_is_told_what_the_role_table_says(world: World, checkout: Path, name: str) -> None:
    table = json.loads((checkout / "infrastructure" / "permissions.json").read_text())["roles"]
    colleague: Colleague = getattr(world["bridge"], name)
    rows = colleague.shown("me", "permissions")
    told: dict[str, dict[str, str]] = {}
    for row in rows:
        assert row["reason"]
        if row["allowed"]:
            told.setdefault(row["entity"], {})[row["action"]] = row["visibility"]
    assert told == {entity: actions for entity, actions in table[ROLES[name]].items() if actions}


def test_a_rep_sees_the_team_and_changes_what_is_theirs(world: World) -> None:
    company = world["bridge"]
    rep, manager = company.rep, company.manager
    theirs, elsewhere = unique("Theirs"), unique("Elsewhere")
    own = rep.shown("customers", "create", theirs)["customerId"]
    company.admin.shown("customers", "create", elsewhere)
    assert {theirs, f"First of {company.id}"} <= rep.customers()
    assert elsewhere not in rep.customers()
    assert elsewhere in manager.customers()
    rep.shown("customers", "update", own, "--tier", "gold")
    assert rep.refused("customers", "update", company.customer, "--tier", "gold")[0] == 8
    assert company.viewer.refused("customers", "update", own, "--tier", "silver")[0] == 8
    code, said = rep.refused("users", "invite", f"new@{company.id}.example", "--name", "New")
    assert (code, "write user records" in said) == (8, True)


def test_a_manager_invites_below_the_own_role_and_into_the_own_team(world: World) -> None:
    company = world["silo"]
    manager = company.manager
    email = f"second@{company.id}.example"

    def invite(role: str, *more: str) -> tuple[str, ...]:
        return ("users", "invite", email, "--name", "Vic Viewer", "--role", role, *more)

    in_team = ("--team", company.team)
    for role in ("tenant-admin", "sales-manager"):
        code, said = manager.refused(*invite(role, *in_team))
        assert (code, role in said) == (8, True)
    assert manager.refused(*invite("viewer"))[0] == 8
    assert manager.shown(*invite("viewer", *in_team))["status"] == "invited"
    code, said = manager.refused(*invite("viewer", *in_team))
    assert (code, "has the same email" in said) == (5, True)
    # Somebody of another company is not to be had, and nobody is told why.
    stranger = world.strangers(company)[0].rep.email
    code, said = company.admin.refused("users", "invite", stranger, "--name", "Mine Now")
    assert (code, world.strangers(company)[0].id in said.replace(stranger, "")) == (7, False)


def test_who_is_given_a_customer_is_told_once_in_their_language(world: World, company: Company) -> None:
    name = unique("Tidewater")
    stranger = world.strangers(company)[0].rep
    made = company.manager.shown("customers", "create", name)["customerId"]
    # To somebody whom this company does not have: they are told nothing of it.
    company.manager.api.ask("PATCH", f"/v1/customers/{made}", {"ownerId": stranger.id})
    company.manager.shown("customers", "update", made, "--owner", company.rep.email)

    def told(email: str) -> list[str]:
        return [mail.subject for mail in world.mails(email) if name in mail.subject]

    # Changes of one record are told in their order.
    assert eventually(lambda: told(company.rep.email)) == [f"{name} gehört jetzt Ihnen"]
    assert told(stranger.email) == []


def test_the_audit_log_tells_the_admin_who_signed_in_who_was_refused_and_whose_rights_changed(
    world: World, company: Company
) -> None:
    admin, rep, viewer = company.admin, company.rep, company.viewer
    assert rep.refused("teams", "create", "mine", "--name", "Mine")[0] == 8
    with pytest.raises(SignInError):
        world.deployment.identity.sign_in(viewer.email, "not the password")
    admin.shown("users", "set", viewer.email, "--role", "sales-rep")
    admin.shown("users", "set", viewer.email, "--role", "viewer")
    world.deployment.aws("lambda").invoke(
        FunctionName="zebros-auth-local-upkeep", Payload=json.dumps({"task": "collect-sign-ins"})
    )

    def entries(action: str, actor: Colleague) -> list[tuple[str, str | None]]:
        found = admin.shown("audit", "list", "--action", action, "--actor", actor.id)
        return [(entry["outcome"], entry["recordId"]) for entry in found]

    eventually(lambda: len(entries("user.changed", admin)) >= 2)
    eventually(lambda: ("refused", None) in entries("permission.refused", rep))
    assert {outcome for outcome, _ in entries("sign-in", viewer)} == {"done", "failed"}
    changed = admin.shown("audit", "list", "--action", "user.changed", "--actor", admin.id)
    latest = [entry["details"] for entry in changed if entry["recordId"] == viewer.id][:2]
    assert [(each["roleBefore"], each["role"]) for each in latest] == [
        ("sales-rep", "viewer"),
        ("viewer", "sales-rep"),
    ]
    everybody = {person.id for person in world.strangers(company)[0].people}
    assert not everybody & {entry["actor"] for entry in admin.shown("audit", "list", "--all")}
    assert company.manager.refused("audit", "list")[0] == 8


def test_an_integration_does_what_its_scopes_say_until_its_secret_is_replaced(
    world: World, tmp_path: Path
) -> None:
    company = world["pool"]
    admin = company.admin
    options = ("--role", "sales-manager", "--team", company.team, "--scope", "records:read")
    made = admin.shown("integrations", "create", "ERP", *options)
    machine = Terminal(admin.terminal.deployment, tmp_path / "erp")

    def sign_in(secret: str) -> subprocess.CompletedProcess[str]:
        return machine.run("login", "--client-id", made["clientId"], "--client-secret-stdin", typed=secret)

    assert sign_in(made["clientSecret"]).returncode == 0
    assert json.loads(machine.succeed("customers", "get", company.customer, "--json"))["customerId"]
    refused = machine.run("customers", "create", unique("Machine"))
    assert (refused.returncode, "scopes" in refused.stderr) == (8, True)
    assert company.manager.refused("integrations", "list")[0] == 8

    id = made["integrationId"]
    replaced = admin.shown("integrations", "rotate", id)
    assert sign_in(made["clientSecret"]).returncode == 3
    assert sign_in(replaced["clientSecret"]).returncode == 0
    admin.terminal.succeed("integrations", "delete", id, "--yes")
    assert sign_in(replaced["clientSecret"]).returncode == 3
    assert id not in {each["integrationId"] for each in admin.shown("integrations", "list")}


def test_nothing_of_another_company_is_to_be_had(world: World, company: Company) -> None:
    for theirs in world.strangers(company):
        for method, path, body in OPERATIONS:
            answer = company.admin.api.send(method, path.format(**theirs.ids), body)
            assert answer.status_code == 404, f"{method} {path}: {answer.status_code} {answer.text}"
        for path, filter, id in FILTERS:
            answer = company.admin.api.get(path, **{filter: theirs.ids[id]})
            assert (answer.status_code, answer.json()["items"]) == (200, []), f"{path}?{filter}"
        assert company.admin.api.ask("GET", "/v1/users", params={"email": theirs.rep.email})["items"] == []
        assert company.admin.api.found(theirs.id) == []
        # They have it all, as it was.
        assert theirs.admin.api.ask("GET", f"/v1/customers/{theirs.customer}")["industry"] is None
        assert theirs.admin.api.ask("GET", f"/v1/users/{theirs.rep.id}")["name"] == "A rep"


@pytest.mark.usefixtures("_shorter_waits")
def test_one_company_is_suspended_another_leaves_and_the_third_works_on(world: World) -> None:
    """At once, because each takes half a minute: every container has to learn of it."""
    suspended, leaving, third = (world[model] for model in MODELS)
    before = third.admin.customers()
    people = len(leaving.admin.shown("users", "list"))
    with ThreadPoolExecutor(max_workers=2) as pool:
        offboarding = pool.submit(world.operator.run, "tenants", "offboard", leaving.id, "--yes")
        pool.submit(suspend_and_activate, world, suspended).result()
        left = offboarding.result()
    assert left.returncode == 0, left.stderr

    report = json.loads(world.operator.succeed("tenants", "show", leaving.id, "--json"))
    assert report["status"] == "offboarded"
    counted = report["report"]
    for part in ("exported", "services"):
        assert counted[part]["auth"]["tables"]["users"] == people
        assert counted[part]["customers"]["tables"]["customers"] >= 2
    assert (counted["people"], counted["clients"]) == (people, 1)
    for person in leaving.people:
        with pytest.raises(SignInError):
            world.deployment.identity.sign_in(person.email, PASSWORD)
    code, said = leaving.rep.refused("customers", "list")
    assert code in {3, 8}, said

    for company in (suspended, third):
        assert world.deployment.identity.sign_in(company.rep.email, PASSWORD).access
        assert company.admin.shown("integrations", "show", company.integration)["name"] == "Shop"
        assert company.rep.id in {user["userId"] for user in company.admin.shown("users", "list")}
    assert third.admin.customers() == before


def suspend_and_activate(world: World, company: Company) -> None:
    rep = company.rep.terminal
    world.operator.succeed("tenants", "suspend", company.id, "--reason", "unpaid")
    refused = eventually(
        lambda: [done for done in [rep.run("customers", "list")] if done.returncode], seconds=STALE_SECONDS
    )
    assert [(done.returncode, "suspended" in done.stderr) for done in refused] == [(8, True)]
    world.operator.succeed("tenants", "activate", company.id)
    eventually(lambda: rep.run("customers", "list").returncode == 0, seconds=STALE_SECONDS)
