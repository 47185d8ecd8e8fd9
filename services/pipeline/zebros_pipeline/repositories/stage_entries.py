"""The stages that opportunities have entered: a row each, below the opportunity."""

from typing import Final

from zebros_core.dynamodb.codec import instant_text
from zebros_core.dynamodb.lookup import LookupTable
from zebros_core.dynamodb.operations import WriteOp
from zebros_core.dynamodb.store import TenantStore
from zebros_pipeline.domain.opportunity import Opportunity
from zebros_pipeline.domain.stage_entry import KeptStageEntry, StageEntry
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
        return (
            self.put(
                opportunity.opportunity_id,
                KeptStageEntry(
                    version=version,
                    stage=opportunity.stage,
                    from_stage=None if previous is None else previous.stage,
                    entered_at=opportunity.stage_entered_at,
                    actor=self._actor,
                ),
            ),
        )

    def put(self, opportunity_id: str, entry: KeptStageEntry) -> WriteOp:
        """Return the write of an entry, which its version names."""
        row: dict[str, object] = {
            "stage": entry.stage,
            "enteredAt": instant_text(entry.entered_at),
            "actor": entry.actor,
        }
        if entry.from_stage is not None:
            row["from"] = entry.from_stage
        return self._lookup.put_op(("stages", opportunity_id), f"{entry.version:010d}", row)

    def kept_of(self, opportunity_id: str) -> list[KeptStageEntry]:
        """Return the entries of an opportunity as they are kept, the first one first; at most the latest 200."""
        page = self._lookup.query(("stages", opportunity_id), limit=MAX_SHOWN, descending=True)
        return [
            KeptStageEntry.model_validate({"version": int(row.pop("sk")), **row})
            for row in reversed(page.items)
        ]

    def of_opportunity(self, opportunity_id: str) -> list[StageEntry]:
        """Return the stages that an opportunity has entered, the first one first; at most the latest 200. One Query."""
        return [
            StageEntry(
                stage=entry.stage,
                from_stage=entry.from_stage,
                entered_at=entry.entered_at,
                actor=entry.actor,
            )
            for entry in self.kept_of(opportunity_id)
        ]
