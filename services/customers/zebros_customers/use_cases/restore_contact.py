"""Bring a contact back from the trash."""

from zebros_core.records.unique import Receipt
from zebros_core.records.verbs import restore_deleted
from zebros_core.records.workspace import Saved
from zebros_customers.domain.contact import Contact
from zebros_customers.use_cases.workspace import Workspace


def restore_contact(
    workspace: Workspace, contact_id: str, *, skip_duplicates: bool = False, receipt: Receipt | None = None
) -> Saved[Contact]:
    """Bring a contact back as it was when it was deleted; a live one is returned as it stands.

    Raises DuplicateError as on create: another contact may have taken its e-mail meanwhile.
    """
    return restore_deleted(workspace, "contact", contact_id, skip_duplicates=skip_duplicates, receipt=receipt)
