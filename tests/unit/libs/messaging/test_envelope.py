"""The envelope: what is written can be read, and nothing else can."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest

from zebros_core.messaging import (
    ForeignMessageError,
    MalformedMessageError,
    OversizedMessageError,
    PoisonError,
    json_schema,
    parse_entity_changed,
)

GOOD: dict[str, Any] = {
    "schemaVersion": 1,
    "eventId": "01J00000000000000000000000",
    "tenantId": "aurora",
    "entity": "widget",
    "id": "W1",
    "version": 3,
    "operation": "updated",
    "changed": ["name"],
    "actor": "user-1",
    "job": None,
    "occurredAt": "2026-03-01T12:00:00.250Z",
    "snapshot": {"widgetId": "W1", "name": "Größe", "price": "12.30"},
    "previous": {"name": "Grösse"},
    "snapshotRef": None,
}
REF = {"bucket": "failures", "key": "aurora/events/widget/W1/3.json", "sizeBytes": 5, "sha256": "0" * 64}


def test_what_is_written_is_read_back_the_same() -> None:
    event = parse_entity_changed(json.dumps(GOOD))
    assert parse_entity_changed(event.to_wire()) == event
    assert json.loads(event.to_wire()) == GOOD


def test_the_published_schema_accepts_what_is_written() -> None:
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    validator.validate(GOOD)
    validator.validate(GOOD | {"snapshot": None, "snapshotRef": REF})
    for wrong in ({"version": 0}, {"tenantId": "A"}, {"extra": 1}, {"operation": "exploded"}):
        assert not validator.is_valid(GOOD | wrong)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"schemaVersion": 2}, "/schemaVersion"),
        ({"tenantId": "au"}, "/tenantId"),
        ({"tenantId": "aurora#x"}, "/tenantId"),
        ({"tenantId": None}, "/tenantId"),
        ({"id": "W#1"}, "/id"),
        ({"id": "W\u00001"}, "/id"),
        ({"id": ""}, "/id"),
        ({"id": 7}, "/id"),
        ({"version": 0}, "/version"),
        ({"version": "3"}, "/version"),
        ({"version": True}, "/version"),
        ({"version": 2**60}, "/version"),
        ({"operation": "exploded"}, "/operation"),
        ({"changed": "name"}, "/changed"),
        ({"changed": ["na me"]}, "/changed/0"),
        ({"occurredAt": "2026-03-01T12:00:00"}, "/occurredAt"),
        ({"occurredAt": 0}, "/occurredAt"),
        ({"snapshot": []}, "/snapshot"),
        ({"snapshotRef": REF}, "/"),
        ({"operation": "removed"}, "/"),
        ({"unknown": 1}, "/unknown"),
    ],
)
def test_a_field_that_is_not_as_it_should_be_is_named_and_its_value_is_not(
    change: dict[str, Any], field: str
) -> None:
    with pytest.raises(MalformedMessageError) as caught:
        parse_entity_changed(json.dumps(GOOD | change))
    assert field in [fault.field for fault in caught.value.fields]
    assert "exploded" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        "[]",
        "null",
        '"text"',
        json.dumps(GOOD)[:-1],
        json.dumps(GOOD).replace('"version": 3', '"version": NaN'),
        json.dumps(GOOD)[:-1] + ', "tenantId": "borealis"}',
        b"\xff\xfe{}",
        "[" * 100_000,
        '{"a":' * 50_000,
        "\ud800",
    ],
)
def test_what_is_not_strict_json_is_malformed(text: str | bytes) -> None:
    with pytest.raises(MalformedMessageError):
        parse_entity_changed(text)


def test_more_than_the_bus_carries_is_refused_unread() -> None:
    with pytest.raises(OversizedMessageError):
        parse_entity_changed("[" + "0," * 200_000 + "0]")


@pytest.mark.parametrize(
    "change",
    [
        {"snapshot": {"tenantId": "borealis"}},
        {"snapshot": None, "snapshotRef": REF | {"key": "borealis/events/widget/W1/3.json"}},
    ],
)
def test_an_event_that_mixes_tenants_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ForeignMessageError):
        parse_entity_changed(json.dumps(GOOD | change))


def test_an_event_of_another_tenant_than_expected_is_refused() -> None:
    assert parse_entity_changed(json.dumps(GOOD), tenant_id="aurora").tenant_id == "aurora"
    with pytest.raises(ForeignMessageError):
        parse_entity_changed(json.dumps(GOOD), tenant_id="borealis")


def test_every_fault_is_poison() -> None:
    for kind in (MalformedMessageError, OversizedMessageError, ForeignMessageError):
        assert issubclass(kind, PoisonError)
