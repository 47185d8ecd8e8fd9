"""Create or replace a customer by its external id."""

from zebros_core.records.verbs import Upserted, upsert
from zebros_customers.domain.customer import Customer, CustomerDraft
from zebros_customers.use_cases.create_customer import create_customer
from zebros_customers.use_cases.update_customer import update_customer
from zebros_customers.use_cases.workspace import Workspace


def upsert_customer(
    workspace: Workspace,
    external_id: str,
    draft: CustomerDraft,
    *,
    expected_version: int | None = None,
    skip_duplicates: bool = False,
) -> Upserted[Customer]:
    """Create the customer with this external id, or make the one that has it like the draft.

    Raises ValidationError when the draft names another external id, otherwise as `create_customer` and
    `update_customer`.
    """
    return upsert(
        workspace,
        "customer",
        external_id,
        draft,
        create=create_customer,
        update=update_customer,
        expected_version=expected_version,
        skip_duplicates=skip_duplicates,
    )
