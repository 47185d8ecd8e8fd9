"""Pages of an index: filters in a bounded loop, shards merged in order, and cursors to go on from.

A shard's position is ``[sort value, id]`` (with the parent where the table has a sort key): enough to rebuild
DynamoDB's ``ExclusiveStartKey``, whose other values are known from the query. So the end of a list is known
exactly: one row more than asked for is read, and the page ends at the last row that it gives.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeVar, cast

from zebros_core.dynamodb.codec import Item, decode, encode, encode_value
from zebros_core.dynamodb.cursor import CursorBinding
from zebros_core.dynamodb.entity import StoredEntity
from zebros_core.dynamodb.keys import scope
from zebros_core.dynamodb.mapping import from_item
from zebros_core.dynamodb.ownership import foreign
from zebros_core.dynamodb.schema import EntitySchema, IndexSpec
from zebros_core.dynamodb.store import TenantStore
from zebros_core.errors import BadRequestError

__all__ = ["MAX_QUERIES", "Page", "PageQuery", "read_page"]

E = TypeVar("E", bound=StoredEntity)
T = TypeVar("T")
Position = list[Any]

MAX_QUERIES: Final = 5
"""Queries to an index shard for one page; then the page is given short, with a cursor."""
_EXHAUSTED: Final = 0


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some records in order, and the cursor for those after them (None at the end)."""

    items: list[T]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class PageQuery:
    """The arguments of ``Repository._page``, which documents them."""

    index: str
    partition_value: str | None
    limit: int
    cursor: str | None
    query_name: str
    filters: Mapping[str, str]
    contains: Mapping[str, str]
    descending: bool
    sort_prefix: str | None
    sort_between: tuple[str, str] | None
    visibility_key: str

    def binding(self, store: TenantStore, shards: int) -> CursorBinding:
        """What a cursor of this query is good for."""
        arguments: dict[str, Any] = {
            "index": self.index,
            "partition": self.partition_value,
            "filters": sorted(self.filters.items()),
            "contains": sorted(self.contains.items()),
            "descending": self.descending,
            "prefix": self.sort_prefix,
            "between": list(self.sort_between) if self.sort_between else None,
            "shards": shards,
        }
        return CursorBinding(store.tenant_id, self.query_name, arguments, self.visibility_key)


@dataclass(slots=True)
class _Shard:
    partition: str
    position: Position | None
    exhausted: bool = False
    """Whether nothing is left to be read (rows may still wait in the buffer)."""
    read_to: Position | None = None
    buffer: deque[tuple[tuple[Any, str], Position, Item]] = field(
        default_factory=deque[tuple[tuple[Any, str], Position, Item]]
    )

    @property
    def done(self) -> bool:
        return self.exhausted and not self.buffer


class _Reader(Generic[E]):
    def __init__(self, schema: EntitySchema[E], store: TenantStore, table: str, query: PageQuery) -> None:
        self._schema, self._store, self._table, self._query = schema, store, table, query
        self._index: IndexSpec = schema.indexes[query.index]
        self._filtered = bool(query.filters or query.contains)
        # Without a filter one row more than asked for tells whether there is more; with one, most rows may
        # not match.
        self._rows_per_query = min(1000, max(100, 4 * query.limit)) if self._filtered else query.limit + 1
        self._request = self._base_request()

    def _base_request(self) -> dict[str, Any]:
        query, index, tenant_id = self._query, self._index, self._store.tenant_id
        names = {"#p": index.partition}
        values: dict[str, Any] = {}
        condition = "#p = :p"
        if query.sort_prefix is not None:
            condition += " AND begins_with(#s, :from)"
            values[":from"] = {"S": query.sort_prefix}
        elif query.sort_between is not None:
            condition += " AND #s BETWEEN :from AND :to"
            values |= {":from": {"S": query.sort_between[0]}, ":to": {"S": query.sort_between[1]}}
        if values:
            names["#s"] = index.sort
        tests: list[str] = []
        for number, (name, value) in enumerate([*query.filters.items(), *query.contains.items()]):
            names[f"#f{number}"] = name
            scoped = name in self._schema.scoped
            values[f":f{number}"] = {"S": scope(tenant_id, value) if scoped else value}
            equal = number < len(query.filters)
            tests.append(f"#f{number} = :f{number}" if equal else f"contains(#f{number}, :f{number})")
        request: dict[str, Any] = {
            "TableName": self._table,
            "IndexName": query.index,
            "KeyConditionExpression": condition,
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": values,
            "ScanIndexForward": not query.descending,
            "Limit": self._rows_per_query,
        }
        if tests:
            request["FilterExpression"] = " AND ".join(tests)
        return request

    def partitions(self) -> list[str]:
        """The index partitions that hold the list: one, or one per shard."""
        tenant_id, value = self._store.tenant_id, self._query.partition_value
        if self._index.sharded or self._index.partition == "tenantId":
            if value is not None:
                raise ValueError(f"index {self._query.index} takes no partition value")
            if not self._index.sharded:
                return [tenant_id]
            return [scope(tenant_id, str(shard)) for shard in range(self._store.context.index_shards)]
        if value is None:
            raise ValueError(f"index {self._query.index} needs a partition value")
        return [scope(tenant_id, value)]

    def _start_key(self, shard: _Shard, position: Position) -> dict[str, Any]:
        schema = self._schema
        key = {
            schema.key_attribute: self._store.isolation.partition_key(self._store.tenant_id, position[1]),
            self._index.partition: shard.partition,
            self._index.sort: position[0],
        }
        if schema.parent_attribute:
            key[schema.parent_attribute] = position[2]
        return encode(key)

    def _position(self, item: Item) -> Position:
        schema = self._schema
        id = self._store.isolation.entity_id(self._store.tenant_id, item[schema.key_attribute])
        if id is None:
            raise foreign(self._store.tenant_id, self._table)
        position: Position = [item[self._index.sort], id]
        if schema.parent_attribute:
            position.append(item[schema.parent_attribute])
        return position

    def fetch(self, shard: _Shard) -> None:
        """One Query: fills the shard's buffer, or moves on past rows that do not match."""
        request = dict(self._request)
        values = dict(request["ExpressionAttributeValues"])
        values[":p"] = encode_value(shard.partition)
        request["ExpressionAttributeValues"] = values
        start = shard.read_to or shard.position
        if start is not None:
            request["ExclusiveStartKey"] = self._start_key(shard, start)
        response = self._store.call(self._store.client.query, request)
        for row in response["Items"]:
            item = decode(row)
            position = self._position(item)
            shard.buffer.append(((position[0], position[1]), position, item))
        last = response.get("LastEvaluatedKey")
        if last is None:
            shard.exhausted = True
        else:
            shard.read_to = self._position(decode(last))
            if not shard.buffer:
                shard.position = shard.read_to

    def collect(self, shards: list[_Shard]) -> list[Item]:
        """At most ``limit`` rows in the index's order over all shards."""
        query, rows = self._query, list[Item]()
        budget = MAX_QUERIES * len(shards)
        while len(rows) < query.limit:
            for shard in shards:
                while not shard.buffer and not shard.exhausted:
                    if budget == 0:
                        return rows
                    budget -= 1
                    self.fetch(shard)
            waiting = [shard for shard in shards if shard.buffer]
            if not waiting:
                break
            choose = max if query.descending else min
            shard = choose(waiting, key=lambda candidate: candidate.buffer[0][0])
            _, shard.position, item = shard.buffer.popleft()
            rows.append(item)
            if not shard.buffer and shard.read_to is not None:
                # Everything read so far was given: what lies between need not be read again.
                shard.position = shard.read_to
        return rows


def read_page(schema: EntitySchema[E], store: TenantStore, table: str, query: PageQuery) -> Page[E]:
    """One page; see ``Repository._page``."""
    if query.limit < 1:
        raise BadRequestError.for_field("limit", "too_small", "At least 1.")
    reader = _Reader(schema, store, table, query)
    partitions = reader.partitions()
    binding = query.binding(store, len(partitions))
    if query.cursor is None:
        shards = [_Shard(partition, None) for partition in partitions]
    else:
        positions = cast("list[Any]", store.access.cursors.decode(query.cursor, binding))
        shards = [
            _Shard(partition, None, exhausted=True) if position == _EXHAUSTED else _Shard(partition, position)
            for partition, position in zip(partitions, positions, strict=True)
        ]
    rows = reader.collect(shards)
    items = [from_item(schema, row, store, table) for row in rows]
    if all(shard.done for shard in shards):
        return Page(items, None)
    resume = [_EXHAUSTED if shard.done else shard.position for shard in shards]
    return Page(items, store.access.cursors.encode(resume, binding))
