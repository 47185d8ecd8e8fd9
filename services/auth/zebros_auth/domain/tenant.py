"""The tenant: a company that uses this installation, as administrators of the platform see and change it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from zebros_auth.domain.operation import Operation, OperationKind
from zebros_auth.domain.user import Language, PersonName, SignInEmail, TimeZone
from zebros_core.errors import ConflictError, DuplicateError, FieldError, ValidationError
from zebros_core.tenancy.context import MAX_INDEX_SHARDS, PLATFORM_TENANT_ID, TENANT_ID_PATTERN, is_tenant_id
from zebros_core.tenancy.registry import TenantStatus
from zebros_core.tenancy.sync_strategies import DEFAULT, Strategy
from zebros_core.values import Name, Value

_OBJECTS: Final = "objects:"
# A tenant's integrations are clients `{tenant}-{name}`: under these the platform and Keycloak have clients themselves.
# And a tenant's objects are all that begins with its id: in the bucket of failures everybody's begin with `failures/`.
_RESERVED: Final = frozenset(
    {"account", "admin", "broker", "failures", "realm", "security", "zebros", PLATFORM_TENANT_ID}
)


def _tenant_id(text: str) -> str:
    if is_tenant_id(text) and text not in _RESERVED:
        return text
    if text in _RESERVED:
        raise PydanticCustomError("reserved_id", "this id is the platform's own")
    foreign = next((char for char in text if not char.isascii()), None)
    if foreign is not None:
        raise PydanticCustomError(
            "foreign_character",
            "only the letters a to z and digits: one character is {name}",
            {"name": unicodedata.name(foreign, f"U+{ord(foreign):04X}")},
        )
    if re.search(r"[A-Z]", text):
        raise PydanticCustomError("upper_case", "lower case only: ids that differ in case would be one")
    if re.search(r"[^a-z0-9]", text):
        raise PydanticCustomError("separator", "only the letters a to z and digits, no separators or spaces")
    if not re.match(r"[a-z]", text):
        raise PydanticCustomError("first_character", "it begins with a letter")
    raise PydanticCustomError("length", "4 to 24 characters")


TenantId = Annotated[str, AfterValidator(_tenant_id), Field(json_schema_extra={"pattern": TENANT_ID_PATTERN})]
"""What a tenant is called in keys, table names and tokens. It has no separator, is plain ASCII, and never changes."""


class Isolation(StrEnum):
    """How a tenant's data is kept apart: own tables, own keys in shared tables, or a mark on every item."""

    SILO = "silo"
    BRIDGE = "bridge"
    POOL = "pool"


class Tier(StrEnum):
    """What was sold."""

    STANDARD = "standard"
    PREMIUM = "premium"


class SyncedEntity(StrEnum):
    """What devices write, and `default` for all that has no strategy of its own."""

    DEFAULT = DEFAULT
    CUSTOMER = "customer"
    CONTACT = "contact"
    LEAD = "lead"
    PRODUCT = "product"
    OPPORTUNITY = "opportunity"
    ACTIVITY = "activity"


class TenantSettings(Value):
    """What is set for a tenant. `indexShards` is fixed at onboarding: the keys of its indexes depend on it."""

    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] = "EUR"
    time_zone: TimeZone = "UTC"
    language: Language = Language.ENGLISH
    index_shards: Annotated[int, Field(ge=1, le=MAX_INDEX_SHARDS)] = 1
    requests_per_second: int = 200
    request_burst: int = 400
    sync_strategies: dict[SyncedEntity, Strategy] = Field(default_factory=dict[SyncedEntity, Strategy])
    """How conflicts of devices' edits are settled, by entity; `fieldMerge` where nothing is said."""


class SettingsDraft(TenantSettings):
    """The same as it may be asked for: an operator may have set more by hand, which is shown and not judged."""

    requests_per_second: Annotated[int, Field(ge=1, le=10_000)] = 200
    request_burst: Annotated[int, Field(ge=1, le=20_000)] = 400


SETTINGS: Final = frozenset(field.alias or name for name, field in TenantSettings.model_fields.items())
"""The names of the settings that this version knows."""


class FirstAdmin(Value):
    """Who administers the tenant from the beginning, and invites everybody else."""

    email: SignInEmail
    name: PersonName
    language: Language = Language.ENGLISH


class TenantDraft(Value):
    """A new tenant."""

    id: TenantId
    name: Name
    isolation: Isolation
    tier: Tier = Tier.STANDARD
    settings: SettingsDraft = SettingsDraft()
    admin: FirstAdmin


class TenantChange(Value):
    """What may be changed of a tenant; `admin` only until there is one, after an onboarding that failed."""

    name: Name
    tier: Tier
    settings: SettingsDraft
    admin: FirstAdmin | None = None


class Suspension(Value):
    """Why a tenant is not served for a while; shown to administrators of the platform."""

    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]


class ServiceCounts(Value):
    """What was exported from, or erased in, one service: items by table, and objects."""

    tables: dict[str, int]
    objects: int

    @classmethod
    def of(cls, counts: Mapping[str, int]) -> ServiceCounts:
        """Return the counts of one pass, in which objects are under ``objects:{purpose}``."""
        tables = {name: count for name, count in counts.items() if not name.startswith(_OBJECTS)}
        return cls(tables=tables, objects=sum(counts.values()) - sum(tables.values()))

    def plus(self, other: ServiceCounts) -> ServiceCounts:
        """Return the counts of two passes together."""
        names = sorted(self.tables.keys() | other.tables.keys())
        summed = {name: self.tables.get(name, 0) + other.tables.get(name, 0) for name in names}
        return ServiceCounts(tables=summed, objects=self.objects + other.objects)


class OffboardingReport(Value):
    """What a tenant left: where its export lies, what was in it, and what was erased in each store."""

    export: str | None = None
    exported: Annotated[dict[str, ServiceCounts], Field(default_factory=dict)]
    services: Annotated[dict[str, ServiceCounts], Field(default_factory=dict)]
    removed_tables: int = 0
    people: int = 0
    clients: int = 0

    @classmethod
    def empty(cls) -> OffboardingReport:
        """Return the report before anything was done."""
        return cls(exported={}, services={})


class TenantRecord(Value):
    """A tenant as it is registered. `epoch` rises by one with every write and is the record's version.

    A record that was not onboarded here, such as one of the demo companies, has no `operation`.
    """

    model_config = ConfigDict(extra="ignore")  # the table may hold what this version does not know

    tenant_id: str
    name: str
    isolation: Isolation
    tier: str = Tier.STANDARD.value
    settings: TenantSettings = TenantSettings()
    status: TenantStatus = "active"
    epoch: int = 1
    admin: FirstAdmin | None = None
    reason: str | None = None
    operation: Operation | None = None
    report: OffboardingReport | None = None
    created_at: datetime | None = None
    created_by: str | None = None
    updated_at: datetime | None = None
    updated_by: str | None = None

    def draft(self) -> TenantChange:
        """Return the part that may be changed, as it stands."""
        settings = SettingsDraft.model_construct(
            **{name: getattr(self.settings, name) for name in SettingsDraft.model_fields}
        )
        return TenantChange(name=self.name, tier=Tier(self.tier), settings=settings, admin=self.admin)

    def changed(self, change: TenantChange) -> TenantRecord:
        """Return the tenant with a change applied.

        Raises ValidationError for what is fixed, ConflictError for one that leaves or for an admin who is there.
        """
        if self.status in ("offboarding", "offboarded"):
            raise ConflictError(f"This tenant is {self.status}; nothing of it is changed any more.")
        if change.settings.index_shards != self.settings.index_shards:
            raise ValidationError.for_field(
                "/settings/indexShards", "immutable", "Index shards are fixed at onboarding."
            )
        if change.admin != self.admin:
            operation = self.operation
            if (
                operation is None
                or operation.kind is not OperationKind.ONBOARDING
                or operation.is_done("admin")
                or change.admin is None
            ):
                raise ConflictError("The first administrator is there: change people by /v1/users.")
            if self.status != "failed":
                raise ConflictError("The first administrator is being made: wait until onboarding has ended.")
        return self.model_copy(update={name: getattr(change, name) for name in TenantChange.model_fields})


class TenantTakenError(DuplicateError):
    """The id, or the first administrator's address, is taken; the problem names which."""

    code = "duplicate"

    def __init__(self, field: str, entity: str, id: str, message: str) -> None:
        super().__init__([{"entity": entity, "id": id, "match": field}], message)
        self.fields = (FieldError("/" + field.replace(".", "/"), "taken", message),)
