"""Custom field definitions of a tenant: a handful of rows in one partition."""

from zebros_core.dynamodb.lookup import LookupTable
from zebros_core.dynamodb.store import TenantStore
from zebros_core.errors import VersionMismatchError
from zebros_core.ids import derived_id
from zebros_core.records.custom import FieldDefinition
from zebros_customers.domain.custom_field import FieldDraft
from zebros_customers.repositories.keys import LOOKUP_TABLE

_PARTITION = ("fields",)
_READ_LIMIT = 200


class FieldRepository:
    """One tenant's definitions."""

    def __init__(self, store: TenantStore) -> None:
        self._store = store
        self._lookup = LookupTable(store, LOOKUP_TABLE)

    def of_entity(self, entity: str | None = None) -> list[FieldDefinition]:
        """Return the definitions of an entity, or of all, by entity and name. One Query."""
        page = self._lookup.query(_PARTITION, sk_prefix=f"{entity}#" if entity else None, limit=_READ_LIMIT)
        return [
            FieldDefinition.model_validate({name: value for name, value in row.items() if name != "sk"})
            for row in page.items
        ]

    def find(self, field_id: str) -> FieldDefinition | None:
        """Return a definition by its id, or None."""
        return next((definition for definition in self.of_entity() if definition.field_id == field_id), None)

    def define(self, draft: FieldDraft) -> FieldDefinition | None:
        """Store a new definition; return None where the entity has a field of that name already."""
        field_id = derived_id(self._store.tenant_id, "field", draft.entity, draft.name)
        definition = FieldDefinition(**draft.model_dump(), field_id=field_id)
        stored = self._lookup.put(_PARTITION, _sort_key(definition), _row(definition), condition="absent")
        return definition if stored else None

    def replace(self, definition: FieldDefinition, *, previous: FieldDefinition) -> FieldDefinition:
        """Store a changed definition over the one that was read. Raises VersionMismatchError for a lost race."""
        stored = definition.model_copy(update={"version": previous.version + 1})
        condition = {"version": previous.version}
        if not self._lookup.put(_PARTITION, _sort_key(stored), _row(stored), condition=condition):
            raise VersionMismatchError(previous.version + 1)
        return stored

    def remove(self, definition: FieldDefinition) -> None:
        """Remove a definition; values under it stay on their records and can no longer be set."""
        self._lookup.delete(_PARTITION, _sort_key(definition))


def _sort_key(definition: FieldDefinition) -> str:
    return f"{definition.entity}#{definition.name}"


def _row(definition: FieldDefinition) -> dict[str, object]:
    return {
        name: value
        for name, value in definition.model_dump(mode="json", by_alias=True).items()
        if value is not None
    }
