"""Records of which two live ones may not share certain values, such as a name, unless the caller insists.

Each such value has a guard row that names the record; it is written in the record's own transaction, so two requests at
the same moment cannot both get it, and a delete sets it free at once. The guard of an external id is kept by the data
access layer itself and cannot be skipped.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeVar

from zebros_core.dynamodb.entity import StoredEntity
from zebros_core.dynamodb.operations import WriteOp, write
from zebros_core.dynamodb.repository import Created, Repository
from zebros_core.errors import ConflictError, DuplicateError


class RequestKey(Protocol):
    """What makes a repeated create the same: the client's key, and the fingerprint of the request that came with it."""

    @property
    def key(self) -> str: ...
    @property
    def fingerprint(self) -> str: ...


Receipt = Callable[[str, int], WriteOp]
"""Makes the row that remembers a mutation, from what it did and the version that it leads to."""


class HasUniqueValues(Protocol):
    """A record that knows what it may not share."""

    def unique_values(self) -> dict[str, str]:
        """Return the values by kind."""
        ...


E = TypeVar("E", bound=StoredEntity)
R = TypeVar("R")


class UniqueRepository(Repository[E]):
    """A repository whose records implement `HasUniqueValues`; its schema names the lookup table of their guards.

    Each verb takes `extra` writes, which happen in the record's own transaction or not at all.
    """

    def new_id(self, operation: str, repeat: RequestKey | None) -> str:
        """Return an id for a new record: always the same one for the same key."""
        return self.store.new_id() if repeat is None else self.store.derived_id(operation, repeat.key)

    def create_unique(
        self,
        record: E,
        *,
        repeat: RequestKey | None,
        client_supplied_id: bool,
        skip_duplicates: bool,
        receipt: Receipt | None = None,
        extra: tuple[WriteOp, ...] = (),
    ) -> Created[E]:
        """Store a new record and claim its values, in one call. Raises DuplicateError naming who has one of them."""
        return self._guarded(
            record,
            claims=_values(record),
            releases={},
            skip_duplicates=skip_duplicates,
            attempt=lambda guards: self.create(
                record,
                *guards,
                *_receipts(receipt, "created", 1),
                *extra,
                idempotency=repeat.fingerprint if repeat else None,
                client_supplied_id=client_supplied_id,
            ),
        )

    def save_unique(
        self,
        record: E,
        *,
        previous: E,
        skip_duplicates: bool,
        receipt: Receipt | None = None,
        extra: tuple[WriteOp, ...] = (),
    ) -> E:
        """Store a changed record, claim its new values and give the former ones back, in one call.

        Without any change only the receipt is written, and no `extra`.
        """
        changed = self.schema.changed_fields(previous, record)
        if not changed:
            return self.keep_unchanged(previous, receipt=receipt)
        version = previous.version + (2 if self.schema.parent_field in changed else 1)
        before, after = _values(previous), _values(record)
        return self._guarded(
            record,
            claims={kind: value for kind, value in after.items() if before.get(kind) != value},
            releases={kind: value for kind, value in before.items() if after.get(kind) != value},
            skip_duplicates=skip_duplicates,
            attempt=lambda guards: self.save(
                record, previous=previous, extra=[*guards, *_receipts(receipt, "updated", version), *extra]
            ),
        )

    def keep_unchanged(self, record: E, *, receipt: Receipt | None) -> E:
        """Note that a mutation found nothing to do: delivered again, when there would be, it does nothing either."""
        write(self.store, _receipts(receipt, "unchanged", record.version))
        return record

    def remove_unique(
        self, record: E, *, receipt: Receipt | None = None, extra: tuple[WriteOp, ...] = ()
    ) -> E:
        """Make the record a tombstone and give its values back, in one call."""
        return self._guarded(
            record,
            claims={},
            releases=_values(record),
            skip_duplicates=False,
            attempt=lambda guards: self.remove(
                record, extra=[*guards, *_receipts(receipt, "deleted", record.version + 1), *extra]
            ),
        )

    def restore_unique(
        self,
        tombstone: E,
        *,
        skip_duplicates: bool,
        receipt: Receipt | None = None,
        extra: tuple[WriteOp, ...] = (),
    ) -> E:
        """Bring a tombstone back and claim its values again, in one call."""
        return self._guarded(
            tombstone,
            claims=_values(tombstone),
            releases={},
            skip_duplicates=skip_duplicates,
            attempt=lambda guards: self.restore(
                tombstone,
                extra=[*guards, *_receipts(receipt, "restored", tombstone.version + 1), *extra],
            ),
        )

    def _guarded(
        self,
        record: E,
        *,
        claims: Mapping[str, str],
        releases: Mapping[str, str],
        skip_duplicates: bool,
        attempt: Callable[[list[WriteOp]], R],
    ) -> R:
        id: str = getattr(record, self.schema.id_field)
        while True:
            try:
                return attempt([*self._claims(claims, id), *self._releases(releases, id)])
            except DuplicateError as error:
                skipped = {found["match"] for found in error.records} & claims.keys()
                if not skip_duplicates or not skipped:
                    raise
                claims = {kind: value for kind, value in claims.items() if kind not in skipped}
            except ConflictError as error:
                # A record that was let in as a duplicate does not hold its guard, and has none to give back.
                held = {
                    kind: value for kind, value in releases.items() if self._holder(kind, value) in {id, None}
                }
                if type(error) is not ConflictError or held == releases:
                    raise
                releases = held

    def _claims(self, values: Mapping[str, str], id: str) -> list[WriteOp]:
        entity = self.schema.entity
        return [
            self._guards().put_guard(f"{entity}.{kind}", value, entity=entity, id=id, match=kind)
            for kind, value in values.items()
        ]

    def _releases(self, values: Mapping[str, str], id: str) -> list[WriteOp]:
        return [
            self._guards().delete_guard(f"{self.schema.entity}.{kind}", value, id=id)
            for kind, value in values.items()
        ]

    def _holder(self, kind: str, value: str) -> str | None:
        return self._guards().guarded_id(f"{self.schema.entity}.{kind}", value)


def _receipts(receipt: Receipt | None, outcome: str, version: int) -> list[WriteOp]:
    return [receipt(outcome, version)] if receipt is not None else []


def _values(record: Any) -> dict[str, str]:
    unique: HasUniqueValues = record
    return unique.unique_values()
