"""The API document follows from the routes, completely and always in the same way."""

from __future__ import annotations

import json

import jsonschema
import pytest
from openapi_spec_validator import validate

from zebros_core.errors import ConflictError, ZebrosError
from zebros_core.http import Response, Routes
from zebros_core.http.openapi import openapi_document, render

W = "/v1/widgets/{widgetId}"


@pytest.fixture
def document(world):
    return openapi_document(
        world.app.routes, title="Widgets", version="1.0.0", servers=["https://api.example"]
    )


def operations(document):
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def test_the_document_is_valid_openapi_3_1(document):
    assert document["openapi"] == "3.1.0"
    validate(document)


def test_the_same_routes_give_the_same_bytes(world, document):
    again = openapi_document(
        reversed(world.app.routes), title="Widgets", version="1.0.0", servers=["https://api.example"]
    )
    assert render(document) == render(again)
    assert render(document).endswith("}\n")


def test_every_route_is_in_it_with_its_permission(world, document):
    documented = {(method, path) for method, path, _ in operations(document)}
    assert documented == {(route.method, route.path) for route in world.app.routes}
    assert document["paths"][W]["patch"]["x-permission"] == {"entity": "widget", "action": "write"}
    assert document["security"] == [{"accessToken": []}]


def test_every_operation_documents_what_anyone_may_meet(document):
    for _, _, operation in operations(document):
        assert {"400", "401", "403", "429", "500", "503"} <= operation["responses"].keys()


@pytest.mark.parametrize(
    ("path", "method", "statuses"),
    [
        ("/v1/widgets", "get", {"200"}),
        ("/v1/widgets", "post", {"201", "409", "413", "415", "422"}),
        (W, "get", {"200", "304", "404"}),
        (W, "patch", {"200", "404", "412", "413", "415", "422", "428"}),
        (W, "delete", {"204", "404", "412"}),
        (W + ":polish", "post", {"200", "404", "409", "422"}),
    ],
)
def test_the_other_statuses_follow_from_the_declaration(document, path, method, statuses):
    common = {"400", "401", "403", "429", "500", "503"}
    assert document["paths"][path][method]["responses"].keys() - common == statuses


def test_parameters_come_from_path_query_and_declaration(document):
    def named(path, method):
        return {(p["in"], p["name"]): p for p in document["paths"][path][method]["parameters"]}

    listing = named("/v1/widgets", "get")
    assert listing["query", "limit"]["schema"] == {
        "type": "integer",
        "minimum": 1,
        "maximum": 200,
        "default": 50,
    }
    assert listing["query", "colour"]["schema"] == {"type": "string"}
    assert named(W, "patch")["header", "If-Match"]["required"] is True
    assert named(W, "delete")["header", "If-Match"]["required"] is False
    assert ("header", "If-None-Match") in named(W, "get")
    assert ("header", "Idempotency-Key") in named("/v1/widgets", "post")
    assert named(W, "get")["path", "widgetId"]["schema"]["pattern"].startswith("^[0-7]")


def test_pages_and_patches_have_schemas_of_their_own(document):
    schemas = document["components"]["schemas"]
    assert schemas["WidgetViewPage"]["properties"]["items"]["items"]["$ref"].endswith("/WidgetView")
    patch = schemas["WritableWidgetPatch"]
    assert "required" not in patch
    assert patch["properties"]["name"] == {"type": "string", "minLength": 1, "maxLength": 20}
    assert {"$ref": "#/components/schemas/SizePatch"} in patch["properties"]["size"]["anyOf"]
    assert {"type": "null"} in patch["properties"]["size"]["anyOf"]
    assert "required" not in schemas["SizePatch"]


def test_no_schema_is_there_without_use(document):
    text = json.dumps(document)
    for name in document["components"]["schemas"]:
        assert f'"#/components/schemas/{name}"' in text


def test_examples_hold_to_their_schema_and_are_accepted(world, document):
    content = document["paths"]["/v1/widgets"]["post"]["requestBody"]["content"]["application/json"]
    for example in content["examples"].values():
        jsonschema.validate(example["value"], {**content["schema"], "components": document["components"]})
        assert world.call("POST", "/v1/widgets", example["value"]).status == 201


@pytest.mark.parametrize(
    ("method", "path", "body", "options"),
    [
        ("GET", W, None, {}),
        ("GET", "/v1/widgets", None, {}),
        ("POST", "/v1/widgets", {"name": "Nut", "price": 2.5, "dueAt": "2026-01-01T00:00:00Z"}, {}),
        ("PATCH", W, {"price": 1}, {"if_match": '"1"'}),
        ("PATCH", W, {"price": 1}, {}),
        ("PATCH", W, {"price": 1}, {"if_match": '"9"'}),
        ("POST", "/v1/widgets", {"name": "Taken"}, {}),
        ("POST", "/v1/widgets", {"name": "Broken"}, {}),
        ("GET", W, None, {"token": None}),
    ],
)
def test_real_answers_hold_to_the_document(world, document, method, path, body, options):
    answer = world.call(method, path.replace("{widgetId}", "01JC8Z4T5V6W7X8Y9ZABCDEFGH"), body, **options)
    response = document["paths"][path][method.lower()]["responses"][str(answer.status)]
    if "$ref" in response:
        response = document["components"]["responses"][response["$ref"].rpartition("/")[2]]

    schema = response["content"][answer.headers["Content-Type"]]["schema"]
    jsonschema.validate(answer.json, {**schema, "components": document["components"]})
    assert {"X-Request-Id", "ETag", "Retry-After", "WWW-Authenticate"} & answer.headers.keys() <= response[
        "headers"
    ].keys()


def test_further_statuses_and_errors_are_documented():
    routes = Routes("widgets")
    routes.put(
        "/v1/widgets",
        operation="put",
        status=201,
        statuses={200: "It existed already."},
        errors=(ConflictError,),
    )(lambda request: Response())
    responses = openapi_document(routes, title="x", version="1")["paths"]["/v1/widgets"]["put"]["responses"]

    assert responses["200"]["description"] == "It existed already."
    assert {"201", "409"} <= responses.keys()


def test_an_error_that_nobody_has_classified_cannot_be_declared():
    class OddError(ZebrosError):
        code = "odd"

    routes = Routes("widgets")
    routes.get("/v1/widgets", operation="x", errors=(OddError,))(lambda request: Response())
    with pytest.raises(ValueError, match="OddError"):
        openapi_document(routes, title="x", version="1")
