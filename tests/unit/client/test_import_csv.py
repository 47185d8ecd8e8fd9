"""CSV files as people have them."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zebros.importing.csv_rows import MAX_ROW_CHARS, CsvFile, ImportFileError, sniff_delimiter
from zebros.importing.match_key import match_key, normalised


def read(content: bytes, **options: str) -> CsvFile:
    return CsvFile(io.BytesIO(content), **options)  # type: ignore[arg-type]


def cells(content: bytes) -> list[list[str]]:
    return [row.cells for row in read(content).rows()]


def test_a_byte_order_mark_is_not_part_of_the_first_column() -> None:
    assert read(b"\xef\xbb\xbfaccount,sector\nAcme,x\n").header == ["account", "sector"]


def test_utf_16_as_excel_writes_it_is_read() -> None:
    file = read("account\tsector\r\nÄcme\tx\r\n".encode("utf-16"))
    assert file.header == ["account", "sector"]
    assert [row.cells for row in file.rows()] == [["Äcme", "x"]]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_out(delimiter: str) -> None:
    content = f'"a,b;c"{delimiter}d\n1{delimiter}2\n'.encode()
    assert read(content).delimiter == delimiter
    assert cells(content) == [["1", "2"]]


def test_a_single_column_is_a_comma_file() -> None:
    assert sniff_delimiter("account") == ","


def test_quoted_newlines_stay_in_their_cell_and_lines_are_counted_past_them() -> None:
    rows = list(read(b'a,b\r\n"one\r\ntwo",x\r\n\r\nlast,y\r\n').rows())
    assert [(row.line, row.cells) for row in rows] == [(2, ["one\r\ntwo", "x"]), (5, ["last", "y"])]


def test_blank_lines_are_no_rows() -> None:
    assert cells(b"a,b\n\n,\n1,2\n \n") == [["1", "2"]]


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf"])
def test_a_file_without_a_header_is_refused(content: bytes) -> None:
    with pytest.raises(ImportFileError, match="empty"):
        read(content)


@pytest.mark.parametrize(("line", "count"), [(b"1", 1), (b"1,2,3", 3)])
def test_a_row_of_another_width_is_at_fault_and_reading_goes_on(line: bytes, count: int) -> None:
    rows = list(read(b"a,b\n" + line + b"\n3,4\n").rows())
    assert rows[0].fault == f"the row has {count} columns, the header has 2"
    assert (rows[1].fault, rows[1].cells) == (None, ["3", "4"])


def test_broken_quoting_is_the_fault_of_its_row_only() -> None:
    rows = list(read(b'a,b\n"x"y,1\n3,4\n').rows())
    assert "quoting is broken" in (rows[0].fault or "")
    assert len(rows[0].cells) == 2
    assert rows[1].cells == ["3", "4"]


def test_a_quote_never_closed_stops_with_the_line_where_it_opened() -> None:
    rows = read(b'a,b\n1,2\n"open,3\n4,5\n').rows()
    assert next(rows).cells == ["1", "2"]
    with pytest.raises(ImportFileError, match="line 3: a quote is opened and never closed"):
        list(rows)


def test_a_quote_never_closed_in_a_huge_file_stops_without_reading_it_all() -> None:
    content = b'a,b\n"open,3\n' + b"x" * 1000 * 1000 * 8 + b"\n"
    many = b'a,b\n"open,3\n' + (b"y" * 999 + b"\n") * 8000
    source = io.BytesIO(many)
    with pytest.raises(ImportFileError, match="line 2"):
        list(CsvFile(source).rows())
    assert source.tell() < len(many) / 2
    assert any(row.fault for row in _until_stopped(content))


def _until_stopped(content: bytes) -> list[object]:
    found: list[object] = []
    try:
        found.extend(read(content).rows())
    except ImportFileError:
        found.append(type("Stopped", (), {"fault": "stopped"}))
    return found


def test_a_huge_field_is_the_fault_of_its_row_only() -> None:
    rows = list(read(b"a,b\n" + b"x" * (MAX_ROW_CHARS + 5) + b",1\n3,4\n").rows())
    assert "longer than 900,000 characters" in (rows[0].fault or "")
    assert (rows[1].line, rows[1].cells) == (3, ["3", "4"])


def test_a_field_over_pythons_default_limit_is_read_and_the_limit_stays_as_it_was() -> None:
    before = csv.field_size_limit()
    assert len(cells(b"a\n" + b"x" * 200_000 + b"\n")[0][0]) == 200_000
    assert csv.field_size_limit() == before


def test_a_row_that_is_not_utf_8_is_at_fault_and_reading_goes_on() -> None:
    rows = list(read(b"a,b\nM\xfcller,1\nok,2\n").rows())
    assert "UTF-8" in (rows[0].fault or "")
    assert rows[1].cells == ["ok", "2"]


@given(
    st.lists(
        st.lists(
            st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), min_size=2, max_size=2
        )
    )
)
def test_whatever_is_written_as_csv_is_read_back(table: list[list[str]]) -> None:
    out = io.StringIO(newline="")
    csv.writer(out).writerows([["a", "b"], *table])
    rows = list(read(out.getvalue().encode()).rows())
    assert [row.cells for row in rows] == [row for row in table if any(cell.strip() for cell in row)]
    assert all(row.fault is None for row in rows)


@pytest.mark.parametrize("same", ["acme corp", "ACME  Corp.", " Acmé-Corp ", "Ａcme corp"])
def test_spellings_that_mean_the_same_have_one_key(same: str) -> None:
    assert match_key(same) == match_key("Acme Corp")


def test_keys_are_readable_and_stable() -> None:
    assert match_key("Acme Corporation") == "name:acme-corporation-" + match_key("acme corporation")[-12:]
    assert match_key("株式会社").startswith("name:")
    assert match_key("株式会社") != match_key("有限会社")


def test_long_names_that_differ_late_have_different_keys() -> None:
    assert match_key("a" * 80 + "1") != match_key("a" * 80 + "2")
    assert len(match_key("a b" * 200)) <= 128


@given(st.text())
def test_normalising_twice_changes_nothing_more(name: str) -> None:
    assert normalised(normalised(name)) == normalised(name)


@pytest.mark.parametrize("name", ["", "  ", "--- !"])
def test_a_name_without_letters_has_no_key(name: str) -> None:
    with pytest.raises(ValueError, match="no letter or digit"):
        match_key(name)
