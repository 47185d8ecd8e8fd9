"""List contacts: all, by owner or team, by e-mail, or of one customer by name."""

from zebros_core.dynamodb.paging import Page
from zebros_core.records.verbs import sight
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
    filters = {
        name: wanted
        for name, wanted in (("email", email), ("ownerId", owner), ("teamId", team))
        if wanted is not None
    }
    seen = sight(workspace, "contact", filters)
    if seen is None:
        return Page([], None)
    return workspace.contacts.page(
        filters,
        seen.limits,
        descending=descending,
        limit=limit,
        cursor=cursor,
        visibility_key=seen.scope,
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
