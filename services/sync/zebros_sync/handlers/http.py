"""The public API: every request of the gateway for this service."""

from collections.abc import Mapping
from typing import Any

from zebros_core.cold_start import uncollected

# Built while the runtime loads the function: that phase has the processor to itself, and a snapshot then holds what it
# made. No secret is read and no connection opened; only the runtime imports this module.
with uncollected():
    from zebros_sync.bootstrap import container
    from zebros_sync.handlers.routes import ROUTES

    _app = container().http_app(ROUTES)


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Answer a request (payload format 2.0)."""
    return _app.handler(event, context)
