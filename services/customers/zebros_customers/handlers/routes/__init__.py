"""HTTP routes, a module per resource."""

from zebros_customers.handlers.routes import batch, contacts, customers, documents, fields, merges

ROUTES = [
    route for module in (customers, contacts, documents, fields, merges, batch) for route in module.routes
]
"""Every route of this service; the API document is made of them."""

__all__ = ["ROUTES"]
