"""Create a contact."""

from zebros_core.dynamodb.repository import Created
from zebros_core.errors import FieldError, NotFoundError, ValidationError
from zebros_core.records.unique import Receipt, RequestKey
from zebros_customers.domain.contact import Contact, ContactDraft
from zebros_customers.domain.customer import Customer
from zebros_customers.use_cases.get_customer import get_customer
from zebros_customers.use_cases.workspace import Workspace


def create_contact(
    workspace: Workspace,
    draft: ContactDraft,
    *,
    id: str | None = None,
    repeat: RequestKey | None = None,
    skip_duplicates: bool = False,
    receipt: Receipt | None = None,
) -> Created[Contact]:
    """Create a contact. One of a customer takes that customer's owner and team; otherwise the caller owns it.

    Raises ValidationError for a customer that the caller may not see, and, unless `skip_duplicates`, DuplicateError for
    a live contact of the same e-mail, or of the same name at the same customer; it is named if the caller may see it.
    """
    owner_id, team_id = ownership(workspace, draft, customer_of(workspace, draft.customer_id))
    workspace.ensure_assignable("contact", owner_id, team_id)
    workspace.check_custom("contact", draft.custom)
    contact = Contact(
        contact_id=id or workspace.contacts.new_id("createContact", repeat),
        **{name: getattr(draft, name) for name in ContactDraft.model_fields}
        | {"owner_id": owner_id, "team_id": team_id},
    )
    with workspace.naming_only_visible():
        created = workspace.contacts.create_unique(
            contact,
            repeat=repeat,
            client_supplied_id=id is not None,
            skip_duplicates=skip_duplicates,
            receipt=receipt,
        )
    return workspace.created("contact", created)


def customer_of(workspace: Workspace, customer_id: str | None) -> Customer | None:
    """Return the customer that a contact or document is for. Raises ValidationError for one that is out of sight."""
    if customer_id is None:
        return None
    try:
        return get_customer(workspace, customer_id)
    except NotFoundError as error:
        message = "no such customer"
        raise ValidationError(
            message, fields=(FieldError("/customerId", "unknown_reference", message),)
        ) from error


def ownership(workspace: Workspace, draft: ContactDraft, customer: Customer | None) -> tuple[str, str | None]:
    """Return owner and team of a contact: its customer's, or those of the draft, or the caller."""
    if customer is not None:
        return customer.owner_id, customer.team_id
    return workspace.owner_and_team(draft)
