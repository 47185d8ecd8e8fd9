"""Bring a contact back from the trash."""

from zebros_customers.domain.contact import Contact
from zebros_customers.repositories.unique import Receipt
from zebros_customers.use_cases.workspace import Saved, Workspace


def restore_contact(
    workspace: Workspace, contact_id: str, *, skip_duplicates: bool = False, receipt: Receipt | None = None
) -> Saved[Contact]:
    """Bring a contact back as it was when it was deleted; a live one is returned as it stands.

    Raises DuplicateError as on create: another contact may have taken its e-mail meanwhile.
    """
    contact = workspace.contacts.get_any(contact_id)
    workspace.ensure_allowed("contact", contact_id, contact, "delete")
    if not contact.is_deleted:
        return Saved(workspace.contacts.keep_unchanged(contact, receipt=receipt), changed=False)
    with workspace.naming_only_visible():
        restored = workspace.contacts.restore_unique(
            contact, skip_duplicates=skip_duplicates, receipt=receipt
        )
    return Saved(restored, changed=True)
