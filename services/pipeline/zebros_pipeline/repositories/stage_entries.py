"""The stages that opportunities have entered: a row each, below the opportunity."""

from datetime import datetime
from typing import Final

from zebros_core.dynamodb.codec import instant_text
from zebros_core.dynamodb.lookup import LookupTable
from zebros_core.dynamodb.operations import WriteOp
from zebros_core.dynamodb.store import TenantStore
from zebros_pipeline.domain.opportunity import Opportunity
from zebros_pipeline.domain.stage_entry import StageEntry
from zebros_pipeline.repositories.keys import LOOKUP_TABLE

MAX_SHOWN: Final = 200
"""Entries that are read of an opportunity, the latest ones."""


class StageEntryRepository:
    """One tenant's stage entries."""

    def __init__(self, store: TenantStore) -> None:
        self._lookup = LookupTable(store, LOOKUP_TABLE)
        self._actor = store.context.actor

    def enter(self, opportunity: Opportunity, previous: Opportunity | None) -> tuple[WriteOp, ...]:
        """Return the write of the stage that the opportunity enters, for the transaction that writes it.

        None for one that stays in its stage.
        """
        if previous is not None and previous.stage == opportunity.stage:
            return ()
        if previous is None:
            version = 1
        else:
            moved = previous.customer_id != opportunity.customer_id
            version = previous.version + (2 if moved else 1)
        row: dict[str, object] = {
            "stage": opportunity.stage,
            "enteredAt": instant_text(opportunity.stage_entered_at),
            "actor": self._actor,
        }
        if previous is not None:
            row["from"] = previous.stage
        return (self._lookup.put_op(("stages", opportunity.opportunity_id), f"{version:010d}", row),)

    def of_opportunity(self, opportunity_id: str) -> list[StageEntry]:
        """Return the stages that an opportunity has entered, the first one first; at most the latest 200. One Query."""
        page = self._lookup.query(("stages", opportunity_id), limit=MAX_SHOWN, descending=True)
        return [
            StageEntry(
                stage=row["stage"],
                from_stage=row.get("from"),
                entered_at=datetime.fromisoformat(row["enteredAt"]),
                actor=row["actor"],
            )
            for row in reversed(page.items)
        ]
