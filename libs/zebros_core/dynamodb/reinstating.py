"""What putting a record back writes of which nothing is left: the record, with its own beginning and its own version.

Consumers know records by id and version: one that comes back is above whatever they may have heard of it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from zebros_core.dynamodb.entity import StoredEntity
from zebros_core.dynamodb.lookup import LookupTable
from zebros_core.dynamodb.mapping import encoded, to_item
from zebros_core.dynamodb.operations import WriteOp
from zebros_core.dynamodb.schema import EntitySchema
from zebros_core.dynamodb.store import TenantStore
from zebros_core.dynamodb.writes import plan_add

__all__ = ["plan_reinstate"]

E = TypeVar("E", bound=StoredEntity)


def plan_reinstate(
    schema: EntitySchema[E], store: TenantStore, table: str, entity: E, *, version: int
) -> tuple[E, list[WriteOp]]:
    """A record that is not there, with its id and who made it when, at `version`; else as a new one.

    Each field that has a value counts as changed by this version, but the parent: no move to another one is seen in it.
    """
    added, (put, *guards) = plan_add(schema, store, table, entity)
    stamped = added.model_copy(
        update={
            "version": version,
            "created_at": entity.created_at,
            "created_by": entity.created_by,
            "field_versions": {
                code: version
                for name, code in schema.codes.items()
                if name != schema.parent_field and getattr(added, name) not in (None, (), {}, frozenset())
            },
        }
    )
    operations = [
        replace(put, request={**put.request, "Item": encoded(to_item(schema, stamped, store))}),
        *guards,
    ]
    if schema.parent_field is not None and schema.lookup_table is not None:
        # The guard of an id outlasts its record, and is this one's.
        id = getattr(stamped, schema.id_field)
        guard = LookupTable(store, schema.lookup_table)
        operations.append(guard.put_guard(f"{schema.entity}.id", id, entity=schema.entity, id=id))
    return stamped, operations
