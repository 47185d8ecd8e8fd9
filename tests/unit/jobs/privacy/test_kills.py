"""Requests whose worker is killed at any point end as if it never had been: the same files, the same rows, no trace."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import boto3
import jwt
import pytest
from callers import Person, empty_tables
from jobs_in_process import JobsWorld, step
from personal_traces import Traces
from stub_owners import JANE, Owners

from zebros_core.clock import FixedClock
from zebros_core.storage.versions import ObjectVersions
from zebros_core.tenancy.registry import Tenant
from zebros_jobs.bootstrap import Container
from zebros_jobs.domain.job import JobState
from zebros_jobs.repositories.private_requests import PrivateRequests
from zebros_jobs.use_cases.parts import Parts
from zebros_jobs.use_cases.run_job import JobRun

Tenants = Callable[..., str]
Ask = Callable[..., str]


class KilledError(BaseException):
    """The process is gone: nothing after it is done."""


EVERY = 9
"""A worker does so much before it is killed: a bit more than it needs from one checkpoint to the next."""
OF_EACH_KIND = -1
"""When the first is, if a worker is killed ahead of each kind of thing, where it comes for the first time."""
FIRST = {"erasure": (OF_EACH_KIND, 5), "access": (OF_EACH_KIND,)}
ALL = {kind: (OF_EACH_KIND, *range(1, EVERY + 1)) for kind in FIRST}
"""When the first is: what is done again moves the others, so that they come everywhere."""


@dataclass
class Killer:
    """Kills at the n-th thing that is done and at every ninth from there; with 0 it only counts."""

    at: int = 0
    done: int = 0
    kinds: set[str] = field(default_factory=set[str])
    """What was done."""

    def begin(self, at: int) -> None:
        self.at, self.done, self.kinds = at, 0, set()

    def reached(self, kind: str) -> None:
        self.done += 1
        is_new = kind not in self.kinds
        self.kinds.add(kind)
        if self.at == OF_EACH_KIND:
            if is_new:
                raise KilledError
        elif self.at and self.done >= self.at and (self.done - self.at) % EVERY == 0:
            raise KilledError


@pytest.fixture
def killer(world: JobsWorld, monkeypatch: pytest.MonkeyPatch) -> Killer:
    """Count, and kill ahead of, every call of a door and every write of a job: what was before is done, this is not."""
    made = Killer()
    world.doors.before = lambda service, call: made.reached(call["verb"])
    for owner, name in (
        (JobRun, "save"),
        (JobRun, "wait"),
        (ObjectVersions, "erase"),
        (Parts, "add"),
        (PrivateRequests, "put"),
        (PrivateRequests, "erase"),
    ):
        monkeypatch.setattr(owner, name, _watched(getattr(owner, name), made, f"{owner.__name__}.{name}"))
    return made


def _watched(method: Any, killer: Killer, kind: str) -> Any:
    def watched(*args: Any, **facts: Any) -> Any:
        killer.reached(kind)
        return method(*args, **facts)

    return watched


STEPS = ("prepare", "work", "check", "finalize", "notify")


def carried_out(container: Container, tenant_id: str, job_id: str, clock: FixedClock) -> None:
    """Do as the state machine does, and as the reaper when a worker is gone: wait for its lease, begin anew."""
    while True:
        try:
            for name in STEPS:
                for _ in range(50):
                    outcome = step(container, tenant_id, job_id, name)
                    if outcome != "again":
                        break
                    clock.advance(130)
                else:
                    raise AssertionError(f"{name} has no end")
            return
        except KilledError:
            clock.advance(100)


def put_files(container: Container, tenant_id: str) -> None:
    s3: Any = boto3.client("s3")
    for bucket, path, content in (
        (container.settings.transfers_bucket, "exports/job-3/clean.csv", b"a;b\n"),
        (container.settings.transfers_bucket, "imports/job-1/source.csv", f"email\n{JANE}\n".encode()),
        (container.settings.transfers_bucket, "imports/job-2/source.csv", b"Jane;Roe\n"),
        (container.settings.reports_bucket, "reports/job-4/a.pdf", b"%PDF-1.7"),
        (container.settings.reports_bucket, "reports/job-4/result.json", b'{"owner": "Jane Roe"}'),
    ):
        s3.put_object(Bucket=bucket, Key=f"{tenant_id}/{path}", Body=content)


def outcome_of(container: Container, person: Person, tenant_id: str, job_id: str) -> Any:
    """Return what a request came to, without what no two requests have in common."""
    job = container.job_workspace(tenant_id, job_id).jobs.get(job_id)
    assert (job.state, job.problem) == (JobState.SUCCEEDED, None), job.problem
    s3: Any = boto3.client("s3")
    files = {
        file.name: s3.get_object(Bucket=container.settings.transfers_bucket, Key=file.key)["Body"].read()
        for file in job.files
    }
    left = sorted(
        entry["Key"].replace(job_id, "job")
        for bucket in (container.settings.transfers_bucket, container.settings.reports_bucket)
        for entry in s3.list_object_versions(Bucket=bucket, Prefix=f"{tenant_id}/").get("Versions", ())
        # What a worker that was killed has written, and no checkpoint counts, is written down nowhere.
        if entry["Key"].split("/")[1:2] != ["privacy"] or "." in entry["Key"].rpartition("/")[2]
    )
    result = {**json.loads(job.result or "{}"), "endedAt": "", "availableUntil": ""}
    said: Any = {}
    if "certificate.jws" in files:
        answer = person.get(f"/v1/privacy-requests/{job_id}/certificate").body
        said = jwt.decode(answer["signed"], answer["publicKey"], algorithms=["ES256"])
        for name in ("requestId", "requestedAt", "begunAt", "endedAt", "ledger", "subject", "ending"):
            said[name] = len(said[name]) if name in {"ledger", "ending"} else ""
    if "personal-data.zip" in files:
        with zipfile.ZipFile(io.BytesIO(files["personal-data.zip"])) as archive:
            said = {
                name: archive.read(name).decode() for name in archive.namelist() if name.startswith("data/")
            }
    return result, left, said


@pytest.mark.parametrize("firsts", [pytest.param(ALL, marks=pytest.mark.prove, id="all"), FIRST])
@pytest.mark.parametrize("kind", ["erasure", "access"])
def test_a_request_that_is_killed_anywhere_ends_as_if_it_never_had_been(
    container: Container,
    clock: FixedClock,
    tenant: Tenants,
    ask: Ask,
    person: Callable[..., Person],
    owners: Owners,
    killer: Killer,
    traces: Traces,
    kind: str,
    firsts: dict[str, Sequence[int]],
) -> None:
    def once(at: int) -> Any:
        here = "pooltenant"
        for service in owners.records:
            owners.records[service] |= {"1", "2", "3"}
        put_files(container, here)
        killer.begin(0)
        job_id = ask(here, kind, email=JANE)
        killer.begin(at)
        carried_out(container, here, job_id, clock)
        done = killer.done
        killer.at = 0
        came_to = outcome_of(container, person(here), here, job_id)
        if kind == "erasure":
            assert traces.of(here, JANE, "jane roe", "roe jane") == []
            assert not any(owners.records.values())
        empty_tables()
        s3: Any = boto3.client("s3")
        for bucket in (container.settings.transfers_bucket, container.settings.reports_bucket):
            page = s3.list_object_versions(Bucket=bucket)
            for entry in (*page.get("Versions", ()), *page.get("DeleteMarkers", ())):
                s3.delete_object(Bucket=bucket, Key=entry["Key"], VersionId=entry["VersionId"])
        return came_to, done

    container.registry.put(Tenant(id="pooltenant", name="pooltenant", isolation="pool"))  # type: ignore[attr-defined]
    never_killed, events = once(0)
    assert events > 40
    if kind == "erasure":
        assert never_killed[1] == [
            "pooltenant/exports/job-3/clean.csv",
            *(f"pooltenant/privacy/job/certificate{end}" for end in ("-key.pem", ".json", ".jws", ".pdf")),
        ]
        assert never_killed[2]["kept"]["total"] == 5
    for first in firsts[kind]:
        assert once(first)[0] == never_killed, f"killed at {first} and every {EVERY} from there"
