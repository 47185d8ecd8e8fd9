"""architecture/data.md has every field of every stored record under its class, and no field is without one."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from pydantic.alias_generators import to_camel

from zebros_activities.repositories.keys import SCHEMAS as ACTIVITIES_SCHEMAS
from zebros_auth.repositories.keys import SCHEMAS as AUTH_SCHEMAS
from zebros_core.dynamodb.entity import StoredEntity, classified_fields, unclassified_fields
from zebros_customers.repositories.keys import SCHEMAS as CUSTOMERS_SCHEMAS
from zebros_jobs.repositories.keys import SCHEMAS as JOBS_SCHEMAS
from zebros_pipeline.repositories.keys import SCHEMAS as PIPELINE_SCHEMAS

SCHEMAS = (*AUTH_SCHEMAS, *CUSTOMERS_SCHEMAS, *PIPELINE_SCHEMAS, *ACTIVITIES_SCHEMAS, *JOBS_SCHEMAS)
DOCUMENT = Path(__file__).resolve().parents[3] / "architecture/data.md"


def _stated(heading: str) -> dict[str, str]:
    """The fields in the table below a heading, and the class of each."""
    section = DOCUMENT.read_text(encoding="utf-8").split(f"\n{heading}\n", 1)[1].split("\n#", 1)[0]
    rows = re.findall(r"^\| (`[^|]+`) \| (business|personal|system) \|", section, re.MULTILINE)
    return {field: kind for fields, kind in rows for field in re.findall(r"`(\w+)`", fields)}


def _classes(model: type[Any]) -> dict[str, str]:
    found = classified_fields(model)
    return {to_camel(name): found[name].value for name in model.model_fields}


def test_the_fields_of_every_record_are_stated_with_their_class() -> None:
    assert _stated("## Every record") == _classes(StoredEntity)


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda schema: schema.entity)
def test_the_fields_of_an_entity_are_stated_with_their_class(schema: Any) -> None:
    own = {name: kind for name, kind in _classes(schema.model).items() if name not in _classes(StoredEntity)}
    assert _stated(f"### {schema.entity.capitalize()}") == own


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda schema: schema.entity)
def test_every_field_has_a_class(schema: Any) -> None:
    assert unclassified_fields(schema.model) == []


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda schema: schema.entity)
def test_every_index_is_stated(schema: Any) -> None:
    section = (
        DOCUMENT.read_text(encoding="utf-8").split("## Tables", 1)[1].split("### The lookup tables", 1)[0]
    )
    rows = re.findall(r"^\| (\w*) ?\| ((?:`\w+`(?:, )?)+) \| ([^|]+) \| `(\w+)` \|", section, re.MULTILINE)
    stated: set[tuple[str, str]] = set()
    table = ""
    for name, indexes, _, sort in rows:
        table = name or table
        if table == schema.table:
            stated |= {(index, sort) for index in re.findall(r"`(\w+)`", indexes)}
    assert stated == {(name, index.sort) for name, index in schema.indexes.items()}
