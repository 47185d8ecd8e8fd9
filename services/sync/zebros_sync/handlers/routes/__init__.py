"""HTTP routes, a module per resource."""

from zebros_sync.handlers.routes import conflicts, states, sync

ROUTES = [route for module in (sync, conflicts, states) for route in module.routes]
"""Every route of this service; the API document is made of them."""

__all__ = ["ROUTES"]
