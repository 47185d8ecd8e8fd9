"""Define, change and remove the custom fields of a tenant."""

from zebros_core.errors import (
    AlreadyExistsError,
    ConflictError,
    NotFoundError,
    ValidationError,
    VersionMismatchError,
)
from zebros_core.records.custom import FieldDefinition, FieldType
from zebros_customers.domain.custom_field import (
    MAX_FIELDS_PER_ENTITY,
    FieldDraft,
    FieldEntity,
    FieldRevision,
)
from zebros_customers.use_cases.workspace import Workspace


def list_fields(workspace: Workspace, entity: FieldEntity | None) -> list[FieldDefinition]:
    """Return the definitions of an entity, or of all."""
    workspace.visibility("field", "read")
    return workspace.fields.of_entity(entity)


def get_field(workspace: Workspace, field_id: str) -> FieldDefinition:
    """Return a definition. Raises NotFoundError."""
    workspace.visibility("field", "read")
    definition = workspace.fields.find(field_id)
    if definition is None:
        raise NotFoundError("field", field_id)
    return definition


def define_field(workspace: Workspace, draft: FieldDraft) -> FieldDefinition:
    """Define a field. An identical definition is returned as it stands; a different one of that name is refused.

    Raises AlreadyExistsError for the latter, ConflictError beyond 50 fields of an entity.
    """
    workspace.visibility("field", "write")
    known = {definition.name: definition for definition in workspace.fields.of_entity(draft.entity)}
    existing = known.get(draft.name)
    if existing is None and len(known) >= MAX_FIELDS_PER_ENTITY:
        raise ConflictError(
            f"a {draft.entity} has at most {MAX_FIELDS_PER_ENTITY} custom fields; remove one first"
        )
    defined = workspace.fields.define(draft) if existing is None else existing
    if defined is None or any(
        getattr(defined, name) != getattr(draft, name) for name in FieldDraft.model_fields
    ):
        raise AlreadyExistsError("field", draft.name)
    return defined


def revise_field(
    workspace: Workspace, field_id: str, revision: FieldRevision, *, expected_version: int | None
) -> FieldDefinition:
    """Change the label or the choices of a field. Values that are no longer a choice stay until they are changed."""
    workspace.visibility("field", "write")
    definition = get_field(workspace, field_id)
    if expected_version is not None and definition.version != expected_version:
        raise VersionMismatchError(definition.version)
    if revision.choices is not None and (definition.type is not FieldType.CHOICE or not revision.choices):
        raise ValidationError.for_field(
            "/choices", "choices", "only a field of type choice has choices, at least one"
        )
    changes = {name: getattr(revision, name) for name in revision.model_fields_set}
    if changes.get("choices", ()) is None:
        del changes["choices"]
    revised = definition.model_copy(update=changes)
    return definition if revised == definition else workspace.fields.replace(revised, previous=definition)


def remove_field(workspace: Workspace, field_id: str, *, expected_version: int | None) -> None:
    """Remove a definition. Values under it stay on their records and can no longer be set."""
    workspace.visibility("field", "delete")
    definition = get_field(workspace, field_id)
    if expected_version is not None and definition.version != expected_version:
        raise VersionMismatchError(definition.version)
    workspace.fields.remove(definition)
