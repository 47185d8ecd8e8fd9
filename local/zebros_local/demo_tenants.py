"""The two demo companies: their records in the tenant registry, and own tables for the one that is a silo."""

from __future__ import annotations

from zebros_core.errors import NotFoundError
from zebros_core.tenancy.registry import DynamoDbTenantRegistry, Tenant
from zebros_core.tenancy.silo_tables import SiloTables
from zebros_local.deploy import emulator_client
from zebros_local.identity import Realm
from zebros_local.services import load_services
from zebros_local.settings import CHECKOUT, STAGE
from zebros_local.state import StackState

REGISTRY_TABLE = f"zebros-{STAGE}-tenants"

# It has no tables.
_SHARED_STACK = "infrastructure"


def ensure_demo_tenants(state: StackState) -> list[str]:
    """Register the demo tenants and make the silo's tables; return what exists. Safe to repeat."""
    registry = DynamoDbTenantRegistry(emulator_client("dynamodb", state), REGISTRY_TABLE)
    silos = SiloTables(
        dynamodb=emulator_client("dynamodb", state),
        lambda_=emulator_client("lambda", state),
        cloudformation=emulator_client("cloudformation", state),
        stage=STAGE,
    )
    stacks = [service.stack_name for service in load_services(CHECKOUT) if service.name != _SHARED_STACK]
    made: list[str] = []
    for demo in Realm.load().tenants:
        if demo.isolation == "silo":
            silos.provision(demo.id, stacks)
        _register(registry, Tenant(id=demo.id, name=demo.name, isolation=demo.isolation))
        made.append(f"{demo.id} ({demo.isolation})")
    return made


def _register(registry: DynamoDbTenantRegistry, tenant: Tenant) -> None:
    """Leave a tenant that exists as it is: somebody may have changed its settings to try something."""
    try:
        registry.get(tenant.id)
    except NotFoundError:
        registry.put(tenant)
