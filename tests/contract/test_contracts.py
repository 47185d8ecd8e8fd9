"""The committed contracts of every service are those of its code, and valid by the standards that they name."""

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from zebros_activities.contracts import CONTRACTS as ACTIVITIES
from zebros_auth.contracts import CONTRACTS as AUTH
from zebros_core.clock import FixedClock
from zebros_core.contracts import ServiceContracts
from zebros_core.messaging import EntityChanged, Operation
from zebros_customers.contracts import CONTRACTS as CUSTOMERS
from zebros_jobs.contracts import CONTRACTS as JOBS
from zebros_pipeline.contracts import CONTRACTS as PIPELINE
from zebros_sync.contracts import CONTRACTS as SYNC

pytestmark = pytest.mark.contract

every_service = pytest.mark.parametrize(
    "service", [AUTH, CUSTOMERS, PIPELINE, ACTIVITIES, JOBS, SYNC], ids=lambda service: service.root.name
)


def committed(service: ServiceContracts, name: str) -> Any:
    return json.loads((service.folder / name).read_text(encoding="utf-8"))


@every_service
def test_the_committed_contracts_are_those_of_the_code(service: ServiceContracts) -> None:
    made = service.files()
    assert sorted(made) == service.present(), "run `make openapi` and commit what it writes"
    drifted = [
        name for name, text in made.items() if (service.folder / name).read_text(encoding="utf-8") != text
    ]
    assert not drifted, "run `make openapi` and look at what the change does to clients"


@every_service
def test_making_the_contracts_twice_gives_the_same_bytes(service: ServiceContracts) -> None:
    assert service.files() == service.files()


@every_service
def test_the_api_document_is_valid_openapi(service: ServiceContracts) -> None:
    found = OpenAPIV31SpecValidator(committed(service, "openapi.json")).iter_errors()
    assert [str(error) for error in found] == []


@every_service
def test_every_route_is_in_the_api_document(service: ServiceContracts) -> None:
    document = committed(service, "openapi.json")
    described = {
        operation["operationId"] for methods in document["paths"].values() for operation in methods.values()
    }
    assert described == {route.operation for route in service.routes}


@every_service
def test_every_example_of_a_body_is_of_its_schema(service: ServiceContracts) -> None:
    document = committed(service, "openapi.json")
    for methods in document["paths"].values():
        for operation in methods.values():
            for content in operation.get("requestBody", {}).get("content", {}).values():
                schema = {**content["schema"], "components": document["components"]}
                for example in content.get("examples", {}).values():
                    Draft202012Validator(schema).validate(example["value"])


@every_service
def test_every_event_schema_is_a_json_schema(service: ServiceContracts) -> None:
    schemas = [name for name in service.present() if name.startswith("events/")]
    assert schemas
    for name in schemas:
        Draft202012Validator.check_schema(committed(service, name))


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
    Draft202012Validator(committed(CUSTOMERS, "events/EntityChanged.json")).validate(on_the_wire)
