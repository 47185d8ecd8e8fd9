"""Write what this service promises others: `make openapi`, or `python -m zebros_jobs.contracts`."""

from __future__ import annotations

from pathlib import Path

from zebros_core.contracts import ServiceContracts
from zebros_jobs.handlers.routes import ROUTES
from zebros_jobs.repositories.keys import SCHEMAS

_DESCRIPTION = """\
Work that takes longer than a request: imports, exports, reports, privacy requests, backups. Each is a job, which is
started here, watched until it ends, and leaves a result and files. The tenant is the access token's; nothing of another
tenant is ever shown or named. Errors are problem documents (RFC 9457), and what is not known in a query or a body is
refused."""
_TAGS = {
    "jobs": "What was started, how far it is, how it ended.",
    "imports": "Files to records: announced, uploaded, looked at, started, undone.",
    "exports": "Records as files.",
    "reports": "Figures of sales, activities, customers and leads, with charts.",
    "report-schedules": "Reports that come by mail, again and again.",
    "backups": "Everything of a tenant, encrypted, and back again.",
    "privacy": "Requests of persons, legal holds, certificates.",
}

CONTRACTS = ServiceContracts(
    root=Path(__file__).parents[1],
    title="Zebros CRM: jobs",
    description=_DESCRIPTION.replace("\n", " "),
    tags=_TAGS,
    routes=ROUTES,
    schemas=SCHEMAS,
)

if __name__ == "__main__":
    CONTRACTS.write()
