"""Our own files and rows: what of them names a person, what cannot be searched, and what is waited for."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import boto3
import pytest
from callers import Person
from jobs_in_process import JobsWorld, carry_out, step
from personal_traces import Traces
from stub_owners import CONTACT, JANE, Owners

from zebros_core.clock import FixedClock
from zebros_jobs.bootstrap import Container
from zebros_jobs.domain.job import Acting, Job, JobFile, JobKind, JobState
from zebros_jobs.use_cases.privacy import erasure, work
from zebros_jobs.use_cases.privacy.erasure_ledger import ErasureLedger
from zebros_jobs.use_cases.run_job import Deadline, open_run

Tenants = Callable[..., str]
Ask = Callable[..., str]
People = Callable[..., Person]
NAMES = ("jane roe", "roe jane")


def stored(container: Container, tenant_id: str) -> list[str]:
    """Return the files of jobs that are stored, in whatever version, without those of the request itself."""
    s3: Any = boto3.client("s3")
    return sorted(
        entry["Key"].split("/", 1)[1]
        for bucket in (container.settings.transfers_bucket, container.settings.reports_bucket)
        for entry in s3.list_object_versions(Bucket=bucket, Prefix=f"{tenant_id}/").get("Versions", ())
        if "/certificate" not in entry["Key"]
    )


def new_job(container: Container, tenant_id: str, kind: JobKind = JobKind.EXPORT, **facts: Any) -> Job:
    jobs = container.system_workspace(tenant_id, "test").jobs
    made = Job(
        id=jobs.store.new_id(),
        kind=kind,
        state=facts.pop("state", JobState.SUCCEEDED),
        acting=Acting(user_id="user-1"),
        owner_id="user-1",
        **facts,
    )
    return jobs.add(made)


@pytest.mark.usefixtures("owners")
def test_what_cannot_be_searched_goes_where_nobody_knows_what_it_is(
    container: Container, tenant: Tenants, put_file: Callable[..., str], ask: Ask, person: People
) -> None:
    here = tenant()
    put_file(here, "imports/job-1/source.xlsx", b"PK\x03\x04 and no more")
    put_file(here, "imports/job-1/outcomes.jsonl", b"{}\n")
    put_file(here, "reports/job-2/report.pdf", b"%PDF-1.7", "reports")
    put_file(here, "reports/job-2/result.json.gz", gzip.compress(b"{}"), "reports")
    put_file(here, "reports/job-3/report.pdf", b"%PDF-1.7", "reports")
    put_file(here, "reports/job-3/result.json.gz", gzip.compress(JANE.encode()), "reports")
    job_id = ask(here, "erasure", email=JANE)
    carry_out(container, here, job_id)
    assert stored(container, here) == [
        "imports/job-1/outcomes.jsonl",
        "reports/job-2/report.pdf",
        "reports/job-2/result.json.gz",
    ]
    said = person(here).get(f"/v1/privacy-requests/{job_id}/certificate").body["certificate"]
    assert (said["files"]["total"], said["filesNotSearched"]) == (3, 1)


@pytest.mark.usefixtures("owners")
def test_versions_that_were_deleted_or_replaced_go_as_well(
    container: Container, tenant: Tenants, put_file: Callable[..., str], ask: Ask, traces: Traces
) -> None:
    here, elsewhere = tenant(), tenant()
    s3: Any = boto3.client("s3")
    for each in (here, elsewhere):
        put_file(each, "imports/job-1/source.csv", JANE.encode())
        put_file(each, "imports/job-1/source.csv", b"other content")
        gone = put_file(each, "exports/job-2/a.csv", JANE.encode())
        s3.delete_object(Bucket=container.settings.transfers_bucket, Key=gone)
    carry_out(container, here, ask(here, "erasure", email=JANE))
    assert traces.of(here, JANE) == []
    assert stored(container, here) == ["imports/job-1/source.csv"]
    assert len(traces.of(elsewhere, JANE)) == 2


@pytest.mark.usefixtures("owners")
def test_an_export_of_the_persons_record_goes_though_it_has_no_name(
    container: Container, tenant: Tenants, put_file: Callable[..., str], ask: Ask
) -> None:
    here = tenant()
    put_file(here, "exports/job-1/ids.csv", f"contactId;phone\n{CONTACT};+49 1\n".encode())
    put_file(here, "imports/job-2/outcomes.jsonl", json.dumps({"id": CONTACT}).encode())
    carry_out(container, here, ask(here, "erasure", email=JANE))
    assert stored(container, here) == ["imports/job-2/outcomes.jsonl"]


@pytest.mark.usefixtures("owners")
def test_rows_of_jobs_lose_the_name_and_nothing_else(
    container: Container, tenant: Tenants, put_file: Callable[..., str], ask: Ask, traces: Traces
) -> None:
    here = tenant()
    key = put_file(here, "imports/job-1/source.csv", JANE.encode())
    clean = put_file(here, "imports/job-1/other.csv", b"a;b")
    files = [
        JobFile(name=f"{name}.csv", purpose="transfers", key=key, content_type="text/csv", size_bytes=3)
        for name, key in (("Jane Roe", key), ("other", clean))
    ]
    job = new_job(
        container,
        here,
        title="Contacts of Jane Roe.csv",
        parameters=json.dumps({"filters": {"email": JANE, "owner": "user-2"}}),
        result=json.dumps({"best": "Jane Roe", "rows": 3}),
    )
    workspace = container.job_workspace(here, job.id)
    # The job's files are named by its id below a folder of another: what counts is where they are.
    job_1 = job.model_copy(update={"files": tuple(files)})
    workspace.jobs.save(job_1, previous=job)
    progress = workspace.progress.claim(job.id, "w", clock_of(container).now())
    assert progress is not None
    said = {"row": {"email": JANE}, "next": 7}
    workspace.progress.save(
        job.id, replace(progress, checkpoint=said, note="at Jane Roe"), lease=timedelta(0)
    )
    carry_out(container, here, ask(here, "erasure", email=JANE))
    assert traces.of(here, JANE, *NAMES) == []
    found = workspace.jobs.get(job.id)
    assert found.title == "Contacts of [erased].csv"
    assert json.loads(found.parameters) == {"filters": {"email": "[erased]", "owner": "user-2"}}
    assert json.loads(found.result or "") == {"best": "[erased]", "rows": 3}
    assert workspace.progress.get(job.id).checkpoint == {"row": {"email": "[erased]"}, "next": 7}
    assert found.updated_by == "system:erasure"


def clock_of(container: Container) -> FixedClock:
    assert isinstance(container.clock, FixedClock)
    return container.clock


@pytest.mark.usefixtures("owners")
def test_an_erasure_waits_for_jobs_that_may_have_read_the_person(
    container: Container,
    clock: FixedClock,
    tenant: Tenants,
    put_file: Callable[..., str],
    ask: Ask,
    traces: Traces,
) -> None:
    here = tenant()
    running = new_job(container, here, state=JobState.RUNNING)
    waiting = new_job(container, here, state=JobState.AWAITING_FILE, kind=JobKind.IMPORT)
    other = ask(here, "erasure", email="other@example.com")
    step(container, here, other, "prepare")
    job_id = ask(here, "erasure", email=JANE)
    step(container, here, job_id, "prepare")
    outcomes: list[str] = []
    for _ in range(6):
        outcomes.append(step(container, here, job_id, "work"))
        clock.advance(130)
    assert set(outcomes) == {"again"}
    # What it has read it writes now; then it ends.
    put_file(here, f"exports/{running.id}/contacts.csv", JANE.encode())
    jobs = container.system_workspace(here, "test").jobs
    present = jobs.get(running.id)
    jobs.save(present.model_copy(update={"state": JobState.SUCCEEDED}), previous=present)
    assert carry_out(container, here, job_id).state is JobState.SUCCEEDED
    assert [place for place in traces.of(here, JANE) if "exports" in place] == []
    assert not jobs.get(waiting.id).has_ended


def test_what_keeps_naming_the_person_fails_the_request_and_is_not_certified(
    container: Container,
    tenant: Tenants,
    owners: Owners,
    ask: Ask,
    person: People,
    world: JobsWorld,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(erasure, "MOST_ROUNDS", 2)
    here = tenant()

    def never_gone(service: str, call: Mapping[str, Any]) -> None:
        owners.records["customers"].add("2")

    world.doors.before = never_gone
    job_id = ask(here, "erasure", email=JANE)
    job = carry_out(container, here, job_id)
    assert job.state is JobState.FAILED
    assert job.problem is not None
    assert job.problem.code == "not-erased"
    assert JANE not in job.problem.detail
    assert person(here).get(f"/v1/privacy-requests/{job_id}/certificate").status == 404
    # Nothing is forgotten that it takes to try again.
    world.doors.before = lambda service, call: None
    again = person(here).post(f"/v1/privacy-requests/{job_id}:again").body["jobId"]
    assert carry_out(container, here, again).state is JobState.SUCCEEDED


@pytest.mark.usefixtures("owners")
def test_much_to_look_through_is_for_a_task(
    container: Container,
    tenant: Tenants,
    put_file: Callable[..., str],
    ask: Ask,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    here = tenant()
    put_file(here, "exports/job-1/a.csv", b"x" * 100)
    made = container.job_workspace(here, job_id := ask(here, "erasure", email=JANE))
    for limit, large in ((100, False), (99, True)):
        monkeypatch.setattr(work, "_LARGE_BYTES", limit)
        run = open_run(made, made.jobs.get(job_id), Deadline())
        assert run is not None
        with run:
            plan = work.PrivacyWork(lambda letter, file: None, lambda said: b"").prepare(run)
        assert plan.large is large


@pytest.mark.usefixtures("owners")
def test_a_request_whose_row_is_gone_says_so(
    container: Container, clock: FixedClock, tenant: Tenants, ask: Ask
) -> None:
    here = tenant()
    job_id = ask(here, "access", email=JANE)
    clock.advance(2 * 24 * 3600)
    job = carry_out(container, here, job_id)
    assert job.state is JobState.FAILED
    assert job.problem is not None
    assert "ask anew" in job.problem.detail


@pytest.mark.usefixtures("owners")
def test_more_records_than_one_request_can_be_about_are_refused(
    container: Container, tenant: Tenants, ask: Ask, world: JobsWorld
) -> None:
    here = tenant()

    def many(call: Mapping[str, Any], context: Any) -> dict[str, Any]:
        del context
        return {"subject": {**call["subject"], "emails": [f"j{n}@example.com" for n in range(20)]}}

    world.doors.handlers["pipeline"] = many
    job = carry_out(container, here, ask(here, "access", email=JANE))
    assert job.state is JobState.FAILED
    assert job.problem is not None
    assert "one by one" in job.problem.detail


@pytest.mark.usefixtures("owners")
def test_many_files_are_looked_through_in_turns(
    container: Container,
    tenant: Tenants,
    put_file: Callable[..., str],
    ask: Ask,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(erasure, "_BATCH_FILES", 10)
    here = tenant()
    for number in range(25):
        put_file(here, f"exports/job-{number:03}/a.csv", JANE.encode() if number % 2 else b"clean")
    carry_out(container, here, ask(here, "erasure", email=JANE))
    assert stored(container, here) == [f"exports/job-{number:03}/a.csv" for number in range(0, 25, 2)]


def test_the_ledger_knows_the_persons_documents_and_not_those_that_were_sent_to_them(
    container: Container, tenant: Tenants, ask: Ask, world: JobsWorld, owners: Owners
) -> None:
    here = tenant()
    mine, sent = (container.job_workspace(here, "test").jobs.store.new_id() for _ in range(2))
    usual = owners("customers")

    def with_documents(call: Mapping[str, Any], context: Any) -> dict[str, Any]:
        answer = usual(call, context)
        if call["verb"] == "identify":
            answer["subject"]["documentIds"] = [mine, sent]
        if call["verb"] == "collect" and "1" in owners.records["customers"]:
            facts = {"store": "documents", "entity": "document", "id": mine, "state": "live"}
            answer["items"].append({**facts, "data": {}, "classification": {}, "files": []})
        return answer

    world.doors.handlers["customers"] = with_documents
    assert carry_out(container, here, ask(here, "erasure", email=JANE)).state is JobState.SUCCEEDED
    erased = ErasureLedger(container.job_workspace(here, "test").lookup).load()
    assert (erased.has("document", mine), erased.has("document", sent)) == (True, False)
    assert erased.has("contact", CONTACT)
