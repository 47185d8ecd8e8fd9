"""The data access layer: typed repositories over DynamoDB, for one tenant at a time.

Names are resolved when they are first used, so that a domain module which needs ``StoredEntity`` only does
not import the client's library.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from zebros_core.dynamodb.client import DynamoDbCalls, DynamoDbClient, create_client
    from zebros_core.dynamodb.codec import decode, encode
    from zebros_core.dynamodb.cursor import CursorBinding, CursorCodec
    from zebros_core.dynamodb.entity import BUSINESS, PERSONAL, SYSTEM, Classification, Instant, StoredEntity
    from zebros_core.dynamodb.idempotency import IdempotencyRecords, request_fingerprint
    from zebros_core.dynamodb.lookup import LookupTable
    from zebros_core.dynamodb.ownership import ForeignRowError
    from zebros_core.dynamodb.repository import Created, Page, Repository
    from zebros_core.dynamodb.schema import EntitySchema, IndexSpec, TableSpec
    from zebros_core.dynamodb.store import DataAccess, TenantStore
    from zebros_core.dynamodb.transaction import TransactionBuilder

_HOMES = {
    "client": ("DynamoDbCalls", "DynamoDbClient", "create_client"),
    "codec": ("decode", "encode"),
    "cursor": ("CursorBinding", "CursorCodec"),
    "entity": ("BUSINESS", "PERSONAL", "SYSTEM", "Classification", "Instant", "StoredEntity"),
    "idempotency": ("IdempotencyRecords", "request_fingerprint"),
    "lookup": ("LookupTable",),
    "ownership": ("ForeignRowError",),
    "repository": ("Created", "Page", "Repository"),
    "schema": ("EntitySchema", "IndexSpec", "TableSpec"),
    "store": ("DataAccess", "TenantStore"),
    "transaction": ("TransactionBuilder",),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "BUSINESS",
    "PERSONAL",
    "SYSTEM",
    "Classification",
    "Created",
    "CursorBinding",
    "CursorCodec",
    "DataAccess",
    "DynamoDbCalls",
    "DynamoDbClient",
    "EntitySchema",
    "ForeignRowError",
    "IdempotencyRecords",
    "IndexSpec",
    "Instant",
    "LookupTable",
    "Page",
    "Repository",
    "StoredEntity",
    "TableSpec",
    "TenantStore",
    "TransactionBuilder",
    "create_client",
    "decode",
    "encode",
    "request_fingerprint",
]


def __getattr__(name: str) -> Any:
    try:
        home = _HOME_OF[name]
    except KeyError:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None
    value = getattr(importlib.import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value
