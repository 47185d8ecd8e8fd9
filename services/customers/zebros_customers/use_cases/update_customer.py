"""Change a customer."""

from collections.abc import Callable

from zebros_core.records.unique import Receipt
from zebros_core.records.verbs import check_version
from zebros_core.records.workspace import Saved
from zebros_customers.domain.customer import Customer, CustomerDraft
from zebros_customers.use_cases.get_customer import get_customer
from zebros_customers.use_cases.workspace import Workspace


def update_customer(
    workspace: Workspace,
    customer_id: str,
    revise: Callable[[CustomerDraft], CustomerDraft],
    *,
    expected_version: int | None = None,
    skip_duplicates: bool = False,
    receipt: Receipt | None = None,
) -> Saved[Customer]:
    """Change a customer to what `revise` makes of its writable part; nothing is written where nothing changes.

    Raises VersionMismatchError when the customer is not at `expected_version` or changes meanwhile, ForbiddenError when
    it is outside the caller's reach before or after, DuplicateError as on create.
    """
    customer = get_customer(workspace, customer_id)
    workspace.ensure_allowed("customer", customer_id, customer, "write")
    check_version(customer, expected_version)
    revised = customer.revised(revise(customer.draft()))
    workspace.ensure_assignable("customer", revised.owner_id, revised.team_id)
    workspace.check_custom("customer", revised.custom, customer.custom)
    with workspace.naming_only_visible():
        stored = workspace.customers.save_unique(
            revised, previous=customer, skip_duplicates=skip_duplicates, receipt=receipt
        )
    return Saved(stored, stored.version != customer.version)
