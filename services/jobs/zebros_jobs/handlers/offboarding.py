"""The door through which a whole tenant leaves this service; see `zebros_core.tenancy.offboarding`."""

from collections.abc import Mapping
from typing import Any

from zebros_core.bootstrap import ServiceContainer
from zebros_core.dynamodb.whole_tenant import TenantTable
from zebros_core.tenancy.offboarding import OffboardingDoor, TenantBucket
from zebros_jobs.bootstrap import Container, container
from zebros_jobs.repositories.keys import LOOKUP_TABLE, SCHEMAS


def _buckets(have: ServiceContainer) -> tuple[TenantBucket, ...]:
    assert isinstance(have, Container)  # noqa: S101 - it is the container given below
    settings = have.settings
    return (
        TenantBucket("transfers", settings.transfers_bucket),
        TenantBucket("reports", settings.reports_bucket),
        # Encrypted, and copies of what the export holds in the clear.
        TenantBucket("backups", settings.backups_bucket, exported=False),
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
