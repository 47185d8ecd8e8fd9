"""Change a contact."""

from collections.abc import Callable

from zebros_core.records.unique import Receipt
from zebros_core.records.verbs import check_version
from zebros_core.records.workspace import Saved
from zebros_customers.domain.contact import Contact, ContactDraft
from zebros_customers.use_cases.create_contact import customer_of
from zebros_customers.use_cases.get_contact import get_contact
from zebros_customers.use_cases.workspace import Workspace


def update_contact(
    workspace: Workspace,
    contact_id: str,
    revise: Callable[[ContactDraft], ContactDraft],
    *,
    expected_version: int | None = None,
    skip_duplicates: bool = False,
    receipt: Receipt | None = None,
) -> Saved[Contact]:
    """Change a contact to what `revise` makes of its writable part; another customer moves it there.

    A move takes two versions. Errors as in `create_contact`, and VersionMismatchError when the contact is not at
    `expected_version` or changes meanwhile.
    """
    contact = get_contact(workspace, contact_id)
    workspace.ensure_allowed("contact", contact_id, contact, "write")
    check_version(contact, expected_version)
    draft = revise(contact.draft())
    revised = contact.revised(draft)
    if draft.customer_id != contact.customer_id:
        revised = revised.model_copy(update={"customer_id": draft.customer_id})
        customer = customer_of(workspace, draft.customer_id)
    else:
        customer = workspace.customers.find(contact.customer_id) if contact.customer_id else None
    if customer is not None:
        revised = revised.model_copy(update={"owner_id": customer.owner_id, "team_id": customer.team_id})
    workspace.ensure_assignable("contact", revised.owner_id, revised.team_id)
    workspace.check_custom("contact", revised.custom, contact.custom)
    with workspace.naming_only_visible():
        stored = workspace.contacts.save_unique(
            revised, previous=contact, skip_duplicates=skip_duplicates, receipt=receipt
        )
    return Saved(stored, stored.version != contact.version)
