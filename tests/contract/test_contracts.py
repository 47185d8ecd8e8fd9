"""The committed contracts are those of the code, and valid by the standards that they name."""

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from zebros_core.clock import FixedClock
from zebros_core.messaging import EntityChanged, Operation
from zebros_customers.contracts import FOLDER, contracts
from zebros_customers.handlers.routes import ROUTES

pytestmark = pytest.mark.contract

COMMITTED = sorted(path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.json"))


def committed(name: str) -> Any:
    return json.loads((FOLDER / name).read_text(encoding="utf-8"))


def test_the_committed_contracts_are_those_of_the_code() -> None:
    made = contracts()
    assert sorted(made) == COMMITTED, "run `make openapi` and commit what it writes"
    drifted = [name for name, text in made.items() if (FOLDER / name).read_text(encoding="utf-8") != text]
    assert not drifted, "run `make openapi` and look at what the change does to clients"


def test_making_the_contracts_twice_gives_the_same_bytes() -> None:
    assert contracts() == contracts()


def test_the_api_document_is_valid_openapi() -> None:
    assert [str(error) for error in OpenAPIV31SpecValidator(committed("openapi.json")).iter_errors()] == []


def test_every_route_is_in_the_api_document() -> None:
    document = committed("openapi.json")
    described = {
        operation["operationId"] for methods in document["paths"].values() for operation in methods.values()
    }
    assert described == {route.operation for route in ROUTES}


def test_every_example_of_a_body_is_of_its_schema() -> None:
    document = committed("openapi.json")
    for methods in document["paths"].values():
        for operation in methods.values():
            for content in operation.get("requestBody", {}).get("content", {}).values():
                schema = {**content["schema"], "components": document["components"]}
                for example in content.get("examples", {}).values():
                    Draft202012Validator(schema).validate(example["value"])


@pytest.mark.parametrize("name", [name for name in COMMITTED if name.startswith("events/")])
def test_every_event_schema_is_a_json_schema(name: str) -> None:
    Draft202012Validator.check_schema(committed(name))


def test_an_event_on_the_wire_is_of_its_schema() -> None:
    event = EntityChanged(
        event_id="01JC8Z4T5V6W7X8Y9ZABCDEFGH",
        tenant_id="aurora",
        entity="customer",
        id="01JC8Z4T5V6W7X8Y9ZABCDEFGJ",
        version=1,
        operation=Operation.CREATED,
        actor="user-1",
        occurred_at=FixedClock().now(),
        snapshot={"customerId": "01JC8Z4T5V6W7X8Y9ZABCDEFGJ", "companyName": "Tidewater"},
    )
    on_the_wire = json.loads(event.model_dump_json(by_alias=True))
    Draft202012Validator(committed("events/EntityChanged.json")).validate(on_the_wire)
