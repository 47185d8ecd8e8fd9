"""Every wrong value is a problem that names the field and the rule; nothing is stored of it."""

from __future__ import annotations

from typing import Any

import pytest
from callers import Person

OPPORTUNITY = "/v1/opportunities"
UNKNOWN = "01JC8Z4T5V6W7X8Y9ZABCDEFGH"


@pytest.mark.parametrize(
    ("facts", "field", "code"),
    [
        ({"stage": "nowhere"}, "/stage", "unknown_stage"),
        ({"stage": "Not A Key"}, "/stage", "string_pattern_mismatch"),
        ({"probability": 101}, "/probability", "less_than_equal"),
        ({"probability": -1}, "/probability", "greater_than_equal"),
        ({"probability": 55.5}, "/probability", "int_type"),
        ({"value": -0.01}, "/value", "greater_than_equal"),
        ({"value": "12"}, "/value", "number"),
        ({"value": 1234567890123456}, "/value", "decimal_max_digits"),
        ({"currency": "EURO"}, "/currency", "string_too_long"),
        ({"currency": "XYZ"}, "/currency", "currency"),
        ({"currency": "DEM"}, "/currency", "currency"),
        ({"currency": "usd"}, "/currency", "currency"),
        ({"expectedCloseDate": "31.12.2026"}, "/expectedCloseDate", "calendar_date"),
        ({"expectedCloseDate": "2026-12-31T00:00:00Z"}, "/expectedCloseDate", "calendar_date"),
        ({"expectedCloseDate": 20261231}, "/expectedCloseDate", "calendar_date"),
        ({"engageDate": "2026-02-30"}, "/engageDate", "calendar_date"),
        ({"stage": "won", "closeDate": "12/31/2026"}, "/closeDate", "calendar_date"),
        ({"closeDate": "2026-12-31"}, "/closeDate", "not_closed"),
        ({"stage": "lost"}, "/lossReason", "missing"),
        ({"customerId": UNKNOWN}, "/customerId", "unknown_reference"),
        ({"contactId": UNKNOWN}, "/contactId", "unknown_reference"),
        ({"customerId": "12"}, "/customerId", "string_too_short"),
        ({"lines": [{"productId": UNKNOWN}]}, "/lines/0/productId", "unknown_reference"),
        ({"lines": [{"productId": UNKNOWN, "quantity": 0}]}, "/lines/0/quantity", "greater_than"),
        ({"lines": [{"productId": UNKNOWN, "unitPrice": -1}]}, "/lines/0/unitPrice", "greater_than_equal"),
        ({"lines": [{"productId": UNKNOWN}] * 21}, "/lines", "too_long"),
        ({"title": " "}, "/title", "string_too_short"),
        ({"title": "x" * 201}, "/title", "string_too_long"),
        ({"outcome": "won"}, "/outcome", "extra_forbidden"),
        ({"leadId": UNKNOWN}, "/leadId", "extra_forbidden"),
        ({"forecastCategory": "maybe"}, "/forecastCategory", "enum"),
        ({"custom": {"region": "north"}}, "/custom/region", "unknown_field"),
    ],
)
def test_a_wrong_opportunity_is_refused_by_field_and_rule(
    admin: Person, facts: dict[str, Any], field: str, code: str
) -> None:
    answer = admin.post(OPPORTUNITY, {"title": "Instruments", **facts})
    assert answer.status == 422, answer.text
    assert (answer.body["errors"][0]["field"], answer.body["errors"][0]["code"]) == (field, code)
    assert admin.get(OPPORTUNITY).body["items"] == []


@pytest.mark.parametrize(
    ("facts", "field", "code"),
    [
        ({"lastName": None}, "/lastName", "string_type"),
        ({"email": "not an address"}, "/email", "email"),
        ({"phone": "call me"}, "/phone", "string_pattern_mismatch"),
        ({"score": 101}, "/score", "less_than_equal"),
        ({"rating": "boiling"}, "/rating", "enum"),
        ({"status": "converted"}, "/status", "literal_error"),
        ({"status": "converting"}, "/status", "literal_error"),
        ({"estimatedValue": -1}, "/estimatedValue", "greater_than_equal"),
        ({"currency": "ZZZ"}, "/currency", "currency"),
        ({"source": "a#b"}, "/source", "reserved_character"),
        ({"customerId": UNKNOWN}, "/customerId", "extra_forbidden"),
        ({"convertedAt": "2026-01-01T00:00:00Z"}, "/convertedAt", "extra_forbidden"),
    ],
)
def test_a_wrong_lead_is_refused_by_field_and_rule(
    admin: Person, facts: dict[str, Any], field: str, code: str
) -> None:
    answer = admin.post("/v1/leads", {"lastName": "Li", **facts})
    assert answer.status == 422, answer.text
    assert (answer.body["errors"][0]["field"], answer.body["errors"][0]["code"]) == (field, code)


@pytest.mark.parametrize(
    ("facts", "field", "code"),
    [
        ({"unitPrice": -5}, "/unitPrice", "greater_than_equal"),
        ({"unitPrice": 5, "currency": "EU"}, "/currency", "string_too_short"),
        ({"active": "yes"}, "/active", "bool_type"),
        ({"ownerId": "ada"}, "/ownerId", "extra_forbidden"),
    ],
)
def test_a_wrong_product_is_refused_by_field_and_rule(
    admin: Person, facts: dict[str, Any], field: str, code: str
) -> None:
    answer = admin.post("/v1/products", {"name": "GTX", **facts})
    assert answer.status == 422, answer.text
    assert (answer.body["errors"][0]["field"], answer.body["errors"][0]["code"]) == (field, code)


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({}, "/stage", "missing"),
        ({"stage": "won", "value": -1}, "/value", "greater_than_equal"),
        ({"stage": "won", "closeDate": "tomorrow"}, "/closeDate", "calendar_date"),
        ({"stage": "won", "note": "x"}, "/note", "extra_forbidden"),
        ({"stage": "lost", "lossReason": ""}, "/lossReason", "string_too_short"),
    ],
)
def test_a_wrong_move_is_refused_by_field_and_rule(
    admin: Person, body: dict[str, Any], field: str, code: str
) -> None:
    made = admin.post(OPPORTUNITY, {"title": "Instruments"})
    answer = admin.post(f"{made.headers['location']}/move", body)
    assert answer.status == 422, answer.text
    assert (answer.body["errors"][0]["field"], answer.body["errors"][0]["code"]) == (field, code)
    assert admin.get(made.headers["location"]).body == made.body


@pytest.mark.parametrize(
    ("path", "query", "field"),
    [
        (OPPORTUNITY, {"colour": "red"}, "colour"),
        (OPPORTUNITY, {"customer": "12"}, "customer"),
        (OPPORTUNITY, {"stage": "NO"}, "stage"),
        (f"{OPPORTUNITY}/closed", {"outcome": "open"}, "outcome"),
        (f"{OPPORTUNITY}/closed", {"to": "2026-13-01"}, "to"),
        (f"{OPPORTUNITY}/at-risk", {"idleDays": 0}, "idleDays"),
        ("/v1/leads", {"status": "lukewarm"}, "status"),
        ("/v1/products", {"sort": "price"}, "sort"),
    ],
)
def test_a_wrong_query_is_refused_by_its_parameter(
    admin: Person, path: str, query: dict[str, Any], field: str
) -> None:
    answer = admin.get(path, **query)
    assert answer.status == 400, answer.text
    assert answer.body["errors"][0]["field"] == field


def test_a_sum_of_lines_that_no_number_carries_is_refused(admin: Person) -> None:
    product = admin.post("/v1/products", {"name": "GTX"}).body["productId"]
    line = {"productId": product, "quantity": 123456789.5, "unitPrice": 987654321.25}
    answer = admin.post(OPPORTUNITY, {"title": "x", "lines": [line]})
    assert answer.status == 422
    assert answer.body["errors"][0]["code"] == "sum_too_long"
