"""Write what this service promises others: `make openapi`, or `python -m zebros_auth.contracts`."""

from __future__ import annotations

from pathlib import Path

from zebros_auth.handlers.routes import ROUTES
from zebros_auth.repositories.keys import SCHEMAS
from zebros_core.contracts import ServiceContracts

_DESCRIPTION = """\
Who uses the CRM and what they may do: a tenant's people, teams, integrations and audit log; and, for administrators of
the platform, the tenants. The tenant is the access token's; nothing of another tenant is ever shown or named. Errors
are problem documents (RFC 9457), `ETag` is a record's version, and what is not known in a query or a body is
refused."""
_TAGS = {
    "audit": "What happened, for a tenant's administrators: append-only.",
    "integrations": "Programs that call this API for a tenant, with credentials of their own.",
    "me": "The caller: profile, permissions with their reasons, preferences, devices.",
    "teams": "Groups of people; a role may see a team's records.",
    "tenants": "The companies that use this installation. For administrators of the platform only.",
    "users": "A tenant's people.",
}

CONTRACTS = ServiceContracts(
    root=Path(__file__).parents[1],
    title="Zebros CRM: identity and tenants",
    description=_DESCRIPTION.replace("\n", " "),
    tags=_TAGS,
    routes=ROUTES,
    schemas=SCHEMAS,
)

if __name__ == "__main__":
    CONTRACTS.write()
