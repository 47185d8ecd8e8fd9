"""Sealed files: they hold what was written, and nothing is given of one that is not exactly what was written."""

from __future__ import annotations

import io
import os
import tracemalloc
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from moto import mock_aws

from zebros_core.errors import UnavailableError
from zebros_jobs.adapters.backups.data_keys import KmsDataKeys
from zebros_jobs.adapters.backups.sealing import CHUNK_BYTES, SealedReader, SealingVault
from zebros_jobs.domain.backups.errors import BackupDamagedError

KEY = bytes(range(32))
LABEL = {"tenantId": "acme", "backupId": "b-1", "name": "customer", "number": 0}
SEALED_CHUNK = CHUNK_BYTES + 16


def sealed(data: bytes, *, key: bytes = KEY, label: dict[str, Any] | None = None) -> bytes:
    out = io.BytesIO()
    with SealingVault(key).seal(out, LABEL if label is None else label) as writer:
        for start in range(0, len(data), 7001):
            writer.write(data[start : start + 7001])
    assert writer.size_bytes == len(out.getvalue())
    return out.getvalue()


def opened(data: bytes, *, key: bytes = KEY, label: dict[str, Any] | None = None) -> bytes:
    return SealingVault(key).open(io.BytesIO(data), LABEL if label is None else label).read()


def prologue(data: bytes) -> int:
    return 12 + int.from_bytes(data[8:12], "big") + 32


@pytest.mark.parametrize(
    "size", [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES, 2 * CHUNK_BYTES + 5]
)
def test_what_was_written_is_read(size: int) -> None:
    data = os.urandom(size)
    assert opened(sealed(data)) == data


def test_the_same_bytes_are_never_sealed_alike() -> None:
    data = b"x" * 1000
    first, second = sealed(data), sealed(data)
    assert first[prologue(first) :] != second[prologue(second) :]
    assert data not in first


@pytest.fixture(scope="module")
def three_chunks() -> tuple[bytes, bytes]:
    data = os.urandom(2 * CHUNK_BYTES + 300)
    return data, sealed(data)


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_a_flipped_bit_is_found_wherever_it_is(
    three_chunks: tuple[bytes, bytes], data: st.DataObject
) -> None:
    _, whole = three_chunks
    place = data.draw(st.integers(0, len(whole) - 1))
    broken = bytearray(whole)
    broken[place] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(BackupDamagedError):
        opened(bytes(broken))


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_a_cut_file_is_found_wherever_it_was_cut(
    three_chunks: tuple[bytes, bytes], data: st.DataObject
) -> None:
    _, whole = three_chunks
    with pytest.raises(BackupDamagedError):
        opened(whole[: data.draw(st.integers(0, len(whole) - 1))])


@pytest.mark.parametrize("chunks", [0, 1, 2])
def test_a_file_cut_between_chunks_lacks_its_last_one(three_chunks: tuple[bytes, bytes], chunks: int) -> None:
    data, whole = three_chunks
    with pytest.raises(BackupDamagedError):
        opened(whole[: prologue(whole) + chunks * SEALED_CHUNK])
    assert data


def chunks_of(whole: bytes) -> tuple[bytes, list[bytes]]:
    begin = prologue(whole)
    rest = whole[begin:]
    return whole[:begin], [rest[at : at + SEALED_CHUNK] for at in range(0, len(rest), SEALED_CHUNK)]


@pytest.mark.parametrize(
    "order", [(1, 0, 2), (0, 2, 1), (0, 0, 1, 2), (0, 2), (2,), (0, 1, 2, 2), (0, 1, 1, 2), (1, 2)]
)
def test_swapped_doubled_and_left_out_chunks_are_found(
    three_chunks: tuple[bytes, bytes], order: tuple[int, ...]
) -> None:
    begin, chunks = chunks_of(three_chunks[1])
    with pytest.raises(BackupDamagedError):
        opened(begin + b"".join(chunks[number] for number in order))


def test_bytes_behind_the_end_are_found(three_chunks: tuple[bytes, bytes]) -> None:
    for more in (b"\0", os.urandom(SEALED_CHUNK)):
        with pytest.raises(BackupDamagedError):
            opened(three_chunks[1] + more)


def test_a_chunk_of_another_file_under_the_same_key_is_found() -> None:
    one, other = sealed(b"a" * CHUNK_BYTES * 2), sealed(b"b" * CHUNK_BYTES * 2)
    begin, chunks = chunks_of(one)
    with pytest.raises(BackupDamagedError):
        opened(begin + chunks[0] + chunks_of(other)[1][1])


@pytest.mark.parametrize(
    "label",
    [
        {**LABEL, "tenantId": "other"},
        {**LABEL, "backupId": "b-2"},
        {**LABEL, "name": "contact"},
        {**LABEL, "number": 1},
        {},
    ],
)
def test_a_file_is_opened_as_what_it_is_and_as_nothing_else(label: dict[str, Any]) -> None:
    with pytest.raises(BackupDamagedError):
        opened(sealed(b"content"), label=label)


def test_a_label_that_somebody_wrote_over_opens_nothing() -> None:
    whole = sealed(b"content", label={**LABEL, "tenantId": "evil"})
    forged = whole.replace(b'"evil"', b'"acme"')
    assert b'"acme"' in forged
    with pytest.raises(BackupDamagedError):
        opened(forged)


@pytest.mark.parametrize(
    "junk", [b"", b"ZEBROSB\x01", b"PK\x03\x04" * 100, b"\x1f\x8b" + bytes(500), bytes(100_000)]
)
def test_what_is_no_sealed_file_is_refused(junk: bytes) -> None:
    with pytest.raises(BackupDamagedError):
        opened(junk)


def test_another_key_opens_nothing() -> None:
    with pytest.raises(BackupDamagedError):
        opened(sealed(b"content"), key=bytes(32))


def test_nothing_is_given_of_a_chunk_that_was_changed() -> None:
    whole = bytearray(sealed(b"a" * (CHUNK_BYTES + 100)))
    whole[-1] ^= 1
    reader = SealedReader(io.BytesIO(bytes(whole)), KEY, LABEL)
    given_bytes = bytearray()
    with pytest.raises(BackupDamagedError):
        while some := reader.read(1000):
            given_bytes += some
    assert given_bytes == b"a" * CHUNK_BYTES


def test_a_file_that_was_not_finished_is_refused() -> None:
    out = io.BytesIO()
    with pytest.raises(KeyError), SealingVault(KEY).seal(out, LABEL) as writer:
        writer.write(b"a" * 3 * CHUNK_BYTES)
        raise KeyError
    with pytest.raises(BackupDamagedError):
        opened(out.getvalue())


def test_the_code_over_a_manifest_is_of_its_key() -> None:
    codes = set()
    for key in (KEY, bytes(32)):
        mac = SealingVault(key).mac()
        mac.update(b"manifest")
        codes.add(mac.hexdigest())
    assert len(codes) == 2


def test_memory_is_constant_in_the_size_of_the_file() -> None:
    class Sink:
        def write(self, data: bytes) -> int:
            return len(data)

    peaks = []
    for megabytes in (2, 16):
        tracemalloc.start()
        with SealingVault(KEY).seal(Sink(), LABEL) as writer:
            for _ in range(megabytes):
                writer.write(bytes(1024 * 1024))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + 512 * 1024


# -- keys


@pytest.fixture
def kms(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        yield boto3.client("kms")


@pytest.fixture
def keys(kms: Any) -> KmsDataKeys:
    return KmsDataKeys(lambda: kms, kms.create_key()["KeyMetadata"]["KeyId"])


def test_a_kept_key_is_opened_for_its_tenant_only(keys: KmsDataKeys) -> None:
    made = keys.new("acme")
    assert len(made.plain) == 32
    assert made.plain not in made.wrapped
    assert keys.open("acme", made.wrapped).plain == made.plain
    assert keys.new("acme").plain != made.plain
    with pytest.raises(BackupDamagedError):
        keys.open("globex", made.wrapped)


def test_a_key_that_was_changed_opens_nothing(keys: KmsDataKeys) -> None:
    wrapped = bytearray(keys.new("acme").wrapped)
    wrapped[-1] ^= 1
    with pytest.raises(BackupDamagedError):
        keys.open("acme", bytes(wrapped))


def test_a_key_service_that_does_not_answer_is_trouble_that_passes(kms: Any) -> None:
    with pytest.raises(UnavailableError):
        KmsDataKeys(lambda: kms, "alias/not-there").new("acme")


def test_a_key_is_not_printed(keys: KmsDataKeys) -> None:
    made = keys.new("acme")
    assert made.plain.hex() not in repr(made)
    assert str(made.plain) not in repr(made)
