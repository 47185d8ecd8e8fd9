"""Write what this service promises others: `make openapi`, or `python -m zebros_activities.contracts`."""

from __future__ import annotations

from pathlib import Path

from zebros_activities.handlers.routes import ROUTES
from zebros_activities.repositories.keys import SCHEMAS
from zebros_core.contracts import ServiceContracts

_DESCRIPTION = """\
Calls, meetings, tasks, notes and e-mails on customers, contacts, leads and opportunities. The tenant is the access
token's; nothing of another tenant is ever shown or named. Errors are problem documents (RFC 9457), `ETag` is a record's
version, and what is not known in a query or a body is refused."""
_TAGS = {
    "activities": "What was done and is to be done, by itself or in a series.",
    "agenda": "What somebody has to do: today, next, late, done.",
    "comments": "What people say about an activity.",
    "email-templates": "Mails that a tenant writes again and again.",
    "emails": "Mails to contacts, each kept as an activity.",
    "timeline": "What happened to a record and around it, in all services.",
}

CONTRACTS = ServiceContracts(
    root=Path(__file__).parents[1],
    title="Zebros CRM: activities",
    description=_DESCRIPTION.replace("\n", " "),
    tags=_TAGS,
    routes=ROUTES,
    schemas=SCHEMAS,
)

if __name__ == "__main__":
    CONTRACTS.write()
