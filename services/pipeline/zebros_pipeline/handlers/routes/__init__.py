"""HTTP routes, a module per resource."""

from zebros_pipeline.handlers.routes import (
    batch,
    conversions,
    dashboard,
    deals,
    leads,
    opportunities,
    products,
    settings,
    stages,
    totals,
)

ROUTES = [
    route
    for module in (
        leads,
        conversions,
        products,
        opportunities,
        stages,
        deals,
        settings,
        totals,
        dashboard,
        batch,
    )
    for route in module.routes
]
"""Every route of this service; the API document is made of them."""

__all__ = ["ROUTES"]
