"""CSV files as people have them, and those that are none."""

from __future__ import annotations

import csv
import io
import tracemalloc
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from import_sources import rows_of, source_of, table_of

from zebros_jobs.adapters.import_files.opening import open_table
from zebros_jobs.domain.imports.source import (
    MAX_COLUMNS,
    MAX_ROW_BYTES,
    Cell,
    DialectWish,
    FileProblemError,
    Position,
    Row,
    SourceFile,
)


def cells(content: bytes) -> list[list[Cell]]:
    return [list(row.cells) for row in rows_of(content)]


def reasons(content: bytes) -> list[str | None]:
    return [row.fault.reason if row.fault else None for row in rows_of(content)]


@pytest.mark.parametrize(
    ("encoding", "name", "mark"),
    [
        ("utf-8", "utf-8", False),
        ("utf-8-sig", "utf-8", True),
        ("utf-16", "utf-16-le", True),
        ("utf-16-le", "utf-16-le", False),
        ("utf-16-be", "utf-16-be", False),
        ("cp1252", "windows-1252", False),
    ],
)
def test_the_encoding_is_found_out(encoding: str, name: str, mark: bool) -> None:
    text = "account;Größe\r\nMüller & Söhne;12\r\nIñtërnâtiônàl;7\r\n"
    table = table_of(text.encode(encoding))
    assert (table.dialect.encoding, table.dialect.bom, table.dialect.newline) == (name, mark, "\r\n")
    assert table.columns == ["account", "Größe"]
    assert [row.cells for row in table.rows()] == [["Müller & Söhne", "12"], ["Iñtërnâtiônàl", "7"]]


@pytest.mark.parametrize(
    "wish",
    [
        {"quote": "\u2603", "encoding": "windows-1252"},
        {"delimiter": "\u20ac", "encoding": "iso-8859-1"},
        {"quote": ",", "delimiter": ","},
        {"delimiter": "\n"},
        {"quote": "\r"},
        {"delimiter": "\0"},
    ],
)
def test_characters_by_which_no_row_can_be_read_are_refused(wish: dict[str, Any]) -> None:
    with pytest.raises(FileProblemError) as caught:
        table_of(b"a,b\n1,2\n", **wish)
    assert caught.value.reason == "unusable-dialect"


@pytest.mark.parametrize(
    ("encoding", "named"),
    [("iso-8859-2", "ISO-8859-2"), ("cp1251", "windows-1251"), ("cp932", "Shift_JIS"), ("gb18030", "GBK")],
)
def test_another_encoding_is_read_when_it_is_named(encoding: str, named: str) -> None:
    texts = {"iso-8859-2": "Łódź", "cp1251": "Привет", "cp932": "株式会社|ソ", "gb18030": "有限公司"}
    content = f'name,city\n"{texts[encoding]}",x\n'.encode(encoding)
    assert [row.cells for row in rows_of(content, encoding=named)] == [[texts[encoding], "x"]]


def test_an_encoding_that_nobody_reads_is_refused() -> None:
    with pytest.raises(FileProblemError, match="'utf-7' is not read") as caught:
        table_of(b"a,b\n", encoding="utf-7")
    assert caught.value.reason == "unknown-encoding"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_out(delimiter: str) -> None:
    content = f'"a,b;c"{delimiter}d\n1{delimiter}2\n'.encode()
    assert table_of(content).dialect.delimiter == delimiter
    assert cells(content) == [["1", "2"]]


def test_a_delimiter_that_stands_in_texts_is_none() -> None:
    content = b"name;address\nAcme;Main St, Springfield, USA\nGlobex;Elm St, Shelbyville, USA\n"
    assert table_of(content).dialect.delimiter == ";"


def test_a_single_column_is_a_comma_file() -> None:
    assert table_of(b"account\nAcme\n").dialect.delimiter == ","


def test_single_quotes_are_found_out_and_any_can_be_stated() -> None:
    assert cells(b"'a','b'\n'x, y','z'\n") == [["x, y", "z"]]
    assert [row.cells for row in rows_of(b"a,b\n~x, y~,z\n", quote="~")] == [["x, y", "z"]]


@pytest.mark.parametrize(
    ("first", "is_header"),
    [
        ("account,sector", True),
        ("Acme,12", False),
        ("2020-01-31,open", False),
        ("31.1.2020,open", False),
        ("ada@acme.example,Ada", False),
        (",,,name", False),
        ("x,x,x", False),
        ("id", True),
    ],
)
def test_a_header_is_told_from_a_row(first: str, is_header: bool) -> None:
    table = table_of(f"{first}\n".encode())
    assert table.dialect.header is is_header
    assert len(list(table.rows())) == (0 if is_header else 1)


def test_columns_without_a_header_have_letters() -> None:
    table = table_of(b",".join(b"%d" % number for number in range(30)) + b"\n")
    assert (table.columns[0], table.columns[25], table.columns[26]) == ("A", "Z", "AA")
    assert next(table.rows()).line == 1


def test_a_header_can_be_stated() -> None:
    assert table_of(b"1,2\n3,4\n", header=True).columns == ["1", "2"]
    assert table_of(b"a,b\n3,4\n", header=False).columns == ["A", "B"]


def test_columns_of_one_name_and_without_one_are_told_apart() -> None:
    assert table_of(b"name,name,,NAME,city\n1,2,3,4,5\n").columns == [
        "name",
        "name (2)",
        "C",
        "NAME (3)",
        "city",
    ]


def test_quoted_newlines_stay_in_their_cell_and_lines_are_counted_past_them() -> None:
    rows = rows_of(b'a,b\r\n"one\r\ntwo",x\r\n\r\nlast,y\r\n')
    assert [(row.number, row.line, row.cells) for row in rows] == [
        (1, 2, ["one\r\ntwo", "x"]),
        (2, 5, ["last", "y"]),
    ]


def test_lines_may_end_in_a_carriage_return_alone() -> None:
    assert cells(b"a,b\r1,2\r3,4\r") == [["1", "2"], ["3", "4"]]


def test_blank_lines_are_no_rows() -> None:
    assert cells(b"a,b\n\n,\n1,2\n \n") == [["1", "2"]]


def test_a_file_with_a_header_alone_has_no_rows() -> None:
    assert cells(b"account,sector\n") == []


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf", b"\xff\xfe", b" , ,\n", b"\0"])
def test_an_empty_file_is_refused(content: bytes) -> None:
    with pytest.raises(FileProblemError) as caught:
        table_of(content)
    assert caught.value.reason == "empty-file"


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"%PDF-1.7\n", "PDF"),
        (b"\x1f\x8b\x08\0\0", "gzip"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "before 2007"),
        (b"\x89PNG\r\n\x1a\n", "picture"),
        (bytes(range(256)) * 20, "binary"),
        (b"\x00\x01\x02\x03" * 100, "binary"),
    ],
)
def test_what_is_no_text_is_refused(content: bytes, what: str) -> None:
    with pytest.raises(FileProblemError, match=what) as caught:
        table_of(content)
    assert caught.value.reason == "not-a-table"


def test_a_file_in_utf_32_is_refused() -> None:
    with pytest.raises(FileProblemError, match="save it as UTF-8"):
        table_of("a,b\n".encode("utf-32"))


def test_more_columns_than_are_taken_are_refused() -> None:
    content = b",".join(b"c%d" % number for number in range(10_000)) + b"\n"
    with pytest.raises(FileProblemError, match="10,000 columns; at most 500") as caught:
        table_of(content)
    assert caught.value.reason == "too-many-columns"
    assert len(table_of(b",".join(b"c%d" % n for n in range(MAX_COLUMNS)) + b"\n").columns) == MAX_COLUMNS


@pytest.mark.parametrize(("line", "count"), [(b"1", 1), (b"1,2,3", 3)])
def test_a_row_of_another_width_is_at_fault_and_reading_goes_on(line: bytes, count: int) -> None:
    assert reasons(b"a,b\n" + line + b"\n3,4\n") == [
        f"the row has more or fewer columns than the file; {count}, and the file 2",
        None,
    ]


def test_broken_quoting_is_the_fault_of_its_row_only() -> None:
    rows = rows_of(b'a,b\n"x"y,1\n3,4\n')
    assert rows[0].fault is not None
    assert rows[0].fault.code == "row-quoting"
    assert len(rows[0].cells) == 2
    assert rows[1].cells == ["3", "4"]


def test_a_quote_that_swallows_lines_says_which() -> None:
    (first, second) = reasons(b'a,b\n"open,1\n2,3\n4,"5"\n6,7\n')
    assert first is not None
    assert "lines 2 to 4 were read as one" in first
    assert second is None


def test_a_quote_never_closed_stops_with_the_line_where_it_opened() -> None:
    rows = table_of(b'a,b\n1,2\n"open,3\n4,5\n').rows()
    assert next(rows).cells == ["1", "2"]
    with pytest.raises(FileProblemError, match="Line 3: a quote is opened and never closed") as caught:
        list(rows)
    assert caught.value.reason == "quote-never-closed"


@pytest.mark.parametrize("line", [b"y" * 999 + b"\n", b"x" * 5000])
def test_a_quote_never_closed_in_a_huge_file_is_told_in_little_memory(line: bytes) -> None:
    content = b'a,b\n"open,3\n' + line * (8_000_000 // len(line))
    tracemalloc.start()
    with pytest.raises(FileProblemError, match="Line 2"):
        rows_of(content)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8_000_000


@pytest.mark.parametrize(
    ("cell", "encoding"),
    [
        (b"x" * 50_000_000, "utf-8"),
        (b'"' + b"x\n" * 1_500_000 + b'"', "utf-8"),
        (b'"' + b'""' * 1_000_000 + b'"', "utf-8"),
        (b"x" * MAX_ROW_BYTES, "utf-16-le"),
        (b'"' + b"x\n" * 400_000 + b'"', "utf-16-le"),
    ],
)
def test_a_huge_cell_is_the_fault_of_its_row_only(cell: bytes, encoding: str) -> None:
    content = (b"a,b\n" + cell + b",1\n3,4\n").decode().encode(encoding)
    huge, row = rows_of(content)
    assert huge.fault is not None
    assert huge.fault.reason == "the row is longer than 1,048,576 bytes"
    assert sum(len(str(each)) for each in huge.cells) < 1_000
    assert (row.line, row.cells) == (2 + cell.count(b"\n") + 1, ["3", "4"])


def test_a_row_in_another_encoding_is_at_fault_and_comes_back_as_it_was() -> None:
    content = "a,b\nGöteborg,1\nZürich,2\n".encode() + b"M\xfcller,3\n" + b"ok,4\n"
    rows = rows_of(content)
    assert [row.fault and row.fault.code for row in rows] == [None, None, "row-encoding", None]
    assert str(rows[2].cells[0]).encode("utf-8", "surrogateescape") == b"M\xfcller"


def test_half_a_character_of_utf_16_is_the_fault_of_its_row() -> None:
    content = "a,b\nx,1\n".encode("utf-16-le") + b"\x00\xd8" + ",2\ny,3\n".encode("utf-16-le")
    assert [row.fault and row.fault.code for row in rows_of(content)] == [None, "row-encoding", None]


def test_nul_characters_are_the_fault_of_their_row() -> None:
    assert reasons(b"account,sector\nAcme,x\nGlo\0bex,y\nHooli,z\n") == [
        None,
        "the row has NUL characters",
        None,
    ]


def test_reading_holds_a_block_and_not_the_file() -> None:
    content = b"account,sector\n" + (b"Some company or other," + b"x" * 400 + b"\n") * 20_000
    source = source_of(content)
    table = open_table(source, DialectWish())
    tracemalloc.start()
    assert sum(1 for _ in table.rows()) == 20_000
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2_500_000


def test_going_on_at_a_row_reads_nothing_before_it() -> None:
    content = b"a,b\n" + b"".join(b"%d,x\n" % number for number in range(1000))
    opened: list[int] = []
    table = open_table(source_of(content, opened=opened), DialectWish())
    rows = list(table.rows())
    opened.clear()
    assert list(table.rows(rows[499].end)) == rows[500:]
    assert opened == [rows[499].end.offset]
    assert content[opened[0] :].startswith(b"500,x\n")


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
TABLES = st.lists(st.lists(TEXT, min_size=3, max_size=3), min_size=1, max_size=12)
DIALECTS = st.fixed_dictionaries(
    {
        "delimiter": st.sampled_from([",", ";", "\t", "|"]),
        "quotechar": st.sampled_from(['"', "'"]),
        "lineterminator": st.sampled_from(["\n", "\r\n", "\r"]),
    }
)


def written(table: list[list[str]], dialect: dict[str, Any], encoding: str) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, quoting=csv.QUOTE_ALL, **dialect).writerows([["one", "two", "three"], *table])
    return out.getvalue().encode(encoding)


def read_from(source: SourceFile, dialect: dict[str, str], start: Position | None = None) -> list[Row]:
    wish = DialectWish(delimiter=dialect["delimiter"], quote=dialect["quotechar"], header=True)
    table = open_table(source, wish)
    return list(table.rows() if start is None else table.rows(start))


@settings(deadline=None)
@given(TABLES, DIALECTS, st.sampled_from(["utf-8-sig", "utf-16"]), st.integers(1, 40))
def test_whatever_is_written_is_read_back_and_from_every_row_on(
    table: list[list[str]], dialect: dict[str, str], encoding: str, most: int
) -> None:
    content = written(table, dialect, encoding)
    rows = read_from(source_of(content, most=most), dialect)
    assert [row.cells for row in rows] == [row for row in table if any(cell.strip() for cell in row)]
    assert all(row.fault is None for row in rows)
    for number, row in enumerate(rows):
        assert read_from(source_of(content), dialect, row.end) == rows[number + 1 :]


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_whatever_comes_is_a_table_or_a_stated_problem(content: bytes) -> None:
    try:
        for row in rows_of(content):
            assert row.fault is not None or row.cells
    except FileProblemError as error:
        assert error.reason in {
            "empty-file",
            "not-a-table",
            "quote-never-closed",
            "unknown-encoding",
            "damaged-workbook",
        }
