"""How one kind of record is stored: its table, keys and indexes, as data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeVar

from zebros_core.dynamodb.entity import SYSTEM_FIELDS, StoredEntity

__all__ = ["BESIDE_TOMBSTONE_TTL_SECONDS", "TOMBSTONE_TTL_SECONDS", "EntitySchema", "IndexSpec", "TableSpec"]

E = TypeVar("E", bound=StoredEntity)

TOMBSTONE_TTL_SECONDS: Final = 180 * 24 * 3600
"""How long a deleted record can be restored; afterwards its tombstone is removed by the table's TTL."""

BESIDE_TOMBSTONE_TTL_SECONDS: Final = TOMBSTONE_TTL_SECONDS + 24 * 3600
"""How long what lies beside a deleted record stays: the table's own clock may end the one before the other."""

_BASE_CODES: Final[Mapping[str, str]] = {"tags": "tg", "custom": "cu", "external_id": "xi"}


@dataclass(frozen=True, slots=True)
class IndexSpec:
    """A global secondary index, by the stored names of its partition and sort attribute.

    A ``sharded`` index has ``{tenant}#{shard}`` in its partition attribute, which the repository writes; a
    page of it merges the tenant's shards.
    """

    partition: str
    sort: str
    sharded: bool = False


@dataclass(frozen=True, slots=True)
class TableSpec:
    """A table's keys and indexes as they must be deployed: what templates are checked against."""

    base: str
    partition: str
    sort: str | None
    indexes: Mapping[str, IndexSpec]


def _no_attributes(_: Any) -> Mapping[str, str]:
    return {}


@dataclass(frozen=True)
class EntitySchema(Generic[E]):
    """How records of type ``model`` are stored. Wrong schemas are refused when they are made, with
    ``ValueError``.

    - ``id_field`` and ``parent_field`` are Python names; the stored names are their camelCase aliases, which
      are the table's partition and sort key. A missing parent is stored as ``~``.
    - ``scoped`` names stored attributes that are written as ``{tenant}#{value}``, so that an ordinary
      attribute is an index's partition key too; records show the plain value.
    - ``derived`` gives attributes that exist for indexes only; leave one out to keep the record out of the
      index. Those that an index sorts by are cut to 256 bytes.
    - ``field_codes`` gives each field that users can change a short code, by which ``field_versions`` names
      it.
    - ``upcasters[n]`` turns a stored item (plain values by stored name) of schema version n into one of n +
      1; the newest version is thus one more than the highest n.
    - ``lookup_table`` is where unique values and ids are guarded; needed for ``external_id``, and for
      client-supplied ids or idempotent creates in a table with a sort key.
    """

    entity: str
    model: type[E]
    table: str
    id_field: str
    parent_field: str | None = None
    scoped: frozenset[str] = frozenset()
    derived: Callable[[E], Mapping[str, str]] = _no_attributes
    indexes: Mapping[str, IndexSpec] = field(default_factory=dict[str, IndexSpec])
    field_codes: Mapping[str, str] = field(default_factory=dict[str, str])
    upcasters: Mapping[int, Callable[[dict[str, Any]], dict[str, Any]]] = field(
        default_factory=dict[int, Callable[[dict[str, Any]], dict[str, Any]]]
    )
    lookup_table: str | None = None

    key_attribute: str = field(init=False)
    parent_attribute: str | None = field(init=False)
    codes: Mapping[str, str] = field(init=False)
    current_version: int = field(init=False)
    index_attributes: frozenset[str] = field(init=False)
    sort_attributes: frozenset[str] = field(init=False)
    shard_attributes: frozenset[str] = field(init=False)
    empty_by_default: frozenset[str] = field(init=False)
    nullable: tuple[tuple[str, str], ...] = field(init=False)

    def __post_init__(self) -> None:
        derive = object.__setattr__
        fields = self.model.model_fields
        for name in filter(None, (self.id_field, self.parent_field)):
            if name not in fields:
                raise ValueError(f"{self.entity}: the model has no field {name}")
        derive(self, "key_attribute", self.stored_name(self.id_field))
        derive(self, "parent_attribute", self.stored_name(self.parent_field) if self.parent_field else None)
        derive(self, "codes", {**_BASE_CODES, **self.field_codes})
        uncoded = set(fields) - SYSTEM_FIELDS - {self.id_field} - set(self.codes)
        if uncoded:
            raise ValueError(f"{self.entity}: fields without a code: {', '.join(sorted(uncoded))}")
        unknown = set(self.codes) - set(fields)
        if unknown:
            raise ValueError(
                f"{self.entity}: codes for fields that do not exist: {', '.join(sorted(unknown))}"
            )
        if len(set(self.codes.values())) != len(self.codes):
            raise ValueError(f"{self.entity}: two fields have the same code")
        if sorted(self.upcasters) != list(range(1, len(self.upcasters) + 1)):
            raise ValueError(f"{self.entity}: upcasters must cover versions 1 to {len(self.upcasters)}")
        derive(self, "current_version", len(self.upcasters) + 1)
        derive(
            self,
            "index_attributes",
            frozenset(name for index in self.indexes.values() for name in (index.partition, index.sort)),
        )
        defaults: dict[str, Any] = {
            name: info.get_default(call_default_factory=True, validated_data={})
            for name, info in fields.items()
            if not info.is_required()
        }
        collections = (dict, list, tuple, set, frozenset)
        empty = (
            name for name, default in defaults.items() if isinstance(default, collections) and not default
        )
        derive(self, "empty_by_default", frozenset(map(self.stored_name, empty)))
        # Where None is not the default, it must be stored to be read back; an index key cannot be.
        pairs = ((self.stored_name(name), name) for name, default in defaults.items() if default is not None)
        nullable = tuple(
            pair for pair in pairs if pair[0] not in self.index_attributes and pair[1] in self.codes
        )
        derive(self, "nullable", nullable)
        derive(self, "sort_attributes", frozenset(index.sort for index in self.indexes.values()))
        shards = frozenset(index.partition for index in self.indexes.values() if index.sharded)
        derive(self, "shard_attributes", shards)
        if shards & self.scoped:
            raise ValueError(f"{self.entity}: a shard attribute is written by the repository, not scoped")
        for name, index in self.indexes.items():
            if not index.sharded and index.partition != "tenantId" and index.partition not in self.scoped:
                raise ValueError(
                    f"{self.entity}: index {name} has a partition key that does not start with the tenant"
                )

    def stored_name(self, name: str) -> str:
        """The stored (camelCase) name of a Python field name."""
        return self.model.model_fields[name].alias or name

    def changed_fields(self, previous: E, new: E) -> tuple[str, ...]:
        """The Python names of fields that users can change and that differ, in the model's order."""
        return tuple(
            name
            for name in self.model.model_fields
            if name in self.codes and self._differs(previous, new, name)
        )

    @staticmethod
    def _differs(previous: E, new: E, name: str) -> bool:
        return getattr(previous, name) != getattr(new, name)

    @property
    def table_spec(self) -> TableSpec:
        """The table as it must be deployed."""
        return TableSpec(self.table, self.key_attribute, self.parent_attribute, self.indexes)
