"""Bring a customer back from the trash."""

from zebros_core.errors import ConflictError
from zebros_core.records.unique import Receipt
from zebros_core.records.verbs import restore_deleted
from zebros_core.records.workspace import Saved
from zebros_customers.domain.customer import Customer
from zebros_customers.use_cases.workspace import Workspace


def restore_customer(
    workspace: Workspace, customer_id: str, *, skip_duplicates: bool = False, receipt: Receipt | None = None
) -> Saved[Customer]:
    """Bring a customer back as it was when it was deleted; a live one is returned as it stands.

    Raises DuplicateError as on create: another customer may have taken its name meanwhile.
    """
    customer = workspace.customers.get_any(customer_id)
    workspace.ensure_allowed("customer", customer_id, customer, "delete")
    if customer.merged_into is not None:
        raise ConflictError("this customer was merged into another one, which keeps its records")
    return restore_deleted(
        workspace, "customer", customer_id, skip_duplicates=skip_duplicates, receipt=receipt
    )
