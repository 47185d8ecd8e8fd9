"""Definitions of custom fields as backups take and bring them: by our own machinery, by the bulk door."""

from __future__ import annotations

from typing import Any

import pytest
from in_process_doors import InProcessDoors

from zebros_core.bulk.client import BulkDoorClient
from zebros_core.errors import BadRequestError, ForbiddenError, ValidationError
from zebros_core.tenancy import TenantContext
from zebros_customers.handlers.bulk import DOOR

Both = tuple[Any, Any]
REGION = {"entity": "opportunity", "name": "region", "type": "choice", "choices": ["north", "south"]}


@pytest.fixture
def door(container: Any) -> Any:
    doors = InProcessDoors()
    doors.serve(container, DOOR)
    doors.connect(container)

    def of(person: Any, *, system: bool = True) -> BulkDoorClient:
        context = TenantContext(
            person.tenant,
            "system:backup" if system else person.user,
            roles=frozenset(person.roles),
            isolation=container.registry.get(person.tenant).isolation,
        )
        return (container.bulk_doors.system_door if system else container.bulk_doors.door)(
            "customers", context
        )

    return of


def outcomes(answer: list[dict[str, Any]]) -> list[str]:
    return [outcome["outcome"] for outcome in answer]


def test_definitions_are_given_out_and_put_back(both: Both, door: Any) -> None:
    one, two = both
    for field in (REGION, {"entity": "customer", "name": "size", "type": "number", "label": "Size"}):
        assert one.post("/v1/fields", field).status == 201
    before = one.get("/v1/fields").body["items"]
    kept = list(door(one).settings())
    assert [(item["kind"], item["id"]) for item in kept] == [
        ("field", "customer.size"),
        ("field", "opportunity.region"),
    ]
    assert list(door(two).settings()) == []
    assert outcomes(door(one).put_settings(kept)) == ["unchanged", "unchanged"]
    for field in before:
        one.delete(f"/v1/fields/{field['fieldId']}")
    assert outcomes(door(one).put_settings(kept)) == ["created", "created"]
    assert one.get("/v1/fields").body["items"] == before
    assert two.get("/v1/fields").body["items"] == []
    # Into another tenant it is that tenant's own definition.
    assert outcomes(door(two).put_settings(kept)) == ["created", "created"]
    assert {field["fieldId"] for field in two.get("/v1/fields").body["items"]}.isdisjoint(
        field["fieldId"] for field in before
    )


def test_a_definition_gets_its_former_label_and_choices_and_no_other_type(admin: Any, door: Any) -> None:
    admin.post("/v1/fields", REGION)
    kept = list(door(admin).settings())
    field = admin.get("/v1/fields").body["items"][0]
    path = f"/v1/fields/{field['fieldId']}"
    assert admin.put(path, {"label": "Region", "choices": ["west"]}, If_Match='"1"').status == 200
    assert outcomes(door(admin).put_settings(kept)) == ["updated"]
    assert admin.get("/v1/fields").body["items"][0] == {**field, "version": 3}
    assert outcomes(door(admin).put_settings(kept)) == ["unchanged"]
    admin.delete(path)
    admin.post("/v1/fields", {"entity": "opportunity", "name": "region", "type": "text"})
    assert outcomes(door(admin).put_settings(kept)) == ["conflict"]


def test_one_wrong_item_leaves_the_others_alone(admin: Any, door: Any) -> None:
    good = {"kind": "field", "id": "opportunity.region", "value": REGION}
    wrong = [
        {**good, "kind": "stages"},
        {**good, "value": {**REGION, "choices": []}},
        {**good, "value": {**REGION, "entity": "deal"}},
        {**good, "value": {}},
        {**good, "value": {**REGION, "more": 1}},
    ]
    answer = door(admin).put_settings([*wrong, good])
    assert outcomes(answer) == ["rejected"] * 5 + ["created"]
    assert answer[0]["problem"]["errors"][0]["field"] == "/kind"
    assert answer[2]["problem"]["errors"][0]["field"] == "/entity"


def test_only_our_machinery_takes_and_brings_settings(both: Both, door: Any) -> None:
    one, _ = both
    one.post("/v1/fields", REGION)
    with pytest.raises(ForbiddenError):
        list(door(one, system=False).settings())
    with pytest.raises(ForbiddenError):
        door(one, system=False).put_settings([{"kind": "field", "id": "x.y", "value": REGION}])


@pytest.mark.parametrize(
    "call",
    [
        {"verb": "putSettings"},
        {"verb": "putSettings", "items": [{"kind": "field", "value": {}}]},
        {"verb": "putSettings", "items": [{"kind": "field", "id": "", "value": {}}]},
        {"verb": "putSettings", "items": [{"kind": "field", "id": "a", "value": []}]},
        {"verb": "putSettings", "items": [{"kind": "field", "id": "a", "value": {}}] * 101},
        {"verb": "settings", "limit": 5},
    ],
)
def test_calls_that_are_not_well_formed_are_refused(admin: Any, door: Any, call: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        door(admin).call(**call)


def test_a_cursor_that_is_none_is_refused(admin: Any, door: Any) -> None:
    with pytest.raises(BadRequestError):
        door(admin).call("settings", cursor="made-up")
