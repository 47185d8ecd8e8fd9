"""Move a contact to the trash."""

from zebros_core.records.unique import Receipt
from zebros_core.records.verbs import delete_live
from zebros_customers.domain.contact import Contact
from zebros_customers.use_cases.workspace import Workspace


def delete_contact(
    workspace: Workspace,
    contact_id: str,
    *,
    expected_version: int | None = None,
    receipt: Receipt | None = None,
) -> Contact:
    """Move a contact to the trash, from where it can be restored for 180 days; return its tombstone."""
    return delete_live(workspace, "contact", contact_id, expected_version=expected_version, receipt=receipt)
