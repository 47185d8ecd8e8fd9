"""`EntityChanged`: what consumers learn about a write, and the only event that the streams publish.

`Wire` is what every envelope on our bus is made of. An envelope is versioned as a whole. A consumer knows the
versions that it reads and refuses others; a new field is a new version, which consumers learn to read before
publishers start to write it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Final, Literal, Self, TypeVar, cast

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    model_validator,
)
from pydantic import ValidationError as PydanticError
from pydantic.alias_generators import to_camel

from zebros_core.clock import to_instant
from zebros_core.errors import FieldError
from zebros_core.messaging.errors import ForeignMessageError, MalformedMessageError, OversizedMessageError

ENVELOPE_VERSION: Final = 1
DETAIL_TYPE: Final = "EntityChanged"
MAX_MESSAGE_BYTES: Final = 262_144
"""The most that the bus and its queues carry."""

TenantId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]{3,23}$")]
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,63}$")]
RecordId = Annotated[str, StringConstraints(pattern=r"^[^#\x00-\x1f\x7f]{1,128}$")]
Text = Annotated[str, StringConstraints(min_length=1, max_length=256)]
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class Operation(StrEnum):
    CREATED = "created"
    UPDATED = "updated"
    DELETED = "deleted"
    """A tombstone was written: the record is in the trash."""
    RESTORED = "restored"
    REMOVED = "removed"
    """The stored item is gone from its key: it moved to another parent (whose event is newer), or was purged.
    """


class Wire(BaseModel):
    """The base of what goes over the bus: camelCase names, nothing that is not declared, no conversions."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, frozen=True, extra="forbid", strict=True
    )


class SnapshotRef(Wire):
    """Where a snapshot lies that is too large for the bus. `key` starts with the tenant."""

    bucket: Text
    key: Annotated[str, StringConstraints(min_length=1, max_length=1024)]
    size_bytes: Annotated[int, Field(ge=0)]
    sha256: Digest


class EntityChanged(Wire):
    """One committed write of one record.

    `event_id` is derived from the write, so a repeated event has the same one. `changed` holds wire names of
    top-level fields, for updates only. `snapshot` is the record in wire form after the write; None for
    `removed`, or when `snapshot_ref` says where it is. `previous` has the changed fields as they were, for an
    update whose old image the stream gave (not for a move to another key). `actor` is a user id, None when no
    user is known; `job` the job that wrote, if any.
    """

    schema_version: Literal[1] = ENVELOPE_VERSION
    event_id: Text
    tenant_id: TenantId
    entity: Name
    id: RecordId
    version: Annotated[int, Field(ge=1, le=2**53)]
    operation: Operation
    changed: tuple[Name, ...] = ()
    actor: Text | None = None
    job: Text | None = None
    occurred_at: AwareDatetime
    snapshot: dict[str, Any] | None = None
    previous: dict[str, Any] | None = None
    snapshot_ref: SnapshotRef | None = None

    @model_validator(mode="after")
    def _one_snapshot_of_this_tenant(self) -> Self:
        if self.snapshot is not None and self.snapshot_ref is not None:
            raise ValueError("snapshot and snapshotRef exclude each other")
        if self.operation is Operation.REMOVED and (self.snapshot or self.snapshot_ref):
            raise ValueError("a removed record has no snapshot")
        return self

    @property
    def detail_type(self) -> str:
        """The name under which rules on the bus know this event."""
        return DETAIL_TYPE

    @property
    def key(self) -> tuple[str, str, str]:
        """(tenant, entity, id): what versions are counted for."""
        return self.tenant_id, self.entity, self.id

    @property
    def is_gone(self) -> bool:
        """Whether readers see no record after this write."""
        return self.operation in (Operation.DELETED, Operation.REMOVED)

    def to_wire(self) -> str:
        """The envelope as JSON text."""
        return wire_text(self, occurredAt=self.occurred_at)


def wire_text(event: Wire, **instants: datetime) -> str:
    """An envelope as JSON text, its instants (by wire name) in the one form that they have on the bus."""
    document = event.model_dump(mode="json", by_alias=True)
    document |= {name: instant_text(value) for name, value in instants.items()}
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def instant_text(value: datetime) -> str:
    return f"{to_instant(value).replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"


def parse_entity_changed(
    message: str | bytes | Mapping[str, Any], *, tenant_id: str | None = None
) -> EntityChanged:
    """Read an envelope that arrived, trusting nothing.

    Raises OversizedMessageError, MalformedMessageError (naming the fields) or ForeignMessageError: when
    `tenant_id` is given and another one's event came, or when the snapshot belongs to a tenant that the
    envelope does not name.
    """
    event = parse_wire(_ADAPTER, message)
    owners = {event.tenant_id}
    if tenant_id is not None:
        owners.add(tenant_id)
    if event.snapshot is not None and "tenantId" in event.snapshot:
        owners.add(str(event.snapshot["tenantId"]))
    if event.snapshot_ref is not None:
        owners.add(event.snapshot_ref.key.partition("/")[0])
    if len(owners) != 1:
        raise ForeignMessageError
    return event


def json_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of the envelope on the wire."""
    schema = EntityChanged.model_json_schema(by_alias=True, mode="validation")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


_ADAPTER: Final = TypeAdapter(EntityChanged)
W = TypeVar("W", bound=Wire)


def parse_wire(adapter: TypeAdapter[W], message: str | bytes | Mapping[str, Any]) -> W:
    """Any envelope that arrived. Raises OversizedMessageError, MalformedMessageError (naming the fields)."""
    document = read_json(message) if isinstance(message, str | bytes) else message
    try:
        return adapter.validate_json(json.dumps(document, allow_nan=False))
    except PydanticError as error:
        raise MalformedMessageError(fields=_fields(error)) from None
    except (TypeError, ValueError, RecursionError):
        raise MalformedMessageError from None


def read_json(message: str | bytes) -> Any:
    """Strict JSON: valid UTF-8, no repeated names, no NaN; at most what the bus carries."""
    data = message.encode("utf-8", "surrogatepass") if isinstance(message, str) else message
    if len(data) > MAX_MESSAGE_BYTES:
        raise OversizedMessageError
    try:
        return json.loads(data.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise MalformedMessageError("The message is not JSON.") from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name is repeated")
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _fields(error: PydanticError) -> tuple[FieldError, ...]:
    """Which fields are wrong and how; never their values, which may be anybody's."""
    return tuple(
        FieldError(
            "/" + "/".join(str(part) for part in cast("tuple[Any, ...]", fault["loc"])),
            fault["type"],
            fault["msg"],
        )
        for fault in error.errors(include_input=False, include_context=False, include_url=False)
    )
