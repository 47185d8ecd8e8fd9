"""Customers that were deleted or merged away: a row each, written before their opportunities are marked or moved.

An opportunity that is written meanwhile finds it when its own event arrives, so none is left behind.
"""

from typing import Final

from zebros_core.dynamodb.lookup import LookupTable
from zebros_core.dynamodb.store import TenantStore
from zebros_core.errors import ConflictError
from zebros_pipeline.domain.customer_state import CustomerState
from zebros_pipeline.repositories.keys import LOOKUP_TABLE

_SORT_KEY: Final = "-"
_MAX_ATTEMPTS: Final = 5


class CustomerStateRepository:
    """One tenant's states of customers that are not simply there."""

    def __init__(self, store: TenantStore) -> None:
        self._lookup = LookupTable(store, LOOKUP_TABLE)

    def find(self, customer_id: str) -> CustomerState | None:
        """Return what became of a customer, or None for one of which nothing is known."""
        row = self._lookup.get(("customer", customer_id), _SORT_KEY)
        return None if row is None else CustomerState.model_validate({"customerId": customer_id, **row})

    def note(self, state: CustomerState) -> CustomerState:
        """Keep a state unless a newer one is known; return the one that holds.

        Raises ConflictError when others note it again and again.
        """
        for _ in range(_MAX_ATTEMPTS):
            known = self.find(state.customer_id)
            if known is not None and known.version >= state.version:
                return known
            row = state.model_dump(mode="json", by_alias=True, exclude_none=True, exclude={"customer_id"})
            condition = "absent" if known is None else {"version": known.version}
            if self._lookup.put(("customer", state.customer_id), _SORT_KEY, row, condition=condition):
                return state
        raise ConflictError("the state of a customer changes faster than it can be noted")
