"""/v1/documents: announced, uploaded, completed, downloaded, deleted."""

from __future__ import annotations

from typing import Any

import boto3
import pytest

from zebros_core.messaging import EntityChanged, Operation
from zebros_core.storage import MULTIPART_FROM_BYTES
from zebros_customers.use_cases.follow_up import follow_up

Both = tuple[Any, Any]
BUCKET = "zebros-test-documents"


def customer_of(person: Any) -> str:
    return str(person.post("/v1/customers", {"companyName": "Tidewater"}).body["customerId"])


def announce(person: Any, customer_id: str, size: int = 5, **facts: Any) -> Any:
    body = {
        "customerId": customer_id,
        "fileName": "contract.pdf",
        "contentType": "application/pdf",
        "sizeBytes": size,
    }
    return person.post("/v1/documents", body | facts)


def upload(started: Any, content: bytes) -> None:
    fields = started.body["upload"]["fields"]
    boto3.client("s3").put_object(
        Bucket=BUCKET, Key=fields["key"], Body=content, ContentType="application/pdf"
    )


def test_a_document_is_announced_uploaded_completed_and_downloaded(both: Both) -> None:
    one, two = both
    customer_id = customer_of(one)
    started = announce(one, customer_id)
    assert started.status == 201, started.text
    document = started.body["document"]
    path = started.headers["location"]
    assert document["status"] == "pending"
    assert started.body["upload"]["method"] == "POST"
    assert started.body["upload"]["fields"]["key"].startswith(
        f"{one.tenant}/customers/{customer_id}/documents/"
    )
    assert one.get(f"{path}/download").status == 409
    assert one.post(f"{path}/complete").status == 409
    upload(started, b"12345")
    completed = one.post(f"{path}/complete")
    assert (completed.status, completed.body["status"]) == (200, "available")
    assert one.post(f"{path}/complete").body["version"] == completed.body["version"]
    link = one.get(f"{path}/download").body["url"]
    assert "contract.pdf" in link and "X-Amz-Signature" in link
    for call in (two.get(path), two.get(f"{path}/download"), two.post(f"{path}/complete"), two.delete(path)):
        assert call.status == 404
    assert two.get(f"/v1/customers/{customer_id}/documents").status == 404


def test_a_customer_comes_with_its_documents_and_without_an_etag(admin: Any) -> None:
    customer_id = customer_of(admin)
    started = announce(admin, customer_id)
    upload(started, b"12345")
    admin.post(started.headers["location"] + "/complete")
    announce(admin, customer_id, fileName="second.pdf")
    answer = admin.get(f"/v1/customers/{customer_id}", include="documents")
    assert answer.status == 200 and "etag" not in answer.headers
    linked = {document["fileName"]: document["url"] for document in answer.body["documents"]}
    assert linked["second.pdf"] is None
    assert linked["contract.pdf"].startswith("https://")
    assert "documents" not in admin.get(f"/v1/customers/{customer_id}").body


def test_an_upload_of_another_size_is_not_completed(admin: Any) -> None:
    started = announce(admin, customer_of(admin), size=5)
    upload(started, b"1234567")
    assert admin.post(started.headers["location"] + "/complete").status in {409, 422}
    assert admin.get(started.headers["location"]).body["status"] == "pending"


def test_documents_and_attachments_are_kept_apart_and_listed_newest_first(admin: Any, clock: Any) -> None:
    customer_id = customer_of(admin)
    for name, kind in (("a.pdf", "document"), ("b.pdf", "attachment"), ("c.pdf", "document")):
        clock.advance(seconds=1)
        started = announce(admin, customer_id, fileName=name, kind=kind)
        assert f"/{kind}s/" in started.body["upload"]["fields"]["key"]
    path = f"/v1/customers/{customer_id}/documents"
    assert [d["fileName"] for d in admin.get(path).body["items"]] == ["c.pdf", "b.pdf", "a.pdf"]
    assert [d["fileName"] for d in admin.get(path, kind="attachment").body["items"]] == ["b.pdf"]


def test_a_large_document_goes_in_parts_and_is_resumed(both: Both) -> None:
    one, two = both
    size = MULTIPART_FROM_BYTES + 1
    started = announce(one, customer_of(one), size=size)
    path = started.headers["location"]
    assert started.body["upload"]["method"] == "multipart"
    assert started.body["upload"]["partSizeBytes"] == 16 * 1024 * 1024
    signed = one.post(f"{path}/parts", {"partNumbers": [1, 7]})
    assert [part["partNumber"] for part in signed.body["urls"]] == [1, 7]
    assert one.post(f"{path}/parts", {"partNumbers": [8]}).status == 422
    assert one.get(f"{path}/parts").body == {"items": []}
    assert one.post(f"{path}/complete").status in {409, 422}
    assert two.get(f"{path}/parts").status == 404
    assert two.post(f"{path}/parts", {"partNumbers": [1]}).status == 404
    again = one.post(f"{path}/upload")
    assert again.body["upload"] == started.body["upload"]


def test_a_repeated_announcement_gives_the_same_document(both: Both) -> None:
    one, two = both
    customer_id = customer_of(one)
    body = {"customerId": customer_id, "fileName": "a.pdf", "contentType": "application/pdf", "sizeBytes": 5}
    first = one.post("/v1/documents", body, Idempotency_Key="d-1")
    again = one.post("/v1/documents", body, Idempotency_Key="d-1")
    assert again.body["document"] == first.body["document"]
    other = two.post("/v1/documents", body | {"customerId": customer_of(two)}, Idempotency_Key="d-1")
    assert other.body["document"]["documentId"] != first.body["document"]["documentId"]


def test_a_deleted_document_is_gone_with_its_content(admin: Any) -> None:
    started = announce(admin, customer_of(admin))
    upload(started, b"12345")
    path = started.headers["location"]
    admin.post(f"{path}/complete")
    assert admin.delete(path).status == 204
    assert admin.get(path).status == 404
    key = started.body["upload"]["fields"]["key"]
    found = boto3.client("s3").list_objects_v2(Bucket=BUCKET, Prefix=key)
    assert found["KeyCount"] == 0


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"fileName": "../secret"}, "/fileName"),
        ({"fileName": "a\r\nb"}, "/fileName"),
        ({"contentType": "pdf"}, "/contentType"),
        ({"size": 0}, "/sizeBytes"),
        ({"size": 6 * 1024**3}, "/sizeBytes"),
        ({"kind": "photo"}, "/kind"),
        ({"customer_id": "01JC8Z4T5V6W7X8Y9ZABCDEFGH"}, "/customerId"),
    ],
)
def test_wrong_announcements_are_422_naming_the_field(admin: Any, facts: dict[str, Any], field: str) -> None:
    customer_id = facts.pop("customer_id", None) or customer_of(admin)
    refused = announce(admin, customer_id, **facts)
    assert refused.status == 422
    assert [error["field"] for error in refused.body["errors"]] == [field]


def test_the_event_of_a_deleted_document_deletes_content_that_was_left_behind(
    admin: Any, container: Any
) -> None:
    started = announce(admin, customer_of(admin))
    upload(started, b"12345")
    path = started.headers["location"]
    document = admin.post(f"{path}/complete").body
    admin.delete(path)
    upload(started, b"12345")  # as if the function had been stopped before it deleted the content
    event = EntityChanged(
        event_id="e-1",
        tenant_id=admin.tenant,
        entity="document",
        id=document["documentId"],
        version=document["version"] + 1,
        operation=Operation.DELETED,
        occurred_at=container.clock.now(),
    )
    follow_up(container.system_workspace(admin.tenant, "followup"), event)
    key = started.body["upload"]["fields"]["key"]
    assert boto3.client("s3").list_objects_v2(Bucket=BUCKET, Prefix=key)["KeyCount"] == 0


def test_the_content_of_an_available_or_deleted_document_cannot_be_sent_again(admin: Any) -> None:
    body = {
        "customerId": customer_of(admin),
        "fileName": "a.pdf",
        "contentType": "application/pdf",
        "sizeBytes": 5,
    }
    started = admin.post("/v1/documents", body, Idempotency_Key="d-1")
    upload(started, b"12345")
    path = started.headers["location"]
    assert admin.post(f"{path}/complete").status == 200
    assert admin.post(f"{path}/upload").status == 409
    assert admin.post("/v1/documents", body, Idempotency_Key="d-1").status == 409
    assert admin.delete(path).status == 204
    assert admin.post("/v1/documents", body, Idempotency_Key="d-1").status == 409


def test_a_repeated_announcement_of_a_large_document_leaves_one_upload_open(admin: Any) -> None:
    body = {
        "customerId": customer_of(admin),
        "fileName": "a.bin",
        "contentType": "application/octet-stream",
        "sizeBytes": MULTIPART_FROM_BYTES + 1,
    }
    first = admin.post("/v1/documents", body, Idempotency_Key="d-1")
    again = admin.post("/v1/documents", body, Idempotency_Key="d-1")
    assert again.body == first.body
    document_id = first.body["document"]["documentId"]
    listed = boto3.client("s3").list_multipart_uploads(Bucket=BUCKET).get("Uploads", [])
    assert sum(document_id in found["Key"] for found in listed) == 1
