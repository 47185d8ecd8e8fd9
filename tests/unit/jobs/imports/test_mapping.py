"""Columns to fields, cells to values, and what is said of those that do not fit."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError as PydanticError

from zebros_core.records.custom import FieldDefinition, FieldType
from zebros_jobs.domain.formulas import guarded
from zebros_jobs.domain.imports.cells import CellStyle, Kind, choices_of, zone_named
from zebros_jobs.domain.imports.entities import ENTITIES, Reference
from zebros_jobs.domain.imports.mapping import MappingError, RowMapping
from zebros_jobs.domain.imports.match_key import email_name, match_value
from zebros_jobs.domain.imports.options import ColumnMapping, ImportOptions, MatchRule
from zebros_jobs.domain.imports.problems import RowProblemError
from zebros_jobs.domain.imports.source import LINE_COLUMN, Cell, ErrorText
from zebros_jobs.domain.imports.suggesting import suggest

DATA = Path(__file__).parents[5] / "shared/data/crm-sales-opportunities"
SHOE = FieldDefinition(
    field_id="1", entity="customer", name="shoe", type=FieldType.CHOICE, choices=("Left", "Right")
)
SIZE = FieldDefinition(field_id="2", entity="customer", name="size", type=FieldType.NUMBER, label="Shoe size")


def mapping(
    entity: str, pairs: dict[str, str], *, style: CellStyle | None = None, more: Any = (), **options: Any
) -> RowMapping:
    """Map columns, which are those of the file, to fields."""
    entries = [ColumnMapping(column=column, field=target) for column, target in pairs.items()]
    return RowMapping.of(
        ENTITIES[entity],
        list(pairs),
        [*entries, *more],
        ImportOptions(**options),
        style or CellStyle(),
        (SHOE, SIZE),
    )


def record(made: RowMapping, *cells: Cell, **found: Reference) -> dict[str, Any]:
    return made.complete(made.draft(cells), found)


def reason(made: RowMapping, *cells: Cell, **found: Reference) -> str:
    with pytest.raises(RowProblemError) as caught:
        record(made, *cells, **found)
    return str(caught.value)


# -- cells --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("style", "text", "value"),
    [
        ("point", "1234.50", 1234.5),
        ("point", "1,234,567.5", 1234567.5),
        ("point", "$1,000", 1000),
        ("point", "-12", -12),
        ("point", "1'234.5", 1234.5),
        ("comma", "1.234,56", 1234.56),
        ("comma", "1 234,5 €", 1234.5),
        ("comma", "1.234", 1234),
        ("comma", "12,00", 12),
        ("point", 12.5, 12.5),
        ("comma", 12.5, 12.5),
        ("point", "123456789012345", 123456789012345),
    ],
)
def test_numbers_are_read_as_the_style_writes_them(style: Any, text: Cell, value: float) -> None:
    assert CellStyle(decimal_style=style).conversion(Kind.AMOUNT)(text) == value


@pytest.mark.parametrize(
    ("style", "text"),
    [
        ("point", "1.234,56"),
        ("point", "1,23"),
        ("comma", "1,234.56"),
        ("comma", "1.5"),
        ("point", "1e5"),
        ("point", "nan"),
        ("point", "12 apples"),
        ("point", "1234567890.123456"),
        ("point", True),
        ("point", "١٢a"),
    ],
)
def test_other_numbers_are_refused(style: Any, text: Cell) -> None:
    with pytest.raises(ValueError, match=r"is not a number|digits"):
        CellStyle(decimal_style=style).conversion(Kind.AMOUNT)(text)


@pytest.mark.parametrize(
    ("form", "text", "day"),
    [
        (None, "2017-03-01", "2017-03-01"),
        (None, "2017-03-01T10:00:00", "2017-03-01"),
        ("DD.MM.YYYY", "01.03.2017", "2017-03-01"),
        ("D.M.YYYY", "1.3.2017", "2017-03-01"),
        ("MM/DD/YYYY", "03/01/2017", "2017-03-01"),
        ("M/D/YY", "3/1/17", "2017-03-01"),
        ("M/D/YY", "3/1/71", "1971-03-01"),
        ("YYYYMMDD", "20170301", "2017-03-01"),
        ("DD.MM.YYYY HH:mm", "01.03.2017 9:30", "2017-03-01"),
        ("DD.MM.YYYY", "2017-03-01", "2017-03-01"),
    ],
)
def test_days_are_read_in_the_stated_format(form: str | None, text: str, day: str) -> None:
    assert CellStyle(date_format=form).conversion(Kind.DATE)(text) == day


@pytest.mark.parametrize(
    ("form", "text", "why"),
    [
        (None, "01.03.2017", "like YYYY-MM-DD"),
        ("DD.MM.YYYY", "03/01/2017", "like DD.MM.YYYY"),
        ("DD.MM.YYYY", "31.02.2017", "no|not a day"),
        (None, "2017-02-31", "not a day"),
        ("DD.MM.YYYY", 42736, "like DD.MM.YYYY"),
    ],
)
def test_other_days_are_refused(form: str | None, text: Cell, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        CellStyle(date_format=form).conversion(Kind.DATE)(text)


@pytest.mark.parametrize(
    ("zone", "text"),
    [
        ("Europe/Berlin", "0001-01-01"),
        ("America/New_York", "9999-12-31 23:00"),
        ("UTC", "9999-12-31T23:59:59-05:00"),
    ],
)
def test_a_time_that_is_beyond_the_calendar_elsewhere_is_refused(zone: str, text: str) -> None:
    with pytest.raises(ValueError, match="not a day of the calendar"):
        CellStyle(zone=zone_named(zone)).conversion(Kind.INSTANT)(text)


def test_brackets_without_an_end_are_a_tag_and_no_trouble() -> None:
    text = "[" * 100_000
    assert CellStyle().conversion(Kind.TAGS)(text) == [text]


@pytest.mark.parametrize(
    "form", ["DD.MM", "dd.mm.yyyy", "YYYY-MM-DD hh:mm", "DD.MM.YYYY.DD", "", "YYYY-MM-DDTHH"]
)
def test_a_format_that_is_none_is_refused(form: str) -> None:
    with pytest.raises(PydanticError):
        ImportOptions(date_format=form)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-03-01T10:00:00Z", "2026-03-01T10:00:00Z"),
        ("2026-03-01T10:00:00+02:00", "2026-03-01T08:00:00Z"),
        ("2026-03-01 10:00", "2026-03-01T09:00:00Z"),
        ("2026-07-01", "2026-06-30T22:00:00Z"),
        ("2026-03-28T23:30:00.123Z", "2026-03-28T23:30:00.123000Z"),
    ],
)
def test_times_without_a_zone_are_of_the_stated_one(text: str, instant: str) -> None:
    convert = CellStyle(zone=zone_named("Europe/Berlin")).conversion(Kind.INSTANT)
    assert convert(text) == instant


def test_a_zone_that_nobody_knows_is_refused() -> None:
    for name in ("Mars/Base", "../etc/passwd", "", "Europe/Ber\0lin"):
        with pytest.raises(ValueError, match="time zone"):
            zone_named(name)


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (Kind.BOOLEAN, "Yes", True),
        (Kind.BOOLEAN, "0", False),
        (Kind.BOOLEAN, 1, True),
        (Kind.BOOLEAN, True, True),
        (Kind.TAGS, "a; b,c;;", ["a", "b", "c"]),
        (Kind.TAGS, '["a,b","c"]', ["a,b", "c"]),
        (Kind.TAGS, "[a;b", ["[a", "b"]),
        (Kind.INTEGER, "1,000", 1000),
        (Kind.WEBSITE, "acme.example", "https://acme.example"),
        (Kind.WEBSITE, "http://acme.example", "http://acme.example"),
        (Kind.CODE, "usd", "USD"),
        (Kind.TEXT, 12345, "12345"),
        (Kind.TEXT, 12.5, "12.5"),
        (Kind.TEXT, "  x ", "x"),
        (Kind.TEXT, "Main St 1\r\nSpringfield", "Main St 1 Springfield"),
        (Kind.PARAGRAPHS, "one\n\ntwo", "one\n\ntwo"),
    ],
)
def test_cells_become_values(kind: Kind, text: Cell, value: Any) -> None:
    assert CellStyle().conversion(kind)(text) == value


def test_enumerations_are_read_by_value_or_by_what_people_call_them() -> None:
    convert = CellStyle().conversion(Kind.CHOICE, choices_of(("bestCase", "commit"), {"sure": "commit"}))
    assert [convert(text) for text in ("bestCase", "Best case", "BEST-CASE", "Sure")] == [
        "bestCase",
        "bestCase",
        "bestCase",
        "commit",
    ]
    with pytest.raises(ValueError, match="is none of: bestCase, commit"):
        convert("worst")


@given(st.text(max_size=20))
def test_texts_that_exports_guard_come_back(text: str) -> None:
    assert CellStyle().conversion(Kind.PARAGRAPHS)(guarded(text.strip())) == text.strip()


@given(
    st.sampled_from(list(Kind)), st.one_of(st.text(), st.integers(), st.floats(), st.booleans(), st.none())
)
def test_a_cell_is_a_value_or_is_refused_without_being_told(kind: Kind, cell: Cell) -> None:
    convert = CellStyle(date_format="DD.MM.YYYY", decimal_style="comma").conversion(
        kind, choices_of(("a", "b"))
    )
    try:
        convert(cell)
    except ValueError as error:
        assert len(str(cell)) < 12 or str(cell) not in str(error)


# -- mappings -----------------------------------------------------------------------------------------------------


def test_a_row_becomes_a_record_without_its_empty_cells() -> None:
    made = mapping(
        "customer",
        {
            "account": "companyName",
            "sector": "industry",
            "mail": "contactInfo.email",
            "town": "city",
            "t": "tags",
        },
    )
    assert record(made, " Acme ", "", "info@acme.example", "Berlin", "a; b") == {
        "companyName": "Acme",
        "contactInfo": {"email": "info@acme.example", "address": {"city": "Berlin"}},
        "tags": ["a", "b"],
    }


def test_defaults_stand_in_and_translations_say_what_a_text_means() -> None:
    entry = ColumnMapping(column="p", field="status", default="new", translations={"Hot one": "qualified"})
    made = RowMapping.of(
        ENTITIES["lead"],
        ["name", "p"],
        [
            ColumnMapping(column="name", field="lastName"),
            entry,
            ColumnMapping(field="source", default="fair"),
        ],
        ImportOptions(),
        CellStyle(),
    )
    assert record(made, "Ada", "Hot one") == {"lastName": "Ada", "status": "qualified", "source": "fair"}
    assert record(made, "Ada", " ") == {"lastName": "Ada", "status": "new", "source": "fair"}


def test_custom_fields_are_read_as_they_are_defined() -> None:
    made = mapping("customer", {"name": "companyName", "shoe": "custom.shoe", "size": "custom.size"})
    assert record(made, "Acme", "left", "44.5")["custom"] == {"shoe": "Left", "size": 44.5}
    assert reason(made, "Acme", "middle", "") == "custom.shoe: 'middle' is none of: Left, Right"


def test_a_value_that_cannot_be_read_says_which_and_why() -> None:
    made = mapping("opportunity", {"id": "externalId", "name": "title", "worth": "value"})
    assert reason(made, "1", "Deal", "much") == "value: 'much' is not a number like 1,234.50"
    with pytest.raises(RowProblemError) as caught:
        record(made, "1", "Deal", "much")
    assert "much" not in caught.value.problem.message


def test_a_required_column_may_not_be_empty() -> None:
    entry = ColumnMapping(column="account", field="customer", required=True)
    made = RowMapping.of(
        ENTITIES["opportunity"],
        ["id", "account"],
        [ColumnMapping(column="id", field="externalId"), entry],
        ImportOptions(),
        CellStyle(),
    )
    assert reason(made, "1", "") == "customer: the cell is empty"
    assert record(made, "1", "Acme", customer=Reference("C1", "Acme"))["customerId"] == "C1"


def test_a_failed_formula_is_no_value() -> None:
    made = mapping("customer", {"name": "companyName"})
    assert reason(made, ErrorText("#N/A")) == "companyName: '#N/A' the formula of the cell has failed"


@pytest.mark.parametrize(
    ("entity", "pairs", "said"),
    [
        ("customer", {"a": "sector"}, "companyName"),
        ("lead", {"a": "firstName"}, "lastName"),
        ("product", {"a": "series"}, "name"),
        ("user", {"a": "name"}, "email"),
        ("contact", {"a": "email"}, "lastName"),
        ("activity", {"a": "externalId"}, "subject"),
    ],
)
def test_what_every_record_needs_has_to_be_mapped(entity: str, pairs: dict[str, str], said: str) -> None:
    pairs = {column: "industry" if target == "sector" else target for column, target in pairs.items()}
    with pytest.raises(MappingError, match=f"no column is mapped to {said}"):
        mapping(entity, pairs)


def test_every_wrong_entry_is_named() -> None:
    with pytest.raises(MappingError) as caught:
        RowMapping.of(
            ENTITIES["customer"],
            ["account", "sector"],
            [
                ColumnMapping(column="acount", field="companyName"),
                ColumnMapping(column="sector", field="branche"),
                ColumnMapping(column="sector", field="custom.hat"),
                ColumnMapping(field="externalId", default="1"),
                ColumnMapping(column="sector", field="tier"),
                ColumnMapping(column="sector", field="tier"),
                ColumnMapping(field="tier"),
            ],
            ImportOptions(),
            CellStyle(),
        )
    faults = {fault.field: fault for fault in caught.value.fields}
    assert "did you mean 'account'" in faults["/mapping/0/column"].message
    assert "fields: companyName, industry" in faults["/mapping/1/field"].message
    assert "there are: none yet" in faults["/mapping/2/field"].message
    assert "is the same for all" in faults["/mapping/3/field"].message
    assert (
        faults["/mapping/5/field"].code == "field_twice" or faults["/mapping/4/field"].code == "field_twice"
    )
    assert faults["/mapping/6/column"].code == "missing"


def test_something_has_to_tell_records_apart_unless_nothing_is_to() -> None:
    with pytest.raises(MappingError, match="nothing tells opportunities apart"):
        mapping("opportunity", {"name": "title"})
    assert mapping("opportunity", {"name": "title"}, match_by=()).rules == ()
    with pytest.raises(MappingError, match="not recognised by name; by: id, externalId"):
        mapping("opportunity", {"name": "title"}, match_by=(MatchRule.NAME,))


def test_records_are_recognised_as_is_usual() -> None:
    assert mapping("customer", {"n": "companyName"}).rules == (MatchRule.NAME,)
    assert mapping("customer", {"n": "companyName", "i": "externalId"}).rules == (MatchRule.EXTERNAL_ID,)
    assert mapping("contact", {"n": "lastName"}).rules == (MatchRule.EMAIL, MatchRule.NAME)
    assert mapping("user", {"n": "name"}, email_domain="acme.example").rules == (MatchRule.EMAIL,)


@pytest.mark.parametrize(
    ("entity", "rule", "data", "value"),
    [
        ("customer", "externalId", {"externalId": " 7 "}, "7"),
        ("customer", "name", {"companyName": "ACMÉ  Corp."}, "acme corp"),
        ("customer", "email", {"contactInfo": {"email": " Info@Acme.example"}}, "info@acme.example"),
        ("contact", "name", {"lastName": "Lovelace", "firstName": "Ada"}, None),
        (
            "contact",
            "name",
            {"lastName": "Lovelace", "firstName": "Ada", "customerId": "C"},
            "C ada lovelace",
        ),
        ("lead", "email", {"lastName": "x"}, None),
        ("product", "name", {"name": "GTX Pro"}, "gtx pro"),
    ],
)
def test_what_a_row_is_recognised_by(entity: str, rule: str, data: dict[str, Any], value: str | None) -> None:
    assert match_value(entity, MatchRule(rule), data) == value


def test_addresses_are_made_of_names() -> None:
    made = mapping("user", {"n": "name"}, email_domain="acme.example")
    assert record(made, "Moses  Frase") == {
        "name": "Moses  Frase",
        "email": "moses.frase@acme.example",
        "role": "sales-rep",
    }
    assert "no e-mail address can be made" in reason(made, "株式会社")
    assert email_name("Anna-Lena Ørsted") == "anna.lena.orsted"


def test_a_product_becomes_a_line_and_with_the_customer_the_title() -> None:
    made = mapping(
        "opportunity", {"id": "externalId", "p": "product", "c": "customer", "s": "stage", "v": "value"}
    )
    names = {"product": Reference("P", "GTX Pro"), "customer": Reference("C", "Acme")}
    assert record(made, "1", "GTXPro", "Acme", "", "500", **names) == {
        "externalId": "1",
        "value": 500,
        "customerId": "C",
        "title": "GTX Pro for Acme",
        "lines": [{"productId": "P", "unitPrice": 500}],
    }
    assert "title is empty" in reason(made, "1", "", "", "", "500")


def test_a_loss_reason_goes_with_lost_deals() -> None:
    pairs = {"id": "externalId", "t": "title", "s": "stage"}
    lost, won = Reference("lost", "Lost", "lost"), Reference("won", "Won", "won")
    assert "needs a reason" in reason(mapping("opportunity", pairs), "1", "x", "Lost", stage=lost)
    made = mapping("opportunity", pairs, more=[ColumnMapping(field="lossReason", default="price")])
    assert record(made, "1", "x", "Lost", stage=lost)["lossReason"] == "price"
    assert "lossReason" not in record(made, "1", "x", "Won", stage=won)


def test_an_activity_is_about_the_nearest_record_that_is_named() -> None:
    made = mapping(
        "activity", {"id": "externalId", "s": "subject", "k": "customer", "c": "contact", "t": "type"}
    )
    both = {"customer": Reference("C", "Acme"), "contact": Reference("P", "Ada")}
    assert record(made, "1", "Call", "Acme", "ada@x.example", "Phone call", **both) == {
        "externalId": "1",
        "subject": "Call",
        "type": "call",
        "relatedType": "contact",
        "relatedId": "P",
    }


def test_a_record_of_a_person_is_in_their_team_unless_the_row_says_another() -> None:
    made = mapping("customer", {"n": "companyName", "o": "owner", "t": "team"})
    ada = Reference("u1", "Ada", "north")
    assert record(made, "Acme", "Ada", "", owner=ada)["teamId"] == "north"
    assert (
        record(made, "Acme", "Ada", "South", owner=ada, team=Reference("south", "South"))["teamId"] == "south"
    )


# -- suggestions --------------------------------------------------------------------------------------------------


def suggested(entity: str, columns: list[str], *rows: Sequence[Cell]) -> dict[str, str]:
    found = suggest(ENTITIES[entity], columns, rows, (SHOE, SIZE))
    return {column: each.field for column, each in zip(columns, found, strict=True) if each is not None}


def test_columns_are_recognised_by_name_meaning_and_values() -> None:
    columns = ["Company Name", "sector", "contact", "where", "Shoe size", LINE_COLUMN]
    row: list[Cell] = ["Acme", "x", "info@acme.example", "https://acme.example", "44", "12"]
    assert suggested("customer", columns, row, row) == {
        "Company Name": "companyName",
        "sector": "industry",
        "contact": "email",
        "where": "website",
        "Shoe size": "custom.size",
    }


def test_a_field_is_suggested_once_and_for_the_clearest_column() -> None:
    assert suggested("contact", ["Name", "Last name", "E-mail", "Mail"]) == {
        "Last name": "lastName",
        "E-mail": "email",
    }


def test_the_columns_of_an_export_are_known() -> None:
    columns = [
        "customerId",
        "companyName",
        "contactInfo.email",
        "contactInfo.address.city",
        "custom.size",
        "ownerId",
        "ownerName",
        "teamId",
        "externalId",
        "tags",
    ]
    assert suggested("customer", columns) == {
        "customerId": "id",
        "companyName": "companyName",
        "contactInfo.email": "email",
        "contactInfo.address.city": "city",
        "custom.size": "custom.size",
        "ownerId": "owner",
        "teamId": "team",
        "externalId": "externalId",
        "tags": "tags",
    }


@pytest.mark.skipif(not DATA.is_dir(), reason="the real files are not here: ../shared/data")
@pytest.mark.parametrize(
    ("name", "entity", "expected"),
    [
        (
            "accounts",
            "customer",
            {"account": "companyName", "sector": "industry", "office_location": "country"},
        ),
        ("products", "product", {"product": "name", "series": "series", "sales_price": "unitPrice"}),
        (
            "sales_pipeline",
            "opportunity",
            {
                "opportunity_id": "externalId",
                "sales_agent": "owner",
                "product": "product",
                "account": "customer",
                "deal_stage": "stage",
                "engage_date": "engageDate",
                "close_date": "closeDate",
                "close_value": "value",
            },
        ),
        ("sales_teams", "user", {"sales_agent": "name", "regional_office": "team"}),
    ],
)
def test_the_real_files_are_recognised(name: str, entity: str, expected: dict[str, str]) -> None:
    with (DATA / f"{name}.csv").open(newline="", encoding="utf-8") as file:
        columns, *rows = csv.reader(file)
    assert suggested(entity, columns, *rows[:20]) == expected
