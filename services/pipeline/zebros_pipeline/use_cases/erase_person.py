"""Erase a person: their leads, and what names them in deals.

A lead becomes a tombstone without personal values, like a contact. A deal is a business record: its value, its stages
and its dates stay, and so does the id of the contact, which is a pseudonym of nobody once the contact is erased; where
its title or a line names the person stands `[erased]`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any

from zebros_core.dynamodb.operations import MAX_OPERATIONS, WriteOp, write
from zebros_core.privacy.records import RecordErasure, sweep
from zebros_core.privacy.redaction import is_named_in, redacted
from zebros_core.privacy.run import ErasureRun, each, once, retained_until
from zebros_core.privacy.steps import Piece, StepWaitsError
from zebros_pipeline.domain.lead import Lead, LeadStatus
from zebros_pipeline.domain.opportunity import Line, Opportunity
from zebros_pipeline.domain.product import Product
from zebros_pipeline.repositories.keys import LOOKUP_TABLE
from zebros_pipeline.repositories.lines import LineRepository
from zebros_pipeline.use_cases.collect_personal_data import Desk, is_of, is_with

__all__ = ["erasure_steps"]

CONVERTING_SECONDS = 60
"""How long a lead that is being converted is waited for: then its contact is there, and can be erased as well."""


def erasure_steps(desk: Desk, run: ErasureRun) -> list[tuple[str, Piece]]:
    """Return the steps of the erasure: first the person's own leads, so that they are out of reach."""
    work = _Erasure(desk, run)
    workspace = desk.workspace
    return [
        ("marks", once(work.mark)),
        ("own", each(run.subject.lead_ids, work.remove_lead)),
        ("leads", sweep(workspace.leads, desk.trash, work.look_at_lead)),
        ("opportunities", sweep(workspace.opportunities, desk.trash, work.look_at_opportunity)),
        ("products", sweep(workspace.products, desk.trash, work.look_at_product)),
        ("copies", desk.copies(run).step()),
        ("settle", once(run.ensure_over, work.look_again, work.say_what_ends)),
    ]


class _Erasure:
    def __init__(self, desk: Desk, run: ErasureRun) -> None:
        self._desk, self._run = desk, run
        self._workspace = desk.workspace
        self._leads = RecordErasure(run, desk.workspace.leads, desk.history)
        self._lines = LineRepository(desk.workspace.opportunities.store)
        self._opportunities = RecordErasure(
            run, desk.workspace.opportunities, desk.history, beside=self._lines_beside
        )
        self._products = RecordErasure(run, desk.workspace.products, desk.history)

    def mark(self) -> None:
        self._desk.marks.put(self._run.subject, self._run.request_id, self._run.now)

    def remove_lead(self, lead_id: str) -> None:
        if self._run.holds("leads", "lead", lead_id):
            return
        lead = self._workspace.leads.find_any(lead_id)
        if lead is not None and lead.status is LeadStatus.CONVERTING:
            # Its conversion still has the values and makes a contact of them; it ends, or is taken back, by itself.
            raise StepWaitsError(CONVERTING_SECONDS)
        self._leads.remove(lead_id)

    def look_at_lead(self, lead: Lead) -> None:
        if is_of(self._run.subject, lead):
            self.remove_lead(lead.lead_id)
        else:
            self._leads.look(lead)

    def look_at_opportunity(self, opportunity: Opportunity) -> None:
        id = opportunity.opportunity_id
        if self._run.holds("opportunities", "opportunity", id):
            return
        named = self._lines_without(opportunity) is not None
        if self._opportunities.look(opportunity, named=named, without=self._redacted) and named:
            self._run.count(LOOKUP_TABLE)
        # What lines replaced is kept for some days, for the history.
        operations = self._lines.rewritten(id, lambda line: redacted(line, self._run.sought))
        for start in range(0, len(operations), MAX_OPERATIONS):
            some = operations[start : start + MAX_OPERATIONS]
            write(self._workspace.opportunities.store, some)
            self._run.count(LOOKUP_TABLE, len(some))
        if is_with(self._run.subject, opportunity):
            why = "a business record: value, stages and dates of a deal; the contact's id is a pseudonym"
            self._run.keep("opportunities", "opportunity", id, why, _retained_until(opportunity))

    def _redacted(self, opportunity: Opportunity) -> Opportunity:
        changed = redacted(opportunity, self._run.sought)
        lines = self._lines_without(opportunity)
        # Changed lines are a change of the deal, which no answer that is kept of it may outlive.
        return changed if lines is None else changed.model_copy(update={"lines": lines})

    def _lines_without(self, opportunity: Opportunity) -> tuple[Line, ...] | None:
        """Return the lines of an opportunity without the person, or None where they do not name them."""
        lines = self._workspace.opportunities.lines_of([opportunity])[opportunity.opportunity_id]
        if not any(is_named_in(line, self._run.sought) for line in lines):
            return None
        return tuple(redacted(line, self._run.sought) for line in lines)

    def _lines_beside(self, changed: Opportunity, stored: Opportunity) -> Sequence[WriteOp]:
        """Return the writes of changed lines, and of the end that those in the trash have with a new tombstone."""
        if changed.lines:
            id = stored.opportunity_id
            return [self._lines.put(id, stored.version, changed.lines, deleted=stored.is_deleted)]
        return self._lines.expiring(stored) if stored.is_deleted else ()

    def look_at_product(self, product: Product) -> None:
        self._products.look(product)

    def look_again(self) -> None:
        erasures: dict[str, RecordErasure[Any]] = {
            "lead": self._leads,
            "opportunity": self._opportunities,
            "product": self._products,
        }
        for entity, id, version in self._run.late:
            erasures[entity].look_again(id, version)
        self._run.late.clear()

    def say_what_ends(self) -> None:
        why = "answers that were kept for repeated requests; they end by themselves"
        self._run.keep(LOOKUP_TABLE, "idempotency", None, why, self._run.now + timedelta(days=2))


def _retained_until(opportunity: Opportunity) -> datetime | None:
    if opportunity.close_date is None:
        return None
    return retained_until(datetime.combine(opportunity.close_date, time(), UTC))
