"""Objects as streams: from any byte on, in parts, through broken connections, and never of another content."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import IncompleteReadError
from hypothesis import given
from hypothesis import strategies as st

from zebros_core.errors import NotFoundError
from zebros_core.storage import ObjectChangedError, ObjectStreams
from zebros_core.storage.streams import PART_BYTES

KEY = "aurora/imports/J1/source"
CONTENT = bytes(range(256)) * 500


@pytest.fixture
def streams(s3: Any) -> ObjectStreams:
    return ObjectStreams(lambda: s3, "documents", "aurora")


@pytest.fixture
def content(s3: Any) -> bytes:
    s3.put_object(Bucket="documents", Key=KEY, Body=CONTENT)
    return CONTENT


@pytest.mark.parametrize("start", [0, 1, 1000, len(CONTENT) - 1, len(CONTENT)])
def test_an_object_is_read_from_any_byte_on(streams: ObjectStreams, content: bytes, start: int) -> None:
    with streams.open(KEY, start=start) as reader:
        assert reader.readall() == content[start:]
        assert reader.position == len(content)


def test_a_reader_knows_the_whole_size_and_which_content_it_reads(
    streams: ObjectStreams, content: bytes
) -> None:
    with streams.open(KEY, start=7) as reader:
        assert reader.size_bytes == len(content)
        with streams.open(KEY, etag=reader.etag) as again:
            assert again.readall() == content


def test_a_file_that_is_replaced_or_deleted_is_noticed(
    streams: ObjectStreams, content: bytes, s3: Any
) -> None:
    with streams.open(KEY) as reader:
        etag = reader.etag
    s3.put_object(Bucket="documents", Key=KEY, Body=b"other")
    with pytest.raises(ObjectChangedError):
        streams.open(KEY, etag=etag)
    s3.delete_object(Bucket="documents", Key=KEY)
    with pytest.raises(ObjectChangedError):
        streams.open(KEY, etag=etag)
    with pytest.raises(NotFoundError):
        streams.open(KEY)


def test_another_tenants_object_looks_missing(streams: ObjectStreams, s3: Any) -> None:
    key = "borealis/imports/J1/source"
    s3.put_object(Bucket="documents", Key=key, Body=b"theirs")
    with pytest.raises(NotFoundError):
        streams.open(key)
    with pytest.raises(NotFoundError):
        streams.create(key, content_type="text/csv")
    with pytest.raises(NotFoundError):
        streams.keys("borealis/imports/")


class Breaking:
    """A client whose bodies break off: after so many bytes each, with an error or without a word."""

    def __init__(self, s3: Any, after: int, silently: bool) -> None:
        self._s3 = s3
        self._after = after
        self._silently = silently
        self.calls = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._s3, name)

    def get_object(self, **request: Any) -> dict[str, Any]:
        self.calls += 1
        answer = self._s3.get_object(**request)
        whole = answer["Body"].read()
        answer["Body"] = _Short(whole, self._after, self._silently)
        return answer


class _Short(io.BytesIO):
    def __init__(self, whole: bytes, after: int, silently: bool) -> None:
        super().__init__(whole[:after])
        self._breaks = len(whole) > after and not silently

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        if not data and self._breaks:
            raise IncompleteReadError(actual_bytes=0, expected_bytes=1)
        return data


@pytest.mark.parametrize("silently", [True, False])
def test_a_connection_that_breaks_is_taken_up_where_it_broke(s3: Any, content: bytes, silently: bool) -> None:
    breaking = Breaking(s3, 30_000, silently)
    with ObjectStreams(lambda: breaking, "documents", "aurora").open(KEY) as reader:
        assert reader.readall() == content
    assert breaking.calls == 5


def test_a_connection_that_never_gives_a_byte_is_an_error_and_no_end(s3: Any, content: bytes) -> None:
    breaking = Breaking(s3, 0, silently=True)
    with (
        ObjectStreams(lambda: breaking, "documents", "aurora").open(KEY) as reader,
        pytest.raises(OSError, match="early"),
    ):
        reader.read(10)


@pytest.mark.parametrize("size", [0, 1, PART_BYTES - 1, PART_BYTES, PART_BYTES + 1, 2 * PART_BYTES + 5])
def test_what_is_written_is_the_object(streams: ObjectStreams, s3: Any, size: int) -> None:
    chunk = b"0123456789abcdef" * 65536
    with streams.create(KEY, content_type="text/csv") as out:
        left = size
        while left:
            left -= out.write(chunk[:left])
        assert out.size_bytes == size
    answer = s3.get_object(Bucket="documents", Key=KEY)
    body = answer["Body"].read()
    assert len(body) == size
    assert body == (chunk * 17)[:0] + b"".join(chunk for _ in range(size // len(chunk) + 1))[:size]
    assert answer["ContentType"] == "text/csv"


@pytest.mark.parametrize("size", [10, PART_BYTES + 1])
def test_what_breaks_off_makes_no_object_and_no_upload(streams: ObjectStreams, s3: Any, size: int) -> None:
    with pytest.raises(RuntimeError), streams.create(KEY, content_type="text/csv") as out:
        out.write(b"x" * size)
        raise RuntimeError
    assert "Contents" not in s3.list_objects_v2(Bucket="documents", Prefix=KEY)
    assert "Uploads" not in s3.list_multipart_uploads(Bucket="documents")


def test_keys_are_listed_in_their_order_with_their_sizes(streams: ObjectStreams, s3: Any) -> None:
    for number in range(1005):
        key = f"aurora/imports/J1/parts/{number:08}"
        s3.put_object(Bucket="documents", Key=key, Body=b"x" * (number % 3))
    s3.put_object(Bucket="documents", Key="aurora/imports/J2/parts/0", Body=b"x")
    found = streams.keys("aurora/imports/J1/parts/")
    assert [key[-8:] for key, _ in found] == [f"{number:08}" for number in range(1005)]
    assert [size for _, size in found][:4] == [0, 1, 2, 0]


@given(st.lists(st.binary(max_size=50), max_size=20), st.integers(1, 70))
def test_any_writes_and_any_reads_give_the_same_bytes(chunks: list[bytes], size: int) -> None:
    kept: dict[str, bytes] = {}

    class Kept:
        def put_object(self, **request: Any) -> dict[str, Any]:
            kept[request["Key"]] = request["Body"]
            return {}

        def get_object(self, **request: Any) -> dict[str, Any]:
            body = kept[request["Key"]]
            return {"Body": io.BytesIO(body), "ContentLength": len(body), "ETag": '"e"'}

    made: Callable[[], Any] = Kept
    streams = ObjectStreams(made, "documents", "aurora")
    with streams.create(KEY, content_type="text/csv") as out:
        for chunk in chunks:
            out.write(chunk)
    with streams.open(KEY) as reader:
        read = b"".join(iter(lambda: reader.read(size) or b"", b""))
    assert read == b"".join(chunks)


# -- cold storage


def test_an_object_that_is_not_cold_can_be_read_at_once(streams: ObjectStreams, content: bytes) -> None:
    assert streams.thaw(KEY, days=1)


def test_a_cold_object_is_asked_for_once_and_can_be_read_when_it_is_there() -> None:
    state: dict[str, Any] = {"StorageClass": "GLACIER"}
    asked: list[dict[str, Any]] = []

    class Cold:
        def head_object(self, **request: Any) -> dict[str, Any]:
            return dict(state)

        def restore_object(self, **request: Any) -> dict[str, Any]:
            asked.append(request)
            state["Restore"] = 'ongoing-request="true"'
            return {}

    streams = ObjectStreams(Cold, "documents", "aurora")
    assert not streams.thaw(KEY, days=7)
    assert not streams.thaw(KEY, days=7)
    assert [(each["Key"], each["RestoreRequest"]["Days"]) for each in asked] == [(KEY, 7)]
    state["Restore"] = 'ongoing-request="false", expiry-date="Fri, 21 Dec 2030 00:00:00 GMT"'
    assert streams.thaw(KEY, days=7)


def test_what_is_not_there_or_another_tenants_is_not_thawed(streams: ObjectStreams, s3: Any) -> None:
    with pytest.raises(NotFoundError):
        streams.thaw("aurora/imports/J1/none", days=1)
    s3.put_object(Bucket="documents", Key="borealis/x", Body=b"theirs", StorageClass="GLACIER")
    with pytest.raises(NotFoundError):
        streams.thaw("borealis/x", days=1)


def test_a_glacier_object_of_the_store_is_thawed(streams: ObjectStreams, s3: Any) -> None:
    s3.put_object(Bucket="documents", Key=KEY, Body=b"ice", StorageClass="GLACIER")
    assert not streams.thaw(KEY, days=1)
    assert streams.thaw(KEY, days=1)
    with streams.open(KEY) as reader:
        assert reader.readall() == b"ice"
