"""Create or replace a customer by its external id."""

from dataclasses import dataclass

from zebros_core.errors import DuplicateError, ValidationError
from zebros_core.values import normalised_external_id
from zebros_customers.domain.customer import Customer, CustomerDraft
from zebros_customers.use_cases.create_customer import create_customer
from zebros_customers.use_cases.update_customer import update_customer
from zebros_customers.use_cases.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Upserted:
    """A customer after an upsert, and what the upsert did."""

    record: Customer
    created: bool
    changed: bool


def upsert_customer(
    workspace: Workspace,
    external_id: str,
    draft: CustomerDraft,
    *,
    expected_version: int | None = None,
    skip_duplicates: bool = False,
) -> Upserted:
    """Create the customer with this external id, or make the one that has it like the draft.

    Raises ValidationError when the draft names another external id, otherwise as `create_customer` and
    `update_customer`.
    """
    external_id = normalised_external_id(external_id)
    if not external_id:
        raise ValidationError.for_field(
            "/externalId", "string_too_short", "an external id is more than spaces"
        )
    if draft.external_id not in {None, external_id}:
        raise ValidationError.for_field("/externalId", "differs_from_path", "not the external id of the path")
    wanted = draft.model_copy(update={"external_id": external_id})
    existing = workspace.customers.find_by_external_id(external_id)
    if existing is None:
        try:
            created = create_customer(workspace, wanted, skip_duplicates=skip_duplicates)
            return Upserted(created.entity, created=True, changed=True)
        except DuplicateError as error:
            # Somebody created it between our look and our write: then this is an update.
            existing = workspace.customers.find_by_external_id(external_id)
            if existing is None or not any(found["match"] == "externalId" for found in error.records):
                raise
    saved = update_customer(
        workspace,
        existing.customer_id,
        lambda _: wanted,
        expected_version=expected_version,
        skip_duplicates=skip_duplicates,
    )
    return Upserted(saved.record, created=False, changed=saved.changed)
