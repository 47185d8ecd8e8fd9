"""Requests that are sent as they are: what is in DynamoDB's form already is not walked through once more.

botocore goes over every value of a request twice, to write it by the service's model and to look for tables that are
named by ARN. For a transaction of a hundred items that is 5 of the 6 ms for which it keeps the processor. Repositories
build requests in the form of the wire, and name tables by name.
"""

# botocore ships no types: they end here.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

from typing import Any

from botocore.serialize import JSONSerializer

__all__ = ["name_tables_only", "send_as_is"]


class _AsIs(JSONSerializer):
    """Writes a request as JSON; one with values that JSON does not have, such as bytes, as botocore does."""

    def __init__(self, walking: Any) -> None:
        super().__init__()
        self._walking = walking

    def serialize_to_request(self, parameters: Any, operation_model: Any) -> Any:
        try:
            return super().serialize_to_request(parameters, operation_model)
        except TypeError:
            return self._walking.serialize_to_request(parameters, operation_model)

    def _serialize(self, serialized: Any, value: Any, shape: Any, key: Any = None) -> None:
        del shape, key
        serialized.update(value)


def send_as_is(client: Any) -> None:
    """Makes a DynamoDB client send requests as they are."""
    walking = client._serializer
    if isinstance(walking, JSONSerializer):
        client._serializer = _AsIs(walking)


def name_tables_only(model: dict[str, Any]) -> dict[str, Any]:
    """Returns DynamoDB's model without the search of requests for tables of other accounts, which have ARNs."""
    for operation in model["operations"].values():
        operation.pop("operationContextParams", None)
    return model
