"""Access and portability: everything on a person and nothing of others, in forms for people and for machines."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from callers import Person
from jobs_in_process import JobsWorld, carry_out
from personal_traces import Traces

from zebros_customers.domain.document import Document, DocumentKind, DocumentStatus
from zebros_jobs.bootstrap import Container
from zebros_jobs.domain.job import JobState

JANE = "jane.roe@example.com"
Tenants = Callable[..., str]
Ask = Callable[..., str]


def downloaded(container: Container, key: str) -> bytes:
    answer = boto3.client("s3").get_object(Bucket=container.settings.transfers_bucket, Key=key)
    body: bytes = answer["Body"].read()
    return body


def files_of(container: Container, tenant_id: str, job_id: str) -> dict[str, bytes]:
    job = container.job_workspace(tenant_id, job_id).jobs.get(job_id)
    return {file.name: downloaded(container, file.key) for file in job.files}


@pytest.fixture
def with_document(world: JobsWorld) -> Callable[..., None]:
    """Give a tenant a document that is named after Jane."""

    def add(tenant_id: str, contact_id: str, content: bytes = b"about her") -> None:
        workspace = world.customers.system_workspace(tenant_id, "test")
        contact = workspace.contacts.get(contact_id)
        assert contact.customer_id is not None
        key = workspace.objects.key("customers", contact.customer_id, "documents", "d1")
        document = Document(
            document_id=workspace.documents.store.new_id(),
            customer_id=contact.customer_id,
            file_name="CV of Jane Roe.pdf",
            content_type="application/pdf",
            size_bytes=len(content),
            object_key=key,
            kind=DocumentKind.DOCUMENT,
            status=DocumentStatus.AVAILABLE,
            owner_id="user-1",
            team_id=None,
        )
        workspace.documents.add(document)
        workspace.objects.write(key, content, content_type="application/pdf")

    return add


def test_a_portability_archive_has_everything_of_the_person_and_nothing_else(
    container: Container,
    tenant: Tenants,
    add_jane: Callable[..., str],
    with_document: Callable[..., None],
    put_file: Callable[..., str],
    ask: Ask,
) -> None:
    here, elsewhere = tenant("pool"), tenant("pool")
    contact, theirs = add_jane(here), add_jane(elsewhere)
    with_document(here, contact)
    put_file(here, "imports/job-1/source.csv", f"name;email\nJane;{JANE}\nOther;o@example.com\n".encode())
    job_id = ask(here, "portability", email=JANE.upper())
    job = carry_out(container, here, job_id)
    assert (job.state, job.problem) == (JobState.SUCCEEDED, None)
    ((name, content),) = files_of(container, here, job_id).items()
    assert name == "personal-data.zip"
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        data = {name: archive.read(name) for name in archive.namelist()}
    manifest = json.loads(data["manifest.json"])
    assert (manifest["request"], manifest["requestId"], manifest["tenantId"]) == ("portability", job_id, here)
    for entry in manifest["files"]:
        assert hashlib.sha256(data[entry["path"]]).hexdigest() == entry["sha256"]
        assert len(data[entry["path"]]) == entry["sizeBytes"]
    contacts = json.loads(data["data/customers.contacts.json"])
    assert [(each["id"], each["data"]["email"]) for each in contacts] == [(contact, JANE)]
    assert contacts[0]["classification"]["email"] == "personal"
    (document,) = json.loads(data["data/customers.documents.json"])
    assert data[document["files"][0]["path"]] == b"about her"
    assert document["files"][0]["path"] == "files/00001-CV of Jane Roe.pdf"
    (file,) = json.loads(data["data/jobs.objects-transfers.json"])
    assert file["data"] == {"jobId": "job-1", "folder": "imports", "name": "source.csv"}
    assert theirs.encode() not in b"".join(data.values())
    assert b"o@example.com" not in b"".join(data.values())
    schema = json.loads(data["schema.json"])
    assert schema["items"]["properties"]["classification"]
    # What it was made of is gone with all versions, and so is what was asked.
    left = boto3.client("s3").list_object_versions(Bucket=container.settings.transfers_bucket, Prefix=here)
    assert [each["Key"].split("/", 1)[1] for each in left["Versions"]] == [
        "imports/job-1/source.csv",
        f"privacy/{job_id}/personal-data.zip",
    ]
    assert "DeleteMarkers" not in left


def test_an_access_request_gives_a_letter_and_the_same_archive(
    container: Container,
    tenant: Tenants,
    add_jane: Callable[..., str],
    ask: Ask,
    person: Callable[..., Person],
    traces: Traces,
) -> None:
    here = tenant("bridge", timeZone="Europe/Berlin")
    contact = add_jane(here)
    job_id = ask(here, "access", contactId=contact)
    assert carry_out(container, here, job_id).state is JobState.SUCCEEDED
    files = files_of(container, here, job_id)
    assert sorted(files) == ["letter.pdf", "personal-data.zip"]
    assert files["letter.pdf"].startswith(b"%PDF-")
    shown = person(here).get(f"/v1/privacy-requests/{job_id}").body
    assert (shown["request"], shown["outcome"], shown["subject"]["emails"]) == ("access", "done", [])
    assert shown["result"]["counts"]["contacts"] == 1
    assert shown["result"]["availableUntil"]
    # The job's rows do not say who it was about.
    assert [place for place in traces.of(here, JANE, "jane roe") if "jobs" in place] == []
    assert person(here).get(f"/v1/privacy-requests/{job_id}/certificate").status == 404


@pytest.mark.parametrize("kind", ["access", "erasure"])
def test_nobody_found_is_an_end_and_no_error(
    container: Container,
    tenant: Tenants,
    add_jane: Callable[..., str],
    ask: Ask,
    person: Callable[..., Person],
    kind: str,
) -> None:
    here = tenant("pool")
    add_jane(here)
    unknown = {"contactId": "01JC8Z4T5V6W7X8Y9ZABCDEFGH"}
    job_id = ask(here, kind, **({"email": "nobody@example.com"} if kind == "access" else unknown))
    job = carry_out(container, here, job_id)
    assert (job.state, job.problem) == (JobState.SUCCEEDED, None)
    assert person(here).get(f"/v1/privacy-requests/{job_id}").body["outcome"] == "nobodyFound"
    assert bool(job.files) is (kind == "erasure")


def test_a_record_of_another_tenant_is_nobody(
    container: Container, tenant: Tenants, add_jane: Callable[..., str], ask: Ask
) -> None:
    here, elsewhere = tenant("pool"), tenant("pool")
    contact = add_jane(elsewhere)
    job = carry_out(container, here, ask(here, "access", contactId=contact))
    assert json.loads(job.result or "{}")["outcome"] == "nobodyFound"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"kind": "erasure", "subject": {"email": JANE}}, 422),
        ({"kind": "erasure", "subject": {"email": JANE}, "confirm": False}, 422),
        ({"kind": "access", "subject": {}}, 422),
        ({"kind": "access", "subject": {"email": JANE, "userId": "u"}}, 422),
        ({"kind": "access", "subject": {"email": "nobody"}}, 422),
        ({"kind": "access", "subject": {"contactId": "1"}}, 422),
        ({"kind": "access", "subject": {"email": JANE}, "reason": "x" * 1001}, 422),
        ({"kind": "access", "subject": {"email": JANE}, "more": 1}, 422),
        ({"kind": "forget", "subject": {"email": JANE}}, 422),
        ({}, 422),
        ("[", 400),
        ("[1]", 422),
    ],
)
def test_what_is_no_request_is_refused(
    tenant: Tenants, person: Callable[..., Person], body: Any, status: int
) -> None:
    assert person(tenant()).post("/v1/privacy-requests", body).status == status


def test_only_administrators_ask(tenant: Tenants, person: Callable[..., Person]) -> None:
    here = tenant()
    body = {"kind": "access", "subject": {"email": JANE}}
    for role in ("sales-manager", "sales-rep", "viewer"):
        somebody = person(here, roles=(role,))
        assert somebody.post("/v1/privacy-requests", body).status == 403
        assert somebody.get("/v1/privacy-requests").status == 403
        assert somebody.get("/v1/legal-holds").status == 403


def test_a_repeated_request_is_one_and_keeps_nothing_when_it_is_done(
    container: Container,
    tenant: Tenants,
    add_jane: Callable[..., str],
    person: Callable[..., Person],
    traces: Traces,
) -> None:
    here = tenant()
    add_jane(here)
    body = {"kind": "erasure", "subject": {"email": JANE}, "confirm": True}
    first = person(here).post("/v1/privacy-requests", body, idempotency_key="k-1")
    again = person(here).post("/v1/privacy-requests", body, idempotency_key="k-1")
    assert (again.status, again.body["jobId"]) == (202, first.body["jobId"])
    other = {**body, "subject": {"email": "other@example.com"}}
    assert person(here).post("/v1/privacy-requests", other, idempotency_key="k-1").status == 422
    assert person(here).get(f"/v1/privacy-requests/{first.body['jobId']}").body["subject"]["emails"] == [JANE]
    carry_out(container, here, first.body["jobId"])
    late = person(here).post("/v1/privacy-requests", body, idempotency_key="k-1")
    assert (late.status, late.body["state"]) == (202, "succeeded")
    assert person(here).post("/v1/privacy-requests", other, idempotency_key="k-1").status == 422
    assert traces.of(here, JANE, "other@example.com", "jane roe") == []
    listed = person(here).get("/v1/privacy-requests").body["items"]
    assert [each["jobId"] for each in listed] == [first.body["jobId"]]
