"""Conditional writes as values, and carrying them out: one alone as a plain call, several as one
transaction.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from zebros_core.dynamodb.client import ClientError, error_code
from zebros_core.dynamodb.codec import Item, decode
from zebros_core.errors import UnavailableError, ZebrosError

if TYPE_CHECKING:
    from zebros_core.dynamodb.store import TenantStore

__all__ = ["MAX_OPERATIONS", "WriteOp", "write"]

MAX_OPERATIONS: Final = 100
"""DynamoDB's limit for one transaction."""


@dataclass(frozen=True, slots=True)
class WriteOp:
    """One write with its condition.

    ``request`` is what ``PutItem``, ``DeleteItem``, ``UpdateItem`` or a ``ConditionCheck`` takes. When the
    condition does not hold, ``refused`` is asked with the item that is there (None when there is none) for
    the error to raise; it answers None when that item shows that this very write was done before, by an
    attempt whose answer was lost.
    """

    action: Literal["Put", "Delete", "Update", "ConditionCheck"]
    request: Mapping[str, Any]
    refused: Callable[[Item | None], ZebrosError | None]


def write(store: TenantStore, operations: Sequence[WriteOp]) -> None:
    """Carries out all of them or none, in one call. More than 100 are a ``ValueError``."""
    if not operations:
        return
    if len(operations) > MAX_OPERATIONS:
        raise ValueError(f"a transaction has at most {MAX_OPERATIONS} operations")
    if len(operations) == 1 and operations[0].action != "ConditionCheck":
        _write_one(store, operations[0])
    else:
        _write_all(store, operations)


def _write_one(store: TenantStore, operation: WriteOp) -> None:
    client = store.client
    if operation.action == "Put":
        method = client.put_item
    else:
        method = client.delete_item if operation.action == "Delete" else client.update_item
    request = {**operation.request, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
    try:
        store.call(method, request)
    except ClientError as error:
        if error_code(error) != "ConditionalCheckFailedException":
            raise
        response: Mapping[str, Any] = error.response
        _raise_unless_done(operation, response.get("Item"), error)


def _write_all(store: TenantStore, operations: Sequence[WriteOp]) -> None:
    request: dict[str, Any] = {
        "TransactItems": [
            {operation.action: {**operation.request, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}}
            for operation in operations
        ],
        # A repeated attempt with the same token is answered as the first one was.
        "ClientRequestToken": str(uuid.uuid4()),
    }
    try:
        store.call(store.client.transact_write_items, request)
    except ClientError as error:
        if error_code(error) != "TransactionCanceledException":
            raise
        response: Mapping[str, Any] = error.response
        reasons: list[Mapping[str, Any]] = response.get("CancellationReasons", [])
        failed = False
        for operation, reason in zip(operations, reasons, strict=False):
            if reason.get("Code") == "ConditionalCheckFailed":
                failed = True
                _raise_unless_done(operation, reason.get("Item"), error)
        if not failed:
            if any(reason.get("Code") == "TransactionConflict" for reason in reasons):
                raise UnavailableError from error
            raise


def _raise_unless_done(operation: WriteOp, item: Mapping[str, Any] | None, cause: Exception) -> None:
    refusal = operation.refused(decode(item) if item else None)
    if refusal is not None:
        raise refusal from cause
