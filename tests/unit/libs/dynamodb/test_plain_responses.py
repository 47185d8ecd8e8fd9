"""Responses that our client gives are those that botocore would have given, value by value."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ClientError

from zebros_core.dynamodb import create_client
from zebros_core.settings import CoreSettings

ITEM = {
    "id": {"S": "\N{GREEK SMALL LETTER MU}#1"},
    "n": {"N": "1.5"},
    "set": {"SS": ["a"]},
    "flag": {"BOOL": False},
    "none": {"NULL": True},
    "m": {"M": {"l": {"L": [{"NULL": True}, {"M": {"deep": {"S": ""}}}]}}},
}
QUOTED = {"id": {"S": 'said "B" and {"B":"AA=="}'}}
BYTES = {"outcome": {"B": "AP8="}, "many": {"BS": ["YQ==", "Yg=="]}, "within": {"L": [{"B": "Yw=="}]}}
KEY = {"id": {"S": "1"}}
CONSUMED = {"TableName": "t", "CapacityUnits": 1.5}


@pytest.fixture
def clients(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Ours, and one as everybody makes it."""
    for name, value in (("AWS_ACCESS_KEY_ID", "a"), ("AWS_SECRET_ACCESS_KEY", "b"), ("AWS_ENDPOINT_URL", "")):
        monkeypatch.setenv(name, value)
    settings = CoreSettings(
        stage="dev",
        table_prefix="p",
        event_bus="b",
        documents_bucket="d",
        failures_bucket="f",
        oidc_issuer="https://issuer.example",
        oidc_audience="a",
        service="widgets",
    )
    return [create_client(settings), boto3.client("dynamodb", region_name=settings.aws_region)]


def given(client: Any, operation: str, request: dict[str, Any], body: bytes, status: int = 200) -> Any:
    """What a client gives when the service answers so; of an error, its response."""

    class Raw:
        def stream(self, *_: Any, **__: Any) -> Any:
            return iter([body])

    def answer(request: Any, **_: Any) -> AWSResponse:
        return AWSResponse(request.url, status, {"x-amzn-RequestId": "r-1"}, Raw())

    client.meta.events.register("before-send.dynamodb", answer)
    try:
        response = getattr(client, operation)(**request)
    except ClientError as error:
        response = error.response
    finally:
        client.meta.events.unregister("before-send.dynamodb", answer)
    return {name: value for name, value in response.items() if name != "ResponseMetadata"} | {
        "request": response["ResponseMetadata"]["RequestId"]
    }


@pytest.mark.parametrize("item", [ITEM, QUOTED, ITEM | BYTES, {}])
@pytest.mark.parametrize("spaced", [True, False])
def test_a_response_is_read_as_botocore_reads_it(
    clients: list[Any], item: dict[str, Any], spaced: bool
) -> None:
    put = {"TableName": "t", "Item": KEY}
    answers: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
        ("get_item", {"TableName": "t", "Key": KEY}, {"Item": item, "ConsumedCapacity": CONSUMED}),
        ("get_item", {"TableName": "t", "Key": KEY}, {}),
        ("put_item", put, {"Attributes": item}),
        (
            "query",
            {
                "TableName": "t",
                "KeyConditionExpression": "id = :i",
                "ExpressionAttributeValues": {":i": KEY["id"]},
            },
            {"Items": [item, ITEM], "Count": 2, "ScannedCount": 3, "LastEvaluatedKey": None},
        ),
        ("scan", {"TableName": "t"}, {"Items": [item], "Count": 1, "LastEvaluatedKey": KEY}),
        (
            "batch_get_item",
            {"RequestItems": {"t": {"Keys": [KEY]}}},
            {"Responses": {"t": [item]}, "UnprocessedKeys": {}, "ConsumedCapacity": [CONSUMED]},
        ),
        ("transact_write_items", {"TransactItems": [{"Put": put}], "ClientRequestToken": "c" * 36}, {}),
    ]
    for operation, request, body in answers:
        text = json.dumps(body, separators=None if spaced else (",", ":")).encode()
        ours, usual = (given(client, operation, request, text) for client in clients)
        assert ours == usual


@pytest.mark.parametrize("body", [b"", b"<html>", b"{"])
def test_what_is_no_json_is_read_as_botocore_reads_it(clients: list[Any], body: bytes) -> None:
    ours, usual = (given(client, "scan", {"TableName": "t"}, body) for client in clients)
    assert ours == usual


@pytest.mark.parametrize("held", [ITEM, BYTES])
def test_an_error_and_what_it_tells_is_read_as_botocore_reads_it(
    clients: list[Any], held: dict[str, Any]
) -> None:
    body = {
        "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        "message": "cancelled",
        "CancellationReasons": [{"Code": "ConditionalCheckFailed", "Item": held}, {"Code": "None"}],
    }
    request = {"TransactItems": [{"Put": {"TableName": "t", "Item": KEY}}], "ClientRequestToken": "c" * 36}
    ours, usual = (
        given(client, "transact_write_items", request, json.dumps(body).encode(), 400) for client in clients
    )
    assert ours == usual
    assert ours["CancellationReasons"][0]["Code"] == "ConditionalCheckFailed"


def test_what_has_times_in_it_is_read_by_the_model(clients: list[Any]) -> None:
    body = json.dumps({"Table": {"TableName": "t", "CreationDateTime": 1.5e9}}).encode()
    ours, usual = (given(client, "describe_table", {"TableName": "t"}, body) for client in clients)
    assert ours == usual
    assert ours["Table"]["CreationDateTime"].year == 2017
