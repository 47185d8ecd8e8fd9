"""Restores: the tenant is as it was; a backup that is damaged or somebody else's is refused before the first write."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any

import boto3
import pytest
from callers import Person
from jobs_in_process import JobsWorld, carry_out, step
from killing import KilledError, Killer

from zebros_core.clock import FixedClock
from zebros_core.privacy.subject import Subject
from zebros_jobs.adapters.backups.id_set import DiskIds
from zebros_jobs.adapters.backups.sealing import SealingVault
from zebros_jobs.domain.job import Acting, Job, JobKind, JobState
from zebros_jobs.use_cases.backups.work import BackupWork
from zebros_jobs.use_cases.parts import Parts
from zebros_jobs.use_cases.privacy.erasure_ledger import ErasureLedger
from zebros_jobs.use_cases.run_job import JobRun

BackUp = Callable[..., Job]
Restore = Callable[..., Job]
ENTITIES = ("customer", "contact", "document", "product", "lead", "opportunity", "activity")
SYSTEM = {
    "version",
    "updatedAt",
    "updatedBy",
    "hlc",
    "fieldVersions",
    "jobId",
    "descriptionAt",
    "stageEnteredAt",
    "activeAt",
}
WRITES = {"reinstate", "apply", "putSettings"}


@pytest.fixture
def restore(world: JobsWorld, person: Callable[..., Person]) -> Restore:
    """Restore a backup, as an administrator asks for it."""

    def run(tenant_id: str, backup: Job | str, mode: str = "exact") -> Job:
        backup_id = backup if isinstance(backup, str) else backup.id
        started = person(tenant_id).post(f"/v1/backups/{backup_id}:restore", {"mode": mode})
        assert started.status == 202, started.text
        return carry_out(world.jobs, tenant_id, started.body["jobId"])

    return run


def told(records: Any, entity: str) -> dict[str, dict[str, Any]]:
    """Return what records say, without what a new version changes."""
    return {
        id: {name: value for name, value in record.items() if name not in SYSTEM}
        for id, record in records.all(entity).items()
    }


def everything(records: Any) -> dict[str, dict[str, dict[str, Any]]]:
    return {entity: told(records, entity) for entity in ENTITIES}


def objects_of(bucket: str, prefix: str) -> dict[str, bytes]:
    s3: Any = boto3.client("s3")
    listed = s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])
    return {each["Key"]: s3.get_object(Bucket=bucket, Key=each["Key"])["Body"].read() for each in listed}


def wreck(world: JobsWorld, records: Any, estate: Any) -> dict[str, str]:
    """Delete, change and make records; give the ids of those that are new."""
    records.apply("activity", "delete", estate.activity[0])
    records.apply("opportunity", "delete", estate.opportunity[0])
    records.apply("lead", "update", estate.lead[0], lastName="Changed")
    records.apply("product", "update", estate.product[0], unitPrice=99)
    records.apply("contact", "delete", estate.contact[0])
    records.apply("customer", "update", estate.customer[1], companyName="Renamed", tags=[])
    bucket = world.customers.core.documents_bucket
    for key in objects_of(bucket, f"{records.tenant_id}/"):
        boto3.client("s3").put_object(Bucket=bucket, Key=key, Body=b"overwritten")
    return {
        "customer": records.apply("customer", "create", companyName="Since"),
        "lead": records.apply("lead", "create", lastName="Since"),
        "activity": records.apply("activity", "create", type="note", subject="Since"),
    }


@pytest.mark.parametrize("model", ["silo", "bridge", "pool"])
def test_an_exact_restore_makes_the_tenant_what_it_was(
    world: JobsWorld,
    tenant: Callable[..., str],
    records: Callable[[str], Any],
    furnish: Callable[..., Any],
    back_up: BackUp,
    restore: Restore,
    people: Any,
    clock: FixedClock,
    model: str,
) -> None:
    here, elsewhere = tenant(model), tenant(model)
    estate, others = furnish(here, "ours"), furnish(elsewhere, "theirs")
    del others
    clock.advance(3600)
    before, theirs = everything(records(here)), everything(records(elsewhere))
    files = objects_of(world.customers.core.documents_bucket, f"{here}/")
    backup = back_up(here, BackupWork(SealingVault, page=2, part_bytes=1))
    clock.advance(3600)
    new = wreck(world, records(here), estate)
    people.teams[here] = {}
    assert everything(records(here)) != before
    world.doors.calls.clear()
    job = restore(here, backup)
    assert job.state is JobState.SUCCEEDED, job.problem
    result = json.loads(job.result or "")
    assert result["equal"], result["comparison"]
    assert everything(records(here)) == before
    assert everything(records(elsewhere)) == theirs
    assert objects_of(world.customers.core.documents_bucket, f"{here}/") == files
    assert people.teams[here]["north"] == "North"
    outcomes = result["outcomes"]
    assert outcomes["customer"] == {"unchanged": 1, "updated": 1, "trashed": 1}
    assert outcomes["contact"] == {"restored": 1}
    assert outcomes["opportunity"] == {"restored": 1}
    assert outcomes["activity"] == {"restored": 1, "unchanged": 1, "trashed": 1}
    assert outcomes["files"] == {"restored": 1}
    assert not set(new.values()) & {id for kind in everything(records(here)).values() for id in kind}
    verbs = {call["verb"] for _, call in world.doors.calls}
    assert verbs & WRITES == {"reinstate", "apply", "putSettings"}
    assert job.files == ()


def test_what_lies_beside_records_comes_back_with_them(
    world: JobsWorld,
    tenant: Callable[..., str],
    records: Callable[[str], Any],
    furnish: Callable[..., Any],
    back_up: BackUp,
    restore: Restore,
    clock: FixedClock,
) -> None:
    here = tenant()
    estate = furnish(here)
    pipeline = world.jobs.job_workspace(here, "none").system_door("pipeline")
    activities = world.jobs.job_workspace(here, "none").system_door("activities")
    lines = pipeline.call("lines", ids=estate.opportunity)
    stages = pipeline.call("stageEntries", ids=estate.opportunity)
    texts = activities.call("texts", ids=estate.activity)
    backup = back_up(here)
    clock.advance(60)
    records(here).apply("opportunity", "update", estate.opportunity[0], lines=[], stage="qualification")
    records(here).apply("activity", "update", estate.activity[0], description="something else")
    result = json.loads(restore(here, backup, "replace").result or "")
    assert result["equal"], result["comparison"]
    assert pipeline.call("lines", ids=estate.opportunity) == lines
    entered = pipeline.call("stageEntries", ids=estate.opportunity)["items"][0]["stageEntries"]
    assert [each for each in entered if each in stages["items"][0]["stageEntries"]], (
        "what was entered stays entered"
    )
    assert entered[-1]["stage"] == "prospecting" or entered[0]["stage"] == "prospecting"
    assert activities.call("texts", ids=estate.activity) == texts


def test_what_mails_say_comes_back_but_for_those_to_erased_people(
    world: JobsWorld,
    tenant: Callable[..., str],
    records: Callable[[str], Any],
    furnish: Callable[..., Any],
    back_up: BackUp,
    restore: Restore,
    clock: FixedClock,
) -> None:
    here = tenant()
    estate = furnish(here)
    bucket, s3 = world.customers.core.documents_bucket, boto3.client("s3")
    mails = {}
    for name in ("stays", "goes"):
        id = records(here).apply("activity", "create", type="email", subject=f"Mail that {name}")
        mails[name] = f"{here}/emails/{id}.json"
        mail = {"to": f"{name}@example.com", "contactId": estate.contact[0], "html": f"<p>{name}</p>"}
        s3.put_object(Bucket=bucket, Key=mails[name], Body=json.dumps(mail))
    backup = back_up(here)
    assert json.loads(backup.result or "")["contents"]["mails"] == 2
    kept = objects_of(bucket, f"{here}/emails/")
    for key in kept:
        s3.delete_object(Bucket=bucket, Key=key)
    clock.advance(60)
    ledger = ErasureLedger(world.jobs.job_workspace(here, "none").lookup)
    ledger.enter(Subject(emails=("goes@example.com",)), "request-1", clock.now())
    result = json.loads(restore(here, backup, "missing").result or "")
    assert result["outcomes"]["mails"] == {"restored": 1, "erased": 1}
    back = objects_of(bucket, f"{here}/emails/")
    assert list(back) == [mails["stays"]]
    assert json.loads(back[mails["stays"]]) == json.loads(kept[mails["stays"]])


def test_missing_puts_back_what_is_gone_and_leaves_the_rest(
    world: JobsWorld,
    tenant: Callable[..., str],
    records: Callable[[str], Any],
    furnish: Callable[..., Any],
    back_up: BackUp,
    restore: Restore,
    people: Any,
    clock: FixedClock,
) -> None:
    here = tenant()
    estate = furnish(here, "ours")
    backup = back_up(here)
    clock.advance(60)
    new = wreck(world, records(here), estate)
    people.teams[here] = {"north": "Renamed"}
    bucket = world.customers.core.documents_bucket
    result = json.loads(restore(here, backup, "missing").result or "")
    now = everything(records(here))
    assert now["contact"].keys() == set(estate.contact)
    assert now["customer"][estate.customer[1]]["companyName"] == "Renamed"
    assert now["lead"][estate.lead[0]]["lastName"] == "Changed"
    assert new["customer"] in now["customer"]
    assert people.teams[here] == {"north": "Renamed"}
    assert list(objects_of(bucket, f"{here}/").values()) == [b"overwritten"], "its document was not gone"
    assert not result["equal"]
    assert result["comparison"]["contact"] == {"backup": 1, "tenant": 1, "equal": True}
    assert result["comparison"]["customer"] == {"backup": 2, "tenant": 3, "equal": False}
    assert result["outcomes"]["customer"] == {"kept": 2}
    assert result["outcomes"]["settings-auth"] == {"kept": 1}


def test_replace_changes_back_what_was_changed_and_keeps_what_is_new(
    world: JobsWorld,
    tenant: Callable[..., str],
    records: Callable[[str], Any],
    furnish: Callable[..., Any],
    back_up: BackUp,
    restore: Restore,
    clock: FixedClock,
) -> None:
    here = tenant()
    estate = furnish(here, "ours")
    before = everything(records(here))
    backup = back_up(here)
    clock.advance(60)
    new = wreck(world, records(here), estate)
    restore(here, backup, "replace")
    now = everything(records(here))
    for entity, ids in new.items():
        assert now[entity].pop(ids)
    assert now == before


def test_a_restore_twice_changes_nothing_the_second_time(
    world: JobsWorld,
    tenant: Callable[..., str],
    records: Callable[[str], Any],
    furnish: Callable[..., Any],
    back_up: BackUp,
    restore: Restore,
) -> None:
    here = tenant()
    furnish(here)
    backup = back_up(here)
    first, again = (json.loads(restore(here, backup, mode).result or "") for mode in ("exact", "exact"))
    assert first["equal"]
    assert again["equal"]
    assert again["outcomes"]["customer"] == {"unchanged": 2}


def test_whoever_was_erased_does_not_come_back(
    world: JobsWorld,
    tenant: Callable[..., str],
    records: Callable[[str], Any],
    furnish: Callable[..., Any],
    back_up: BackUp,
    restore: Restore,
    clock: FixedClock,
) -> None:
    here, elsewhere = tenant(), tenant()
    estate, theirs = furnish(here, "Person"), furnish(elsewhere, "Person")
    records(here).apply("activity", "create", type="note", subject="Call ü@acme.example back")
    backup, other = back_up(here), back_up(elsewhere)
    clock.advance(60)
    for tenant_id, made in ((here, estate), (elsewhere, theirs)):
        records(tenant_id).apply("contact", "delete", made.contact[0])
    subject = Subject(contact_ids=(estate.contact[0],), emails=("ü@acme.example",))
    ErasureLedger(world.jobs.job_workspace(here, "none").lookup).enter(subject, "request-1", clock.now())
    result = json.loads(restore(here, backup).result or "")
    assert result["outcomes"]["contact"] == {"erased": 1}
    assert records(here).all("contact") == {}
    subjects = [activity["subject"] for activity in records(here).all("activity").values()]
    assert "Call [erased] back" in subjects
    restore(elsewhere, other)
    assert records(elsewhere).all("contact").keys() == set(theirs.contact), "the ledger is a tenant's own"


# -- backups that are not used


@pytest.fixture
def refused(world: JobsWorld, restore: Restore) -> Callable[..., None]:
    """Show that a restore fails and that nothing was written."""

    def check(tenant_id: str, backup: Job | str) -> None:
        world.doors.calls.clear()
        job = restore(tenant_id, backup)
        assert job.state is JobState.FAILED
        assert job.problem is not None
        assert job.problem.code == "backup-damaged"
        assert not [call for _, call in world.doors.calls if call["verb"] in WRITES]

    return check


def test_a_backup_with_one_changed_byte_is_refused_whichever_file_it_is_in(
    world: JobsWorld,
    tenant: Callable[..., str],
    furnish: Callable[..., Any],
    back_up: BackUp,
    refused: Callable[..., None],
) -> None:
    here = tenant()
    furnish(here)
    backup = back_up(here)
    bucket = world.jobs.settings.backups_bucket
    stored = objects_of(bucket, f"{here}/backups/")
    s3: Any = boto3.client("s3")
    chosen = [key for key in stored if "/listing/" not in key]
    assert any("/objects/" in key for key in chosen)
    for key in chosen[::3] + [key for key in chosen if "manifest" in key or "/objects/" in key]:
        data = bytearray(stored[key])
        data[len(data) // 2] ^= 1
        s3.put_object(Bucket=bucket, Key=key, Body=bytes(data))
        refused(here, backup)
        s3.put_object(Bucket=bucket, Key=key, Body=stored[key])


def test_a_backup_that_lacks_a_file_or_has_two_swapped_is_refused(
    world: JobsWorld,
    tenant: Callable[..., str],
    furnish: Callable[..., Any],
    back_up: BackUp,
    refused: Callable[..., None],
    restore: Restore,
) -> None:
    here = tenant()
    furnish(here)
    backup = back_up(here, BackupWork(SealingVault, page=1, part_bytes=1))
    bucket = world.jobs.settings.backups_bucket
    stored = objects_of(bucket, f"{here}/backups/")
    s3: Any = boto3.client("s3")
    first, second, *_ = sorted(key for key in stored if "/customer/" in key)
    s3.delete_object(Bucket=bucket, Key=first)
    refused(here, backup)
    s3.put_object(Bucket=bucket, Key=first, Body=stored[second])
    s3.put_object(Bucket=bucket, Key=second, Body=stored[first])
    refused(here, backup)
    for key in (first, second):
        s3.put_object(Bucket=bucket, Key=key, Body=stored[key])
    assert restore(here, backup).state is JobState.SUCCEEDED


def manifests(text: bytes) -> Iterator[bytes]:
    """Give manifests that nobody with the key has written."""
    head, *entries, code = text.splitlines(keepends=True)
    yield b""
    yield b"\n"
    yield head
    yield head + b"".join(entries)
    yield head + b"".join(entries[1:]) + code
    yield head + b"".join(reversed(entries)) + code
    yield text + b"{}\n"
    yield text[:-1]
    yield text.replace(b'"parts":', b'"part":', 1)
    changed = json.loads(head)
    changed["parts"] -= 1
    yield json.dumps(changed).encode() + b"\n" + b"".join(entries[:-1]) + code
    yield json.dumps({**json.loads(head), "contents": {}}).encode() + b"\n" + b"".join(entries) + code
    yield b"[" * 100_000
    yield head + b'{"content": "customer"}\n' * 3
    yield b'{"mac": "00"}\n'
    yield bytes(range(256)) * 100


def test_a_manifest_that_was_changed_is_refused(
    world: JobsWorld,
    tenant: Callable[..., str],
    furnish: Callable[..., Any],
    back_up: BackUp,
    refused: Callable[..., None],
) -> None:
    here = tenant()
    furnish(here)
    backup = back_up(here)
    bucket = world.jobs.settings.backups_bucket
    key = f"{here}/backups/{backup.id}/manifest.jsonl"
    whole = objects_of(bucket, key)[key]
    for changed in manifests(whole):
        assert changed != whole
        boto3.client("s3").put_object(Bucket=bucket, Key=key, Body=changed)
        refused(here, backup)


def test_a_backup_of_another_tenant_or_of_another_time_is_refused(
    world: JobsWorld,
    tenant: Callable[..., str],
    furnish: Callable[..., Any],
    back_up: BackUp,
    refused: Callable[..., None],
    person: Callable[..., Person],
) -> None:
    here, elsewhere = tenant(), tenant()
    furnish(here, "ours")
    furnish(elsewhere, "theirs")
    ours, older, theirs = back_up(here), back_up(here), back_up(elsewhere)
    answer = person(here).post(f"/v1/backups/{theirs.id}:restore", {"mode": "missing"})
    assert answer.status == 404
    bucket = world.jobs.settings.backups_bucket
    s3: Any = boto3.client("s3")

    def replaced_by(source: str) -> None:
        for key in objects_of(bucket, f"{here}/backups/{ours.id}/"):
            s3.delete_object(Bucket=bucket, Key=key)
        for key, data in objects_of(bucket, source).items():
            target = f"{here}/backups/{ours.id}/{key.removeprefix(source)}"
            s3.put_object(Bucket=bucket, Key=target, Body=data)

    replaced_by(f"{elsewhere}/backups/{theirs.id}/")
    refused(here, ours)
    replaced_by(f"{here}/backups/{older.id}/")
    refused(here, ours)
    # Even with the job's own id and name of the tenant written over the other's.
    stolen = f"{elsewhere}/backups/{theirs.id}/"
    replaced_by(stolen)
    key = f"{here}/backups/{ours.id}/manifest.jsonl"
    text = objects_of(bucket, key)[key].replace(elsewhere.encode(), here.encode())
    s3.put_object(Bucket=bucket, Key=key, Body=text.replace(theirs.id.encode(), ours.id.encode()))
    refused(here, ours)


def test_a_job_that_claims_to_be_a_backup_restores_nothing_that_is_not_there(
    world: JobsWorld, tenant: Callable[..., str], refused: Callable[..., None]
) -> None:
    here = tenant()
    workspace = world.jobs.system_workspace(here, "test")
    job = Job(
        id=workspace.jobs.store.new_id(),
        kind=JobKind.BACKUP,
        state=JobState.SUCCEEDED,
        acting=Acting(user_id="user-1"),
        owner_id="user-1",
    )
    workspace.jobs.create(job)
    refused(here, job)


def test_only_a_whole_backup_of_ones_own_can_be_restored_and_by_administrators(
    world: JobsWorld,
    tenant: Callable[..., str],
    furnish: Callable[..., Any],
    person: Callable[..., Person],
    back_up: BackUp,
) -> None:
    here = tenant()
    furnish(here)
    open_job = person(here).post("/v1/backups").body["jobId"]
    path = f"/v1/backups/{open_job}:restore"
    assert person(here).post(path, {"mode": "missing"}).status == 409
    export = person(here).post("/v1/exports", {"entity": "customer"}).body["jobId"]
    assert person(here).post(f"/v1/backups/{export}:restore", {"mode": "missing"}).status == 404
    assert person(here).post(path, {"mode": "all"}).status == 422
    assert person(here).post(path, {}).status == 422
    for role in ("sales-manager", "sales-rep", "viewer"):
        assert person(here, roles=(role,)).post(path, {"mode": "missing"}).status == 403
    assert person(here).post("/v1/backups/nonsense:restore", {"mode": "missing"}).status in {400, 404}


# -- what comes in between


@pytest.fixture
def killer(world: JobsWorld, monkeypatch: pytest.MonkeyPatch) -> Killer:
    """Kill before and after each call of a door, each part, and each checkpoint."""
    killer = Killer()
    killer.watch(world, monkeypatch, (Parts, "add"), (JobRun, "save"))
    return killer


def until_it_ends(world: JobsWorld, clock: FixedClock, tenant_id: str, job_id: str, **options: Any) -> Job:
    while True:
        try:
            return carry_out(world.jobs, tenant_id, job_id, **options)
        except KilledError:
            clock.advance(world.jobs.settings.lease.total_seconds() + 1)


EVERY = pytest.mark.parametrize("every", [pytest.param(1, marks=pytest.mark.prove), None])
"""How many points lie between those at which a worker is killed; without a number, one of each kind."""


@EVERY
def test_a_backup_killed_anywhere_holds_the_same(
    every: int | None,
    world: JobsWorld,
    tenant: Callable[..., str],
    furnish: Callable[..., Any],
    back_up: BackUp,
    person: Callable[..., Person],
    clock: FixedClock,
    killer: Killer,
) -> None:
    here = tenant()
    furnish(here)
    clock.advance(3600)
    killer.begin()
    whole = json.loads(back_up(here).result or "")
    points = killer.count
    assert points > 60
    for point in list(killer.points(every)):
        job_id = person(here).post("/v1/backups").body["jobId"]
        killer.begin(at=point)
        job = until_it_ends(world, clock, here, job_id)
        assert job.state is JobState.SUCCEEDED, (point, job.problem)
        found = json.loads(job.result or "")
        assert (found["contents"], found["files"]) == (whole["contents"], whole["files"]), point


@EVERY
def test_a_restore_killed_anywhere_does_the_same(
    every: int | None,
    world: JobsWorld,
    tenant: Callable[..., str],
    records: Callable[[str], Any],
    furnish: Callable[..., Any],
    back_up: BackUp,
    person: Callable[..., Person],
    clock: FixedClock,
    killer: Killer,
) -> None:
    here = tenant()
    estate = furnish(here)
    before = everything(records(here))
    clock.advance(3600)
    backup = back_up(here)

    def broken_and_started() -> str:
        hooks = world.doors.before, world.doors.after
        world.doors.before = world.doors.after = lambda service, call: None
        records(here).apply("contact", "delete", estate.contact[0])
        records(here).apply("customer", "update", estate.customer[1], companyName="Renamed")
        records(here).apply("lead", "create", lastName="Since")
        world.doors.before, world.doors.after = hooks
        return str(person(here).post(f"/v1/backups/{backup.id}:restore", {"mode": "exact"}).body["jobId"])

    killer.begin()
    whole = json.loads(carry_out(world.jobs, here, broken_and_started()).result or "")
    assert whole["equal"]
    points = killer.count
    assert points > 60
    for point in list(killer.points(every)):
        job_id = broken_and_started()
        killer.begin(at=point)
        job = until_it_ends(world, clock, here, job_id)
        assert job.state is JobState.SUCCEEDED, (point, job.problem)
        assert json.loads(job.result or "") == whole, point
    assert everything(records(here)) == before


def test_what_cannot_be_put_back_is_listed(
    world: JobsWorld,
    tenant: Callable[..., str],
    records: Callable[[str], Any],
    furnish: Callable[..., Any],
    back_up: BackUp,
    restore: Restore,
    clock: FixedClock,
) -> None:
    here = tenant()
    estate = furnish(here)
    own = records(here).apply("customer", "create", companyName="Numbered", externalId="erp-1")
    backup = back_up(here)
    clock.advance(60)
    records(here).apply("customer", "delete", own)
    taken = records(here).apply("customer", "create", companyName="Another", externalId="erp-1")
    del estate, taken
    job = restore(here, backup, "missing")
    assert job.state is JobState.SUCCEEDED
    (file,) = job.files
    data = world.jobs.job_workspace(here, job.id).objects(file.purpose).read(file.key, max_bytes=10_000)
    (row,) = csv.DictReader(io.StringIO(data.decode()))
    assert (row["content"], row["id"], row["outcome"]) == ("customer", own, "conflict")
    assert json.loads(job.result or "")["outcomes"]["customer"]["conflict"] == 1


def test_a_backup_in_cold_storage_is_waited_for(
    world: JobsWorld,
    tenant: Callable[..., str],
    furnish: Callable[..., Any],
    back_up: BackUp,
    person: Callable[..., Person],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from zebros_core.storage import ObjectStreams

    here = tenant()
    furnish(here)
    backup = back_up(here)
    asked: dict[str, int] = {}

    def thaw(self: ObjectStreams, key: str, *, days: int) -> bool:
        asked[key] = asked.get(key, 0) + 1
        return asked[key] > 3

    monkeypatch.setattr(ObjectStreams, "thaw", thaw)
    job_id = person(here).post(f"/v1/backups/{backup.id}:restore", {"mode": "missing"}).body["jobId"]
    assert step(world.jobs, here, job_id, "prepare") == "small"
    assert step(world.jobs, here, job_id, "work") == "again"
    assert len(asked) > 10
    job = carry_out(world.jobs, here, job_id)
    assert job.state is JobState.SUCCEEDED, job.problem


def test_ids_on_disk_are_a_set() -> None:
    with DiskIds() as ids:
        ids.add(f"id-{n}" for n in range(1000))
        ids.add(["id-1", "id-1", ""])
        assert "id-999" in ids
        assert "" in ids
        assert "id-1000" not in ids
        assert None not in ids


def test_calls_that_are_refused_for_want_of_capacity_are_made_again(
    world: JobsWorld,
    tenant: Callable[..., str],
    records: Callable[[str], Any],
    furnish: Callable[..., Any],
    back_up: BackUp,
    restore: Restore,
    clock: FixedClock,
) -> None:
    here = tenant()
    estate = furnish(here)
    backup = back_up(here)
    records(here).apply("contact", "delete", estate.contact[0])
    clock.advance(timedelta(minutes=1).total_seconds())
    seen: list[Mapping[str, Any]] = []
    world.doors.before = lambda service, call: seen.append(call) if call["verb"] == "reinstate" else None
    assert json.loads(restore(here, backup, "missing").result or "")["outcomes"]["contact"] == {"restored": 1}
    (call,) = [call for call in seen if call["mutations"][0]["entity"] == "contact"]
    assert call["mutations"][0]["mutationId"].endswith(f":contact:{estate.contact[0]}")
