"""Custom values as JSON has them, in answers, events and exports: numbers stay numbers, and texts stay texts."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Annotated

import pytest
from pydantic import TypeAdapter

from zebros_core.dynamodb.entity import SYSTEM, StoredEntity
from zebros_core.values import Custom

VALUES = [Decimal("12.5"), Decimal("123456789012345"), 7, "12.5", "1e5", " 7", "", True, False, None]


class Nut(StoredEntity):
    nut_id: Annotated[str, SYSTEM]


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_a_records_custom_value_comes_back_from_json_as_it_was(value: object) -> None:
    nut = Nut.model_validate({"nutId": "n1", "custom": {"it": value}})
    document = json.loads(json.dumps(nut.model_dump(mode="json", by_alias=True)))
    again = Nut.model_validate(document).custom["it"]
    assert again == value
    assert isinstance(again, str) == isinstance(value, str)
    assert isinstance(document["custom"]["it"], str) == isinstance(value, str)


@pytest.mark.parametrize("value", [value for value in VALUES if value not in {"", " 7"}], ids=repr)
def test_a_custom_value_is_answered_as_it_was_given(value: object) -> None:
    adapter: TypeAdapter[dict[str, object]] = TypeAdapter(Custom)
    given = adapter.validate_python({"it": value})
    shown = json.loads(adapter.dump_json(given))["it"]
    assert (shown, isinstance(shown, str)) == (value, isinstance(value, str))
