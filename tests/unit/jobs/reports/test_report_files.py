"""Reports as files: what they say, that they say the same each time, and that nothing in them is a program."""

from __future__ import annotations

import csv
import io
import json
import re
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader
from reports_of_records import report_of

from zebros_jobs.adapters.reports.pdf.axes import scale_of
from zebros_jobs.adapters.reports.writers import FileWriters
from zebros_jobs.domain.reports.assemble import change_of
from zebros_jobs.domain.reports.figures import change_text
from zebros_jobs.domain.reports.measures import MeasureKind
from zebros_jobs.domain.reports.money import Rates
from zebros_jobs.domain.reports.request import ReportFormat
from zebros_jobs.domain.reports.result import ReportColumn, ReportResult

RATES = Rates(base_currency="EUR", rates={"USD": Decimal("0.9")})


def written(result: ReportResult, form: str) -> bytes:
    out = io.BytesIO()
    FileWriters().write(ReportFormat(form), result, out)
    return out.getvalue()


def document(result: ReportResult) -> PdfReader:
    return PdfReader(io.BytesIO(written(result, "pdf")))


def text_of(result: ReportResult) -> str:
    return "\n".join(page.extract_text() for page in document(result).pages)


def deal(number: int, **facts: Any) -> dict[str, Any]:
    usual = {
        "opportunityId": f"d-{number}",
        "ownerId": "Ada Lovelace",
        "currency": "EUR",
        "outcome": "won",
        "value": 1200,
        "closeDate": "2017-03-15",
        "createdAt": "2017-01-01T00:00:00Z",
    }
    return {**usual, **facts}


def sales(*deals: dict[str, Any], **asked: Any) -> ReportResult:
    usual = {"report": "sales", "period": "2017", "by": ["owner"], "rates": RATES}
    return report_of({"opportunity": deals}, **{**usual, **asked})


@pytest.mark.parametrize("form", ["pdf", "csv", "json", "xlsx"])
def test_the_same_report_is_the_same_file(form: str) -> None:
    result = sales(deal(1), deal(2, ownerId="Bob", value=0.5), by=["month", "owner"])
    assert written(result, form) == written(result, form)


def test_a_document_says_what_it_is_about_and_how_much_that_was() -> None:
    result = sales(
        deal(1, value=1_234_567),
        deal(2, outcome="lost"),
        deal(3, closeDate="2016-05-01", value=1_000_000),
        by=["month"],
        tenant="Zebra & Söhne <GmbH>",
    )
    text = text_of(result)
    for said in (
        *(
            "Zebra & Söhne <GmbH>",
            "Sales",
            "2017, by month",
            "2017-01-01 to 2017-12-31",
            "compared with 2016",
        ),
        *(
            "1,234,567",
            "+23.5 %",
            "1,000,000 in 2016",
            "50.0 %",
            "Value won by month, EUR",
            "Win rate by month",
        ),
        *("March 2017", "Total", "Page 1 of 1", "as of 2026-01-01 00:00 UTC", "Win rate: deals won"),
    ):
        assert said in text, said


def test_fonts_are_embedded_and_no_other_is_named() -> None:
    fonts: dict[str, bool] = {}
    for page in document(sales(deal(1, ownerId="Ωμέγα Жук Łódź"), by=["month", "owner"])).pages:
        for font in page["/Resources"]["/Font"].values():
            facts = font.get_object()
            fonts[facts["/BaseFont"]] = "/FontFile2" in facts["/FontDescriptor"].get_object()
    assert fonts and all(fonts.values()), fonts
    assert all("Roboto" in name for name in fonts)


def test_letters_of_many_scripts_are_there_and_a_substitute_is_said() -> None:
    text = text_of(sales(deal(1, ownerId="Ωμέγα Жук Łódź Ünal ñ")))
    assert "Ωμέγα Жук Łódź Ünal ñ" in text and "lacks" not in text
    text = text_of(sales(deal(1, ownerId="山田太郎"), deal(2, ownerId="محمد"), deal(3, ownerId="🦓 Zoe")))
    assert "\ufffd" * 4 in text and "\ufffd Zoe" in text
    assert "Letters that the font of this document lacks are shown as \ufffd" in text
    table = written(sales(deal(1, ownerId="山田太郎")), "csv").decode()
    assert "山田太郎" in table


def test_a_thousand_rows_go_over_pages_each_with_the_head() -> None:
    result = sales(*(deal(number, ownerId=f"Owner {number:04}", value=number) for number in range(1_000)))
    pages = [page.extract_text() for page in document(result).pages]
    assert 15 <= len(pages) <= 30
    for number, page in enumerate(pages, start=1):
        assert f"Page {number} of {len(pages)}" in page
    tables = [page for page in pages if "Owner 0" in page]
    assert all("Value won" in page and "Win rate" in page for page in tables)
    found = re.findall(r"^Owner (\d{4})", "\n".join(tables), re.MULTILINE)
    assert len(set(found)) == 1_000
    assert "first 12 of 1,000" in pages[0]


def test_more_rows_than_anybody_turns_pages_for_are_in_the_spreadsheet() -> None:
    result = sales(*(deal(number, ownerId=f"Owner {number:04}") for number in range(2_050)))
    assert "The table has the first 2,000 of 2,050 rows" in text_of(result)
    assert len(written(result, "csv").splitlines()) == 1 + 2_050 + 1


def test_long_names_are_wrapped() -> None:
    long = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft " * 2
    result = sales(deal(1, ownerId=long.strip()), deal(2, ownerId="W" * 200))
    for by in (["owner"], ["month", "owner"]):
        found = sales(deal(1, ownerId=long.strip()), deal(2, ownerId="W" * 200), by=by)
        text = text_of(found)
        assert text.count("W") >= 200
        assert "gesellschaft" in text.replace("\n", "")
    assert len(document(result).pages) == 1


def test_very_long_figures_fit() -> None:
    result = sales(
        *(deal(number, value=999_999_999_999_999) for number in range(1_000)), by=["month", "owner"]
    )
    assert "999,999,999,999,999,000" in text_of(result)


@pytest.mark.parametrize("report", ["sales", "activities", "acquisition", "conversion"])
def test_an_empty_period_has_a_page_that_says_so(report: str) -> None:
    result = report_of({}, report=report, period="2017")
    pages = document(result).pages
    assert len(pages) == 1
    assert re.search(r"No \w+ were .* in this period\.", pages[0].extract_text())
    for form in ("csv", "xlsx", "json"):
        assert written(result, form)


def test_amounts_of_several_currencies_are_told_apart() -> None:
    result = sales(
        deal(1), deal(2, currency="USD", value=100), deal(3, currency="JPY", value=5000, outcome="lost")
    )
    text = text_of(result)
    assert "Amounts by currency" in text and "There is no rate for JPY" in text
    assert "1 USD = 0.9 EUR" in text
    (row, total) = csv.DictReader(io.StringIO(written(result, "csv").decode()))
    assert row["Value won, all in EUR"] == "1290.00" and row["Value lost, all in EUR"] == ""
    assert (total["Value won, USD"], total["Value lost, JPY"]) == ("100.00", "5000")
    assert result.missing_rates == ("JPY",)


def test_a_name_is_no_formula_in_any_table() -> None:
    result = sales(
        deal(1, ownerId='=HYPERLINK("http://evil.example")'),
        deal(2, ownerId="@SUM(1)"),
        deal(3, ownerId="+1"),
    )
    rows = list(csv.reader(io.StringIO(written(result, "csv").decode())))
    assert {row[0] for row in rows[1:]} == {'\'=HYPERLINK("http://evil.example")', "'@SUM(1)", "'+1", "Total"}
    book = openpyxl.load_workbook(io.BytesIO(written(result, "xlsx")))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} <= {"s", "n"}


def test_a_workbook_has_a_summary_with_a_chart_and_all_figures_as_numbers() -> None:
    result = sales(
        deal(1), deal(2, ownerId="Bob", value=0.25), deal(3, outcome="lost"), deal(4, closeDate="2016-04-01")
    )
    book = openpyxl.load_workbook(io.BytesIO(written(result, "xlsx")))
    summary, figures = book["Summary"], book["Figures"]
    (chart,) = summary._charts
    assert [each.val.numRef.f for each in chart.series] == ["Figures!$C$2:$C$3", "Figures!$J$2:$J$3"]
    shown = {row[0].value: [cell.value for cell in row[1:4]] for row in summary.iter_rows(max_col=4)}
    assert shown["Value won, EUR"] == [1200.25, 1200, 0.0002]
    assert shown["Win rate"] == [0.6667, 1, -0.3333]
    head, *rows = ([cell.value for cell in row] for row in figures.iter_rows())
    assert head[:4] == ["Owner", "Owner id", "Value won, EUR", "Deals won"]
    assert [row[0] for row in rows] == ["Ada Lovelace", "Bob", "Total"]
    assert figures["C3"].value == 0.25 and figures["C3"].number_format == "#,##0.00"
    assert figures["G2"].number_format == "0.0%"


def test_json_has_every_figure_exactly_and_every_row() -> None:
    result = sales(*(deal(number, ownerId=f"o-{number}", value=0.1) for number in range(2_010)))
    found = json.loads(written(result, "json"), parse_float=Decimal)
    assert len(found["rows"]) == found["rowCount"] == 2_010
    assert found["totals"]["values"]["wonValue"] == Decimal("201.00")
    assert found["rows"][0]["group"] == [{"by": "owner", "id": "o-0", "label": "o-0", "shortLabel": None}]


@pytest.mark.parametrize(
    "by", [[], ["day"], ["week"], ["month"], ["year"], ["owner"], ["month", "owner"], ["day", "team"]]
)
def test_every_way_to_split_can_be_printed(by: list[str]) -> None:
    deals = [
        deal(
            number,
            ownerId=f"o-{number % 9}",
            closeDate=f"201{6 + number % 2}-{number % 12 + 1:02}-{number % 28 + 1:02}",
        )
        for number in range(120)
    ]
    for asked in ({"period": "2016-06-15/2017-12-31"}, {"period": "2017", "compare": "none"}):
        result = sales(*deals, by=by, **asked)
        assert "Sales" in text_of(result)
        assert written(result, "xlsx")[:2] == b"PK"


def test_where_amounts_cannot_be_told_the_number_of_deals_is_drawn() -> None:
    result = sales(deal(1, currency="JPY"), deal(2, currency="JPY", closeDate="2016-03-01"), by=["month"])
    text = text_of(result)
    assert "Deals won by month" in text and "Value won by month" not in text
    assert "unknown in 2016" in text


@pytest.mark.parametrize(
    ("now", "before", "kind", "text"),
    [
        ("12", "10", "count", "+20.0 %"),
        ("8", "10", "money", "−20.0 %"),
        ("10", "10", "money", "0.0 %"),
        ("0", "0", "count", "0.0 %"),
        ("5", "0", "count", "–"),
        (None, "3", "money", "–"),
        ("3", None, "money", "–"),
        ("0.5", "0.45", "rate", "+5.0 pt"),
        ("120000", "10", "count", "+1,199,900 %"),
        ("-5", "10", "money", "−150.0 %"),
    ],
)
def test_a_change_is_told_in_percent_and_that_of_a_share_in_points(
    now: str | None, before: str | None, kind: str, text: str
) -> None:
    change = change_of(*(None if each is None else Decimal(each) for each in (now, before)))
    column = ReportColumn(key="x", label="X", kind=MeasureKind(kind), currency="EUR")
    assert change_text(change, column) == text


@pytest.mark.parametrize(
    ("values", "kind", "labels"),
    [
        ([], "money", ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
        (["1338466"], "money", ["0", "500,000", "1,000,000", "1,500,000"]),
        (["98000000"], "money", ["0", "20 m", "40 m", "60 m", "80 m", "100 m"]),
        (["3"], "count", ["0", "1", "2", "3"]),
        (["0.8253"], "rate", ["0 %", "20 %", "40 %", "60 %", "80 %", "100 %"]),
        (["-40", "60"], "money", ["−40", "−20", "0", "20", "40", "60"]),
        (
            ["0.000001"],
            "money",
            ["0.0000000", "0.0000002", "0.0000004", "0.0000006", "0.0000008", "0.0000010"],
        ),
    ],
)
def test_axes_have_round_numbers_with_thousands(values: list[str], kind: str, labels: list[str]) -> None:
    assert scale_of([Decimal(each) for each in values] or [Decimal(0)], MeasureKind(kind)).labels() == labels


@given(
    st.lists(st.decimals(-(10**15), 10**15, places=2), min_size=1, max_size=5), st.sampled_from(MeasureKind)
)
def test_every_value_is_on_its_scale(values: list[Decimal], kind: MeasureKind) -> None:
    scale = scale_of(values, kind)
    assert 2 <= len(scale.ticks) <= 12
    assert all(-0.001 <= scale.share(value) <= 1.001 for value in values)
    assert len(set(scale.labels())) == len(scale.ticks)
