"""Tenants with records, and exports of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from callers import Person
from jobs_in_process import JobsWorld, carry_out

from zebros_core.ids import new_id
from zebros_core.tenancy import TenantContext
from zebros_jobs.domain.job import Job
from zebros_jobs.use_cases.run_job import Work

SERVICES = {
    "customer": "customers",
    "contact": "customers",
    "lead": "pipeline",
    "product": "pipeline",
    "opportunity": "pipeline",
    "activity": "activities",
}
Fill = Callable[..., list[str]]


@pytest.fixture
def fill(world: JobsWorld) -> Fill:
    """Make records of an entity in a tenant, as an administrator; give their ids."""

    def make(tenant_id: str, entity: str, rows: Sequence[dict[str, Any]]) -> list[str]:
        isolation = world.jobs.registry.get(tenant_id).isolation
        context = TenantContext(
            tenant_id, "user-1", roles=frozenset({"tenant-admin"}), team_id="north", isolation=isolation
        )
        door = world.jobs.bulk_doors.door(SERVICES[entity], context)
        outcomes = door.apply(
            [
                {
                    "mutationId": new_id(world.jobs.clock),
                    "entity": entity,
                    "operation": "create",
                    "changes": row,
                    "skipDuplicates": True,
                }
                for row in rows
            ]
        )
        assert [outcome["outcome"] for outcome in outcomes] == ["created"] * len(rows), outcomes
        world.doors.calls.clear()
        return [outcome["id"] for outcome in outcomes]

    return make


@pytest.fixture
def export(world: JobsWorld, person: Callable[..., Person]) -> Callable[..., Job]:
    """Start an export as a person and carry it out."""

    def run(who: Person | str, body: dict[str, Any], work: Work | None = None) -> Job:
        asker = person(who) if isinstance(who, str) else who
        started = asker.post("/v1/exports", body)
        assert started.status == 202, started.text
        return carry_out(world.jobs, asker.tenant, started.body["jobId"], work=work)

    return run


@pytest.fixture
def content(world: JobsWorld) -> Callable[[str, Job], bytes]:
    """Give what is in the one file of a job."""

    def read(tenant_id: str, job: Job) -> bytes:
        (file,) = job.files
        store = world.jobs.job_workspace(tenant_id, job.id).objects(file.purpose)
        data = store.read(file.key, max_bytes=10_000_000)
        assert len(data) == file.size_bytes
        return data

    return read
