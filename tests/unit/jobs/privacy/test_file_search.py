"""Which files name a person: whatever they are, however they are encoded or packed, and whatever is wrong with them."""

from __future__ import annotations

import gzip
import io
import json
import random
import zipfile
from pathlib import Path

import pytest
import xlsxwriter

from zebros_core.privacy.subject import Subject
from zebros_jobs.use_cases.privacy import file_search
from zebros_jobs.use_cases.privacy.file_search import FileSearch, Finding

JANE = Subject(
    emails=("jane.roe@example.com",), names=("Jane Müller Roe", "Roe Jane Müller", "Jane Roe", "Roe Jane")
)
OTHERS = b"name;email\nJohn Doe;john@example.com\nJane Smith;jane@example.com\nRoe;roe@example.com\n"


def found(data: bytes, **options: object) -> Finding:
    return FileSearch(JANE, **options).search(io.BytesIO(data))  # type: ignore[arg-type]


def zipped(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            # Without a date of its own: data is part of the names of tests, which all workers have to agree on.
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


@pytest.mark.parametrize(
    "text",
    [
        "name;email\nx;JANE.ROE@example.com\n",
        "Lunch with Jane  Roe.",
        "Roe, Jane rang",
        "first,last\nJane,Roe\n",
        "first;last\nJane;Roe\n",
        'first;last\n"Jane" ; "Roe"\n',
        "id\tlast\tsince\tfirst\n1\tRoe\t2026\tJane\n",
        "id;last;since;first\n1;Roe;2026;Jane Müller\n",
        '{"id":1,"firstName":"Jane","city":"Rome","lastName":"Roe"}\n',
        '{"firstName": "Jane Müller",\t"lastName": "Roe"}',
        "<si><t>Jane</t></si><si><t>Roe</t></si>",
        "a=jane.roe%40example.com",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_a_text_names_somebody_in_any_encoding_and_form(text: str, encoding: str) -> None:
    assert found((text + "\n" * 20).encode(encoding)) is Finding.NAMED
    assert found(gzip.compress(text.encode(encoding))) is Finding.NAMED
    assert found(zipped(a=OTHERS, b=text.encode(encoding))) is Finding.NAMED


@pytest.mark.parametrize("name", ["J\u00fcrgen M\u00fcller", "\U0001d4d9ane M\u00fcller"])
def test_what_json_escapes_names_somebody(name: str) -> None:
    search = FileSearch(Subject(names=(name,)))
    first, last = name.split()
    row = json.dumps([3, "why", [first, last]])
    for text in (json.dumps(name), row, json.dumps(row), json.dumps({"said": row})):
        assert "\\u" in text
        assert search.search(io.BytesIO(text.encode())) is Finding.NAMED, text
    assert search.search(io.BytesIO(json.dumps([first, "M\u00f6ller"]).encode())) is Finding.CLEAN


@pytest.mark.parametrize(
    "method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]
)
def test_archives_that_are_damaged_anywhere_fail_nothing(method: int) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name in ("a.csv", "\u00e4.csv"):
            archive.writestr(zipfile.ZipInfo(name), OTHERS * 20, method)
    whole = out.getvalue()
    chance = random.Random(7)
    for _ in range(300):
        data = bytearray(whole)
        for _ in range(chance.choice((1, 2, 6))):
            data[chance.randrange(4, len(data))] = chance.randrange(256)
        if chance.random() < 0.2:
            del data[chance.randrange(4, len(data) - 30) :][:20]
        assert found(bytes(data)) in Finding


def test_an_archive_of_millions_of_members_is_not_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_search, "_MOST_DIRECTORY_BYTES", 2_000)
    assert found(zipped(**{f"{number:0100}": b"" for number in range(20)})) is Finding.UNKNOWN


@pytest.mark.parametrize(
    "data",
    [
        b"",
        OTHERS,
        b"first;last\nJane;Smith\nJohn;Roe\n",
        b"xjane.roe@example.com jane.roe@example.com.au jane.roe@example.community",
        b'{"firstName":"Jane"}\n{"lastName":"Roe"}\n',
        b"\0" * 100_000,
        bytes(range(256)) * 100,
        gzip.compress(OTHERS, mtime=0),
        zipped(a=OTHERS),
        zipped(),
        zipped(a=gzip.compress(OTHERS, mtime=0)),
    ],
)
def test_others_are_not_taken_for_somebody(data: bytes) -> None:
    assert found(data) is Finding.CLEAN


def test_a_name_across_two_chunks_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_search, "CHUNK_BYTES", 64)
    for at in range(50, 80):
        assert found(b"." * at + b" jane.roe@example.com ") is Finding.NAMED
        assert found(b"x" * at + b";Roe;" + b"y" * 100 + b";Jane\n") is Finding.NAMED
        assert found(b"x" * at + b";Roe;" + b"y" * 100 + b"\nJane;") is Finding.CLEAN


def test_a_workbook_names_somebody_in_its_cells(tmp_path: Path) -> None:
    for row, finding in (
        (["Jane Roe"], Finding.NAMED),
        (["Jane", "Roe"], Finding.NAMED),
        (["John", "Doe"], Finding.CLEAN),
    ):
        book = xlsxwriter.Workbook(str(tmp_path / "book.xlsx"))
        book.add_worksheet().write_row(0, 0, row)
        book.close()
        data = (tmp_path / "book.xlsx").read_bytes()
        assert found(data) is finding
        # As a document in the archive of a person.
        assert found(zipped(**{"files/book.xlsx": data})) is finding


def test_ids_are_looked_for_where_they_are_asked_for() -> None:
    data = json.dumps({"contactId": "01JC8Z4T5V6W7X8Y9ZABCDEFGH"}).encode()
    assert found(data) is Finding.CLEAN
    assert found(data, ids=["01JC8Z4T5V6W7X8Y9ZABCDEFGH"]) is Finding.NAMED


def test_a_file_name_in_an_archive_names_somebody() -> None:
    assert found(zipped(**{"cv of jane roe.txt": b""})) is Finding.NAMED


@pytest.mark.parametrize(
    "data",
    [
        b"%PDF-1.7\n1 0 obj\n<< /Length 3 >>\nstream\n\x78\x9c\x03\nendstream",
        zipped(a=OTHERS)[:-30],
        b"PK\x03\x04" + b"\0" * 5000,
        gzip.compress(OTHERS, mtime=0)[:-20],
        b"\x1f\x8b\x08" + b"\xff" * 5000,
        zipped(a=zipped(b=zipped(c=b"jane.roe@example.com"))),
    ],
)
def test_what_cannot_be_read_is_not_called_clean(data: bytes) -> None:
    assert found(data) is Finding.UNKNOWN


def test_a_pdf_that_says_a_name_in_the_clear_is_found() -> None:
    assert found(b"%PDF-1.7\n<< /Author (Jane Roe) >>") is Finding.NAMED


def test_a_bomb_is_not_unpacked_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_search, "MOST_UNPACKED_BYTES", 3_000_000)
    many = b" " * 5_000_000
    assert found(gzip.compress(many)) is Finding.UNKNOWN
    assert found(zipped(a=many)) is Finding.UNKNOWN
    # Its bound is of all members together, and what is found before counts.
    part = b" " * 1_000_000
    assert found(zipped(a=part, b=part, c=part, d=part)) is Finding.UNKNOWN
    assert found(zipped(a=part, b=b"jane.roe@example.com", c=many)) is Finding.NAMED


def test_too_large_an_archive_is_not_laid_down(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_search, "MOST_PACKED_BYTES", 100)
    assert found(zipped(a=OTHERS * 10)) is Finding.UNKNOWN


def test_a_search_can_be_stopped() -> None:
    class StoppedError(Exception):
        pass

    def stop() -> None:
        raise StoppedError

    with pytest.raises(StoppedError):
        FileSearch(JANE, goes_on=stop).search(io.BytesIO(OTHERS))
