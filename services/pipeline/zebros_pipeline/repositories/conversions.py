"""Conversions of leads: one row each, from which an interrupted one goes on."""

from collections.abc import Mapping
from typing import Any, Final, Literal

from zebros_core.dynamodb.lookup import LookupTable
from zebros_core.dynamodb.operations import WriteOp
from zebros_core.dynamodb.store import TenantStore
from zebros_core.ids import derived_id
from zebros_pipeline.domain.conversion import Conversion, ConversionState
from zebros_pipeline.repositories.keys import LOOKUP_TABLE

_SORT_KEY: Final = "-"


class ConversionRepository:
    """One tenant's conversions. A lead has one, which counts its attempts."""

    def __init__(self, store: TenantStore) -> None:
        self._store = store
        self._lookup = LookupTable(store, LOOKUP_TABLE)

    def id_of(self, lead_id: str) -> str:
        """Return the id of a lead's conversion."""
        return derived_id(self._store.tenant_id, "conversion", lead_id)

    def record_id(self, conversion_id: str, attempt: int, entity: str) -> str:
        """Return the id of the record that an attempt makes: the same one, whoever carries it out."""
        return derived_id(self._store.tenant_id, conversion_id, str(attempt), entity)

    def find(self, conversion_id: str) -> Conversion | None:
        """Return a conversion as it is, or None."""
        row = self._lookup.get(("conversion", conversion_id), _SORT_KEY)
        return None if row is None else Conversion.model_validate_json(row["document"])

    def start(self, conversion: Conversion, *, previous: Conversion | None) -> WriteOp:
        """Return the write of a new attempt, to be part of the transaction that marks the lead."""
        return self._put(conversion, "absent" if previous is None else _condition(previous))

    def replaced(self, conversion: Conversion, *, previous: Conversion) -> WriteOp:
        """Return the write of how far a conversion is now, for a transaction; a ConflictError for a lost race."""
        return self._put(conversion, _condition(previous))

    def replace(self, conversion: Conversion, *, previous: Conversion) -> bool:
        """Store how far a conversion is; False where another worker was faster."""
        key = ("conversion", conversion.conversion_id)
        return self._lookup.put(key, _SORT_KEY, _row(conversion), condition=_condition(previous))

    def _put(self, conversion: Conversion, condition: Mapping[str, Any] | Literal["absent"]) -> WriteOp:
        key = ("conversion", conversion.conversion_id)
        return self._lookup.put_op(key, _SORT_KEY, _row(conversion), condition=condition)


def is_over(conversion: Conversion) -> bool:
    """Tell whether nothing is left to be done."""
    return conversion.state in {ConversionState.DONE, ConversionState.FAILED}


def _row(conversion: Conversion) -> dict[str, Any]:
    return {
        "state": conversion.state.value,
        "attempt": conversion.attempt,
        "document": conversion.model_dump_json(by_alias=True, exclude_none=True),
    }


def _condition(conversion: Conversion) -> dict[str, Any]:
    return {"state": conversion.state.value, "attempt": conversion.attempt}
