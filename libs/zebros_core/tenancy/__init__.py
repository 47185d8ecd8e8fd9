"""Tenants: who acts for whom, how tenants are kept apart, and the registry that says which model is whose."""

from zebros_core.tenancy.context import (
    SYSTEM_ACTOR,
    IsolationName,
    PlatformContext,
    SystemContext,
    TenantContext,
    is_tenant_id,
)
from zebros_core.tenancy.isolation import BRIDGE, POOL, SILO, IsolationModel, isolation_model

__all__ = [
    "BRIDGE",
    "POOL",
    "SILO",
    "SYSTEM_ACTOR",
    "IsolationModel",
    "IsolationName",
    "PlatformContext",
    "SystemContext",
    "TenantContext",
    "is_tenant_id",
    "isolation_model",
]
