"""HTTP routes, a module per resource."""

from zebros_jobs.handlers.routes import backups, exports, jobs, privacy

ROUTES = [route for module in (jobs, exports, privacy, backups) for route in module.routes]
"""Every route of this service; the API document is made of them."""

__all__ = ["ROUTES"]
