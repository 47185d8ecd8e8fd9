"""Read a contact."""

from zebros_core.records.verbs import get_live
from zebros_customers.domain.contact import Contact
from zebros_customers.use_cases.workspace import Workspace


def get_contact(workspace: Workspace, contact_id: str) -> Contact:
    """Return a live contact that the caller may see. Raises NotFoundError."""
    return get_live(workspace, "contact", contact_id)
