"""HTTP routes, a module per resource."""

from zebros_jobs.handlers.routes import (
    backups,
    exports,
    imports,
    jobs,
    privacy,
    report_schedules,
    reports,
    retention,
)

ROUTES = [
    route
    for module in (jobs, imports, exports, reports, report_schedules, privacy, retention, backups)
    for route in module.routes
]
"""Every route of this service; the API document is made of them."""

__all__ = ["ROUTES"]
