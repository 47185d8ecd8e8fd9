"""What a stream record means: the operation is read off the two images, so no writer has to say it.

==========  =====================  ====================================================================
record      images                 event
==========  =====================  ====================================================================
INSERT      version 1              created
INSERT      higher version, whose  updated: the record moved to another key
            parent it changed
INSERT      other higher version   restored: the record was put back of which nothing was left
INSERT      a tombstone            deleted
MODIFY      becomes a tombstone    deleted
MODIFY      no longer a tombstone  restored
MODIFY      version not raised     none: nothing that a reader could see
MODIFY      else                   updated
REMOVE      by the table's TTL     none: the delete was published when the tombstone was written
REMOVE      else                   removed, at the old image's version + 1: a move writes its new item
                                   at version + 2, so the removal loses in whatever order they arrive
==========  =====================  ====================================================================

A write by which a person's values were erased is published without `previous`, which would hand them on, and as what
it is, whoever deleted a record before that.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar, cast

from zebros_core.clock import to_instant
from zebros_core.dynamodb.entity import StoredEntity
from zebros_core.dynamodb.schema import EntitySchema
from zebros_core.ids import derived_id
from zebros_core.messaging.envelope import EntityChanged, Operation
from zebros_core.messaging.errors import ForeignMessageError, MalformedMessageError
from zebros_core.messaging.images import ImageReader
from zebros_core.tenancy.context import ERASURE_ACTOR

E = TypeVar("E", bound=StoredEntity)

_TTL_PRINCIPAL = "dynamodb.amazonaws.com"


class ChangeReader(Generic[E]):
    """Turns stream records of one table into events."""

    def __init__(self, schema: EntitySchema[E]) -> None:
        self._schema = schema
        self._images = ImageReader(schema)

    def read(self, record: Mapping[str, Any], table_tenant: str | None) -> EntityChanged | None:
        """The event of a stream record, or None when it is not to be published. Raises PoisonError."""
        stream = record.get("dynamodb")
        if not isinstance(stream, Mapping):
            raise MalformedMessageError("The record has no images.")
        images = cast("Mapping[str, Any]", stream)
        kind = record.get("eventName")
        if kind == "REMOVE" and _by_ttl(record):
            return None
        old = self._image(images, "OldImage", table_tenant) if kind in ("MODIFY", "REMOVE") else None
        new = self._image(images, "NewImage", table_tenant) if kind in ("INSERT", "MODIFY") else None
        if new is None:
            if old is None:
                raise MalformedMessageError("The record is of an unknown kind.")
            return self._removed(old, _instant(images))
        if old is not None and old.tenant_id != new.tenant_id:
            raise ForeignMessageError
        operation = self._operation(old, new)
        return None if operation is None else self._written(old, new, operation)

    def _image(self, images: Mapping[str, Any], name: str, table_tenant: str | None) -> E:
        image = images.get(name)
        if not isinstance(image, Mapping):
            raise MalformedMessageError(f"The record has no {name}.")
        return self._images.read(cast("Mapping[str, Any]", image), table_tenant)

    def _written(self, old: E | None, new: E, operation: Operation) -> EntityChanged:
        changed: tuple[str, ...] = ()
        previous: dict[str, Any] | None = None
        erases = new.updated_by == ERASURE_ACTOR
        if operation is Operation.UPDATED:
            names = self._changed_since(new) if old is None else self._schema.changed_fields(old, new)
            changed = tuple(self._schema.stored_name(name) for name in names)
            if old is not None and not erases:
                before = self._images.wire(old)
                previous = {name: before.get(name) for name in changed}
        actor = new.deleted_by if operation is Operation.DELETED and not erases else new.updated_by
        return self._event(
            new,
            new.version,
            operation,
            changed=changed,
            actor=actor or None,
            job=new.job_id or None,
            occurred_at=new.updated_at,
            snapshot=self._images.wire(new),
            previous=previous,
        )

    def _operation(self, old: E | None, new: E) -> Operation | None:
        if old is not None and new.version <= old.version:
            return None
        if new.is_deleted:
            return Operation.DELETED
        if old is not None:
            return Operation.RESTORED if old.is_deleted else Operation.UPDATED
        if new.version == 1:
            return Operation.CREATED
        return Operation.UPDATED if self._moved(new) else Operation.RESTORED

    def _moved(self, new: E) -> bool:
        """Tell whether this very version changed the parent, which a record that is put back never does."""
        parent = self._schema.parent_field
        return parent is not None and new.field_versions.get(self._schema.codes[parent]) == new.version

    def _removed(self, old: E, at: datetime) -> EntityChanged:
        return self._event(old, old.version + 1, Operation.REMOVED, occurred_at=at)

    def _changed_since(self, new: E) -> tuple[str, ...]:
        """The fields that this very version changed, where no old image tells."""
        names = {code: name for name, code in self._schema.codes.items()}
        return tuple(
            names[code] for code, at in new.field_versions.items() if at == new.version and code in names
        )

    def _event(self, record: E, version: int, operation: Operation, **facts: Any) -> EntityChanged:
        id = str(getattr(record, self._schema.id_field))
        return EntityChanged(
            event_id=derived_id(record.tenant_id, self._schema.entity, id, str(version), operation),
            tenant_id=record.tenant_id,
            entity=self._schema.entity,
            id=id,
            version=version,
            operation=operation,
            **facts,
        )


def _by_ttl(record: Mapping[str, Any]) -> bool:
    identity = record.get("userIdentity")
    if not isinstance(identity, Mapping):
        return False
    fields = cast("Mapping[str, Any]", identity)
    principal = fields.get("principalId", fields.get("PrincipalId"))
    return fields.get("type", fields.get("Type")) == "Service" and principal == _TTL_PRINCIPAL


def _instant(images: Mapping[str, Any]) -> datetime:
    """When the stream saw the write (whole seconds, as Lambda's event has it)."""
    seconds = images.get("ApproximateCreationDateTime")
    if isinstance(seconds, datetime):
        return to_instant(seconds)
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise MalformedMessageError("The record has no time.")
    return to_instant(datetime.fromtimestamp(seconds, UTC))
