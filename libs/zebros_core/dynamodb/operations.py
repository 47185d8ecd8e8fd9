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

__all__ = [
    "MAX_OPERATIONS",
    "TransactionCancelledError",
    "WriteOp",
    "refusal_of",
    "send",
    "transact",
    "write",
]

MAX_OPERATIONS: Final = 100
"""DynamoDB's limit for one transaction."""


@dataclass(frozen=True, slots=True)
class WriteOp:
    """One write with its condition.

    ``request`` is what ``PutItem``, ``DeleteItem``, ``UpdateItem`` or a ``ConditionCheck`` takes. When the
    condition does not hold, ``refused`` is asked with the item that is there (None when there is none) for
    the error to raise; it answers None when that item shows that this very write was done before, by an
    attempt whose answer was lost. ``partition`` is the value of the item's partition key, without which the write
    cannot be gathered.
    """

    action: Literal["Put", "Delete", "Update", "ConditionCheck"]
    request: Mapping[str, Any]
    refused: Callable[[Item | None], ZebrosError | None]
    partition: str | None = None

    @property
    def touches(self) -> tuple[str, str | None]:
        """The table, and the partition key of the item in it."""
        return self.request["TableName"], self.partition


class TransactionCancelledError(Exception):
    """A transaction was not carried out. ``reasons`` has one for each operation, in their order."""

    def __init__(self, reasons: Sequence[Mapping[str, Any]]) -> None:
        super().__init__("the transaction was cancelled")
        self.reasons = reasons


def write(store: TenantStore, operations: Sequence[WriteOp]) -> None:
    """Carries out all of them or none, in one call. More than 100 are a ``ValueError``.

    Of a store that gathers (``dynamodb.gathering``) they are a part of what it writes later.
    """
    if not operations:
        return
    if len(operations) > MAX_OPERATIONS:
        raise ValueError(f"a transaction has at most {MAX_OPERATIONS} operations")
    if store.gathering is None:
        send(store, operations)
    else:
        store.gathering.write(operations)


def send(store: TenantStore, operations: Sequence[WriteOp]) -> None:
    """Carries out operations now, whether the store gathers or not."""
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
        found: Mapping[str, Any] = error.response
        refusal = refusal_of(operation, found)
        if refusal is not None:
            raise refusal from error


def _write_all(store: TenantStore, operations: Sequence[WriteOp]) -> None:
    try:
        transact(store, operations)
    except TransactionCancelledError as cancelled:
        cause: Any = cancelled.__cause__
        failed = False
        for operation, reason in zip(operations, cancelled.reasons, strict=False):
            if reason.get("Code") == "ConditionalCheckFailed":
                failed = True
                refusal = refusal_of(operation, reason)
                if refusal is not None:
                    raise refusal from cause
        if not failed:
            if any(reason.get("Code") == "TransactionConflict" for reason in cancelled.reasons):
                raise UnavailableError from cause
            raise cause from None


def transact(store: TenantStore, operations: Sequence[WriteOp], *, shared: bool = False) -> None:
    """Carries out a transaction; ``TransactionCancelledError`` when any of it cannot be.

    A conflict with another transaction is waited out, but not in one that is ``shared`` by several units of work: most
    of them have no part in it.
    """
    request: dict[str, Any] = {
        "TransactItems": [
            {operation.action: {**operation.request, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}}
            for operation in operations
        ],
        # A repeated attempt with the same token is answered as the first one was.
        "ClientRequestToken": str(uuid.uuid4()),
    }
    try:
        store.call(store.client.transact_write_items, request, outwait_conflicts=not shared)
    except ClientError as error:
        if error_code(error) != "TransactionCanceledException":
            raise
        response: Mapping[str, Any] = error.response
        raise TransactionCancelledError(response.get("CancellationReasons", [])) from error


def refusal_of(operation: WriteOp, found: Mapping[str, Any]) -> ZebrosError | None:
    """The error of an operation whose condition did not hold; None when it was this very operation that had been
    done. ``found`` has the ``Item`` that is there.
    """
    item = found.get("Item")
    return operation.refused(decode(item) if item else None)
