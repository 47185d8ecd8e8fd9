"""What onboarding and offboarding reach, in memory: state machines that run when told, tables, doors and mails."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from fake_identity import FakeIdentity
from service_in_process import create_tables

from zebros_auth.bootstrap import Container
from zebros_auth.domain.identity import NewPerson
from zebros_auth.domain.operation import STEPS, OperationKind
from zebros_auth.domain.ports_tenancy import TenantPage
from zebros_auth.domain.tenant import FirstAdmin, Isolation, TenantRecord
from zebros_auth.use_cases.run_step import give_up, run_step
from zebros_core.errors import ConflictError, UnavailableError
from zebros_core.tenancy import TenantContext

ATTEMPTS = 3
"""How often a machine here tries a step that raises."""


@dataclass
class Machines:
    """Starts nothing by itself: `run` is the state machine's part."""

    started: list[tuple[OperationKind, str, int]] = field(default_factory=list)
    running: set[tuple[OperationKind, str, int]] = field(default_factory=set)
    out_of_reach: bool = False

    def start(self, kind: OperationKind, tenant_id: str, attempt: int) -> None:
        if self.out_of_reach:
            raise UnavailableError
        if (kind, tenant_id, attempt) not in self.started:
            self.started.append((kind, tenant_id, attempt))
            self.running.add((kind, tenant_id, attempt))

    def is_running(self, kind: OperationKind, tenant_id: str, attempt: int) -> bool:
        return (kind, tenant_id, attempt) in self.running


@dataclass
class Tables:
    """Tables of silos: not complete until asked `rounds` times."""

    container: Container
    rounds: int = 1
    asked: int = 0
    made: set[str] = field(default_factory=set)

    def advance(self, tenant_id: str) -> list[str]:
        self.asked += 1
        if tenant_id not in self.made:
            create_tables(
                self.container.dynamodb, f"zebros-{self.container.core.stage}-t-{tenant_id}", "auth"
            )
            self.made.add(tenant_id)
        return [] if self.asked > self.rounds else ["users"]

    def missing(self, tenant_id: str) -> list[str]:
        return [] if tenant_id in self.made else ["users", "auth-lookup"]

    def remove(self, tenant_id: str) -> list[str]:
        removed = ["users", "auth-lookup"] if tenant_id in self.made else []
        self.made.discard(tenant_id)
        return removed

    def remaining(self, tenant_id: str) -> list[str]:
        return ["users"] if tenant_id in self.made else []


@dataclass
class Doors:
    """Two services' records by tenant, given up two at a time; `late` come after the first pass."""

    records: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    late: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    exported: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    services: tuple[str, ...] = ("auth", "customers")
    refuses: str = ""

    def export_page(self, service: str, context: TenantContext, resume: dict[str, Any] | None) -> TenantPage:
        start, found = (resume or {"at": 0})["at"], self.records.get((service, context.tenant_id), [])
        self.exported.setdefault((service, context.tenant_id), set()).update(found[start : start + 2])
        counts = {"records": min(start + 2, len(found)), "objects:documents": 1}
        return TenantPage(counts, {"at": start + 2, "after": None} if start + 2 < len(found) else None)

    def erase_page(self, service: str, context: TenantContext, resume: dict[str, Any] | None) -> TenantPage:
        if self.refuses:
            raise ConflictError(self.refuses)
        found = self.records.get((service, context.tenant_id), [])
        erased = (resume or {"erased": 0})["erased"] + len(found[:2])
        del found[:2]
        if found:
            return TenantPage({"records": erased}, {"erased": erased, "after": None})
        found += self.late.pop((service, context.tenant_id), [])
        return TenantPage({"records": erased}, None)

    def location(self, tenant_id: str) -> str:
        return f"s3://exports/{tenant_id}/offboarding/"


@dataclass
class Mails:
    """What was mailed, at most once a key; `fail` times it is not taken."""

    sent: list[tuple[str, str, str, Mapping[str, str]]] = field(default_factory=list)
    keys: set[str] = field(default_factory=set)
    fail: int = 0

    def send(self, template: str, to: str, language: str, values: Mapping[str, str], key: str) -> bool:
        if self.fail:
            self.fail -= 1
            raise UnavailableError(detail="The message service is out of reach.")
        if key in self.keys:
            return False
        self.keys.add(key)
        self.sent.append((template, to, language, values))
        return True


@dataclass
class World:
    """Everything around the service's tenancy."""

    container: Container
    identity: FakeIdentity
    machines: Machines
    tables: Tables
    doors: Doors
    mails: Mails

    @classmethod
    def around(cls, container: Container, identity: FakeIdentity) -> World:
        world = cls(container, identity, Machines(), Tables(container), Doors(), Mails())
        vars(container).pop("tenancy", None)
        vars(container)["tenancy"] = replace(
            container.tenancy,
            machines=lambda: world.machines,
            tables=lambda: world.tables,
            doors=lambda: world.doors,
            mailer=lambda tenant_id: world.mails,
        )
        return world

    def settle(self, id: str, isolation: str, admin: FirstAdmin) -> None:
        """Let a tenant be there as an onboarding leaves it, without the steps."""
        self.container.tenancy.tenants.add(
            TenantRecord(tenant_id=id, name=id, isolation=Isolation(isolation), admin=admin)
        )
        organization = self.identity.ensure_organization(id, id)
        person = self.identity.ensure_person(NewPerson(admin.email, admin.name, id, "tenant-admin"))
        self.identity.add_member(organization, person.id)
        if isolation == "silo":
            self.tables.advance(id)

    def run(
        self, *, until: str | None = None, meanwhile: Callable[[str], Any] = lambda step: None
    ) -> list[str]:
        """Run what was started to its end, as the state machines would; return the steps that were called.

        `until` breaks off before that step, as if the machine had been killed. `meanwhile` is called before each step.
        """
        called: list[str] = []
        for kind, tenant_id, attempt in sorted(self.machines.running):
            self._run(kind, tenant_id, called, until, meanwhile)
            self.machines.running.discard((kind, tenant_id, attempt))
        return called

    def _run(
        self,
        kind: OperationKind,
        tenant_id: str,
        called: list[str],
        until: str | None,
        meanwhile: Callable[[str], Any],
    ) -> None:
        for step in STEPS[kind]:
            if step == until:
                return
            failures = 0
            while True:
                called.append(step)
                assert len(called) < 500, "a step that never ends"
                meanwhile(step)
                try:
                    answer = run_step(self.container.tenancy, kind, step, tenant_id)
                except Exception:  # noqa: BLE001 - whatever it is, a machine tries again
                    failures += 1
                    if failures == ATTEMPTS:
                        give_up(self.container.tenancy, kind, tenant_id)
                        return
                    continue
                if answer.outcome == "refused":
                    return
                if answer.outcome == "done":
                    break
