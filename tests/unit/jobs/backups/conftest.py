"""Tenants with something of everything, and backups of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import boto3
import pytest
from callers import Person
from jobs_in_process import JobsWorld, carry_out

from zebros_core.ids import new_id
from zebros_core.tenancy import TenantContext
from zebros_jobs.domain.job import Job
from zebros_jobs.use_cases.run_job import Work


@dataclass
class PeopleDoor:
    """The door of the auth service, as far as backups use it: teams by tenant, and a person."""

    world: JobsWorld
    teams: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])

    def __call__(self, call: Mapping[str, Any], context: Any = None) -> dict[str, Any]:
        caller = self.world.jobs.internal_tokens.verify(call["token"], audience="zebros-auth-test-bulk")
        teams = self.teams.setdefault(caller.tenant_id, {"north": "North"})
        match call["verb"]:
            case "settings":
                items = [
                    {"kind": "team", "id": id, "value": {"teamId": id, "name": teams[id]}} for id in teams
                ]
                return {"items": items, "nextCursor": None}
            case "putSettings":
                outcomes = []
                for item in call["items"]:
                    name, there = item["value"]["name"], item["id"] in teams
                    kind = "unchanged" if teams.get(item["id"]) == name else "updated" if there else "created"
                    teams[item["id"]] = name
                    outcomes.append({"kind": "team", "id": item["id"], "outcome": kind, "problem": None})
                return {"outcomes": outcomes}
            case "schema":
                fields = {name: {"classification": "personal"} for name in ("email", "name")}
                return {"entities": {"user": {"schemaVersion": 1, "fields": fields}}}
            case "export":
                person = {
                    "userId": "user-1",
                    "name": f"Ada of {caller.tenant_id}",
                    "email": "ada@example.com",
                }
                return {"items": [{**person, "createdAt": "2026-01-01T00:00:00Z"}], "nextCursor": None}
            case verb:
                raise AssertionError(verb)


@pytest.fixture(autouse=True)
def people(world: JobsWorld) -> Iterator[PeopleDoor]:
    """Let the door of auth answer."""
    door = PeopleDoor(world)
    former = world.doors.handlers.get("auth")
    world.doors.handlers["auth"] = door
    yield door
    if former is None:
        del world.doors.handlers["auth"]
    else:
        world.doors.handlers["auth"] = former


class Records:
    """Writes and reads the records of one tenant as an administrator."""

    def __init__(self, world: JobsWorld, tenant_id: str) -> None:
        self.world = world
        self.tenant_id = tenant_id
        self._context = TenantContext(
            tenant_id,
            "user-1",
            roles=frozenset({"tenant-admin"}),
            team_id="north",
            isolation=world.jobs.registry.get(tenant_id).isolation,
        )

    def door(self, entity: str) -> Any:
        service = {"customer": "customers", "contact": "customers", "document": "customers"}.get(
            entity, "activities" if entity == "activity" else "pipeline"
        )
        return self.world.jobs.bulk_doors.door(service, self._context)

    def apply(self, entity: str, operation: str, id: str | None = None, **changes: Any) -> str:
        (outcome,) = self.door(entity).apply(
            [
                {
                    "mutationId": new_id(self.world.jobs.clock),
                    "entity": entity,
                    "operation": operation,
                    "skipDuplicates": True,
                    **({"id": id} if id else {}),
                    **({"changes": changes} if changes else {}),
                }
            ]
        )
        assert outcome["outcome"] in {"created", "updated", "deleted", "restored"}, outcome
        return str(outcome["id"])

    def all(self, entity: str) -> dict[str, dict[str, Any]]:
        """Return the live records by id."""
        return {
            record[f"{entity}Id"]: record for record in self.door(entity).export(entity, limit=1000)["items"]
        }


@pytest.fixture
def records(world: JobsWorld) -> Callable[[str], Records]:
    """Give the records of a tenant."""
    return lambda tenant_id: Records(world, tenant_id)


@dataclass
class Estate:
    """What `furnish` made, by kind."""

    customer: list[str]
    contact: list[str]
    opportunity: list[str]
    activity: list[str]
    product: list[str]
    lead: list[str]
    document: list[str]


@pytest.fixture
def furnish(world: JobsWorld, records: Callable[[str], Records]) -> Callable[..., Estate]:
    """Give a tenant something of everything, with what lies beside it."""

    def make(tenant_id: str, mark: str = "") -> Estate:
        of = records(tenant_id)
        custom = world.customers.system_workspace(tenant_id, "test")
        from zebros_customers.domain.custom_field import FieldDraft, FieldEntity
        from zebros_customers.use_cases.manage_fields import define_field

        define_field(custom, FieldDraft(entity=FieldEntity.CUSTOMER, name="region", type="text"))  # type: ignore[arg-type]
        info = {"email": "info@acme.example", "address": {"city": "Essen"}}
        customers = [
            of.apply(
                "customer", "create", companyName=f"Acme {mark}", contactInfo=info, custom={"region": "north"}
            ),
            of.apply("customer", "create", companyName=f"=Globex {mark}", tags=["a", "b"]),
        ]
        contacts = [
            of.apply(
                "contact", "create", lastName=f"Ünal {mark}", customerId=customers[0], email="ü@acme.example"
            )
        ]
        product = of.apply("product", "create", name=f"Pump {mark}", unitPrice=12.5, currency="EUR")
        lead = of.apply("lead", "create", lastName=f"Leader {mark}", email="lead@acme.example")
        deal = of.apply(
            "opportunity",
            "create",
            title=f"Deal {mark}",
            customerId=customers[0],
            lines=[{"productId": product, "quantity": 2}],
        )
        activities = [
            of.apply(
                "activity",
                "create",
                type="call",
                subject=f"Call {mark}",
                description="A long story. " * 60,
                relatedType="customer",
                relatedId=customers[0],
            ),
            of.apply("activity", "create", type="note", subject=f"Note {mark}", description="short"),
        ]
        document = put_document(world, tenant_id, customers[0], f"contract {mark}".encode() * 30_000)
        return Estate(customers, contacts, [deal], activities, [product], [lead], [document])

    return make


def put_document(world: JobsWorld, tenant_id: str, customer_id: str, content: bytes) -> str:
    """Upload a document of a customer, as its owner does."""
    from zebros_customers.domain.document import DocumentDraft
    from zebros_customers.use_cases.complete_document import complete_document
    from zebros_customers.use_cases.start_document import start_document

    workspace = world.customers.workspace(
        TenantContext(
            tenant_id,
            "user-1",
            roles=frozenset({"tenant-admin"}),
            team_id="north",
            isolation=world.jobs.registry.get(tenant_id).isolation,
        )
    )
    draft = DocumentDraft(
        customer_id=customer_id,
        file_name="contract.pdf",
        content_type="application/pdf",
        size_bytes=len(content),
    )
    document = start_document(workspace, draft).document
    boto3.client("s3").put_object(
        Bucket=world.customers.core.documents_bucket,
        Key=document.object_key,
        Body=content,
        ContentType="application/pdf",
    )
    complete_document(workspace, document.document_id)
    return str(document.document_id)


@pytest.fixture
def back_up(world: JobsWorld, person: Callable[..., Person]) -> Callable[..., Job]:
    """Make a backup of a tenant, as an administrator asks for it."""

    def run(tenant_id: str, work: Work | None = None) -> Job:
        started = person(tenant_id).post("/v1/backups")
        assert started.status == 202, started.text
        return carry_out(world.jobs, tenant_id, started.body["jobId"], work=work)

    return run
