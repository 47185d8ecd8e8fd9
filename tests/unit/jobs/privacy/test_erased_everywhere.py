"""A person who is in all that a tenant has: records, texts, files, devices' copies, a backup. Erased, they are nowhere.

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
from table_changes import TableChanges

from zebros_activities.repositories.keys import SCHEMAS as ACTIVITIES
from zebros_core.errors import UnavailableError
from zebros_customers.repositories.keys import SCHEMAS as CUSTOMERS
from zebros_jobs.bootstrap import Container
from zebros_jobs.domain.job import Job, JobState
from zebros_pipeline.repositories.keys import SCHEMAS as PIPELINE
from zebros_sync.handlers.events import append
from zebros_sync.handlers.routes import ROUTES as SYNC_ROUTES
from zebros_sync.settings import OWNER_OF

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


class Events:
    """What happens in the owners' tables, brought to the copies for devices."""

    def __init__(self, world: JobsWorld) -> None:
        self._sync = world.sync
        self._streams = [
            TableChanges(world.customers, CUSTOMERS),
            TableChanges(world.pipeline, PIPELINE),
            TableChanges(world.activities, ACTIVITIES),
        ]

    def deliver(self) -> None:
        found = [change for stream in self._streams for change in stream.take() if change.entity in OWNER_OF]
        for tenant_id in dict.fromkeys(change.tenant_id for change in found):
            append(self._sync, [change for change in found if change.tenant_id == tenant_id])


class Tenancy:
    """A tenant whose administrator works with everything that there is."""

    def __init__(self, world: JobsWorld, person: Person, events: Events) -> None:
        self.world = world
        self.person = person
        self.events = events
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

    def work_offline(self, customer: str, contact: str, call: str) -> None:
        """Push from a device: edits that meet others', and some that an owner does not answer to."""
        self.events.deliver()
        door = self.world.jobs.system_workspace(self.tenant, "test").system_door("customers")
        wish = {
            "entity": "customer",
            "operation": "update",
            "id": customer,
            "mutationId": f"{self.tenant}-web",
        }
        assert (
            door.apply([{**wish, "changes": {"industry": "Pumps, ask Jane Roe"}}])[0]["outcome"] == "updated"
        )
        wanted = [
            ("customer", customer, {"industry": f"Pumps, ask {JANE}"}),
            ("contact", contact, {"position": "Jane Roe, chief"}),
            ("activity", call, {"subject": "Ring Roe, Jane"}),
        ]
        assert self.push("met", wanted) == ["merged", "applied", "applied"]

        def away(service: str, sent: Any) -> None:
            if sent["verb"] == "apply":
                raise UnavailableError

        self.world.doors.before = away
        once_more = [
            (entity, id, {name: f"{text} ({JANE})"})
            for entity, id, each in wanted
            for name, text in each.items()
        ]
        assert self.push("tried", once_more) == ["rejected"] * 3
        self.world.doors.before = lambda service, sent: None
        self.events.deliver()

    def push(self, name: str, wanted: list[tuple[str, str, dict[str, Any]]]) -> list[str]:
        """Push updates from a phone; return what became of them."""
        phone = Person(self.world.sync.http_app(SYNC_ROUTES), self.person.clock, self.tenant)
        now = self.person.clock.now().isoformat()
        mutations = [
            {
                "mutationId": f"{name}-{number}",
                "entity": entity,
                "id": id,
                "operation": "update",
                "baseVersion": 1,
                "changes": {**changes, "tags": {"add": [name]}},
                "changedAt": now,
            }
            for number, (entity, id, changes) in enumerate(wanted)
        ]
        answer = phone.post("/v1/sync/push", {"clientId": "phone", "sentAt": now, "mutations": mutations})
        assert answer.status == 200, answer.text
        return [outcome["outcome"] for outcome in answer.body["outcomes"]]

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
        self.work_offline(customer, contact, call)
        backup = self.job("/v1/backups", None)
        return Life(contact, lead, customer, call, backup.id)


@pytest.fixture
def tenancy(world: JobsWorld, tenant: Tenants, person: Callable[..., Person]) -> Callable[..., Tenancy]:
    events = Events(world)
    return lambda model="pool": Tenancy(world, person(tenant(model)), events)


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
    places = searched(traces, here.tenant)
    assert len(places) > 15
    assert sum("-sync-states" in place for place in places) >= 4
    assert sum("#conflicts" in place or "#client#" in place for place in places) >= 4
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
        ("sync", "sync-states"),
        ("sync", "sync-log"),
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

    # Events that were late, and what her colleague's phone still has of her, bring nothing back.
    here.events.deliver()
    assert here.push("late", [("contact", mine.contact, {"position": "Jane Roe, once more"})]) == ["rejected"]
    assert searched(traces, here.tenant) == []

    # A restore of the backup from before brings everything back but her.
    restored = here.person.post(f"/v1/backups/{mine.backup}:restore", {"mode": "exact"})
    assert restored.status == 202, restored.text
    job = carry_out(container, here.tenant, restored.body["jobId"])
    assert (job.state, job.problem) == (JobState.SUCCEEDED, None)
    here.events.deliver()
    assert searched(traces, here.tenant) == []
    assert sorted(record["lastName"] for record in door.export_all("contact")) == ["Doe"]
    del world, theirs
