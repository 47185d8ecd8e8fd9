"""Every operation of the API document × both tenants × three isolation models: nothing of one is another's to find."""

from __future__ import annotations

import pytest
from api_document import Operation, operations
from estate import Estate, Nowhere
from judge import judge
from port import MODELS, Call, Model, Service
from recipes import RECIPES, call_of, reference_calls
from things import MAKERS
from written_records import RECORDS, Record

OPERATIONS = operations()
Estates = dict[Model, tuple[Estate, Estate]]

pytestmark = pytest.mark.isolation


def test_every_operation_has_a_recipe_and_every_recipe_an_operation() -> None:
    assert sorted(RECIPES) == sorted(OPERATIONS), "a route that nobody has tried to break into"


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_a_recipe_tries_every_place_in_which_a_record_can_be_named(operation: Operation) -> None:
    theirs, mine = Nowhere(), Nowhere()
    tried = [call for call, _ in reference_calls(operation, theirs, mine)]
    # A path without an id of its own does not say whose things its body names: the references have to.
    calls = [*tried, call_of(operation, theirs)] if operation.path_names else tried
    in_queries = {name for call in calls for name in call.query}
    assert operation.query_names <= in_queries | set(RECIPES[operation.id].query)
    in_bodies = {name for call in calls for name in _names(call.body)}
    assert operation.references <= in_bodies


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_another_tenant_learns_and_changes_nothing(
    service: Service, estates: Estates, operation: Operation, model: Model
) -> None:
    first, second = estates[model]
    if not service.pictures_are_cheap:
        # The same code runs there: what differs on a stack is shown by one direction.
        judge(service, operation, first, second)
        return
    stranger = estates[MODELS[(MODELS.index(model) + 1) % len(MODELS)]][1]
    judge(service, operation, first, second, stranger)
    if operation.path_names or operation.query_names or operation.references:
        judge(service, operation, second, first)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.entity)
def test_an_id_of_another_tenants_record_is_refused_without_saying_why(
    service: Service, estates: Estates, model: Model, record: Record
) -> None:
    theirs, neighbour = estates[model]
    wish = {"operation": "create", "id": theirs[record.entity], "data": record.new}
    path = f"/v1/{record.path}"
    headers = {"X-Skip-Duplicate-Check": "true"} if record.by_id_alone else {}
    with theirs.untouched():
        call = Call("POST", f"{path}:batch", {"operations": [wish]}, headers=headers)
        answer = service.call(neighbour.admin, call)
        outcome = answer.body["outcomes"][0]
        if model == "pool" and record.by_id_alone:
            # One table, so the id is taken; the answer is the one for any id that may not be chosen.
            assert (outcome["outcome"], outcome["problem"]["status"]) == ("rejected", 422)
            assert "exist" not in answer.text and "tenant" not in answer.text
        else:
            # Keys or tables of its own, or a key that holds the parent too: the same id is another record there.
            assert outcome["outcome"] == "created", answer.text
            service.call(neighbour.admin, Call("DELETE", f"{path}/{theirs[record.entity]}"))


def test_nobodys_things_have_the_names_of_somebodys() -> None:
    nobodys = Nowhere()
    for name in MAKERS:
        assert nobodys[name] == nobodys[name] != Nowhere()[name]


def _names(body: object) -> set[str]:
    if isinstance(body, dict):
        return set(body) | {name for part in body.values() for name in _names(part)}
    if isinstance(body, list):
        return {name for part in body for name in _names(part)}
    return set()
