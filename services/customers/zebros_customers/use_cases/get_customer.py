"""Read a customer."""

from zebros_core.errors import NotFoundError
from zebros_core.records.verbs import find_live_by_external_id
from zebros_customers.domain.customer import Customer
from zebros_customers.domain.errors import CustomerMergedError
from zebros_customers.use_cases.workspace import Workspace


def get_customer(workspace: Workspace, customer_id: str) -> Customer:
    """Return a live customer that the caller may see.

    Raises CustomerMergedError for the loser of a merge, naming the winner, if the caller may see both; otherwise
    NotFoundError.
    """
    customer = workspace.customers.get_any(customer_id)
    workspace.ensure_readable("customer", customer_id, customer)
    if customer.merged_into is not None:
        workspace.ensure_readable("customer", customer_id, workspace.customers.get_any(customer.merged_into))
        raise CustomerMergedError(customer.merged_into)
    if customer.is_deleted:
        raise NotFoundError("customer", customer_id)
    return customer


def find_customer_by_external_id(workspace: Workspace, external_id: str) -> Customer:
    """Return the live customer with this external id, if the caller may see it. Raises NotFoundError."""
    return find_live_by_external_id(workspace, "customer", external_id)
