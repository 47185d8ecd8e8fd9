"""Bytes to and from object storage."""

import json
from pathlib import Path

import httpx
import pytest
from scripted_world import API

from zebros.client import Client
from zebros.errors import StorageError, TransportError, UploadInterruptedError
from zebros.retry import RetryPolicy

STORAGE = "https://s3.test"
PART = 5


class Crm:
    """The documents API and its bucket, small enough to break on purpose."""

    def __init__(self, *, multipart: bool, break_at_part: int | None = None) -> None:
        self.multipart = multipart
        self.break_at_part = break_at_part
        self.parts: dict[int, bytes] = {}
        self.put_count = 0
        self.form = b""
        self.completed = 0
        self.refuse_form: httpx.Response | None = None
        self.tokens_at_storage: list[str] = []

    def client(self) -> Client:
        return Client(
            API,
            token="t",
            transport=httpx.MockTransport(self),
            sleep=lambda seconds: None,
            retry=RetryPolicy(max_attempts=2),
        )

    def __call__(self, request: httpx.Request) -> httpx.Response:
        content = request.read()
        if request.url.host == "s3.test":
            self.tokens_at_storage += request.headers.get_list("authorization")
            return self.storage(request, content)
        match request.method, request.url.path:
            case "POST", "/v1/documents":
                asked = json.loads(content)
                self.document = {**asked, "documentId": "d1", "version": 1}
                return httpx.Response(201, json={"document": self.document, "upload": self.upload()})
            case "POST", "/v1/documents/d1/upload":
                return httpx.Response(200, json={"document": self.document, "upload": self.upload()})
            case "POST", "/v1/documents/d1/parts":
                urls = [
                    {"partNumber": number, "url": f"{STORAGE}/part/{number}"}
                    for number in json.loads(content)["partNumbers"]
                ]
                return httpx.Response(200, json={"urls": urls})
            case "GET", "/v1/documents/d1/parts":
                parts = [{"partNumber": number} for number in self.parts]
                return httpx.Response(200, json={"items": parts})
            case "POST", "/v1/documents/d1/complete":
                self.completed += 1
                return httpx.Response(200, json={**self.document, "status": "available"})
            case "GET", "/v1/documents/d1/download":
                return httpx.Response(
                    200, json={"url": f"{STORAGE}/object", "expiresAt": "2026-11-20T00:00:00Z"}
                )
            case "GET", "/v1/documents/d1":
                return httpx.Response(200, json=self.document)
            case other:
                raise AssertionError(other)

    def upload(self) -> dict[str, object]:
        """As the service writes it: members that do not apply are null."""
        if self.multipart:
            return {"method": "multipart", "url": None, "fields": None, "partSizeBytes": PART}
        fields = {"key": "k", "policy": "p"}
        return {"method": "POST", "url": f"{STORAGE}/bucket", "fields": fields, "partSizeBytes": None}

    def storage(self, request: httpx.Request, content: bytes) -> httpx.Response:
        if request.method == "POST":
            self.form = content
            return self.refuse_form or httpx.Response(204)
        if request.method == "PUT":
            number = int(request.url.path.rsplit("/", 1)[-1])
            self.put_count += 1
            if number == self.break_at_part:
                return httpx.Response(500)
            self.parts[number] = content
            return httpx.Response(200)
        return httpx.Response(200, content=b"the bytes")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "offer.pdf"
    path.write_bytes(b"abcdefghijklm")
    return path


def test_a_small_file_goes_in_one_signed_form_with_progress(file: Path) -> None:
    crm = Crm(multipart=False)
    seen: list[tuple[int, int]] = []
    document = crm.client().documents.upload(
        file, customer_id="c1", progress=lambda done, size: seen.append((done, size))
    )
    assert document.status == "available"
    assert document.content_type == "application/pdf"
    assert b'name="policy"' in crm.form
    assert crm.form.index(b'name="policy"') < crm.form.index(b"abcdefghijklm")
    assert seen[-1] == (13, 13)
    assert crm.tokens_at_storage == []


def test_a_refusal_of_storage_is_raised_with_its_code_and_not_repeated(file: Path) -> None:
    crm = Crm(multipart=False)
    crm.refuse_form = httpx.Response(
        400, content=b"<Error><Code>EntityTooLarge</Code><Message>too large</Message></Error>"
    )
    with pytest.raises(StorageError, match="too large") as caught:
        crm.client().documents.upload(file, customer_id="c1")
    assert (caught.value.status, caught.value.code) == (400, "EntityTooLarge")
    assert crm.completed == 0


def test_a_large_file_goes_in_parts(file: Path) -> None:
    crm = Crm(multipart=True)
    seen: list[int] = []
    crm.client().documents.upload(file, customer_id="c1", progress=lambda done, size: seen.append(done))
    assert crm.parts == {1: b"abcde", 2: b"fghij", 3: b"klm"}
    assert seen[-1] == 13
    assert seen == sorted(seen)
    assert crm.completed == 1


def test_an_upload_that_stopped_is_resumed_with_the_missing_parts_only(file: Path) -> None:
    crm = Crm(multipart=True, break_at_part=2)
    with pytest.raises(UploadInterruptedError, match="5 of 13 bytes") as caught:
        crm.client().documents.upload(file, customer_id="c1")
    crm.break_at_part, crm.put_count = None, 0

    crm.client().documents.resume(caught.value.document_id, file)

    assert crm.put_count == 2
    assert b"".join(crm.parts[number] for number in sorted(crm.parts)) == b"abcdefghijklm"
    assert crm.completed == 1


def test_a_form_that_failed_is_sent_again(file: Path) -> None:
    crm = Crm(multipart=False)
    crm.refuse_form = httpx.Response(403, content=b"<Error><Code>AccessDenied</Code></Error>")
    with pytest.raises(StorageError):
        crm.client().documents.upload(file, customer_id="c1")
    crm.refuse_form = None
    assert crm.client().documents.resume("d1", file).status == "available"


def test_another_file_is_not_mixed_into_an_upload(file: Path, tmp_path: Path) -> None:
    crm = Crm(multipart=True, break_at_part=2)
    with pytest.raises(UploadInterruptedError):
        crm.client().documents.upload(file, customer_id="c1")
    other = tmp_path / "other.pdf"
    other.write_bytes(b"short")
    with pytest.raises(StorageError, match="5 bytes"):
        crm.client().documents.resume("d1", other)


def test_an_empty_file_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    with pytest.raises(StorageError, match="empty"):
        Crm(multipart=False).client().documents.upload(tmp_path / "empty", customer_id="c1")


def test_a_download_appears_whole(tmp_path: Path) -> None:
    target = tmp_path / "got"
    assert Crm(multipart=False).client().documents.download("d1", target) == 9
    assert target.read_bytes() == b"the bytes"
    assert list(tmp_path.iterdir()) == [target]


def test_a_download_that_breaks_leaves_nothing(tmp_path: Path) -> None:
    crm = Crm(multipart=False)

    def storage(request: httpx.Request, content: bytes) -> httpx.Response:
        raise httpx.ReadError("reset")

    crm.storage = storage  # type: ignore[method-assign]
    with pytest.raises(TransportError, match="run it again"):
        crm.client().documents.download("d1", tmp_path / "got")
    assert list(tmp_path.iterdir()) == []
