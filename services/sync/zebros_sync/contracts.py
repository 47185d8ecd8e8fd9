"""Write what this service promises others: `make openapi`, or `python -m zebros_sync.contracts`."""

from __future__ import annotations

from pathlib import Path

from zebros_core.contracts import ServiceContracts
from zebros_sync.handlers.routes import ROUTES

_DESCRIPTION = """\
Offline sync: what changed in a tenant, in order, for devices that were away, and what their users did meanwhile. The
protocol, and why it loses nothing, is in architecture/sync.md. The tenant is the access token's; nothing of another
tenant is ever shown or named. Errors are problem documents (RFC 9457), and what is not known in a query or a body is
refused."""
_TAGS = {
    "conflicts": "Edits that met, and what became of them.",
    "states": "The copies that devices are served from, compared and made anew.",
    "sync": "Pull what is new, push what was done.",
}

CONTRACTS = ServiceContracts(
    root=Path(__file__).parents[1],
    title="Zebros CRM: sync",
    description=_DESCRIPTION.replace("\n", " "),
    tags=_TAGS,
    routes=ROUTES,
    schemas=(),
)

if __name__ == "__main__":
    CONTRACTS.write()
