"""The door through which a whole tenant leaves this service; see `zebros_core.tenancy.offboarding`."""

from collections.abc import Mapping
from typing import Any

from zebros_auth.bootstrap import container
from zebros_auth.repositories.keys import AUDIT_TABLE, LOOKUP_TABLE, SCHEMAS
from zebros_core.bootstrap import ServiceContainer
from zebros_core.dynamodb.whole_tenant import TenantTable
from zebros_core.tenancy.offboarding import OffboardingDoor, TenantBucket


def _buckets(have: ServiceContainer) -> tuple[TenantBucket, ...]:
    # Stream records set aside: copies of what the tables hold.
    return (
        TenantBucket("failures", have.core.failures_bucket, within=("", "failures/stream/"), exported=False),
    )


DOOR = OffboardingDoor(
    container,
    tables=(
        *(TenantTable.of(schema) for schema in SCHEMAS),
        TenantTable.lookup(LOOKUP_TABLE),
        TenantTable.lookup(AUDIT_TABLE),
    ),
    buckets=_buckets,
)


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Export or erase a part of a tenant, and say where to go on."""
    return DOOR.handler(event, context)
