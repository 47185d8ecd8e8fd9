"""HTTP routes, a module per resource."""

from zebros_auth.handlers.routes import (
    audit,
    devices,
    identity_providers,
    integrations,
    me,
    teams,
    tenants,
    users,
)

_RESOURCES = (me, devices, users, teams, integrations, audit, tenants, identity_providers)

ROUTES = [route for module in _RESOURCES for route in module.routes]
"""Every route of this service; the API document is made of them."""

__all__ = ["ROUTES"]
