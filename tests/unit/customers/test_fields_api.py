"""/v1/fields, and custom values on records."""

from __future__ import annotations

from typing import Any

import pytest

Both = tuple[Any, Any]


def define(person: Any, name: str = "region", type: str = "choice", **facts: Any) -> Any:
    if type == "choice":
        facts.setdefault("choices", ["north", "south"])
    return person.post("/v1/fields", {"entity": "customer", "name": name, "type": type, **facts})


def test_a_defined_field_takes_values_in_its_tenant_only(both: Both) -> None:
    one, two = both
    field = define(one)
    assert field.status == 201, field.text
    created = one.post("/v1/customers", {"companyName": "A", "custom": {"region": "north"}})
    assert created.body["custom"] == {"region": "north"}
    refused = two.post("/v1/customers", {"companyName": "A", "custom": {"region": "north"}})
    assert refused.status == 422 and refused.body["errors"][0]["field"] == "/custom/region"
    assert two.get("/v1/fields").body == {"items": []}
    path = field.headers["location"]
    for answer in (two.get(path), two.delete(path), two.put(path, {"label": "x"}, If_Match="*")):
        assert answer.status == 404


@pytest.mark.parametrize(
    ("type", "good", "bad"),
    [
        ("text", "abc", 5),
        ("number", 12.5, "12.5"),
        ("number", 3, True),
        ("boolean", True, "true"),
        ("date", "2026-02-28", "2026-02-30"),
        ("date", "2026-02-28", "28.2.2026"),
        ("choice", "north", "west"),
    ],
)
def test_values_are_checked_by_type(admin: Any, type: str, good: Any, bad: Any) -> None:
    define(admin, "extra", type)
    created = admin.post("/v1/customers", {"companyName": "Good", "custom": {"extra": good}})
    assert created.status == 201, created.text
    assert created.body["custom"]["extra"] == good
    assert admin.get(created.headers["location"]).body["custom"]["extra"] == good
    refused = admin.post("/v1/customers", {"companyName": "Bad", "custom": {"extra": bad}})
    assert (refused.status, refused.body["errors"][0]["field"]) == (422, "/custom/extra")


def test_a_value_outlives_its_definition_until_it_is_changed(admin: Any) -> None:
    path = define(admin).headers["location"]
    record = admin.post("/v1/customers", {"companyName": "A", "custom": {"region": "north"}}).headers[
        "location"
    ]
    assert admin.delete(path).status == 204
    assert admin.patch(record, {"tier": "gold"}).status == 200
    assert admin.patch(record, {"custom": {"region": "south"}}).status == 422
    assert admin.patch(record, {"custom": {"region": None}}).body["custom"] == {}


def test_custom_values_are_bounded_to_300_bytes(admin: Any) -> None:
    for number in range(4):
        define(admin, f"text{number}", "text")
    values = {f"text{number}": "x" * 90 for number in range(4)}
    refused = admin.post("/v1/customers", {"companyName": "A", "custom": values})
    assert (refused.status, refused.body["errors"][0]["field"]) == (422, "/custom")


def test_repeating_a_definition_changes_nothing_and_another_one_of_that_name_is_refused(admin: Any) -> None:
    first = define(admin)
    assert define(admin).body == first.body
    assert define(admin, choices=["east"]).status == 409
    assert define(admin, type="text", choices=[]).status == 409


def test_label_and_choices_change_the_type_does_not(admin: Any) -> None:
    path = define(admin).headers["location"]
    changed = admin.put(path, {"label": "Region", "choices": ["north", "west"]}, If_Match='"1"')
    assert (changed.status, changed.body["choices"], changed.body["version"]) == (200, ["north", "west"], 2)
    assert admin.put(path, {"label": "R"}, If_Match='"1"').status == 412
    assert admin.put(path, {"type": "text"}, If_Match="*").status == 422
    assert admin.put(path, {"choices": []}, If_Match="*").status == 422
    assert admin.put(path, {"label": "R"}).status == 428


@pytest.mark.parametrize(
    "body",
    [
        {"entity": "deal", "name": "a", "type": "text"},
        {"entity": "customer", "name": "A", "type": "text"},
        {"entity": "customer", "name": "a#b", "type": "text"},
        {"entity": "customer", "name": "a", "type": "choice"},
        {"entity": "customer", "name": "a", "type": "text", "choices": ["x"]},
        {"entity": "customer", "name": "a", "type": "choice", "choices": ["x", "x"]},
    ],
)
def test_wrong_definitions_are_refused(admin: Any, body: Any) -> None:
    assert admin.post("/v1/fields", body).status == 422


def test_only_admins_define_fields(person: Any) -> None:
    assert define(person(roles=("sales-manager",))).status == 403
    assert person(roles=("viewer",)).get("/v1/fields").status == 200


def test_a_repeated_definition_under_a_key_gives_the_first_answer_and_another_body_is_refused(
    admin: Any,
) -> None:
    body = {"entity": "customer", "name": "region", "type": "text"}
    first = admin.post("/v1/fields", body, Idempotency_Key="f-1")
    assert admin.post("/v1/fields", body, Idempotency_Key="f-1").body == first.body
    assert admin.post("/v1/fields", body | {"name": "other"}, Idempotency_Key="f-1").status == 422


def test_a_definition_that_has_changed_is_not_removed_over_the_version_that_was_read(admin: Any) -> None:
    body = {"entity": "customer", "name": "region", "type": "choice", "choices": ["north"]}
    path = admin.post("/v1/fields", body).headers["location"]
    assert admin.put(path, {"choices": ["north", "south"]}, If_Match="*").status == 200
    refused = admin.delete(path, If_Match='"1"')
    assert (refused.status, refused.body["currentVersion"]) == (412, 2)
    assert admin.delete(path, If_Match='"2"').status == 204
    assert admin.get(path).status == 404


def test_a_choice_given_twice_is_refused_in_a_change_too_and_nothing_breaks(admin: Any) -> None:
    body = {"entity": "customer", "name": "region", "type": "choice", "choices": ["north"]}
    path = admin.post("/v1/fields", body).headers["location"]
    refused = admin.put(path, {"choices": ["south", "south"]}, If_Match="*")
    assert (refused.status, refused.body["errors"][0]["field"]) == (422, "/choices")
    assert admin.get("/v1/fields").status == 200
