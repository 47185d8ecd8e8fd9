"""Define a custom field as a backup says, whatever there is of it."""

from zebros_core.errors import ConflictError
from zebros_core.records.mutations import OutcomeKind
from zebros_customers.domain.custom_field import FieldDraft, FieldRevision
from zebros_customers.use_cases.manage_fields import define_field, list_fields, revise_field
from zebros_customers.use_cases.workspace import Workspace


def put_field(workspace: Workspace, draft: FieldDraft) -> OutcomeKind:
    """Define a field, or give the one of that name this label and these choices; tell which.

    Raises ConflictError for one of another type, whose values are kept already, and beyond 50 fields of an entity.
    """
    known = next((field for field in list_fields(workspace, draft.entity) if field.name == draft.name), None)
    if known is None:
        define_field(workspace, draft)
        return OutcomeKind.CREATED
    if known.type is not draft.type:
        raise ConflictError(f"there is a custom field of this name of the type {known.type}")
    revision = {"label": draft.label} | ({"choices": draft.choices} if draft.choices else {})
    revised = revise_field(
        workspace, known.field_id, FieldRevision.model_validate(revision), expected_version=known.version
    )
    return OutcomeKind.UNCHANGED if revised == known else OutcomeKind.UPDATED
