"""Typed records of one kind and one tenant, over whichever isolation model the tenant has.

A repository of a service is a subclass with a ``schema`` and one method per access pattern::

    class WidgetRepository(Repository[Widget]):
        schema = WIDGETS

        def page_by_owner(self, owner_id: str, *, limit: int, cursor: str | None) -> Page[Widget]:
            return self._page("owner", owner_id, limit=limit, cursor=cursor, query_name="widgets-by-owner")

Calls to the database: a read by id is one; a write is one (a transaction where there is something to guard);
a page is one Query per index shard, unless a second filter leaves it short.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from zebros_core.dynamodb.batch import batch_get_rows
from zebros_core.dynamodb.codec import Item, encode
from zebros_core.dynamodb.entity import StoredEntity
from zebros_core.dynamodb.keys import NO_PARENT
from zebros_core.dynamodb.lookup import LookupTable
from zebros_core.dynamodb.mapping import from_item, is_expired
from zebros_core.dynamodb.operations import WriteOp, write
from zebros_core.dynamodb.paging import Page, PageQuery, read_page
from zebros_core.dynamodb.reads import read_partition, read_row
from zebros_core.dynamodb.schema import EntitySchema
from zebros_core.dynamodb.store import TenantStore
from zebros_core.dynamodb.writes import (
    plan_add,
    plan_remove,
    plan_restore,
    plan_save,
)
from zebros_core.errors import (
    AlreadyExistsError,
    IdempotencyKeyReusedError,
    NotFoundError,
    VersionMismatchError,
)

__all__ = ["Created", "Page", "Repository"]

E = TypeVar("E", bound=StoredEntity)


@dataclass(frozen=True, slots=True)
class Created(Generic[E]):
    """What a create gave: the record, and whether an earlier request with the same key had made it
    already.
    """

    entity: E
    replayed: bool


class Repository(Generic[E]):
    """Base of repositories. No method takes a tenant: the store it is made on has one."""

    schema: EntitySchema[E]

    def __init__(self, store: TenantStore) -> None:
        self.store = store
        self.table = store.table(self.schema.table)

    # -- reads
    # ---------------------------------------------------------------------------------------------------

    def get(self, id: str) -> E:
        """The record, strongly consistent; ``NotFoundError`` when there is none or it is deleted."""
        found = self.find(id)
        if found is None:
            raise NotFoundError(self.schema.entity, id)
        return found

    def find(self, id: str) -> E | None:
        """The record, or None when there is none or it is deleted."""
        found = self.find_any(id)
        return None if found is None or found.deleted_at is not None else found

    def get_any(self, id: str) -> E:
        """The record or its tombstone (``deleted_at`` is set); ``NotFoundError`` when there is neither."""
        found = self.find_any(id)
        if found is None:
            raise NotFoundError(self.schema.entity, id)
        return found

    def find_any(self, id: str) -> E | None:
        """The record or its tombstone, or None. One call: GetItem, or one Query where a key alone is not
        enough.
        """
        schema, store = self.schema, self.store
        key = self._key(id)
        if schema.parent_attribute is None and not store.isolation.reads_by_filter:
            row = read_row(store, self.table, {schema.key_attribute: {"S": key}})
            return None if row is None else self._live(row)
        rows = read_partition(store, self.table, schema.key_attribute, key)
        if len(rows) > 1:
            # A read across a re-key can meet the old and the new row: the newer one is the record.
            rows.sort(key=lambda item: item["version"])
        return self._live(rows[-1]) if rows else None

    def _live(self, item: Item) -> E | None:
        if "expiresAt" in item and is_expired(item, self.store.access.clock.now()):
            return None
        return from_item(self.schema, item, self.store, self.table)

    def find_by_external_id(self, external_id: str) -> E | None:
        """The record with this external id, or None. Two calls: the guard, then the record."""
        id = self._guards().guarded_id(self._external_id, external_id)
        return None if id is None else self.find(id)

    def prefetch(self, named: Iterable[str], *, external_ids: Iterable[str] = ()) -> None:
        """Reads records at once for what a gathering (``dynamodb.gathering``) is about to do; without one, nothing.

        ``named`` are ids that a caller names, which may be anybody's; those that have ``external_ids`` are read with
        their guards. One call for a hundred where a key is enough; a Query for each, several at a time, where not.
        """
        gathering, schema, isolation = self.store.gathering, self.schema, self.store.isolation
        if gathering is None:
            return
        guards, values = self._guards(), list(external_ids)
        known = guards.prefetch(guards.guard_place(self._external_id, value) for value in values)
        wanted = list(named)
        own = [
            id
            for value in (values if known else ())
            if (id := guards.guarded_id(self._external_id, value)) is not None
        ]
        table, attribute = self.table, schema.key_attribute
        if schema.parent_attribute is not None:
            wanted, own = [*wanted, *own], []
        elif not isolation.reads_by_filter:
            gathering.read_rows(table, [{attribute: {"S": self._key(id)}} for id in (*wanted, *own)])
            return
        gathering.read_own_partitions(table, attribute, [self._key(id) for id in own])
        gathering.read_partitions(table, attribute, [self._key(id) for id in wanted])

    @property
    def _external_id(self) -> str:
        return f"{self.schema.entity}.externalId"

    def _key(self, id: str) -> str:
        return self.store.isolation.partition_key(self.store.tenant_id, id)

    def _guards(self) -> LookupTable:
        base = self.schema.lookup_table
        if base is None:
            raise ValueError(f"{self.schema.entity} has no lookup table")
        return LookupTable(self.store, base)

    def batch_get(self, ids: Iterable[str | tuple[str, str | None]]) -> dict[str, E]:
        """The records that exist and are not deleted, by id, strongly consistent; at most 100 rows a call.

        In a table with a sort key give ``(id, parent)``; a bare id costs a call of its own there. The ids
        must come from this tenant's own records: another tenant's row is ``ForeignRowError``, an alarm, not
        "missing".
        """
        schema, store = self.schema, self.store
        found: dict[str, E] = {}
        keys: list[Item] = []
        for given in dict.fromkeys(ids):
            if schema.parent_attribute is None:
                id = given if isinstance(given, str) else given[0]
                keys.append({schema.key_attribute: self._key(id)})
            elif isinstance(given, str):
                entity = self.find(given)
                if entity is not None:
                    found[given] = entity
            else:
                key = self._key(given[0])
                keys.append({schema.key_attribute: key, schema.parent_attribute: given[1] or NO_PARENT})
        for item in batch_get_rows(store, self.table, [encode(key) for key in keys]):
            entity = self._live(item)
            if entity is not None and entity.deleted_at is None:
                found[getattr(entity, schema.id_field)] = entity
        return found

    def find_all(self, ids: Iterable[str]) -> dict[str, E]:
        """The records that exist and are not deleted, by id, strongly consistent, of ids that a caller names.

        Other than in ``batch_get`` an id may be another tenant's, and is then missing like any other. One call
        for a hundred where keys hold the tenant; where a key alone is not enough, one Query for each.
        """
        wanted = list(dict.fromkeys(ids))
        if self.schema.parent_attribute is None and not self.store.isolation.reads_by_filter:
            return self.batch_get(wanted)
        return {id: found for id in wanted if (found := self.find(id)) is not None}

    # -- writes
    # --------------------------------------------------------------------------------------------------

    def add(
        self, entity: E, *extra: WriteOp, idempotency: str | None = None, client_supplied_id: bool = False
    ) -> E:
        """Stores a new record and gives it as stored. See ``create``, which also tells whether it was
        there.
        """
        return self.create(
            entity, *extra, idempotency=idempotency, client_supplied_id=client_supplied_id
        ).entity

    def create(
        self, entity: E, *extra: WriteOp, idempotency: str | None = None, client_supplied_id: bool = False
    ) -> Created[E]:
        """Stores a new record, in one call with ``extra``.

        ``idempotency`` is the fingerprint of the request (``request_fingerprint``), for a record whose id was
        derived from the idempotency key (``store.derived_id``). The conditional put is then the idempotency
        record: a repeated request gets the record that the first one made (as it is now, possibly a
        tombstone), another request under the same key ``IdempotencyKeyReusedError``.

        Otherwise an id that is taken is ``AlreadyExistsError``, or, when it is another tenant's, a
        ``ValidationError`` that says nothing about whose. ``DuplicateError`` names the record that has the
        same external id. ``client_supplied_id`` guards the id itself in a table with a sort key, whose key
        alone would not.
        """
        stamped, operations = plan_add(
            self.schema, self.store, self.table, entity, idempotency=idempotency, guard_id=client_supplied_id
        )
        try:
            write(self.store, [*operations, *extra])
        except AlreadyExistsError as error:
            id = getattr(entity, self.schema.id_field)
            if idempotency is None or error.entity != self.schema.entity or error.id != id:
                raise
            existing = self.find_any(id)
            if existing is None:
                raise
            if existing.create_fingerprint != idempotency:
                # An id that the client made says nothing about its key.
                if client_supplied_id:
                    raise
                raise IdempotencyKeyReusedError from error
            return Created(existing, replayed=True)
        return Created(stamped, replayed=False)

    def save(self, new: E, *, previous: E, extra: Iterable[WriteOp] = ()) -> E:
        """Stores a changed record over ``previous``, which the caller has read, and gives it as stored.

        ``VersionMismatchError`` when the record changed since, ``NotFoundError`` when it is gone. Without any
        change, nothing is written (but ``extra``) and ``previous`` is given. A new parent in a table with a
        sort key re-keys the record: version + 2, in one transaction.
        """
        stamped, operations = plan_save(self.schema, self.store, self.table, new, previous)
        self._write_over(operations, extra, previous)
        return stamped

    def _write_over(self, operations: list[WriteOp], extra: Iterable[WriteOp], previous: E) -> None:
        try:
            write(self.store, [*operations, *extra])
        except NotFoundError as error:
            id = getattr(previous, self.schema.id_field)
            if self.schema.parent_field is None or (error.entity, error.id) != (self.schema.entity, id):
                raise
            # Not under this parent any more, but perhaps under another: then it is a lost race, not a missing
            # record.
            moved = self.find(id)
            if moved is None:
                raise
            raise VersionMismatchError(moved.version) from error

    def rekey(self, entity: E, new_parent: str | None, *, extra: Iterable[WriteOp] = ()) -> E:
        """Moves a record under another parent: put at version + 2 and delete of the old row, in one
        transaction.

        The delete's event carries version + 1, so it loses against the put's in any order of arrival.
        """
        field = self.schema.parent_field
        if field is None:
            raise ValueError(f"{self.schema.entity} has no parent in its key")
        return self.save(entity.model_copy(update={field: new_parent}), previous=entity, extra=extra)

    def remove(self, entity: E, actor: str | None = None, *, extra: Iterable[WriteOp] = ()) -> E:
        """Deletes a record that the caller has read; gives its tombstone, which can be restored for 180
        days.
        """
        tombstone, operations = plan_remove(self.schema, self.store, self.table, entity, actor)
        self._write_over(operations, extra, entity)
        return tombstone

    def restore(self, tombstone: E, *, extra: Iterable[WriteOp] = ()) -> E:
        """Brings a deleted record back, going on from its version. Its external id must still be free."""
        stamped, operations = plan_restore(self.schema, self.store, self.table, tombstone)
        write(self.store, [*operations, *extra])
        return stamped

    # -- pages
    # ---------------------------------------------------------------------------------------------------

    def _page(
        self,
        index: str,
        partition_value: str | None,
        *,
        limit: int,
        cursor: str | None,
        query_name: str,
        filters: Mapping[str, str] | None = None,
        contains: Mapping[str, str] | None = None,
        descending: bool = False,
        sort_prefix: str | None = None,
        sort_between: tuple[str, str] | None = None,
        visibility_key: str = "all",
    ) -> Page[E]:
        """One page of an index, in its sort order, eventually consistent.

        ``partition_value`` is the plain value (None for an index by tenant or shard). ``filters`` are stored
        attributes that must equal a plain value; ``contains`` are sets that must hold one. With either, at
        most five Queries are made, then the page is short and has a cursor. ``sort_between`` is inclusive.
        The cursor is good for the same tenant, query name, arguments and ``visibility_key`` only: anything
        else is ``BadRequestError`` for ``cursor``.
        """
        query = PageQuery(
            index=index,
            partition_value=partition_value,
            limit=limit,
            cursor=cursor,
            query_name=query_name,
            filters=filters or {},
            contains=contains or {},
            descending=descending,
            sort_prefix=sort_prefix,
            sort_between=sort_between,
            visibility_key=visibility_key,
        )
        return read_page(self.schema, self.store, self.table, query)
