"""List contacts: all, by owner or team, by e-mail, or of one customer by name."""

from zebros_core.auth.permissions import visibility_key
from zebros_core.dynamodb.paging import Page
from zebros_customers.domain.contact import Contact
from zebros_customers.use_cases.get_customer import get_customer
from zebros_customers.use_cases.workspace import Workspace


def list_contacts(
    workspace: Workspace,
    *,
    email: str | None,
    owner: str | None,
    team: str | None,
    descending: bool,
    limit: int,
    cursor: str | None,
) -> Page[Contact]:
    """Return a page of the live contacts that the caller may see, by the time of their creation."""
    scope = visibility_key(workspace.visibility("contact", "read"), workspace.context)
    kind, _, value = scope.partition(":")
    limits = {"own": {"ownerId": value}, "team": {"teamId": value}}.get(kind, {})
    filters = {
        name: wanted
        for name, wanted in (("email", email), ("ownerId", owner), ("teamId", team))
        if wanted is not None
    }
    if any(filters.get(name, value) != value for name, value in limits.items()):
        return Page([], None)
    return workspace.contacts.page(
        filters, limits, descending=descending, limit=limit, cursor=cursor, visibility_key=scope
    )


def list_contacts_of_customer(
    workspace: Workspace, customer_id: str, *, limit: int, cursor: str | None
) -> Page[Contact]:
    """Return a page of a customer's contacts by last name. Raises NotFoundError for a customer out of sight.

    Contacts have their customer's owner and team, though for a moment after a change still the former ones: each is
    shown to whoever may read it alone, too.
    """
    get_customer(workspace, customer_id)
    return workspace.readable(
        "contact", workspace.contacts.page_by_customer(customer_id, limit=limit, cursor=cursor)
    )
