"""Backups: what they hold, that nobody else can read it, and that they are whole."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import boto3
import pytest
from callers import Person
from jobs_in_process import JobsWorld, carry_out

from zebros_core.clock import FixedClock
from zebros_jobs.adapters.backups.sealing import SealingVault
from zebros_jobs.domain.backups.contents import CONTENTS
from zebros_jobs.domain.job import Job, JobState
from zebros_jobs.use_cases.backups.files import BackupFiles
from zebros_jobs.use_cases.backups.manifests import open_manifest
from zebros_jobs.use_cases.backups.work import BackupWork
from zebros_jobs.use_cases.run_job import Deadline, JobRun

BackUp = Callable[..., Job]


def in_parts() -> BackupWork:
    """A part for each page of two."""
    return BackupWork(SealingVault, page=2, part_bytes=1)


def run_of(world: JobsWorld, tenant_id: str, job: Job) -> JobRun:
    workspace = world.jobs.job_workspace(tenant_id, job.id)
    return JobRun(workspace, job, workspace.progress.get(job.id), Deadline())


def held(world: JobsWorld, tenant_id: str, job: Job) -> dict[str, list[dict[str, Any]]]:
    """Return what a backup holds, by content."""
    run = run_of(world, tenant_id, job)
    manifest = open_manifest(run, job.id, SealingVault)
    files = BackupFiles(run, job.id, manifest.vault)
    found: dict[str, list[dict[str, Any]]] = {content.name: [] for content in CONTENTS}
    for entry in manifest.entries(run):
        found[entry.content] += files.lines(entry)
    return found


def objects_of(bucket: str, prefix: str) -> dict[str, bytes]:
    s3: Any = boto3.client("s3")
    listed = s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])
    return {each["Key"]: s3.get_object(Bucket=bucket, Key=each["Key"])["Body"].read() for each in listed}


@pytest.mark.parametrize("model", ["silo", "bridge", "pool"])
def test_a_backup_holds_everything_of_its_tenant_and_nothing_of_another(
    world: JobsWorld,
    tenant: Callable[..., str],
    furnish: Callable[..., Any],
    back_up: BackUp,
    clock: FixedClock,
    model: str,
) -> None:
    here, elsewhere = tenant(model), tenant(model)
    estate = furnish(here, "ours")
    furnish(elsewhere, "theirs")
    clock.advance(3600)
    job = back_up(here, in_parts())
    assert job.state is JobState.SUCCEEDED, job.problem
    contents = held(world, here, job)
    for entity in ("customer", "contact", "product", "lead", "opportunity", "activity", "document"):
        assert sorted(line[f"{entity}Id"] for line in contents[entity]) == sorted(getattr(estate, entity)), (
            entity
        )
    assert "theirs" not in json.dumps(contents)
    (deal,) = contents["opportunity"]
    assert deal["lines"][0]["productId"] == estate.product[0]
    assert deal["stageEntries"]
    call = next(line for line in contents["activity"] if line["type"] == "call")
    assert call["description"] == ("A long story. " * 60).strip()
    assert {line["kind"] for name in contents if name.startswith("settings") for line in contents[name]} >= {
        "team",
        "field",
        "stages",
        "currencies",
    }
    assert contents["user"][0]["name"] == f"Ada of {here}"
    (file,) = contents["files"]
    assert (file["documentId"], file["size"]) == (estate.document[0], len(b"contract ours" * 30_000))
    holds = json.loads(job.result or "")
    assert holds["contents"]["customer"] == 2
    assert holds["files"] == {"count": 1, "bytes": file["size"], "missing": 0}
    assert (holds["complete"], holds["verified"]) == (True, True)


def test_nothing_can_be_read_without_the_key(
    world: JobsWorld, tenant: Callable[..., str], furnish: Callable[..., Any], back_up: BackUp
) -> None:
    here = tenant()
    furnish(here, "ours")
    job = back_up(here)
    stored = objects_of(world.jobs.settings.backups_bucket, f"{here}/backups/")
    assert any(key.endswith("manifest.jsonl") for key in stored)
    assert len(stored) > 10
    for key, data in stored.items():
        assert f"/{job.id}/" in key
        for secret in (b"Acme", b"acme.example", b"contract", b"Ada", b"companyName"):
            assert secret not in data, key


def test_a_backup_is_listed_with_what_it_holds_and_until_when(
    tenant: Callable[..., str],
    furnish: Callable[..., Any],
    back_up: BackUp,
    person: Callable[..., Person],
    clock: FixedClock,
) -> None:
    here, elsewhere = tenant(), tenant()
    furnish(here)
    job = back_up(here)
    (listed,) = person(here).get("/v1/backups").body["items"]
    assert (listed["jobId"], listed["state"], listed["requestedBy"]) == (job.id, "succeeded", "user-1")
    assert listed["holds"]["contents"]["contact"] == 1
    assert listed["expiresOn"] == f"{clock.now().year + 7}{clock.now():-%m-%d}"
    assert person(elsewhere).get("/v1/backups").body["items"] == []
    for role in ("sales-manager", "sales-rep", "viewer"):
        assert person(here, roles=(role,)).get("/v1/backups").status == 403
        assert person(here, roles=(role,)).post("/v1/backups").status == 403


def test_a_tenant_without_anything_has_a_backup_all_the_same(
    world: JobsWorld, tenant: Callable[..., str], back_up: BackUp
) -> None:
    here = tenant()
    job = back_up(here)
    assert job.state is JobState.SUCCEEDED, job.problem
    assert held(world, here, job)["customer"] == []


def test_a_document_whose_object_is_gone_is_told(
    world: JobsWorld, tenant: Callable[..., str], furnish: Callable[..., Any], back_up: BackUp
) -> None:
    here = tenant()
    furnish(here)
    bucket = world.customers.core.documents_bucket
    for key in objects_of(bucket, f"{here}/"):
        boto3.client("s3").delete_object(Bucket=bucket, Key=key)
    job = back_up(here)
    assert job.state is JobState.SUCCEEDED
    assert json.loads(job.result or "")["files"] == {"count": 0, "bytes": 0, "missing": 1}


def test_what_is_written_wrong_is_found_before_the_backup_succeeds(
    world: JobsWorld, tenant: Callable[..., str], furnish: Callable[..., Any], back_up: BackUp
) -> None:
    here = tenant()
    furnish(here)
    bucket = world.jobs.settings.backups_bucket
    broken: list[str] = []

    def damage(service: str, call: Mapping[str, Any]) -> None:
        # By the time activities are read, customers are written.
        if service == "activities" and not broken:
            (key,) = [each for each in objects_of(bucket, f"{here}/backups/") if "/customer/" in each]
            data = bytearray(objects_of(bucket, key)[key])
            data[-20] ^= 1
            boto3.client("s3").put_object(Bucket=bucket, Key=key, Body=bytes(data))
            broken.append(key)

    world.doors.before = lambda service, call: damage(service, call) if call["verb"] == "texts" else None
    job = back_up(here)
    assert broken
    assert (job.state, job.problem.code if job.problem else "") == (JobState.FAILED, "backup-damaged")
    assert objects_of(bucket, f"{here}/backups/") == {}, "what is not whole is not kept"


def test_a_cancelled_backup_leaves_nothing(
    world: JobsWorld, tenant: Callable[..., str], furnish: Callable[..., Any], person: Callable[..., Person]
) -> None:
    here = tenant()
    furnish(here)
    job_id = person(here).post("/v1/backups").body["jobId"]

    def cancel(service: str, call: Mapping[str, Any]) -> None:
        if service == "pipeline" and call["verb"] == "settings":
            person(here).post(f"/v1/jobs/{job_id}:cancel")

    world.doors.before = cancel
    job = carry_out(world.jobs, here, job_id)
    assert job.state is JobState.CANCELLED
    assert objects_of(world.jobs.settings.backups_bucket, f"{here}/") == {}


def test_the_audit_log_names_the_backup(
    world: JobsWorld, tenant: Callable[..., str], back_up: BackUp
) -> None:
    here = tenant()
    job = back_up(here)
    entries = [event for event in world.jobs.audit_trail.events if event.id == job.id]  # type: ignore[attr-defined]
    assert [(entry.action, entry.tenant_id, entry.actor) for entry in entries] == [
        ("backup.created", here, "user-1")
    ]
