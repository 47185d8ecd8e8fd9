"""Create a customer."""

from zebros_core.dynamodb.repository import Created
from zebros_core.records.unique import Receipt, RequestKey
from zebros_customers.domain.customer import Customer, CustomerDraft
from zebros_customers.use_cases.workspace import Workspace


def create_customer(
    workspace: Workspace,
    draft: CustomerDraft,
    *,
    id: str | None = None,
    repeat: RequestKey | None = None,
    skip_duplicates: bool = False,
    receipt: Receipt | None = None,
) -> Created[Customer]:
    """Create a customer, owned by the caller unless the draft names an owner.

    `id` is one that the client made; `repeat` makes a repetition return the first one's record. Raises
    DuplicateError for a live customer of the same name or e-mail unless `skip_duplicates`, and always for one of the
    same external id; it names the customer if the caller may see it.
    """
    owner_id, team_id = workspace.owner_and_team(draft)
    workspace.ensure_assignable("customer", owner_id, team_id)
    workspace.check_custom("customer", draft.custom)
    customer = Customer(
        customer_id=id or workspace.customers.new_id("createCustomer", repeat),
        **{name: getattr(draft, name) for name in CustomerDraft.model_fields}
        | {"owner_id": owner_id, "team_id": team_id},
    )
    with workspace.naming_only_visible():
        created = workspace.customers.create_unique(
            customer,
            repeat=repeat,
            client_supplied_id=id is not None,
            skip_duplicates=skip_duplicates,
            receipt=receipt,
        )
    return workspace.created("customer", created)
