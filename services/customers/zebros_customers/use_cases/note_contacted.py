"""Keep on contacts when they were last contacted, and whether their address takes mail."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from zebros_core.errors import ConflictError, VersionMismatchError
from zebros_core.messaging import EntityChanged
from zebros_customers.domain.contact import Contact
from zebros_customers.domain.seen_activity import SeenActivity
from zebros_customers.use_cases.workspace import Workspace

_MAX_RACES: Final = 5


def note_contacted(workspace: Workspace, change: EntityChanged) -> None:
    """Carry what an activity says to its contacts. It may come late, twice and in any order.

    `lastContactedAt` only grows: one that is reopened or deleted since has taken place all the same. `emailBouncedAt`
    is of the contact's present address alone. Raises ConflictError when a contact changes again and again.
    """
    if change.is_gone or change.snapshot is None:
        return
    seen = SeenActivity.of(change.snapshot)
    if seen.contacted_at is None and seen.bounced is None:
        return
    for contact_id in seen.contact_ids:
        _note(workspace, contact_id, seen)


def _note(workspace: Workspace, contact_id: str, seen: SeenActivity) -> None:
    for _ in range(_MAX_RACES):
        contact = workspace.contacts.find(contact_id)
        if contact is None:
            return
        noted = _noted(contact, seen)
        if noted == contact:
            return
        try:
            workspace.contacts.save(noted, previous=contact)
        except VersionMismatchError:
            continue
        return
    raise ConflictError("a contact changes faster than what concerns it can be written")


def _noted(contact: Contact, seen: SeenActivity) -> Contact:
    bounced_at = None
    if seen.bounced is not None and seen.bounced[0] == contact.email:
        bounced_at = seen.bounced[1]
    return contact.model_copy(
        update={
            "last_contacted_at": _later(contact.last_contacted_at, seen.contacted_at),
            "email_bounced_at": _later(contact.email_bounced_at, bounced_at),
        }
    )


def _later(known: datetime | None, new: datetime | None) -> datetime | None:
    return max((at for at in (known, new) if at is not None), default=None)
