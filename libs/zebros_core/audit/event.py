"""`AuditRecorded`: one entry of the audit log on its way to where it is kept.

An entry says who did what, or was refused what, when and from where. It holds no content of records: `details` are
names, counts and roles.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Final, Literal, TypeAlias

from pydantic import AwareDatetime, Field, StringConstraints, TypeAdapter

from zebros_core.clock import Clock
from zebros_core.ids import new_id
from zebros_core.messaging.envelope import Name, RecordId, TenantId, Text, Wire, parse_wire, wire_text
from zebros_core.tenancy import PlatformContext, SystemContext, TenantContext
from zebros_core.tenancy.context import PLATFORM_TENANT_ID

AUDIT_DETAIL_TYPE: Final = "AuditRecorded"
AUDIT_VERSION: Final = 1
MAX_DETAILS: Final = 20

Action = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,31}(\.[a-z][a-z0-9-]{0,31})?$")]
Outcome = Literal["done", "refused", "failed"]
Detail: TypeAlias = Annotated[str, StringConstraints(max_length=512)] | int | bool | None


class AuditEvent(Wire):
    """One entry.

    `id` is unique and sorts by time; a repeated delivery has the same one. `tenant_id` is whose log it belongs to:
    `platform`, which no tenant is called, for what no tenant's log can take. `actor` is a user id, or
    `system:{cause}`. `outcome`: `refused` for want of a right, `failed` for an attempt that did not succeed (a
    wrong password), else `done`. `ip` is the caller's address as the gateway saw it.
    """

    schema_version: Literal[1] = AUDIT_VERSION
    id: RecordId
    tenant_id: TenantId
    at: AwareDatetime
    actor: Text
    action: Action
    entity: Name | None = None
    record_id: RecordId | None = None
    outcome: Outcome = "done"
    details: Annotated[dict[Name, Detail], Field(max_length=MAX_DETAILS, default_factory=dict)]
    ip: Text | None = None
    request_id: Text | None = None

    @property
    def detail_type(self) -> str:
        """The name under which rules on the bus know this event."""
        return AUDIT_DETAIL_TYPE

    @property
    def occurred_at(self) -> datetime:
        """When it happened."""
        return self.at

    @property
    def key(self) -> tuple[str, str]:
        """(tenant, id): what is kept once."""
        return self.tenant_id, self.id

    def to_wire(self) -> str:
        """The envelope as JSON text."""
        return wire_text(self, at=self.at)


def new_audit_event(
    who: TenantContext | SystemContext | PlatformContext,
    action: str,
    *,
    clock: Clock,
    tenant_id: str | None = None,
    **facts: Any,
) -> AuditEvent:
    """An entry about what `who` does now; `facts` are further fields of `AuditEvent` by their Python names.

    It belongs to the log of the tenant of `who`; an administrator of the platform has none, so that what they do to
    a tenant is said with its `tenant_id`, and is the platform's without.
    """
    if isinstance(who, PlatformContext):
        owner, actor = tenant_id or PLATFORM_TENANT_ID, who.user_id
    elif tenant_id not in (None, who.tenant_id):
        raise ValueError("a context of one tenant writes no other's audit log")
    else:
        owner, actor = who.tenant_id, who.actor
    return AuditEvent(id=new_id(clock), tenant_id=owner, at=clock.now(), actor=actor, action=action, **facts)


def parse_audit_recorded(message: str | bytes | Mapping[str, Any]) -> AuditEvent:
    """Read an envelope that arrived, trusting nothing.

    Raises OversizedMessageError, MalformedMessageError (naming the fields).
    """
    return parse_wire(_ADAPTER, message)


def audit_json_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of the envelope on the wire."""
    schema = AuditEvent.model_json_schema(by_alias=True, mode="validation")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


_ADAPTER: Final = TypeAdapter(AuditEvent)
