"""Place, list and end legal holds."""

from __future__ import annotations

from zebros_core.dynamodb.codec import instant_text
from zebros_core.errors import ConflictError
from zebros_core.privacy.calls import MAX_HELD
from zebros_core.records.unique import RequestKey
from zebros_jobs.domain.privacy import LegalHold, LegalHoldDraft
from zebros_jobs.repositories.legal_holds import LegalHolds
from zebros_jobs.use_cases.workspace import Workspace

__all__ = ["end_hold", "list_holds", "place_hold"]


def place_hold(workspace: Workspace, draft: LegalHoldDraft, *, repeat: RequestKey | None) -> LegalHold:
    """Place a hold; it is in force from this moment, also for erasures that are being worked on.

    Raises ConflictError when more records would be held one by one than an erasure can be told of.
    """
    holds = LegalHolds(workspace.lookup)
    hold = LegalHold(
        id=workspace.jobs.new_id("create-hold", repeat),
        subject=draft.subject,
        record=draft.record,
        all=draft.all,
        reason=draft.reason,
        until=draft.until,
        created_at=instant_text(workspace.now),
        created_by=workspace.context.user_id,
    )
    if hold.record is not None:
        held = sum(each.record is not None for each in holds.all() if each.id != hold.id)
        if held >= MAX_HELD:
            raise ConflictError(
                f"At most {MAX_HELD} records are held one by one: end holds that are over, or hold a person, or all."
            )
    return holds.add(hold)


def list_holds(workspace: Workspace) -> list[LegalHold]:
    """Return all holds, the oldest first; also those whose last day is over."""
    return LegalHolds(workspace.lookup).all()


def end_hold(workspace: Workspace, hold_id: str) -> None:
    """End a hold. Raises NotFoundError."""
    holds = LegalHolds(workspace.lookup)
    holds.get(hold_id)
    holds.remove(hold_id)
