"""Read a contact."""

from zebros_customers.domain.contact import Contact
from zebros_customers.use_cases.workspace import Workspace


def get_contact(workspace: Workspace, contact_id: str) -> Contact:
    """Return a live contact that the caller may see. Raises NotFoundError."""
    contact = workspace.contacts.get(contact_id)
    workspace.ensure_readable("contact", contact_id, contact)
    return contact
