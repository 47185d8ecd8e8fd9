"""Files uploaded, imported and undone by people, with the history that the events of all tables keep."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from callers import Person
from jobs_in_process import JobsWorld, carry_out
from table_changes import TableChanges

from zebros_activities.repositories.keys import BY_ENTITY as ACTIVITIES
from zebros_core.bulk.client import BulkDoorClient
from zebros_core.records.history_events import keep_history
from zebros_core.tenancy import TenantContext
from zebros_customers.repositories.keys import BY_ENTITY as CUSTOMERS
from zebros_jobs.domain.job import Job
from zebros_jobs.use_cases.imports.files import parameters_of
from zebros_pipeline.repositories.keys import BY_ENTITY as PIPELINE

SERVICES = {
    "customer": "customers",
    "contact": "customers",
    "lead": "pipeline",
    "product": "pipeline",
    "opportunity": "pipeline",
    "activity": "activities",
    "user": "auth",
}


@dataclass
class Importer:
    """Somebody who imports files."""

    world: JobsWorld
    person: Person
    jobs: list[str] = field(default_factory=list[str])

    @property
    def tenant(self) -> str:
        """Their tenant."""
        return self.person.tenant

    def create(self, entity: str, size: int, name: str = "table.csv") -> str:
        """Announce a file and give the import's id."""
        body = {"entity": entity, "fileName": name, "sizeBytes": max(1, size)}
        answer = self.person.post("/v1/imports", body)
        assert answer.status == 201, answer.text
        return answer.body["job"]["jobId"]

    def put(self, job_id: str, content: bytes) -> None:
        """Do what the form of the upload would."""
        workspace = self.world.jobs.job_workspace(self.tenant, job_id)
        file = parameters_of(workspace.jobs.get(job_id)).file
        workspace.objects("transfers").write(file.key, content, content_type=file.content_type)

    def upload(self, entity: str, content: bytes | str, name: str = "table.csv") -> str:
        """Announce a file and upload it; give the import's id."""
        data = content.encode() if isinstance(content, str) else content
        job_id = self.create(entity, len(data), name)
        self.put(job_id, data)
        return job_id

    def begin(
        self, entity: str, content: bytes | str, mapping: dict[str, Any] | None = None, **more: Any
    ) -> str:
        """Upload a file and start its import; give its id. `more` are options, and `dry_run`, `entries`, `name`."""
        job_id = self.upload(entity, content, more.pop("name", "table.csv"))
        answer = self.start(job_id, mapping, **more)
        assert answer.status == 202, answer.text
        return job_id

    def start(self, job_id: str, mapping: dict[str, Any] | None = None, **more: Any) -> Any:
        """Start an import; give the answer."""
        entries = [{"column": column, "field": target} for column, target in (mapping or {}).items()]
        entries += more.pop("entries", [])
        body: dict[str, Any] = {"dryRun": more.pop("dry_run", False), "options": more}
        if entries:
            body["mapping"] = entries
        return self.person.post(f"/v1/imports/{job_id}:start", body)

    def run(
        self, entity: str, content: bytes | str, mapping: dict[str, Any] | None = None, **more: Any
    ) -> Job:
        """Import a file to the end; give the job."""
        return carry_out(self.world.jobs, self.tenant, self.begin(entity, content, mapping, **more))

    def shown(self, job: Job | str) -> Any:
        """Give the job as the API shows it."""
        return self.person.get(f"/v1/jobs/{job if isinstance(job, str) else job.id}").body

    def result(self, job: Job | str) -> dict[str, Any]:
        """Give what a job came to."""
        return self.shown(job)["result"]

    def counts(self, job: Job | str) -> tuple[int, int, int, int]:
        """Give how many rows were created, updated, unchanged and rejected."""
        result = self.result(job)
        return result["created"], result["updated"], result["unchanged"], result["rejected"]

    def rows(self, job: Job | str, **query: Any) -> list[dict[str, Any]]:
        """Give the outcomes of all rows."""
        id = job if isinstance(job, str) else job.id
        found: list[dict[str, Any]] = []
        while True:
            page = self.person.get(f"/v1/imports/{id}/rows", **query)
            assert page.status == 200, page.text
            found += page.body["items"]
            if page.body["nextCursor"] is None:
                return found
            query["cursor"] = page.body["nextCursor"]

    def reasons(self, job: Job | str) -> dict[int, str]:
        """Give why rows were rejected, by line."""
        return {row["line"]: row["problem"]["message"] for row in self.rows(job, outcome="rejected")}

    def file(self, job: Job) -> bytes:
        """Give the content of the one file of a job."""
        (file,) = job.files
        return (
            self.world.jobs.job_workspace(self.tenant, job.id)
            .objects(file.purpose)
            .read(file.key, max_bytes=50_000_000)
        )

    def undo(self, job: Job | str) -> Job:
        """Undo an import to the end; give the undo."""
        id = job if isinstance(job, str) else job.id
        answer = self.person.post(f"/v1/imports/{id}:undo")
        assert answer.status == 202, answer.text
        return carry_out(self.world.jobs, self.tenant, answer.body["jobId"])

    def door(self, service: str, **facts: Any) -> BulkDoorClient:
        """Give the door of a service for this person."""
        person = self.person
        context = TenantContext(
            person.tenant,
            person.user,
            roles=frozenset(person.roles),
            team_id=person.team,
            isolation=self.world.jobs.registry.get(person.tenant).isolation,
            **facts,
        )
        return self.world.jobs.bulk_doors.door(service, context)

    def records(self, entity: str) -> list[dict[str, Any]]:
        """Give all live records of a kind, the oldest first."""
        return list(self.door(SERVICES[entity]).export_all(entity))

    def fill(self, entity: str, rows: Sequence[dict[str, Any]]) -> list[str]:
        """Make records; give their ids."""
        outcomes = self.door(SERVICES[entity]).apply(
            [
                {
                    "mutationId": f"fill:{entity}:{len(self.jobs)}:{number}",
                    "entity": entity,
                    "operation": "create",
                    "changes": row,
                    "skipDuplicates": True,
                }
                for number, row in enumerate(rows)
            ]
        )
        self.jobs.append(entity)
        assert {outcome["outcome"] for outcome in outcomes} <= {"created"}, outcomes
        return [outcome["id"] for outcome in outcomes]


@pytest.fixture
def importer(world: JobsWorld, person: Callable[..., Person]) -> Callable[..., Importer]:
    """Somebody of a tenant who imports; an administrator unless told otherwise."""

    def make(tenant_id: str, user: str = "user-1", **facts: Any) -> Importer:
        return Importer(world, person(tenant_id, user, **facts))

    return make


@pytest.fixture
def history(world: JobsWorld) -> Callable[[], int]:
    """Have the histories catch up with what was written since; give how many changes that were."""
    watched = [
        (world.customers, CUSTOMERS),
        (world.pipeline, PIPELINE),
        (world.activities, ACTIVITIES),
    ]
    changes = [(service, schemas, TableChanges(service, schemas.values())) for service, schemas in watched]

    def catch_up() -> int:
        count = 0
        for service, schemas, taken in changes:
            for change in taken.take():
                workspace: Any = service.system_workspace(change.tenant_id, "history")
                keep_history(workspace.history, schemas, change)
                count += 1
        return count

    return catch_up


def csv_text(header: str, rows: Iterable[Sequence[Any]]) -> str:
    """Return a CSV file."""
    return "\n".join([header, *(",".join(map(str, row)) for row in rows)]) + "\n"
