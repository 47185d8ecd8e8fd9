"""HTTP routes, a module per resource."""

from zebros_auth.handlers.routes import devices, me, teams, users

ROUTES = [route for module in (me, devices, users, teams) for route in module.routes]
"""Every route of this service; the API document is made of them."""

__all__ = ["ROUTES"]
