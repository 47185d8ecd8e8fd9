"""The log and the states of one tenant, in two tables; written together, in one transaction an append.

The states are read raw: a record is one text in its row, which goes to the device as it is.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from zebros_core.dynamodb.batch import batch_get_stored
from zebros_core.dynamodb.client import error_code
from zebros_core.dynamodb.keys import SEPARATOR, compose
from zebros_core.dynamodb.lookup import LookupTable
from zebros_core.dynamodb.operations import WriteOp, write
from zebros_core.dynamodb.ownership import foreign
from zebros_core.dynamodb.store import TenantStore
from zebros_core.errors import ConflictError, UnavailableError
from zebros_sync.domain.log import (
    BUCKET_SEGMENTS,
    EMPTY_HEAD,
    KEPT_DAYS,
    STATE_SHARDS,
    Entry,
    Head,
    Key,
    Segment,
    State,
    shard_of,
)
from zebros_sync.repositories.keys import LOG_TABLE, STATE_TABLE

__all__ = ["DynamoDbChangeLog"]

_DAY_SECONDS: Final = 86_400
_KEPT_SECONDS: Final = KEPT_DAYS * _DAY_SECONDS
_SMALL_STATE_BYTES: Final = 256
"""Of a state as long as none was read: what is left unread of a page that turns out too large is read again."""


class DynamoDbChangeLog:
    """One tenant's log and states; see `ChangeLog`."""

    def __init__(self, store: TenantStore) -> None:
        self._store = store
        self._log = LookupTable(store, LOG_TABLE)
        self._states = store.table(STATE_TABLE)
        self._state_bytes = _SMALL_STATE_BYTES

    def head(self) -> Head:
        """See `ChangeLog`."""
        row = self._log.get(("head",), "-")
        if row is None:
            return EMPTY_HEAD
        return Head(int(row["sequence"]), datetime.fromisoformat(row["at"]))

    def append(self, expected: Head, segment: Segment, states: Sequence[State]) -> bool:
        """See `ChangeLog`."""
        now = self._store.access.clock.now()
        head = {"sequence": segment.last, "at": now.isoformat()}
        condition: Mapping[str, Any] | Any = (
            {"sequence": expected.sequence} if expected.sequence else "absent"
        )
        operations = [
            self._log.put_op(("head",), "-", head, condition=condition),
            self._log.put_op(
                ("log", str(segment.bucket)),
                f"{segment.first:012d}",
                {"last": segment.last, "at": now.isoformat(), "entries": segment.entries_json()},
                ttl_seconds=_KEPT_SECONDS,
            ),
            *(self._state_op(state, now) for state in states),
        ]
        try:
            write(self._store, operations)
        except ConflictError:
            return False
        except UnavailableError as error:
            # Another append is in the middle of its transaction: a look at the head tells what is left to do.
            cause = error.__cause__
            if not isinstance(cause, Exception) or error_code(cause) != "TransactionCanceledException":
                raise
            return False
        return True

    def _state_op(self, state: State, now: datetime) -> WriteOp:
        item: dict[str, Any] = {
            **self._key(state.key),
            "tenantId": {"S": self._store.tenant_id},
            "version": {"N": str(state.version)},
        }
        if state.gone:
            item["gone"] = {"BOOL": True}
            item["expiresAt"] = {"N": str(int(now.timestamp()) + _KEPT_SECONDS)}
        else:
            item["document"] = {"S": state.document}
        for name, value in (("ownerId", state.owner_id), ("teamId", state.team_id)):
            if value is not None:
                item[name] = {"S": value}
        return WriteOp("Put", {"TableName": self._states, "Item": item}, lambda _: ConflictError())

    def segments(self, first: int, *, most: int) -> list[Segment]:
        """See `ChangeLog`."""
        found: list[Segment] = []
        while len(found) < most:
            bucket = first // BUCKET_SEGMENTS
            page = self._log.query(
                ("log", str(bucket)),
                sk_between=(f"{first:012d}", "~"),
                limit=most - len(found),
            )
            for row in page.items:
                segment = _segment(row)
                if segment.first != first:
                    return found
                found.append(segment)
                first = segment.last + 1
            if not page.items or (page.next_cursor is None and first // BUCKET_SEGMENTS == bucket):
                return found
        return found

    def states(self, keys: Iterable[Key]) -> dict[Key, State]:
        """See `ChangeLog`."""
        rows = batch_get_stored(self._store, self._states, [self._key(key) for key in keys])
        return {state.key: state for state in map(self._raw, rows)}

    def state_page(self, shard: int, after: str, *, most_bytes: int) -> tuple[list[State], str | None]:
        """See `ChangeLog`. It is what one call gives: up to 1 MB of rows, and about as many as are wanted."""
        partition = self._partition(shard)
        request: dict[str, Any] = {
            "TableName": self._states,
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": {"S": partition}},
            "ConsistentRead": True,
            "Limit": max(1, most_bytes // self._state_bytes),
        }
        if after:
            request["ExclusiveStartKey"] = {"pk": {"S": partition}, "sk": {"S": after}}
        answer = self._store.call(self._store.client.query, request)
        found: list[State] = []
        size = 0
        for row in answer["Items"]:
            state = self._raw(row)
            found.append(state)
            size += state.size_bytes
            if size >= most_bytes:
                break
        if found:
            self._state_bytes = max(1, size // len(found))
        if len(found) == len(answer["Items"]) and "LastEvaluatedKey" not in answer:
            return found, None
        return found, f"{found[-1].entity}{SEPARATOR}{found[-1].id}" if found else after

    def _raw(self, row: Mapping[str, Any]) -> State:
        if row["tenantId"]["S"] != self._store.tenant_id:
            raise foreign(self._store.tenant_id, self._states)
        entity, _, id = row["sk"]["S"].partition(SEPARATOR)
        owner, team, document = row.get("ownerId"), row.get("teamId"), row.get("document")
        return State(
            entity,
            id,
            int(row["version"]["N"]),
            "gone" in row,
            owner["S"] if owner else None,
            team["S"] if team else None,
            document["S"] if document else "",
        )

    def _partition(self, shard: int) -> str:
        return f"{self._store.tenant_id}{SEPARATOR}{compose('state', f'{shard % STATE_SHARDS:02d}')}"

    def _key(self, key: Key) -> dict[str, Any]:
        entity, id = key
        return {
            "pk": {"S": self._partition(shard_of(entity, id))},
            "sk": {"S": f"{entity}{SEPARATOR}{id}"},
        }


def _segment(row: Mapping[str, Any]) -> Segment:
    entries = tuple(Entry.of_json(entry) for entry in json.loads(row["entries"]))
    return Segment(int(row["sk"]), entries)
