"""Requests that our client sends are those that botocore would have written, value by value."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse

from zebros_core.dynamodb import create_client
from zebros_core.settings import CoreSettings

ITEM = {
    "id": {"S": "\N{GREEK SMALL LETTER MU}#1"},
    "n": {"N": "1.5"},
    "set": {"SS": ["a"]},
    "flag": {"BOOL": False},
}
NESTED = {"m": {"M": {"l": {"L": [{"NULL": True}, {"M": {"deep": {"S": ""}}}]}}}}
BYTES = {"outcome": {"B": b"\x00\xff"}, "many": {"BS": [b"a", b"b"]}, "within": {"L": [{"B": b"c"}]}}


def sent(client: Any, operation: str, request: dict[str, Any]) -> tuple[dict[str, str], Any]:
    """What goes over the wire: the headers that say what it is, and the body."""
    requests: list[AWSPreparedRequest] = []

    class Raw:
        def stream(self, *_: Any, **__: Any) -> Any:
            return iter([b"{}"])

    def answer(request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        requests.append(request)
        return AWSResponse(request.url, 200, {}, Raw())

    client.meta.events.register("before-send.dynamodb", answer)
    getattr(client, operation)(**request)
    client.meta.events.unregister("before-send.dynamodb", answer)
    headers = {name: str(requests[0].headers[name]) for name in ("X-Amz-Target", "Content-Type")}
    assert requests[0].headers["Authorization"]
    return {**headers, "url": requests[0].url}, json.loads(requests[0].body)


@pytest.mark.parametrize("item", [ITEM, ITEM | NESTED, ITEM | BYTES, {"id": {"B": bytearray(b"x")}}])
def test_a_request_is_written_as_botocore_writes_it(
    item: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
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
    ours, usual = create_client(settings), boto3.client("dynamodb", region_name=settings.aws_region)
    key = {"id": {"S": "1"}}
    put = {"TableName": "t", "Item": item, "ConditionExpression": "attribute_not_exists(id)"}
    for operation, request in (
        ("put_item", put),
        ("get_item", {"TableName": "t", "Key": key, "ConsistentRead": True}),
        (
            "transact_write_items",
            {"TransactItems": [{"Put": put}, {"Delete": {"TableName": "t", "Key": key}}]},
        ),
        ("batch_get_item", {"RequestItems": {"t": {"Keys": [key]}}}),
    ):
        token = {"ClientRequestToken": "c" * 36} if operation == "transact_write_items" else {}
        assert sent(ours, operation, request | token) == sent(usual, operation, request | token)
