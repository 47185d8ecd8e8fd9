"""Companies as they come to the product: onboarded by its operator, their people invited by mail and signed in."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from secrets import token_hex
from typing import Any

from command_line import Terminal
from deployed_stack import MODELS, Deployment, Member, eventually
from stand_in import set_password

from zebros_core.tenancy.context import IsolationName
from zebros_core.tenancy.registry import Tenant
from zebros_local import keycloak
from zebros_local.mailbox import Mail, mails

PASSWORD = "correct horse battery"
ROLES = {"admin": "tenant-admin", "manager": "sales-manager", "rep": "sales-rep", "viewer": "viewer"}

_LINK = re.compile(r"http\S+action-token\S+")


@dataclass(frozen=True)
class Colleague:
    """Somebody of a company, at a terminal of their own and, by the same sign-in, over HTTP."""

    email: str
    id: str
    terminal: Terminal
    api: Member

    def shown(self, *arguments: str) -> Any:
        """Run a command that has to succeed, and return the JSON that it printed."""
        return json.loads(self.terminal.succeed(*arguments, "--json"))

    def refused(self, *arguments: str) -> tuple[int, str]:
        """Run a command that must not succeed; return its exit code and what it said."""
        done = self.terminal.run(*arguments)
        assert done.returncode != 0, f"zebros {' '.join(arguments)}: {done.stdout}"
        return done.returncode, done.stderr

    def customers(self) -> set[str]:
        """Return the names of the customers that they see."""
        return {record["companyName"] for record in self.shown("customers", "list", "--all")}


@dataclass(frozen=True)
class Company:
    """A tenant with an admin, who is in no team, and a manager, a rep and a viewer of the same team."""

    id: str
    isolation: IsolationName
    team: str
    onboarding: str
    admin: Colleague
    manager: Colleague
    rep: Colleague
    viewer: Colleague
    customer: str
    integration: str

    @property
    def people(self) -> tuple[Colleague, ...]:
        return self.admin, self.manager, self.rep, self.viewer

    @property
    def ids(self) -> dict[str, str]:
        """Its ids by the placeholders that routes have for them."""
        return {
            "userId": self.rep.id,
            "teamId": self.team,
            "integrationId": self.integration,
            "customerId": self.customer,
        }


class Platform:
    """The platform's operator, and people whose invitations are followed."""

    def __init__(self, deployment: Deployment, folder: Path) -> None:
        self.deployment = deployment
        self._folder = folder
        self.operator = Terminal(deployment, folder / "operator")
        self.operator.succeed(
            *("login", "--client-id", keycloak.ADMIN_CLIENT, "--client-secret-stdin"),
            typed=keycloak.ADMIN_SECRET,
        )

    def mails(self, email: str) -> list[Mail]:
        """Return the mails to an address, oldest first."""
        return mails(self.deployment.state, email)

    def follow_invitation(self, email: str) -> None:
        """Follow the link of the invitation, and choose a password."""
        links = eventually(lambda: [found for mail in self.mails(email) if (found := link_in(mail.text))])
        done = set_password(links[-1], PASSWORD)
        assert not done.problem, done.problem

    def sign_in(self, tenant: Tenant, email: str) -> Colleague:
        """Sign somebody in at a terminal of their own."""
        terminal = Terminal(self.deployment, self._folder / email)
        assert f"Signed in to {tenant.id} as {email}" in terminal.sign_in_with_browser(email, PASSWORD)
        token = self.deployment.identity.sign_in(email, PASSWORD).access
        api = Member(tenant, email, token, self.deployment.http)
        return Colleague(email, api.ask("GET", "/v1/me")["userId"], terminal, api)

    def arrive(self, tenant: Tenant, email: str) -> Colleague:
        """Follow an invitation and sign in."""
        self.follow_invitation(email)
        return self.sign_in(tenant, email)


class World(Platform):
    """The platform's operator, and whom they have onboarded: a company of each isolation model."""

    def __init__(self, deployment: Deployment, folder: Path) -> None:
        super().__init__(deployment, folder)
        with ThreadPoolExecutor(max_workers=len(MODELS)) as pool:
            self._companies = dict(zip(MODELS, pool.map(self._found, MODELS), strict=True))

    def __getitem__(self, isolation: str) -> Company:
        return next(company for company in self if company.isolation == isolation)

    def __iter__(self) -> Iterator[Company]:
        return iter(self._companies.values())

    def strangers(self, company: Company) -> list[Company]:
        """The companies of the other isolation models."""
        return [other for other in self if other.id != company.id]

    def _found(self, isolation: IsolationName) -> Company:
        tenant = Tenant(f"{isolation}{token_hex(4)}", f"The {isolation} company", isolation)
        onboarding = self.operator.run(*onboard(tenant))
        assert onboarding.returncode == 0, onboarding.stderr
        admin = self.arrive(tenant, address("admin", tenant))
        team = f"team-{tenant.id}"
        admin.terminal.succeed("teams", "create", team, "--name", "North")
        for name in ("manager", "rep", "viewer"):
            options = ("--name", f"A {name}", "--role", ROLES[name], "--team", team)
            admin.terminal.succeed("users", "invite", address(name, tenant), *options, "--language", "de")
        manager, rep, viewer = (
            self.arrive(tenant, address(name, tenant)) for name in ("manager", "rep", "viewer")
        )
        customer = manager.api.customer(f"First of {tenant.id}")["customerId"]
        wanted = {"name": "Shop", "role": "viewer", "scopes": ["records:read"]}
        integration = admin.api.ask("POST", "/v1/integrations", wanted)
        return Company(
            id=tenant.id,
            isolation=isolation,
            team=team,
            onboarding=onboarding.stderr,
            admin=admin,
            manager=manager,
            rep=rep,
            viewer=viewer,
            customer=customer,
            integration=integration["integrationId"],
        )


def address(name: str, tenant: Tenant) -> str:
    return f"{name}@{tenant.id}.example"


def onboard(tenant: Tenant) -> tuple[str, ...]:
    """Return the command that onboards a company."""
    return (
        *("tenants", "onboard", tenant.id, "--name", tenant.name, "--isolation", tenant.isolation),
        *("--admin-email", address("admin", tenant), "--admin-name", "An admin", "--language", "de"),
        *("--setting", "requestsPerSecond=10000", "--setting", "requestBurst=10000"),
    )


def link_in(text: str) -> str | None:
    """Return the link in the text of an invitation."""
    found = _LINK.search(text)
    return unescape(found[0]) if found else None
