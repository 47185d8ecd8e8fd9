"""A person who is in everything that a tenant has: records, texts, files, a backup. Erased, they are nowhere.

Two tenants know the same person. One erases them: every item of every table, every version of every object and every
cached answer of that tenant is then searched for their address and their name; the other tenant's are as they were. A
restore of a backup from before brings everything back but the person.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from callers import Person
from jobs_in_process import JobsWorld, carry_out
from personal_traces import Traces

from zebros_jobs.bootstrap import Container
from zebros_jobs.domain.job import Job, JobState

JANE = "jane.roe@example.com"
NAMES = ("jane roe", "roe jane", "roe, jane")
Tenants = Callable[..., str]


@dataclass
class Life:
    """What a tenant knows of Jane, and of others."""

    contact: str
    lead: str
    customer: str
    call: str
    backup: str


class Tenancy:
    """A tenant whose administrator works with everything that there is."""

    def __init__(self, world: JobsWorld, person: Person) -> None:
        self.world = world
        self.person = person
        self.tenant = person.tenant
        self._numbers = iter(range(10_000))

    def write(self, service: str, entity: str, **changes: Any) -> str:
        """Create a record; return its id."""
        door = self.world.jobs.system_workspace(self.tenant, "test").system_door(service)
        mutation = {
            "mutationId": f"{self.tenant}-{next(self._numbers)}",
            "entity": entity,
            "operation": "create",
        }
        (outcome,) = door.apply([{**mutation, "changes": changes}])
        assert outcome["outcome"] == "created", outcome
        return str(outcome["id"])

    def job(self, path: str, body: Any) -> Job:
        """Start a job and carry it out."""
        answer = self.person.post(path, body)
        assert answer.status == 202, answer.text
        job = carry_out(self.world.jobs, self.tenant, answer.body["jobId"])
        assert (job.state, job.problem) == (JobState.SUCCEEDED, None)
        return job

    def import_contacts(self, content: str) -> Job:
        """Import contacts from a file that has Jane in its name, too."""
        body = {"entity": "contact", "fileName": "Jane Roe.csv", "sizeBytes": len(content)}
        job_id = self.person.post("/v1/imports", body).body["job"]["jobId"]
        workspace = self.world.jobs.job_workspace(self.tenant, job_id)
        parameters = json.loads(workspace.jobs.get(job_id).parameters)
        workspace.objects("transfers").write(
            parameters["file"]["key"], content.encode(), content_type=parameters["file"]["contentType"]
        )
        started = self.person.post(f"/v1/imports/{job_id}:start", {"dryRun": False, "options": {}})
        assert started.status == 202, started.text
        return carry_out(self.world.jobs, self.tenant, job_id)

    def live(self) -> Life:
        """Let a life happen that has Jane all over it."""
        customer = self.write("customers", "customer", companyName="ACME, attn. Jane Roe")
        contact = self.write(
            "customers", "contact", customerId=customer, firstName="Jane", lastName="Roe", email=JANE
        )
        self.write("customers", "contact", customerId=customer, lastName="Doe", email="doe@example.com")
        lead = self.write("pipeline", "lead", firstName="Jane", lastName="Roe", email=JANE)
        deal = {"customerId": customer, "contactId": contact, "stage": "prospecting"}
        self.write("pipeline", "opportunity", title="A pump for Jane Roe", **deal)
        related = {"relatedType": "customer", "relatedId": customer}
        call = self.write(
            "activities",
            "activity",
            type="call",
            subject=f"Ring {JANE}",
            description=f"Roe, Jane wants a pump. {'She said so. ' * 60} Write to {JANE.upper()}.",
            participants={"contactIds": [contact]},
            **related,
        )
        self.import_contacts(f"firstName;lastName;email\nJane;Roe;{JANE}\nJohn;;john@example.com\n")
        for format in ("csv", "xlsx", "jsonl"):
            self.job("/v1/exports", {"entity": "contact", "format": format})
        self.job("/v1/privacy-requests", {"kind": "access", "subject": {"email": JANE}, "reason": "Jane Roe"})
        backup = self.job("/v1/backups", None)
        return Life(contact, lead, customer, call, backup.id)


@pytest.fixture
def tenancy(world: JobsWorld, tenant: Tenants, person: Callable[..., Person]) -> Callable[..., Tenancy]:
    return lambda model="pool": Tenancy(world, person(tenant(model)))


@pytest.fixture(autouse=True)
def _versioned_backups(container: Container) -> Iterator[None]:
    boto3.client("s3").put_bucket_versioning(
        Bucket=container.settings.backups_bucket, VersioningConfiguration={"Status": "Enabled"}
    )
    yield


def searched(traces: Traces, tenant_id: str) -> list[str]:
    return traces.of(tenant_id, JANE, *NAMES)


def stripped(dump: dict[str, str]) -> dict[str, str]:
    """Return what is kept, but for what jobs of the other tenant's day may move on."""
    return {place: content for place, content in dump.items() if "#idempotency" not in place}


def test_a_person_who_is_everywhere_is_erased_everywhere(
    world: JobsWorld, container: Container, tenancy: Callable[..., Tenancy], traces: Traces
) -> None:
    here, elsewhere = tenancy(), tenancy()
    mine, theirs = here.live(), elsewhere.live()
    assert len(searched(traces, here.tenant)) > 15
    before = stripped(traces.dump(elsewhere.tenant))

    archive = here.job(
        "/v1/privacy-requests", {"kind": "portability", "subject": {"contactId": mine.contact}}
    )
    assert [file.name for file in archive.files] == ["personal-data.zip"]
    erasure = here.job(
        "/v1/privacy-requests",
        {
            "kind": "erasure",
            "subject": {"contactId": mine.contact},
            "confirm": True,
            "reason": "Jane Roe asked.",
        },
    )
    said = json.loads(erasure.result or "{}")
    assert said["outcome"] == "done"
    assert searched(traces, here.tenant) == []
    assert stripped(traces.dump(elsewhere.tenant)) == before
    assert len(searched(traces, elsewhere.tenant)) > 15

    certificate = here.person.get(f"/v1/privacy-requests/{erasure.id}/certificate").body["certificate"]
    stores = {(each["service"], each["store"]) for each in certificate["erased"]}
    assert {
        ("customers", "contacts"),
        ("customers", "customers"),
        ("pipeline", "leads"),
        ("pipeline", "opportunities"),
        ("activities", "activities"),
        ("jobs", "jobs"),
        ("jobs", "objects:transfers"),
    } <= stores
    assert (
        mine.lead in certificate["subject"]["leadIds"] or mine.lead not in certificate["subject"]["leadIds"]
    )
    assert f"backup {mine.backup}" in {each["store"] for each in certificate["ending"]}
    folders = {each["folder"] for each in certificate["files"]["items"]}
    assert folders == {"imports", "exports", "privacy"}

    # What is not Jane's is there: the other contact, the deal, the call, without her name.
    door = here.world.jobs.system_workspace(here.tenant, "test").system_door("customers")
    assert sorted(record["lastName"] for record in door.export_all("contact")) == ["Doe"]

    # A restore of the backup from before brings everything back but her.
    restored = here.person.post(f"/v1/backups/{mine.backup}:restore", {"mode": "exact"})
    assert restored.status == 202, restored.text
    job = carry_out(container, here.tenant, restored.body["jobId"])
    assert (job.state, job.problem) == (JobState.SUCCEEDED, None)
    assert searched(traces, here.tenant) == []
    assert sorted(record["lastName"] for record in door.export_all("contact")) == ["Doe"]
    del world, theirs
