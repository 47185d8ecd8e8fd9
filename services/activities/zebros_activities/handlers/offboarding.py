"""The door through which a whole tenant leaves this service; see `zebros_core.tenancy.offboarding`."""

from collections.abc import Mapping
from typing import Any

from zebros_activities.bootstrap import container
from zebros_activities.repositories.keys import LOOKUP_TABLE, SCHEMAS
from zebros_core.bootstrap import ServiceContainer
from zebros_core.dynamodb.whole_tenant import TenantTable
from zebros_core.tenancy.offboarding import OffboardingDoor, TenantBucket


def _buckets(have: ServiceContainer) -> tuple[TenantBucket, ...]:
    # Mails and their templates are in the documents bucket, under the tenant: its owner exports and erases that whole.
    return (
        # Snapshots of large records on their way, and stream records set aside: copies of what the tables hold.
        TenantBucket("failures", have.core.failures_bucket, within=("", "failures/stream/"), exported=False),
    )


DOOR = OffboardingDoor(
    container,
    tables=(*(TenantTable.of(schema) for schema in SCHEMAS), TenantTable.lookup(LOOKUP_TABLE)),
    buckets=_buckets,
)


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Export or erase a part of a tenant, and say where to go on."""
    return DOOR.handler(event, context)
