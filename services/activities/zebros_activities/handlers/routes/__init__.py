"""HTTP routes, a module per resource."""

from zebros_activities.handlers.routes import (
    activities,
    agenda,
    comments,
    completion,
    email_templates,
    emails,
    timeline,
)

ROUTES = [
    route
    for module in (activities, agenda, completion, comments, timeline, emails, email_templates)
    for route in module.routes
]
"""Every route of this service; the API document is made of them."""

__all__ = ["ROUTES"]
