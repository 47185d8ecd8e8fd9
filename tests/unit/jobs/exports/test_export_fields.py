"""The list of what can be exported, held against the owners' models: a new field cannot be forgotten."""

from __future__ import annotations

import pytest
from pydantic import BaseModel

from zebros_activities.domain.activity import Activity
from zebros_activities.use_cases.verbs import EXPORTED as ACTIVITIES
from zebros_auth.domain.user import User
from zebros_core.dynamodb.entity import SYSTEM, SYSTEM_FIELDS, Classification, StoredEntity
from zebros_customers.domain.contact import Contact
from zebros_customers.domain.customer import Customer
from zebros_customers.domain.document import Document
from zebros_customers.use_cases.verbs import EXPORTED as CUSTOMERS
from zebros_jobs.domain.export_entities import ENTITIES
from zebros_pipeline.domain.lead import Lead
from zebros_pipeline.domain.opportunity import Opportunity
from zebros_pipeline.domain.product import Product
from zebros_pipeline.use_cases.verbs import EXPORTED as PIPELINE

MODELS: dict[str, type[StoredEntity]] = {
    "customer": Customer,
    "contact": Contact,
    "document": Document,
    "lead": Lead,
    "product": Product,
    "opportunity": Opportunity,
    "activity": Activity,
    "user": User,
}
LEFT_OUT = {
    "user": {
        "permissions",
        "preferences.quietHours.from",
        "preferences.quietHours.to",
        "preferences.channels.push",
        "preferences.channels.email",
        "externalId",
        "tags",
        "custom",
    },
    "document": {"custom", "externalId"},
}
"""Not of the record as somebody set it, or never set."""


def named(model: type[BaseModel], prefix: str = "") -> dict[str, Classification]:
    """Return the fields of a model and of the models in it, by wire names."""
    found: dict[str, Classification] = {}
    for name, info in model.model_fields.items():
        wire = prefix + str(info.alias)
        kinds = [part for part in getattr(info.annotation, "__args__", ()) if isinstance(part, type)]
        inner = [
            part
            for part in (info.annotation, *kinds)
            if isinstance(part, type) and issubclass(part, BaseModel)
        ]
        if inner and name != "lines":
            found |= named(inner[0], f"{wire}.")
        elif not (name in SYSTEM_FIELDS and not prefix):
            found |= [(wire, mark) for mark in info.metadata if isinstance(mark, Classification)]
    return found


@pytest.mark.parametrize("entity", list(ENTITIES))
def test_every_field_that_somebody_set_can_be_exported(entity: str) -> None:
    known = ENTITIES[entity].fields
    set_by_somebody = {
        name for name, mark in named(MODELS[entity]).items() if mark is not SYSTEM
    } - LEFT_OUT.get(entity, set())
    custom = {"custom"} if ENTITIES[entity].custom else set()
    assert set_by_somebody - custom <= known.keys()


@pytest.mark.parametrize("entity", list(ENTITIES))
def test_every_field_of_the_list_is_one_of_the_model(entity: str) -> None:
    exported = ENTITIES[entity]
    there = {*named(MODELS[entity]), *(str(info.alias) for info in MODELS[entity].model_fields.values())}
    assert exported.fields.keys() <= there
    assert exported.equal <= exported.fields.keys()
    assert {name.id_field for name in exported.names.values()} <= exported.fields.keys()


def test_everything_that_a_door_gives_can_be_exported() -> None:
    assert {"user", *CUSTOMERS, *PIPELINE, *ACTIVITIES} == {entity.value for entity in ENTITIES}
