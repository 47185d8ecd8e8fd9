"""Uploads in parts, interrupted and resumed."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zebros_core.errors import ConflictError, NotFoundError, ValidationError
from zebros_core.storage import (
    MULTIPART_FROM_BYTES,
    IncompleteUploadError,
    MultipartUploads,
    UploadMismatchError,
    plan_parts,
)

MIB = 1024 * 1024
KEY = "aurora/documents/D1/content"
SIZE = 11 * MIB


def send(s3: Any, upload_id: str, number: int, size: int) -> None:
    s3.upload_part(Bucket="documents", Key=KEY, UploadId=upload_id, PartNumber=number, Body=b"x" * size)


@pytest.fixture
def upload_id(uploads: MultipartUploads) -> str:
    return uploads.start(KEY, content_type="application/zip")


def test_an_interrupted_upload_is_resumed_and_completed(
    uploads: MultipartUploads, s3: Any, upload_id: str
) -> None:
    assert uploads.missing(KEY, upload_id, size_bytes=SIZE) == (1, 2, 3)
    send(s3, upload_id, 2, 5 * MIB)
    send(s3, upload_id, 1, 5 * MIB)
    assert uploads.missing(KEY, upload_id, size_bytes=SIZE) == (3,)
    with pytest.raises(IncompleteUploadError) as caught:
        uploads.complete(KEY, upload_id, size_bytes=SIZE)
    assert caught.value.missing == (3,)
    assert isinstance(caught.value, ConflictError)
    send(s3, upload_id, 3, 1 * MIB)
    info = uploads.complete(KEY, upload_id, size_bytes=SIZE)
    assert (info.size_bytes, info.content_type) == (SIZE, "application/zip")


def test_a_part_of_the_wrong_size_has_to_be_sent_again(
    uploads: MultipartUploads, s3: Any, upload_id: str
) -> None:
    for number, size in ((1, 5 * MIB), (2, 5 * MIB + 1), (3, 1 * MIB)):
        send(s3, upload_id, number, size)
    assert uploads.missing(KEY, upload_id, size_bytes=SIZE) == (2,)


def test_completing_twice_is_as_good_as_once(uploads: MultipartUploads, s3: Any, upload_id: str) -> None:
    for number, size in ((1, 5 * MIB), (2, 5 * MIB), (3, 1 * MIB)):
        send(s3, upload_id, number, size)
    first = uploads.complete(KEY, upload_id, size_bytes=SIZE)
    assert uploads.complete(KEY, upload_id, size_bytes=SIZE) == first


def test_what_is_not_of_the_announced_size_is_removed(
    uploads: MultipartUploads, s3: Any, upload_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A part replaced between the check and the end: caught by looking at the whole."""
    for number, size in ((1, 5 * MIB), (2, 5 * MIB), (3, 1 * MIB)):
        send(s3, upload_id, number, size)
    listed = uploads.list_parts(KEY, upload_id)
    send(s3, upload_id, 3, 2 * MIB)
    etag = uploads.list_parts(KEY, upload_id)[2].etag
    stale = (*listed[:2], type(listed[2])(3, 1 * MIB, etag))
    monkeypatch.setattr(uploads, "list_parts", lambda *_: stale)
    with pytest.raises(UploadMismatchError) as caught:
        uploads.complete(KEY, upload_id, size_bytes=SIZE)
    assert (caught.value.expected_bytes, caught.value.actual_bytes) == (SIZE, 12 * MIB)
    assert "Contents" not in s3.list_objects_v2(Bucket="documents")


def test_another_finished_object_under_the_key_is_not_taken_for_this_upload(
    uploads: MultipartUploads, s3: Any
) -> None:
    s3.put_object(Bucket="documents", Key=KEY, Body=b"other")
    with pytest.raises(UploadMismatchError):
        uploads.complete(KEY, "gone", size_bytes=SIZE)
    assert s3.head_object(Bucket="documents", Key=KEY)["ContentLength"] == 5, (
        "it was not this upload's to remove"
    )


def test_the_url_of_a_part_is_bound_to_its_number_and_length(
    uploads: MultipartUploads, upload_id: str
) -> None:
    url = urlsplit(uploads.sign_part(KEY, upload_id, 3, size_bytes=SIZE, expires_seconds=60))
    query = parse_qs(url.query)
    assert (query["partNumber"], query["uploadId"]) == (["3"], [upload_id])
    assert query["X-Amz-SignedHeaders"] == ["content-length;host"]


@pytest.mark.parametrize("number", [0, 4, -1])
def test_a_part_outside_the_plan_is_not_signed(
    uploads: MultipartUploads, upload_id: str, number: int
) -> None:
    with pytest.raises(ValidationError) as caught:
        uploads.sign_part(KEY, upload_id, number, size_bytes=SIZE)
    assert caught.value.fields[0].field == "partNumber"


def test_an_aborted_upload_is_gone(uploads: MultipartUploads, s3: Any, upload_id: str) -> None:
    send(s3, upload_id, 1, 5 * MIB)
    uploads.abort(KEY, upload_id)
    uploads.abort(KEY, upload_id)
    with pytest.raises(NotFoundError):
        uploads.list_parts(KEY, upload_id)
    with pytest.raises(NotFoundError):
        uploads.complete(KEY, upload_id, size_bytes=SIZE)


def test_the_parts_are_listed_page_by_page() -> None:
    class Paged:
        def list_parts(self, **request: Any) -> dict[str, Any]:
            after = request.get("PartNumberMarker", 0)
            part = {"PartNumber": after + 1, "Size": 1, "ETag": f'"{after}"'}
            return {"Parts": [part], "IsTruncated": after < 2, "NextPartNumberMarker": after + 1}

    paged: Any = Paged()
    parts = MultipartUploads(lambda: paged, "documents", "aurora").list_parts(KEY, "u")
    assert [part.number for part in parts] == [1, 2, 3]


@given(st.integers(1, 5 * 1024**4))
def test_a_plan_covers_the_object_exactly_within_the_stores_limits(size: int) -> None:
    plan = plan_parts(size)
    assert plan.count <= 10_000
    assert 5 * MIB <= plan.part_bytes <= 5 * 1024 * MIB
    assert plan.part_bytes * (plan.count - 1) + plan.bytes_of(plan.count) == size
    assert 1 <= plan.bytes_of(plan.count) <= plan.part_bytes


@pytest.mark.parametrize("size", [0, -1, 5 * 1024**4 + 1])
def test_an_impossible_size_is_refused(size: int) -> None:
    with pytest.raises(ValidationError):
        plan_parts(size)


def test_multipart_is_for_more_than_one_hundred_mebibytes() -> None:
    assert MULTIPART_FROM_BYTES == 100 * MIB
