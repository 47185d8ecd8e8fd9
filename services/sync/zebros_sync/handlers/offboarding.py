"""The door through which a whole tenant leaves this service; see `zebros_core.tenancy.offboarding`."""

from collections.abc import Mapping
from typing import Any

from zebros_core.dynamodb.whole_tenant import TenantTable
from zebros_core.tenancy.offboarding import OffboardingDoor
from zebros_sync.bootstrap import container
from zebros_sync.repositories.keys import LOG_TABLE, STATE_TABLE

DOOR = OffboardingDoor(container, tables=(TenantTable.lookup(LOG_TABLE), TenantTable.lookup(STATE_TABLE)))


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Export or erase a part of a tenant, and say where to go on."""
    return DOOR.handler(event, context)
