"""A table of small facts beside the records: one item per (pk, sk), all under the tenant.

The partition key is ``{tenant}#{parts...}`` in every isolation model. Guards make a value unique in the
tenant: the item of a guarded value names the record that has it, and is written in the transaction that
writes the record.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, Literal

from zebros_core.dynamodb.batch import batch_get_rows
from zebros_core.dynamodb.codec import Item, decode, encode
from zebros_core.dynamodb.cursor import CursorBinding
from zebros_core.dynamodb.keys import SEPARATOR, compose, escape_part
from zebros_core.dynamodb.operations import WriteOp, write
from zebros_core.dynamodb.ownership import owned
from zebros_core.dynamodb.paging import Page
from zebros_core.dynamodb.reads import note_read, read_row
from zebros_core.errors import BadRequestError, ConflictError, DuplicateError, ZebrosError

if TYPE_CHECKING:
    from zebros_core.dynamodb.store import TenantStore

__all__ = ["LookupTable"]

_GUARD: Final = "guard"
_GUARD_SORT: Final = "-"
_MAX_SORT_BYTES: Final = 512
_RESERVED: Final = frozenset({"pk", "sk", "tenantId", "expiresAt"})


class LookupTable:
    """One tenant's part of a lookup table. Items are plain values; ``pk``, ``sk`` and ``tenantId`` are not
    shown.
    """

    def __init__(self, store: TenantStore, base: str) -> None:
        self._store = store
        self._base = base
        self._table = store.table(base)

    def get(self, pk_parts: Sequence[str], sk: str) -> Item | None:
        """The item, strongly consistent; None when there is none or its time is over."""
        row = read_row(self._store, self._table, self._key(pk_parts, sk))
        return None if row is None else self._shown(row)

    def prefetch(self, places: Iterable[tuple[Sequence[str], str]]) -> bool:
        """Reads items at once for what a gathering (``dynamodb.gathering``) is about to do; without one, nothing.

        A place is ``pk_parts`` and ``sk``. Tells whether any is there. One call for a hundred.
        """
        gathering = self._store.gathering
        if gathering is None:
            return False
        return gathering.read_rows(self._table, [self._key(*place) for place in places])

    def put(
        self,
        pk_parts: Sequence[str],
        sk: str,
        attributes: Mapping[str, Any],
        *,
        condition: Literal["absent"] | Mapping[str, Any] | None = None,
        ttl_seconds: int | None = None,
    ) -> bool:
        """Stores the item; False when its condition does not hold.

        ``"absent"``: no item there, or one whose time is over. A mapping: these attributes of the item have
        these values.
        """
        try:
            write(
                self._store,
                [self.put_op(pk_parts, sk, attributes, condition=condition, ttl_seconds=ttl_seconds)],
            )
        except _ChangedError:
            return False
        return True

    def put_op(
        self,
        pk_parts: Sequence[str],
        sk: str,
        attributes: Mapping[str, Any],
        *,
        condition: Literal["absent"] | Mapping[str, Any] | None = None,
        ttl_seconds: int | None = None,
    ) -> WriteOp:
        """The same, to be part of a transaction; a ``ConflictError`` when the condition does not hold."""
        if len(sk.encode()) > _MAX_SORT_BYTES:
            raise ValueError(f"a sort key has at most {_MAX_SORT_BYTES} bytes, so that a cursor can hold it")
        taken = _RESERVED & set(attributes)
        if taken:
            raise ValueError(f"reserved attributes: {', '.join(sorted(taken))}")
        now = int(self._store.access.clock.now().timestamp())
        item = {**encode(attributes), **self._key(pk_parts, sk), "tenantId": {"S": self._store.tenant_id}}
        if ttl_seconds is not None:
            item["expiresAt"] = {"N": str(now + ttl_seconds)}
        request: dict[str, Any] = {"TableName": self._table, "Item": item}
        if condition == "absent":
            request["ConditionExpression"] = "attribute_not_exists(pk) OR expiresAt <= :now"
            request["ExpressionAttributeValues"] = {":now": {"N": str(now)}}
        elif condition is not None:
            _add_condition(request, condition)
        return WriteOp("Put", request, lambda _: _ChangedError(), item["pk"]["S"])

    def add_op(
        self,
        pk_parts: Sequence[str],
        sk: str,
        amounts: Mapping[str, int | Decimal],
        *,
        sets: Mapping[str, Any] | None = None,
        condition: Mapping[str, Any] | None = None,
    ) -> WriteOp:
        """Adds amounts to numbers of the item, which count from 0 where there are none, and sets other attributes.

        ``condition`` as in ``put``: these attributes have these values. An item that is not there is made.
        """
        values = {**amounts, **(sets or {})}
        taken = _RESERVED & set(values)
        if taken:
            raise ValueError(f"reserved attributes: {', '.join(sorted(taken))}")
        names = {f"#v{n}": name for n, name in enumerate(values)}
        given = {f":v{n}": value for n, value in enumerate(encode(values).values())}
        adds = [f"#v{n} :v{n}" for n in range(len(amounts))]
        assigned = [f"#v{n} = :v{n}" for n in range(len(amounts), len(values))]
        request: dict[str, Any] = {
            "TableName": self._table,
            "Key": self._key(pk_parts, sk),
            "UpdateExpression": "SET "
            + ", ".join(["tenantId = :t", *assigned])
            + (f" ADD {', '.join(adds)}" if adds else ""),
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": {**given, ":t": {"S": self._store.tenant_id}},
        }
        if condition is not None:
            _add_condition(request, condition)
        if not names:
            del request["ExpressionAttributeNames"]
        return WriteOp("Update", request, lambda _: _ChangedError(), request["Key"]["pk"]["S"])

    def end_op(self, pk_parts: Sequence[str], sk: str, ttl_seconds: int | None) -> WriteOp:
        """Gives the item another end, or none, and leaves it else as it is, to be part of a transaction.

        A ``ConflictError`` when there is no item.
        """
        now = int(self._store.access.clock.now().timestamp())
        return self.end_at_op(pk_parts, sk, None if ttl_seconds is None else now + ttl_seconds)

    def end_at_op(self, pk_parts: Sequence[str], sk: str, ends_at: int | None) -> WriteOp:
        """The same, with the end in seconds since the epoch."""
        key = self._key(pk_parts, sk)
        request: dict[str, Any] = {
            "TableName": self._table,
            "Key": key,
            "UpdateExpression": "REMOVE expiresAt",
            "ConditionExpression": "attribute_exists(pk)",
        }
        if ends_at is not None:
            request["UpdateExpression"] = "SET expiresAt = :x"
            request["ExpressionAttributeValues"] = {":x": {"N": str(ends_at)}}
        return WriteOp("Update", request, lambda _: _ChangedError(), key["pk"]["S"])

    def check_op(
        self, pk_parts: Sequence[str], sk: str, condition: Literal["absent"] | Mapping[str, Any]
    ) -> WriteOp:
        """Checks the item and writes nothing, to be part of a transaction; ``ConflictError`` when it is otherwise.

        ``"absent"``: no item there. A mapping: these attributes of the item have these values.
        """
        request: dict[str, Any] = {"TableName": self._table, "Key": self._key(pk_parts, sk)}
        if condition == "absent":
            request["ConditionExpression"] = "attribute_not_exists(pk)"
        else:
            _add_condition(request, condition)
        return WriteOp("ConditionCheck", request, lambda _: _ChangedError(), request["Key"]["pk"]["S"])

    def batch_get(self, keys: Iterable[tuple[Sequence[str], str]]) -> dict[tuple[tuple[str, ...], str], Item]:
        """The items that exist, by (partition parts, sort key), strongly consistent; at most 100 a call."""
        wanted = {(self._partition(pk_parts), sk): (tuple(pk_parts), sk) for pk_parts, sk in keys}
        rows = batch_get_rows(
            self._store, self._table, [{"pk": {"S": pk}, "sk": {"S": sk}} for pk, sk in wanted]
        )
        found: dict[tuple[tuple[str, ...], str], Item] = {}
        for row in rows:
            key = wanted[row["pk"], row["sk"]]
            item = self._shown(row)
            if item is not None:
                found[key] = item
        return found

    def delete(self, pk_parts: Sequence[str], sk: str) -> None:
        """Removes the item; none there is no error."""
        write(self._store, [self.delete_op(pk_parts, sk)])

    def delete_op(self, pk_parts: Sequence[str], sk: str) -> WriteOp:
        """The same, to be part of a transaction."""
        key = self._key(pk_parts, sk)
        return WriteOp("Delete", {"TableName": self._table, "Key": key}, lambda _: None, key["pk"]["S"])

    def query(
        self,
        pk_parts: Sequence[str],
        *,
        sk_prefix: str | None = None,
        sk_between: tuple[str, str] | None = None,
        limit: int = 50,
        descending: bool = False,
        cursor: str | None = None,
        visibility_key: str = "all",
    ) -> Page[Any]:
        """A page of one partition in the order of ``sk``; each item is ``{"sk": ..., **attributes}``. One
        Query.

        Strongly consistent. The cursor is good for the same tenant, partition, range and ``visibility_key``
        only.
        """
        if limit < 1:
            raise BadRequestError.for_field("limit", "too_small", "At least 1.")
        pk = self._partition(pk_parts)
        note_read(self._store, self._table, pk)
        condition, values = "pk = :pk", {":pk": {"S": pk}}
        if sk_prefix is not None:
            condition += " AND begins_with(sk, :from)"
            values[":from"] = {"S": sk_prefix}
        elif sk_between is not None:
            condition += " AND sk BETWEEN :from AND :to"
            values |= {":from": {"S": sk_between[0]}, ":to": {"S": sk_between[1]}}
        bound = {"pk": pk, "prefix": sk_prefix, "between": sk_between, "descending": descending}
        binding = CursorBinding(self._store.tenant_id, f"lookup:{self._base}", bound, visibility_key)
        request: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": condition,
            "ExpressionAttributeValues": values,
            "ScanIndexForward": not descending,
            "ConsistentRead": True,
            "Limit": limit + 1,
        }
        if cursor is not None:
            position = self._store.access.cursors.decode(cursor, binding)
            request["ExclusiveStartKey"] = {"pk": {"S": pk}, "sk": {"S": position}}
        response = self._store.call(self._store.client.query, request)
        rows = [decode(row) for row in response["Items"]]
        more = len(rows) > limit or "LastEvaluatedKey" in response
        rows = rows[:limit]
        next_cursor = self._store.access.cursors.encode(rows[-1]["sk"], binding) if more and rows else None
        shown: list[Item] = []
        for row in rows:
            sk = row["sk"]
            item = self._shown(row)
            if item is not None:
                shown.append({"sk": sk, **item})
        return Page(shown, next_cursor)

    def count(self, pk_parts: Sequence[str], *, after: str | None = None) -> tuple[int, str | None]:
        """How many items of a partition there are behind the sort key `after`, and the sort key to go on behind.

        One Query, which counts a megabyte of items; the key is None when it came to the end. Strongly consistent.
        """
        pk = self._partition(pk_parts)
        note_read(self._store, self._table, pk)
        request: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :pk",
            "FilterExpression": "attribute_not_exists(expiresAt) OR expiresAt > :now",
            "ExpressionAttributeValues": {
                ":pk": {"S": pk},
                ":now": {"N": str(int(self._store.access.clock.now().timestamp()))},
            },
            "Select": "COUNT",
            "ConsistentRead": True,
        }
        if after is not None:
            request["ExclusiveStartKey"] = self._key(pk_parts, after)
        response = self._store.call(self._store.client.query, request)
        last = response.get("LastEvaluatedKey")
        return response["Count"], None if last is None else str(last["sk"]["S"])

    def ends(
        self, pk_parts: Sequence[str], *, limit: int, after: str | None = None
    ) -> tuple[dict[str, int | None], str | None]:
        """When items of a partition end, by ``sk``, and the sort key to go on behind (None at the end).

        In seconds since the epoch, None for never; also items whose time is over, and which are still there. At most
        ``limit``. One Query, strongly consistent.
        """
        pk = self._partition(pk_parts)
        note_read(self._store, self._table, pk)
        request: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": {"S": pk}},
            "ProjectionExpression": "sk, tenantId, expiresAt",
            "ConsistentRead": True,
            "Limit": limit,
        }
        if after is not None:
            request["ExclusiveStartKey"] = self._key(pk_parts, after)
        response = self._store.call(self._store.client.query, request)
        found: dict[str, int | None] = {}
        for row in response["Items"]:
            item = decode(row)
            owned(item, self._store.tenant_id, self._table)
            ends_at = item.get("expiresAt")
            found[item["sk"]] = None if ends_at is None else int(ends_at)
        last = response.get("LastEvaluatedKey")
        return found, None if last is None else str(last["sk"]["S"])

    # -- guards
    # --------------------------------------------------------------------------------------------------

    def guarded_id(self, kind: str, value: str) -> str | None:
        """The id of the record that has this value; None when nobody has."""
        item = self.get(*self.guard_place(kind, value))
        return None if item is None else item["entityId"]

    def put_guard(
        self,
        kind: str,
        value: str,
        *,
        entity: str,
        id: str,
        match: str | None = None,
        taken: ZebrosError | None = None,
        former: str | None = None,
    ) -> WriteOp:
        """Claims a value of ``kind`` for a record, to be part of its transaction.

        When another record has it: ``taken``, or ``DuplicateError`` naming that record and ``match`` (else
        ``kind``). With ``taken`` given, the record itself may not have claimed it before either. ``former``
        is another record that gives the value up in the same transaction.
        """

        def refused(existing: Item | None) -> ZebrosError | None:
            if taken is not None:
                return taken
            other = existing["entityId"] if existing else ""
            return DuplicateError([{"entity": entity, "id": other, "match": match or kind}])

        condition = (
            "attribute_not_exists(pk)" if taken is not None else "attribute_not_exists(pk) OR entityId = :id"
        )
        request: dict[str, Any] = {
            "TableName": self._table,
            "Item": {
                **self._key(*self.guard_place(kind, value)),
                **encode({"tenantId": self._store.tenant_id, "entityId": id, "entity": entity}),
            },
            "ConditionExpression": condition,
        }
        if taken is None:
            request["ExpressionAttributeValues"] = {":id": {"S": id}}
            if former is not None:
                request["ConditionExpression"] += " OR entityId = :former"
                request["ExpressionAttributeValues"][":former"] = {"S": former}
        return WriteOp("Put", request, refused, request["Item"]["pk"]["S"])

    def delete_guard(self, kind: str, value: str, *, id: str) -> WriteOp:
        """Frees a value, to be part of a transaction; ``ConflictError`` when another record has it by now."""
        key = self._key(*self.guard_place(kind, value))
        request = {
            "TableName": self._table,
            "Key": key,
            "ConditionExpression": "attribute_not_exists(pk) OR entityId = :id",
            "ExpressionAttributeValues": {":id": {"S": id}},
        }
        return WriteOp("Delete", request, lambda _: ConflictError(), key["pk"]["S"])

    @staticmethod
    def guard_place(kind: str, value: str) -> tuple[tuple[str, ...], str]:
        """Where the guard of a value is, for ``prefetch``."""
        return (_GUARD, kind, escape_part(value)), _GUARD_SORT

    # -- keys
    # ----------------------------------------------------------------------------------------------------

    def _partition(self, pk_parts: Sequence[str]) -> str:
        return f"{self._store.tenant_id}{SEPARATOR}{compose(*pk_parts)}"

    def _key(self, pk_parts: Sequence[str], sk: str) -> dict[str, Any]:
        return {"pk": {"S": self._partition(pk_parts)}, "sk": {"S": sk}}

    def _shown(self, item: Item) -> Item | None:
        owned(item, self._store.tenant_id, self._table)
        expires_at = item.get("expiresAt")
        if expires_at is not None and expires_at <= self._store.access.clock.now().timestamp():
            return None
        return {name: value for name, value in item.items() if name not in _RESERVED}


def _add_condition(request: dict[str, Any], condition: Mapping[str, Any]) -> None:
    """Make the request hold only where these attributes have these values."""
    request["ConditionExpression"] = " AND ".join(f"#c{n} = :c{n}" for n in range(len(condition)))
    names = {f"#c{n}": name for n, name in enumerate(condition)}
    request["ExpressionAttributeNames"] = request.get("ExpressionAttributeNames", {}) | names
    values = {f":c{n}": value for n, value in enumerate(encode(condition).values())}
    request["ExpressionAttributeValues"] = request.get("ExpressionAttributeValues", {}) | values


class _ChangedError(ConflictError):
    """The item is not as it had to be."""
