"""Responses that are taken as they are: what came in DynamoDB's form already is not walked through once more.

botocore goes over every value of a response, to make bytes of what is binary and to leave out what its model does not
know. For a page of a thousand small items that is two thirds of the time for which reading it keeps the processor.
Without anything binary in it, a response of these operations is what its JSON says.
"""

# botocore ships no types: they end here.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

import json
from typing import Any, Final

from botocore.parsers import JSONParser, ResponseParserFactory

__all__ = ["AsIsParsers"]

_DATA: Final = frozenset(
    {
        "BatchGetItemOutput",
        "BatchWriteItemOutput",
        "DeleteItemOutput",
        "GetItemOutput",
        "PutItemOutput",
        "QueryOutput",
        "ScanOutput",
        "TransactGetItemsOutput",
        "TransactWriteItemsOutput",
        "UpdateItemOutput",
    }
)
"""Of operations on items: nothing in them is a time, and nothing but values of items is binary."""
_BINARY: Final = (b'"B"', b'"BS"')


class _AsIs(JSONParser):
    """Takes a response as its JSON is; one that may have something binary in it, as botocore does."""

    def _handle_json_body(self, raw_body: bytes, shape: Any) -> Any:
        if shape.name not in _DATA or any(kind in raw_body for kind in _BINARY):
            return super()._handle_json_body(raw_body, shape)
        try:
            answer = json.loads(raw_body) if raw_body else {}
        except ValueError:
            return super()._handle_json_body(raw_body, shape)
        return {name: value for name, value in answer.items() if value is not None}


class AsIsParsers(ResponseParserFactory):
    """botocore's component that gives a client what reads its responses."""

    def create_parser(self, protocol_name: str) -> Any:
        """Return the parser for a protocol: ours for DynamoDB's, botocore's for any other."""
        return _AsIs() if protocol_name == "json" else super().create_parser(protocol_name)
