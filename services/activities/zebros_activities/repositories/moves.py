"""Where records of other services went: a customer to the winner of its merge, others to another customer.

What activities say of their customer follows these rows, so that an activity made at the moment of a move does, too.
"""

from __future__ import annotations

from typing import Final

from zebros_activities.repositories.keys import LOOKUP_TABLE
from zebros_core.dynamodb.lookup import LookupTable
from zebros_core.dynamodb.store import TenantStore

_SORT_KEY: Final = "-"
_MAX_CHAIN: Final = 50
_MAX_LOSERS: Final = 20


class MoveRepository:
    """One tenant's moves."""

    def __init__(self, store: TenantStore) -> None:
        self._lookup = LookupTable(store, LOOKUP_TABLE)

    def merge(self, loser_id: str, winner_id: str) -> None:
        """Note a merge. It may be noted again: a customer loses only once."""
        self._lookup.put(("losers", winner_id), loser_id, {})
        self._lookup.put(("merged", loser_id), _SORT_KEY, {"winnerId": winner_id})

    def winner_of(self, customer_id: str) -> str:
        """Return the customer that answers for this one now: itself unless it was merged."""
        for _ in range(_MAX_CHAIN):
            row = self._lookup.get(("merged", customer_id), _SORT_KEY)
            if row is None:
                break
            customer_id = row["winnerId"]
        return customer_id

    def losers_of(self, customer_id: str) -> list[str]:
        """Return the customers that were merged into this one, and into those, at most 20. One Query for each."""
        found: list[str] = []
        waiting = [customer_id]
        while waiting and len(found) < _MAX_LOSERS:
            page = self._lookup.query(("losers", waiting.pop(0)), limit=_MAX_LOSERS)
            losers = [row["sk"] for row in page.items if row["sk"] not in found]
            found += losers
            waiting += losers
        return found[:_MAX_LOSERS]

    def move(self, entity: str, id: str, version: int, customer_id: str | None) -> bool:
        """Note the customer of a record as of a version; False where a version is known that is newer."""
        while True:
            known = self._lookup.get(("moved", entity, id), _SORT_KEY)
            if known is not None and known["version"] > version:
                return False
            row = {"version": version, **({"customerId": customer_id} if customer_id else {})}
            condition = {"version": known["version"]} if known else "absent"
            if self._lookup.put(("moved", entity, id), _SORT_KEY, row, condition=condition):
                return True

    def customer_of(self, entity: str, id: str, otherwise: str | None) -> str | None:
        """Return the customer that a record was moved to, or `otherwise` for one that never was."""
        row = self._lookup.get(("moved", entity, id), _SORT_KEY)
        return otherwise if row is None else row.get("customerId")
