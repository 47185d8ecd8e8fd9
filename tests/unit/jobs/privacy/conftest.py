"""All services as one stage, with versioned buckets, and people of whom something is held."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from callers import Person
from jobs_in_process import JobsWorld
from personal_traces import Traces, make_versioned
from stub_owners import SERVICES, Owners

from zebros_jobs.bootstrap import Container

JANE = "jane.roe@example.com"


@pytest.fixture(scope="module", autouse=True)
def _versioned(world: JobsWorld) -> None:
    make_versioned(world.jobs)
    s3: Any = boto3.client("s3")
    for purpose in ("transfers", "reports", "backups"):
        s3.put_bucket_versioning(
            Bucket=world.jobs.settings.bucket(purpose), VersioningConfiguration={"Status": "Enabled"}
        )


@pytest.fixture(autouse=True)
def _without_objects(world: JobsWorld) -> Iterator[None]:
    yield
    s3: Any = boto3.client("s3")
    for bucket in s3.list_buckets()["Buckets"]:
        page = s3.list_object_versions(Bucket=bucket["Name"])
        for entry in (*page.get("Versions", ()), *page.get("DeleteMarkers", ())):
            s3.delete_object(Bucket=bucket["Name"], Key=entry["Key"], VersionId=entry["VersionId"])


@pytest.fixture
def owners(world: JobsWorld) -> Iterator[Owners]:
    """Replace all services by such as answer the privacy verbs and nothing else."""
    former = dict(world.doors.handlers)
    made = Owners()
    for service in SERVICES:
        world.doors.handlers[service] = made(service)
    yield made
    world.doors.handlers.clear()
    world.doors.handlers.update(former)


@pytest.fixture
def traces(world: JobsWorld) -> Traces:
    return Traces(world.jobs, world.customers, world.pipeline, world.activities, world.auth, world.sync)


@pytest.fixture
def add_jane(world: JobsWorld, tenant: Callable[..., str]) -> Callable[..., str]:
    """Add a customer and Jane as its contact to a tenant; return the contact's id."""

    def add(tenant_id: str, **facts: Any) -> str:
        door = world.jobs.system_workspace(tenant_id, "test").system_door("customers")
        customer, *_ = door.apply(
            [
                {
                    "mutationId": f"customer-{len(facts)}",
                    "entity": "customer",
                    "operation": "create",
                    "changes": {"companyName": "Roe & Sons"},
                }
            ]
        )
        contact, *_ = door.apply(
            [
                {
                    "mutationId": f"contact-{len(facts)}",
                    "entity": "contact",
                    "operation": "create",
                    "changes": {
                        "customerId": customer["id"],
                        "firstName": "Jane",
                        "lastName": "Roe",
                        "email": JANE,
                        **facts,
                    },
                }
            ]
        )
        assert contact["outcome"] == "created", contact
        return str(contact["id"])

    return add


@pytest.fixture
def put_file(container: Container) -> Callable[..., str]:
    """Store a file of a job of a tenant; return its key."""

    def put(tenant_id: str, path: str, content: bytes, purpose: str = "transfers") -> str:
        key = f"{tenant_id}/{path}"
        boto3.client("s3").put_object(Bucket=container.settings.bucket(purpose), Key=key, Body=content)
        return key

    return put


@pytest.fixture
def ask(person: Callable[..., Person]) -> Callable[..., str]:
    """Ask for something as an administrator; return the job's id."""

    def request(tenant_id: str, kind: str, **subject: Any) -> str:
        body = {"kind": kind, "subject": subject, "confirm": True, "reason": "Jane Roe wrote to us."}
        answer = person(tenant_id).post("/v1/privacy-requests", body)
        assert answer.status == 202, answer.text
        return str(answer.body["jobId"])

    return request
