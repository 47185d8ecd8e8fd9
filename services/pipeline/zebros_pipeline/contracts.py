"""Write what this service promises others: `make openapi`, or `python -m zebros_pipeline.contracts`."""

from __future__ import annotations

from pathlib import Path

from zebros_core.contracts import ServiceContracts
from zebros_pipeline.handlers.routes import ROUTES
from zebros_pipeline.repositories.keys import SCHEMAS

_DESCRIPTION = """\
Leads, opportunities, products, the stages and currencies of a tenant, and what its pipeline is worth. The tenant is the
access token's; nothing of another tenant is ever shown or named. Errors are problem documents (RFC 9457), `ETag` is a
record's version, and what is not known in a query or a body is refused."""
_TAGS = {
    "batch": "Up to 100 writes in one request.",
    "leads": "People who may become customers, and their conversion.",
    "opportunities": "Deals on their way through the stages.",
    "pipeline": "Stages and currencies, and what the deals in them are worth.",
    "products": "What is sold.",
}

CONTRACTS = ServiceContracts(
    root=Path(__file__).parents[1],
    title="Zebros CRM: pipeline",
    description=_DESCRIPTION.replace("\n", " "),
    tags=_TAGS,
    routes=ROUTES,
    schemas=SCHEMAS,
)

if __name__ == "__main__":
    CONTRACTS.write()
