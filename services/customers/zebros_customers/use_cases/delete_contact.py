"""Move a contact to the trash."""

from zebros_core.errors import VersionMismatchError
from zebros_customers.domain.contact import Contact
from zebros_customers.repositories.unique import Receipt
from zebros_customers.use_cases.get_contact import get_contact
from zebros_customers.use_cases.workspace import Workspace


def delete_contact(
    workspace: Workspace,
    contact_id: str,
    *,
    expected_version: int | None = None,
    receipt: Receipt | None = None,
) -> Contact:
    """Move a contact to the trash, from where it can be restored for 180 days; return its tombstone."""
    contact = get_contact(workspace, contact_id)
    workspace.ensure_allowed("contact", contact_id, contact, "delete")
    if expected_version is not None and contact.version != expected_version:
        raise VersionMismatchError(contact.version)
    return workspace.contacts.remove_unique(contact, receipt=receipt)
