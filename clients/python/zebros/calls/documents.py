"""Operations on documents; the bytes themselves travel outside the API (see `zebros.transfers`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from zebros._replies import Reply
from zebros.calls.call import Call, path, post_headers, read_nothing, read_record
from zebros.models import Document, Upload

__all__ = ["PartUrls", "UploadStart"]


@dataclass(frozen=True, slots=True)
class UploadStart:
    """A document that has no bytes yet, and how to bring them."""

    document: Document
    upload: Upload


PartUrls = dict[int, str]


def start(
    *,
    customer_id: str,
    file_name: str,
    content_type: str,
    size_bytes: int,
    kind: str,
    idempotency_key: str | None,
) -> Call[UploadStart]:
    body = {
        "customerId": customer_id,
        "fileName": file_name,
        "contentType": content_type,
        "sizeBytes": size_bytes,
        "kind": kind,
    }
    return Call("POST", "/v1/documents", _read_start, json=body, headers=post_headers(idempotency_key))


def get(document_id: str) -> Call[Document]:
    return Call("GET", path("/v1/documents/{}", document_id), read_record(Document))


def delete(document_id: str) -> Call[None]:
    return Call("DELETE", path("/v1/documents/{}", document_id), read_nothing)


def sign_parts(document_id: str, numbers: Sequence[int]) -> Call[PartUrls]:
    target = path("/v1/documents/{}/parts", document_id)
    return Call("POST", target, _read_urls, json={"partNumbers": list(numbers)}, headers=post_headers(None))


def uploaded_parts(document_id: str) -> Call[frozenset[int]]:
    """The call for the numbers of the parts that storage holds already."""
    return Call("GET", path("/v1/documents/{}/parts", document_id), _read_parts)


def start_again(document_id: str) -> Call[UploadStart]:
    """The call for the upload of a document that has no content yet."""
    target = path("/v1/documents/{}/upload", document_id)
    return Call("POST", target, _read_start, headers=post_headers(None))


def complete(document_id: str) -> Call[Document]:
    target = path("/v1/documents/{}/complete", document_id)
    return Call("POST", target, read_record(Document), headers=post_headers(None))


def download(document_id: str) -> Call[str]:
    """The call for a signed URL of the document's bytes, valid for minutes."""
    target = path("/v1/documents/{}/download", document_id)
    return Call("GET", target, lambda reply: str(reply.json_object()["url"]))


def _read_start(reply: Reply) -> UploadStart:
    body = reply.json_object()
    return UploadStart(Document.load(body["document"]), Upload.model_validate(body["upload"]))


def _read_urls(reply: Reply) -> PartUrls:
    return {int(each["partNumber"]): str(each["url"]) for each in reply.json_object()["urls"]}


def _read_parts(reply: Reply) -> frozenset[int]:
    return frozenset(int(each["partNumber"]) for each in reply.items("items"))
