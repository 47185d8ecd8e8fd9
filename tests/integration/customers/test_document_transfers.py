"""Documents: the bytes go between the client and S3 by signed URLs, which admit exactly what was announced."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import httpx
import pytest
from deployed_stack import Deployment, Member

from zebros.errors import UploadInterruptedError
from zebros.transfers import Storage

pytestmark = pytest.mark.integration

MEBIBYTE = 1024 * 1024
CONTENT = b"%PDF-1.7 contract"


def announce(member: Member, customer: str, size_bytes: int, **more: Any) -> dict[str, Any]:
    body = {
        "customerId": customer,
        "fileName": "Vertrag Größe.pdf",
        "contentType": "application/pdf",
        "sizeBytes": size_bytes,
    }
    return member.ask("POST", "/v1/documents", body | more)


def post_form(form: dict[str, Any], content: bytes, **fields: str) -> int:
    return httpx.post(form["url"], data=form["fields"] | fields, files={"file": content}).status_code


def test_the_upload_form_takes_exactly_the_announced_type_and_size(home: Member) -> None:
    customer = home.customer()["customerId"]
    started = announce(home, customer, len(CONTENT))
    form, document = started["upload"], f"/v1/documents/{started['document']['documentId']}"
    assert post_form(form, CONTENT + b"!") >= 400
    assert post_form(form, CONTENT[:-1]) >= 400
    assert post_form(form, CONTENT, **{"Content-Type": "text/html"}) >= 400
    assert post_form(form, CONTENT, key="somewhere/else") >= 400
    early = home.send("POST", f"{document}/complete")
    assert (early.status_code, early.headers["content-type"]) == (409, "application/problem+json")
    assert post_form(form, CONTENT) < 300
    assert home.ask("POST", f"{document}/complete")["status"] == "available"


def test_a_document_downloads_under_its_name_and_for_its_tenant_only(home: Member, stranger: Member) -> None:
    customer = home.customer()["customerId"]
    started = announce(home, customer, len(CONTENT))
    path = f"/v1/documents/{started['document']['documentId']}"
    post_form(started["upload"], CONTENT)
    home.ask("POST", f"{path}/complete")

    answer = httpx.get(home.ask("GET", f"{path}/download")["url"])
    assert answer.content == CONTENT
    disposition = answer.headers["content-disposition"]
    assert disposition.startswith("attachment")
    assert "filename*=UTF-8''Vertrag%20Gr%C3%B6%C3%9Fe.pdf" in disposition
    assert home.tenant.id in httpx.URL(str(answer.url)).path

    for method, place in (("GET", ""), ("GET", "/download"), ("POST", "/complete"), ("DELETE", "")):
        assert stranger.send(method, f"{path}{place}").status_code == 404
    other = stranger.customer()["customerId"]
    moved = stranger.send("POST", "/v1/documents", {**_draft(), "customerId": customer})
    assert moved.status_code == 422
    assert announce(stranger, other, 5)["document"]["customerId"] == other


def _draft() -> dict[str, Any]:
    return {"fileName": "a.pdf", "contentType": "application/pdf", "sizeBytes": 5}


def test_a_customer_is_read_with_its_documents_and_their_links(home: Member) -> None:
    customer = home.customer()["customerId"]
    started = announce(home, customer, len(CONTENT))
    id = started["document"]["documentId"]
    pending = home.get(f"/v1/customers/{customer}", include="documents")
    assert "etag" not in pending.headers
    assert [(each["status"], each["url"]) for each in pending.json()["documents"]] == [("pending", None)]

    post_form(started["upload"], CONTENT)
    home.ask("POST", f"/v1/documents/{id}/complete")
    [linked] = home.ask("GET", f"/v1/customers/{customer}", params={"include": "documents"})["documents"]
    assert (linked["documentId"], linked["status"]) == (id, "available")
    assert httpx.get(linked["url"]).content == CONTENT


def test_a_deleted_documents_content_is_gone(home: Member) -> None:
    started = announce(home, home.customer()["customerId"], len(CONTENT))
    path = f"/v1/documents/{started['document']['documentId']}"
    post_form(started["upload"], CONTENT)
    home.ask("POST", f"{path}/complete")
    url = home.ask("GET", f"{path}/download")["url"]
    home.ask("DELETE", path)
    assert httpx.get(url).status_code == 404
    assert home.get(path).status_code == 404


def test_a_large_upload_that_broke_off_goes_on_with_the_missing_parts(
    deployment: Deployment, pool: tuple[Member, Member], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, stranger = pool
    source = tmp_path / "recording.bin"
    with source.open("wb") as file:
        for number in range(101):
            file.write(bytes([number]) * MEBIBYTE)
        file.write(b"the end")
    with deployment.sdk(home) as client:
        customer = client.customers.create(company_name=f"Recordings of {home.tenant.id}").id
        send, sent = Storage.put_part, list[int]()

        def breaking(storage: Storage, url: str, file: Any, *, offset: int, **more: Any) -> None:
            if len(sent) == 3:
                raise httpx.ReadError("the line went dead")
            send(storage, url, file, offset=offset, **more)
            sent.append(offset)

        with monkeypatch.context() as patch:
            patch.setattr(Storage, "put_part", breaking)
            with pytest.raises((UploadInterruptedError, httpx.ReadError)):
                client.documents.upload(source, customer_id=customer)
        [pending] = client.customers.documents(customer)
        parts = home.ask("GET", f"/v1/documents/{pending.id}/parts")["items"]
        assert [part["partNumber"] for part in parts] == [1, 2, 3]
        refused = home.send("POST", f"/v1/documents/{pending.id}/complete")
        assert (refused.status_code, refused.json()["type"].rsplit("/", 1)[1]) == (409, "upload-incomplete")
        assert stranger.get(f"/v1/documents/{pending.id}/parts").status_code == 404

        resumed = list[int]()

        def counting(storage: Storage, url: str, file: Any, *, offset: int, **more: Any) -> None:
            send(storage, url, file, offset=offset, **more)
            resumed.append(offset)

        monkeypatch.setattr(Storage, "put_part", counting)
        assert client.documents.resume(pending.id, source).status == "available"
        assert not set(resumed) & set(sent)
        copy = tmp_path / "copy.bin"
        client.documents.download(pending.id, copy)
        client.documents.delete(pending.id)
    assert _digest(copy) == _digest(source)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
