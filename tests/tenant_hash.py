"""What a tenant has, as one hash: business and personal fields of every live record, and what is beside records.

Two states of a tenant have the same hash when nobody who reads its records could tell them apart; who wrote a record
when, and its version, are no part of it. `differences` tells what has changed, for whoever wonders about two hashes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from zebros_activities.repositories.keys import BY_ENTITY as ACTIVITIES
from zebros_core.dynamodb.entity import SYSTEM, classified_fields
from zebros_customers.repositories.keys import BY_ENTITY as CUSTOMERS
from zebros_pipeline.repositories.keys import BY_ENTITY as PIPELINE

SERVICES = {"customers": CUSTOMERS, "pipeline": PIPELINE, "activities": ACTIVITIES}
SIDE_VALUES = {"opportunity": ("lines", "lines"), "activity": ("texts", "description")}
"""The verb that gives what is beside records of an entity, and its name."""
_READ = 100

Facts = dict[str, Any]


class Door(Protocol):
    """A bulk door, with rights to read everything."""

    def export_all(self, entity: str) -> Iterable[dict[str, Any]]: ...
    def call(self, verb: str, **fields: Any) -> dict[str, Any]: ...


def tenant_hash(door: Callable[[str], Door]) -> str:
    """Return the hash of a tenant; `door` opens the door of a service there."""
    return hash_of(tenant_facts(door))


def hash_of(facts: Mapping[str, Any]) -> str:
    """Return the hash of facts."""
    text = json.dumps(facts, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def tenant_facts(door: Callable[[str], Door]) -> Facts:
    """Return everything that counts, by entity and id."""
    facts: Facts = {}
    for service, schemas in SERVICES.items():
        opened = door(service)
        for entity, schema in schemas.items():
            shown = _shown_fields(schema.model)
            for record in opened.export_all(entity):
                id = record[schema.stored_name(schema.id_field)]
                facts[f"{entity}:{id}"] = {
                    name: _plain(value) for name, value in record.items() if name in shown
                }
            if entity in SIDE_VALUES:
                _add_side_values(opened, entity, schema.stored_name(schema.id_field), facts)
    return facts


def differences(before: Facts, after: Facts) -> list[str]:
    """Return what is different, a sentence each."""
    found = [f"{key} is gone" for key in before.keys() - after.keys()]
    found += [f"{key} is new" for key in after.keys() - before.keys()]
    for key in before.keys() & after.keys():
        old, new = before[key], after[key]
        found += [
            f"{key}: {name} was {old.get(name)!r} and is {new.get(name)!r}"
            for name in old.keys() | new.keys()
            if old.get(name) != new.get(name)
        ]
    return sorted(found)


def _shown_fields(model: Any) -> set[str]:
    marks = classified_fields(model)
    return {info.alias or name for name, info in model.model_fields.items() if marks.get(name) is not SYSTEM}


def _add_side_values(door: Door, entity: str, id_field: str, facts: Facts) -> None:
    verb, name = SIDE_VALUES[entity]
    ids = [key.partition(":")[2] for key in facts if key.startswith(f"{entity}:")]
    for start in range(0, len(ids), _READ):
        for item in door.call(verb, ids=ids[start : start + _READ])["items"]:
            facts[f"{entity}:{item[id_field]}"][name] = _plain(item[name])


def _plain(value: Any) -> Any:
    """Return a value in one form: numbers as floats, sets in order, nothing left out of objects but nothing."""
    if isinstance(value, dict):
        return {
            name: plain for name, member in value.items() if (plain := _plain(member)) is not None
        } or None
    if isinstance(value, list):
        items = [_plain(item) for item in value]
        return sorted(items) if all(isinstance(item, str) for item in items) else items
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    return float(value)
