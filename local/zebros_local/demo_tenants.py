"""The two demo companies: their records in the tenant registry, and own tables for the one that is a silo."""

from __future__ import annotations

from zebros_core.tenancy.registry import DynamoDbTenantRegistry, Tenant
from zebros_local.deploy import emulator_client
from zebros_local.identity import Realm
from zebros_local.settings import STAGE
from zebros_local.state import StackState

REGISTRY_TABLE = f"zebros-{STAGE}-tenants"


def ensure_demo_tenants(state: StackState) -> list[str]:
    """Register the demo tenants and make the silo's tables; return what exists. Safe to repeat."""
    registry = DynamoDbTenantRegistry(emulator_client("dynamodb", state), REGISTRY_TABLE)
    made: list[str] = []
    for demo in Realm.load().tenants:
        registry.put(Tenant(id=demo.id, name=demo.name, isolation=demo.isolation))
        made.append(f"{demo.id} ({demo.isolation})")
    return made
