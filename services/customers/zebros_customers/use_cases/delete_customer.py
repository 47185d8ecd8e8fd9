"""Move a customer to the trash."""

from zebros_core.records.unique import Receipt
from zebros_core.records.verbs import check_version
from zebros_customers.domain.customer import Customer
from zebros_customers.use_cases.get_customer import get_customer
from zebros_customers.use_cases.workspace import Workspace


def delete_customer(
    workspace: Workspace,
    customer_id: str,
    *,
    expected_version: int | None = None,
    receipt: Receipt | None = None,
) -> Customer:
    """Move a customer to the trash, from where it can be restored for 180 days; return its tombstone.

    Its name, e-mail and external id are free at once. Its contacts and documents stay as they are, and are reached
    again under it after a restore.
    """
    customer = get_customer(workspace, customer_id)
    workspace.ensure_allowed("customer", customer_id, customer, "delete")
    check_version(customer, expected_version)
    return workspace.customers.remove_unique(customer, receipt=receipt)
