"""Files of tables: what they hold is what was written, in every format, and no program takes it for anything else."""

from __future__ import annotations

import csv
import io
import json
import re
import tempfile
import zipfile
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from openpyxl import load_workbook

from zebros_jobs.adapters.tables.text_rows import CsvLines, JsonLines, lines_of
from zebros_jobs.adapters.tables.texts import list_text, number_text
from zebros_jobs.adapters.tables.workbook import MAX_CELL, SheetBook, sheet_name
from zebros_jobs.domain.formulas import guarded, unguarded
from zebros_jobs.domain.tables import Column, ColumnKind, CsvStyle, FileFormat

FORMULAS = [
    "=1+1",
    "+49 30 1234",
    "-5",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "'=1+1",
    "''@x",
    "\uff1d1+1",
    '=HYPERLINK("http://evil.example","x")',
    "=cmd|' /C calc'!A0",
]
COLUMNS = [
    Column("name", title="Name"),
    Column("value", ColumnKind.MONEY),
    Column("count", ColumnKind.INTEGER),
    Column("day", ColumnKind.DATE),
    Column("at", ColumnKind.INSTANT),
    Column("active", ColumnKind.BOOLEAN),
    Column("tags", ColumnKind.LIST),
]
AT = datetime(2026, 3, 29, 1, 30, 0, 123000, tzinfo=timezone(timedelta(hours=2)))
ROW: list[Any] = ["Ärzte & Söhne", Decimal("-1234.50"), -7, date(2026, 2, 28), AT, True, ["a", "b"]]


def csv_of(columns: list[Column], rows: list[list[Any]], style: CsvStyle | None = None) -> bytes:
    lines = CsvLines(columns, style)
    return lines.head() + b"".join(map(lines.row, rows))


def read_csv(data: bytes, delimiter: str = ",") -> list[list[str]]:
    return list(
        csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), delimiter=delimiter, strict=True)
    )


def sheet_of(columns: list[Column], rows: list[list[Any]], **options: Any) -> Any:
    out = io.BytesIO()
    with SheetBook(out) as book:
        sheet = book.sheet("Things", columns, **options)
        for row in rows:
            sheet.row(row)
    return load_workbook(out)


@given(st.text())
@example("'=")
@example("'" * 40 + "=")
def test_a_guarded_text_comes_back_as_it_was_and_begins_like_no_formula(text: str) -> None:
    assert unguarded(guarded(text)) == text
    assert not guarded(text).startswith(("=", "+", "-", "@", "\t", "\r", "\n", "\x00", "\uff1d"))


def test_numbers_with_a_sign_may_be_left_alone() -> None:
    assert guarded("-12,50", keep_numbers=True) == "-12,50"
    assert guarded("+49 30", keep_numbers=True) == "'+49 30"
    assert guarded("-2+3+cmd|' /C calc'!A0", keep_numbers=True).startswith("'")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("bom", [False, True])
def test_csv_holds_what_was_written(delimiter: str, bom: bool) -> None:
    hostile = ['"', "a,b;c\td|e", "line\r\nline", " spaces ", "", "naïve 😀", "\x00", *FORMULAS]
    rows = [[text, *ROW[1:]] for text in hostile]
    data = csv_of(COLUMNS, rows, CsvStyle(delimiter=delimiter, bom=bom))
    assert data.startswith(b"\xef\xbb\xbf") == bom
    header, *read = read_csv(data, delimiter)
    assert header == ["Name", "value", "count", "day", "at", "active", "tags"]
    assert [unguarded(line[0]) for line in read] == hostile
    assert read[0][1:] == ["-1234.50", "-7", "2026-02-28", "2026-03-28T23:30:00.123Z", "true", "a; b"]


def test_a_text_falls_into_no_cell_of_its_own_where_another_delimiter_is_expected() -> None:
    data = csv_of([Column("a"), Column("b")], [["x;=1+1", "y\t=2"]])
    assert data.decode().splitlines()[1] == '"x;=1+1","y\t=2"'


@given(st.lists(st.lists(st.text(), min_size=1, max_size=1)))
@example([[""], [""]])
def test_every_row_of_csv_is_one_row_again(rows: list[list[str]]) -> None:
    read = read_csv(csv_of([Column("only")], rows))[1:]
    assert [unguarded(cell) for (cell,) in read] == [
        text.encode("utf-8", "replace").decode() for (text,) in rows
    ]


def test_a_row_of_another_length_is_a_mistake() -> None:
    for lines in (CsvLines(COLUMNS), JsonLines(COLUMNS)):
        with pytest.raises(ValueError, match=r"cells|shorter"):
            lines.row(["x"])
    with SheetBook(io.BytesIO()) as book, pytest.raises(ValueError, match="cells"):
        book.sheet("Things", COLUMNS).row(["x"])


def test_json_lines_are_exact() -> None:
    big = Decimal("12345678901234567890.12345")
    row = ["=1+1", big, 2**70, date(2026, 2, 28), AT, None, ["a", {"x": Decimal("0.10"), "y": [None, 1e-7]}]]
    line = JsonLines(COLUMNS).row(row).decode()
    assert line.endswith("\n")
    assert line.count("\n") == 1
    read = json.loads(line, parse_float=Decimal, parse_int=Decimal)
    assert read == {
        "name": "=1+1",
        "value": big,
        "count": Decimal(2**70),
        "day": "2026-02-28",
        "at": "2026-03-28T23:30:00.123Z",
        "tags": ["a", {"x": Decimal("0.10"), "y": [None, Decimal("1E-7")]}],
    }
    assert '"x":0.10' in line


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_is_itself_as_text(value: float) -> None:
    assert float(number_text(value)) == value
    assert re.fullmatch(r"-?\d+(\.\d+)?", number_text(value))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), Decimal("NaN")])
def test_what_is_no_number_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="finite"):
        number_text(value)


@given(st.lists(st.text(alphabet=st.characters(exclude_categories=["Cs"]))))
def test_a_list_is_clear(values: list[str]) -> None:
    text = list_text(values)
    read = json.loads(text) if text.startswith("[") else [part for part in text.split("; ") if part]
    assert read == values


def test_a_workbook_has_real_dates_and_numbers_under_a_frozen_header() -> None:
    sheet = sheet_of(COLUMNS, [ROW])["Things"]
    assert [cell.value for cell in sheet[1]] == ["Name", "value", "count", "day", "at", "active", "tags"]
    assert [cell.value for cell in sheet[2]] == [
        "Ärzte & Söhne",
        -1234.5,
        -7,
        datetime(2026, 2, 28),
        datetime(2026, 3, 28, 23, 30, 0, 123000),
        True,
        "a; b",
    ]
    assert sheet.freeze_panes == "A2"
    assert sheet["A1"].font.bold
    assert (sheet["B2"].number_format, sheet["D2"].number_format) == ("#,##0.00", "yyyy-mm-dd")
    assert sheet.column_dimensions["A"].width > 20


def test_a_workbook_holds_no_formula_whatever_is_written() -> None:
    out = io.BytesIO()
    with SheetBook(out) as book:
        sheet = book.sheet("=1+1", [Column("a", title="=2+2")])
        for text in [*FORMULAS, "{=1}", "http://example.com", "12"]:
            sheet.row([text])
    with zipfile.ZipFile(out) as archive:
        for name in archive.namelist():
            content = archive.read(name).decode()
            assert "<f>" not in content
            assert "hyperlink" not in name
    read = [row[0].value for row in load_workbook(out).worksheets[0].iter_rows(min_row=2)]
    assert all(not text.startswith(("=", "+", "-", "@")) for text in read)
    assert [unguarded(text) for text in read][:2] == FORMULAS[:2]
    assert read[-1] == "12"


def test_what_excel_cannot_hold_is_text_or_cut_and_counted() -> None:
    out = io.BytesIO()
    with SheetBook(out) as book:
        sheet = book.sheet("T", [Column("a"), Column("b", ColumnKind.NUMBER), Column("c", ColumnKind.DATE)])
        sheet.row(["x" * 40_000, Decimal("1234567890123456.78"), date(1899, 12, 31)])
        sheet.row(["\ud800 \x01 _x0041_", 10**17, datetime(1, 1, 1, tzinfo=UTC)])
        assert book.truncated == 1
    first, second = load_workbook(out)["T"].iter_rows(min_row=2, values_only=True)
    assert (len(str(first[0])), first[1], first[2]) == (MAX_CELL, "1234567890123456.78", "1899-12-31")
    assert second[1] == 1e17
    assert "_x0041_" in str(second[0])


def test_a_full_sheet_goes_on_in_the_next_one() -> None:
    book = sheet_of([Column("n", ColumnKind.INTEGER)], [[n] for n in range(7)], max_rows=4)
    assert book.sheetnames == ["Things", "Things 2", "Things 3"]
    read = [[row[0] for row in sheet.iter_rows(values_only=True)] for sheet in book.worksheets]
    assert read == [["n", 0, 1, 2], ["n", 3, 4, 5], ["n", 6]]


def test_names_of_sheets_are_what_excel_allows() -> None:
    assert sheet_name("a/b:c*d?[e]\\" + "x" * 40) == "a b c d  e  " + "x" * 19
    assert sheet_name("'quoted'") == "quoted"
    assert sheet_name("") == "Sheet"
    assert sheet_name("History") == "History 1"
    assert sheet_name("Deals", taken={"deals", "deals 2"}) == "Deals 3"
    assert len(sheet_name("x" * 31, taken={"x" * 31})) == 31


def test_nothing_is_left_in_the_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    sheet_of(COLUMNS, [ROW] * 3)
    with pytest.raises(KeyError), SheetBook(io.BytesIO()) as book:
        book.sheet("Things", COLUMNS).row(ROW)
        raise KeyError
    assert list(tmp_path.iterdir()) == []


def test_a_workbook_of_the_same_rows_is_the_same_file() -> None:
    files = []
    for _ in range(2):
        out = io.BytesIO()
        with SheetBook(out) as book:
            book.sheet("Things", COLUMNS).row(ROW)
        files.append(out.getvalue())
    assert files[0] == files[1]


def test_only_lines_are_made_of_lines() -> None:
    assert isinstance(lines_of(FileFormat.CSV, COLUMNS), CsvLines)
    assert isinstance(lines_of(FileFormat.JSONL, COLUMNS), JsonLines)
    with pytest.raises(ValueError, match="lines"):
        lines_of(FileFormat.XLSX, COLUMNS)
