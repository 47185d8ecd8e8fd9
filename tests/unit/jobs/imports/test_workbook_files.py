"""Sheets of Excel workbooks as other programs write them, and archives that are none, or are made to harm."""

from __future__ import annotations

import datetime as dt
import io
import tracemalloc
import zipfile
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from import_sources import (
    repacked,
    rows_of,
    source_of,
    table_of,
    workbook,
    workbook_with_shared_texts,
)

from zebros_jobs.adapters.import_files.opening import open_table
from zebros_jobs.domain.imports.source import DialectWish, FileProblemError

HEADER = ("account", "sector")
SHEET = "xl/worksheets/sheet1.xml"


def cells(content: bytes, **wish: Any) -> list[list[Any]]:
    return [list(row.cells) for row in rows_of(content, **wish)]


def refused(content: bytes, **wish: Any) -> FileProblemError:
    with pytest.raises(FileProblemError) as caught:
        table = table_of(content, **wish)
        table.verify()
        list(table.rows())
    return caught.value


def with_sheet(xml: str) -> bytes:
    """Return a workbook whose sheet holds these rows of XML."""
    body = f'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{xml}</sheetData></worksheet>'
    return repacked(
        workbook(("Sheet", [HEADER])), lambda name, data: body.encode() if name == SHEET else data
    )


def text(place: str, value: str) -> str:
    return f'<c r="{place}" t="inlineStr"><is><t>{value}</t></is></c>'


def test_cells_come_with_their_types() -> None:
    content = workbook(
        (
            "Accounts",
            [
                ("name", "day", "moment", "time", "amount", "whole", "yes"),
                (
                    "Ä & <b>",
                    dt.date(2020, 1, 2),
                    dt.datetime(2020, 1, 2, 3, 4, 5),
                    dt.time(8, 30),
                    0.1 + 0.2,
                    1e6,
                    True,
                ),
            ],
        )
    )
    table = table_of(content)
    assert (table.dialect.format, table.dialect.sheet, table.dialect.header) == ("xlsx", "Accounts", True)
    (row,) = table.rows()
    assert row.cells == [
        "Ä & <b>",
        "2020-01-02",
        "2020-01-02T03:04:05",
        "08:30:00",
        0.3,
        1_000_000,
        True,
    ]


def test_blank_rows_are_none_and_short_ones_are_filled() -> None:
    content = workbook(("S", [("a", "b", "c"), (None, None, None), ("1", None, None), (None, "2", None)]))
    assert [(row.number, row.line, row.cells) for row in rows_of(content)] == [
        (1, 3, ["1", None, None]),
        (2, 4, [None, "2", None]),
    ]


def test_the_first_visible_sheet_is_read_or_the_one_that_is_named() -> None:
    import openpyxl

    book = openpyxl.load_workbook(io.BytesIO(workbook(("Notes", [("x",)]), ("Data", [("a",), ("1",)]))))
    book["Notes"].sheet_state = "hidden"
    out = io.BytesIO()
    book.save(out)
    table = table_of(out.getvalue())
    assert (table.dialect.sheet, list(table.sheets)) == ("Data", ["Notes", "Data"])
    assert table_of(out.getvalue(), sheet="Notes").columns == ["x"]
    assert refused(out.getvalue(), sheet="Other").reason == "unknown-sheet"


@pytest.mark.parametrize("rows", [[], [(None, None)], [("", " ")]])
def test_an_empty_sheet_is_refused(rows: list[tuple[Any, ...]]) -> None:
    assert refused(workbook(("S", rows))).reason == "empty-file"


def test_formulas_count_by_what_they_came_to_and_failed_ones_are_known() -> None:
    content = with_sheet(
        f'<row r="1">{text("A1", "a")}{text("B1", "b")}</row>'
        '<row r="2"><c r="A2"><f>1+1</f><v>2</v></c><c r="B2" t="e"><f>1/0</f><v>#DIV/0!</v></c></row>'
        '<row r="3"><c r="A3" t="str"><f>"x"</f><v>x</v></c><c r="B3"><f>NOW()</f></c></row>'
    )
    first, second = rows_of(content)
    assert first.cells == [2, "#DIV/0!"]
    assert type(first.cells[1]).__name__ == "ErrorText"
    assert second.cells == ["x", None]


def test_rich_texts_are_read_without_their_readings() -> None:
    content = with_sheet(
        f"<row>{text('A1', 'name')}</row>"
        '<row><c t="inlineStr"><is><r><t>Ac</t></r><r><rPr><b/></rPr><t>me</t></r>'
        '<rPh sb="0" eb="1"><t>ア</t></rPh></is></c></row>'
    )
    assert cells(content) == [["Acme"]]


def test_a_sheet_of_another_prefix_and_without_places_is_read() -> None:
    body = (
        '<x:worksheet xmlns:x="http://purl.oclc.org/ooxml/spreadsheetml/main"><x:sheetData>'
        '<x:row><x:c t="inlineStr"><x:is><x:t>a</x:t></x:is></x:c></x:row>'
        "<x:row><x:c><x:v>7</x:v></x:c></x:row></x:sheetData></x:worksheet>"
    )
    content = repacked(workbook(("S", [("a",)])), lambda name, data: body.encode() if name == SHEET else data)
    assert cells(content) == [[7]]


def test_days_of_workbooks_that_count_from_1904_are_right() -> None:
    content = repacked(
        workbook(("S", [("day",), (dt.date(2020, 1, 2),)])),
        lambda name, data: (
            data.replace(b"<workbookPr ", b'<workbookPr date1904="1" ') if "workbook.xml" in name else data
        ),
    )
    assert cells(content) == [["2024-01-03"]]


def test_a_row_with_more_cells_than_the_header_is_at_fault() -> None:
    rows = rows_of(workbook(("S", [("a", "b"), ("1", "2", "3"), ("4", "5")])))
    assert [row.fault and row.fault.code for row in rows] == ["row-width", None]


def test_texts_that_cells_share_are_found() -> None:
    rows = [
        HEADER,
        *((f"company {number}", f"sector {number % 3}") for number in range(500)),
        ("x" * 300, "ü"),
    ]
    assert cells(workbook_with_shared_texts(rows)) == [list(row) for row in rows[1:]]


def test_going_on_at_a_row_gives_the_rows_behind_it() -> None:
    content = workbook(("S", [("a",), *((number,) for number in range(50))]))
    rows = rows_of(content)
    assert list(table_of(content).rows(rows[29].end)) == rows[30:]


def test_ten_thousand_columns_are_refused() -> None:
    content = workbook(("S", [[f"c{number}" for number in range(10_000)]]))
    assert refused(content).reason == "too-many-columns"


def test_a_huge_cell_is_the_fault_of_its_row_only() -> None:
    content = with_sheet(
        f'<row r="1">{text("A1", "a")}</row><row r="2">{text("A2", "x" * 5_000_000)}</row>'
        f'<row r="3">{text("A3", "y")}</row>'
    )
    huge, row = rows_of(content)
    assert huge.fault is not None
    assert huge.fault.code == "row-too-long"
    assert row.cells == ["y"]


# -- what is no workbook, or damaged ------------------------------------------------------------------------------


def archive(**parts: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in parts.items():
            made.writestr(name, data)
    return out.getvalue()


def test_a_zip_archive_is_no_table() -> None:
    problem = refused(archive(**{"accounts.csv": b"a,b\n1,2\n"}))
    assert problem.reason == "not-a-table"
    assert "Unpack it" in problem.detail


@pytest.mark.parametrize("keep", [0.2, 0.5, 0.95])
def test_a_workbook_that_was_cut_is_damaged(keep: float) -> None:
    content = workbook(("S", [HEADER, *(("x", str(number)) for number in range(2000))]))
    assert refused(content[: int(len(content) * keep)]).reason == "damaged-workbook"


def test_a_damaged_part_is_found_before_any_row_is_used() -> None:
    content = workbook(("S", [HEADER, *((f"x{number}", "y") for number in range(20_000))]))
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        info = book.getinfo(SHEET)
    middle = info.header_offset + info.compress_size // 2
    broken = (
        content[:middle]
        + bytes(byte ^ 0xFF for byte in content[middle : middle + 64])
        + content[middle + 64 :]
    )
    table = open_table(source_of(broken), DialectWish())
    with pytest.raises(FileProblemError) as caught:
        table.verify()
    assert caught.value.reason == "damaged-workbook"


@pytest.mark.parametrize(
    "part", ["xl/workbook.xml", SHEET, "[Content_Types].xml", "xl/_rels/workbook.xml.rels"]
)
def test_a_missing_part_is_told(part: str) -> None:
    content = repacked(workbook(("S", [HEADER])), lambda name, data: None if name == part else data)
    assert refused(content).reason in {"damaged-workbook", "not-a-table", "empty-file"}


@pytest.mark.parametrize(
    "xml",
    [
        "<row><c><v>1</v></row>",
        '<row r="1"><c r="ZZZZ1"><v>1</v></c></row>',
        '<row r="1"><c r="@"><v>1</v></c></row>',
    ],
)
def test_a_sheet_that_is_no_xml_or_nowhere_is_damaged(xml: str) -> None:
    assert refused(with_sheet(xml)).reason == "damaged-workbook"


def test_numbers_and_texts_that_are_not_there_are_the_fault_of_their_row() -> None:
    content = with_sheet(
        f'<row r="1">{text("A1", "a")}</row>'
        '<row r="2"><c r="A2" t="s"><v>99</v></c></row><row r="3"><c r="A3"><v>1e999</v></c></row>'
        '<row r="4"><c r="A4"><v>7</v></c></row>'
    )
    rows = rows_of(content)
    assert [(row.line, row.fault and row.fault.code) for row in rows] == [
        (2, "damaged-cell"),
        (3, "damaged-cell"),
        (4, None),
    ]


# -- what is made to harm -----------------------------------------------------------------------------------------

LAUGHS = """<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>"""


@pytest.mark.parametrize("part", [SHEET, "xl/workbook.xml", "xl/styles.xml", "xl/sharedStrings.xml"])
def test_a_part_that_declares_entities_is_refused(part: str) -> None:
    content = repacked(
        workbook_with_shared_texts([HEADER, ("x", "y")]),
        lambda name, data: LAUGHS.encode() + data.partition(b"?>")[2] if name == part else data,
    )
    assert refused(content).reason == "damaged-workbook"


def test_an_external_entity_is_not_fetched() -> None:
    bad = (
        b'<?xml version="1.0"?><!DOCTYPE s [<!ENTITY x SYSTEM "file:///etc/passwd">]><worksheet><sheetData>'
        b'<row><c t="inlineStr"><is><t>&x;</t></is></c></row></sheetData></worksheet>'
    )
    content = repacked(workbook(("S", [HEADER])), lambda name, data: bad if name == SHEET else data)
    assert refused(content).reason == "damaged-workbook"


@pytest.mark.parametrize("part", [SHEET, "xl/sharedStrings.xml", "xl/styles.xml"])
def test_a_decompression_bomb_is_refused_before_it_is_unpacked(part: str) -> None:
    bomb = b"<a>" + b" " * 40_000_000 + b"</a>"
    content = repacked(
        workbook_with_shared_texts([HEADER]), lambda name, data: bomb if name == part else data
    )
    assert len(content) < 100_000
    tracemalloc.start()
    problem = refused(content)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert problem.reason == "unpacks-too-large"
    assert peak < 5_000_000


def test_an_archive_that_lies_about_its_sizes_gives_no_more_than_it_says() -> None:
    rows = "".join(f'<row r="{n}">{text(f"A{n}", "x" * 1000)}</row>' for n in range(2, 20_000))
    content = bytearray(with_sheet(f'<row r="1">{text("A1", "a")}</row>{rows}'))
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        real = book.getinfo(SHEET).file_size
    # The size that the directory at the end states for the sheet.
    at = content.rfind(real.to_bytes(4, "little"))
    content[at : at + 4] = (100_000).to_bytes(4, "little")
    table = table_of(bytes(content))
    with pytest.raises(FileProblemError) as caught:
        table.verify()
    assert caught.value.reason == "damaged-workbook"
    assert table.total_bytes == 100_000


def test_thousands_of_parts_are_refused() -> None:
    more = {f"xl/media/{number}": b"" for number in range(6_000)}
    assert (
        refused(repacked(workbook(("S", [HEADER])), lambda _, data: data, **more)).reason
        == "unpacks-too-large"
    )


def test_a_long_sheet_with_texts_of_its_own_is_read_in_little_memory() -> None:
    content = workbook_with_shared_texts(
        [HEADER, *((f"company {number}", f"sector {number}") for number in range(20_000))]
    )
    table = table_of(content)
    tracemalloc.start()
    assert sum(1 for _ in table.rows()) == 20_000
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4_000_000


@pytest.mark.parametrize("behind", [30, 200, 900])
def test_a_workbook_is_read_wherever_blocks_of_it_end(behind: int) -> None:
    """Bytes come in blocks of 1 MiB: one may end within a header of a part, or within the archive's directory."""
    content = workbook(("Sheet", [HEADER, ("Acme", "x")]))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as stored:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            parts = {name: packed.read(name) for name in packed.namelist()}
        size = sum(map(len, parts.values()))
        stored.writestr("xl/media/a.bin", bytes((1 << 20) - size - 1000 + behind))
        for name, data in parts.items():
            stored.writestr(name, data)
    assert cells(out.getvalue()) == [["Acme", "x"]]


@pytest.mark.parametrize("digits", ["\u00b2", "9" * 5000, "-1", "1_0"])
def test_numbers_that_are_none_fail_no_more_than_their_row(digits: str) -> None:
    content = with_sheet(
        f'<row r="1">{text("A1", "account")}{text("B1", "sector")}</row>'
        f'<row r="{digits}">{text("A2", "Acme")}<c r="B2" t="s"><v>{digits}</v></c></row>'
        f'<row r="3">{text("A3", "Globex")}{text("B3", "x")}</row>'
    )
    rows = rows_of(content)
    assert [row.fault.code if row.fault else None for row in rows] == ["damaged-cell", None]
    assert [row.cells[0] for row in rows] == ["Acme", "Globex"]


def test_rows_whose_only_cell_is_far_away_take_little_memory() -> None:
    far = "".join(f'<row r="{n}"><c r="XFD{n}"><v>1</v></c></row>' for n in range(2, 3_000))
    content = with_sheet(f'<row r="1">{text("A1", "account")}{text("B1", "sector")}</row>{far}')
    tracemalloc.start()
    rows = table_of(content).rows()
    faults = {row.fault.code if row.fault else None for row in rows}
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert faults == {"row-width"}
    assert peak < 10_000_000


def test_an_archive_of_very_many_parts_is_refused_before_they_are_listed() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as book:
        for number in range(8_000):
            book.writestr(f"xl/{number:0300}", b"")
    assert refused(out.getvalue()).reason == "unpacks-too-large"


def test_parts_that_are_packed_as_no_program_packs_them_are_refused() -> None:
    out = io.BytesIO()
    content = io.BytesIO(workbook(("Sheet", [HEADER])))
    with zipfile.ZipFile(content) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_BZIP2) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
    assert refused(out.getvalue()).reason == "damaged-workbook"


def test_a_part_whose_name_is_no_text_is_damage() -> None:
    content = bytearray(
        repacked(workbook(("Sheet", [HEADER])), lambda name, data: data, **{"xl/\u00e4": b""})
    )
    at = content.rfind("\u00e4".encode())
    content[at : at + 2] = b"\xe4\xff"
    assert refused(bytes(content)).reason == "damaged-workbook"


CELL = st.one_of(
    st.none(),
    st.integers(-(10**14), 10**14),
    st.floats(-1e9, 1e9).map(lambda value: float(f"{value:.12g}")).filter(lambda value: value != int(value)),
    st.booleans(),
    st.dates(dt.date(1901, 1, 1), dt.date(2199, 12, 31)),
    st.text(st.characters(categories=["L", "N", "P", "Zs", "So"]), min_size=1, max_size=10).filter(
        lambda value: value.strip() == value and not value.startswith("=")
    ),
)


@settings(deadline=None)
@given(st.lists(st.lists(CELL, min_size=3, max_size=3), min_size=1, max_size=8))
def test_whatever_another_program_writes_is_read_back_and_from_every_row_on(table: list[list[Any]]) -> None:
    content = workbook(("S", [("one", "two", "three"), *table]))
    expected = [
        [cell.isoformat() if isinstance(cell, dt.date) else cell for cell in row]
        for row in table
        if any(cell is not None for cell in row)
    ]
    rows = rows_of(content)
    assert [row.cells for row in rows] == expected
    for number, row in enumerate(rows):
        assert list(table_of(content).rows(row.end)) == rows[number + 1 :]
