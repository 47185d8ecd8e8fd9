"""Write what this service promises others: `make openapi`, or `python -m zebros_customers.contracts`."""

from __future__ import annotations

from pathlib import Path

from zebros_core.contracts import ServiceContracts
from zebros_customers.handlers.routes import ROUTES
from zebros_customers.repositories.keys import SCHEMAS

_DESCRIPTION = """\
Customers, contacts, documents and a tenant's custom fields. The tenant is the access token's; nothing of another tenant
is ever shown or named. Errors are problem documents (RFC 9457), `ETag` is a record's version, and what is not known in
a query or a body is refused."""
_TAGS = {
    "batch": "Up to 100 writes in one request.",
    "contacts": "People, of a customer or on their own.",
    "customers": "Companies that the tenant sells to.",
    "documents": "Files of a customer. Contents go to and from storage directly, by signed links.",
    "fields": "What a tenant adds to its customers and contacts.",
    "merges": "Two records of one customer made one.",
}

CONTRACTS = ServiceContracts(
    root=Path(__file__).parents[1],
    title="Zebros CRM: customers",
    description=_DESCRIPTION.replace("\n", " "),
    tags=_TAGS,
    routes=ROUTES,
    schemas=SCHEMAS,
)

if __name__ == "__main__":
    CONTRACTS.write()
