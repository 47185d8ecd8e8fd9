"""The door through which a whole tenant leaves this service; see `zebros_core.tenancy.offboarding`."""

from collections.abc import Mapping
from typing import Any

from zebros_core.bootstrap import ServiceContainer
from zebros_core.dynamodb.whole_tenant import TenantTable
from zebros_core.tenancy.offboarding import OffboardingDoor, TenantBucket
from zebros_pipeline.bootstrap import container
from zebros_pipeline.repositories.keys import LOOKUP_TABLE, SCHEMAS


def _buckets(have: ServiceContainer) -> tuple[TenantBucket, ...]:
    # Snapshots of large records on their way, and stream records set aside: copies of what the tables hold.
    return (
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
