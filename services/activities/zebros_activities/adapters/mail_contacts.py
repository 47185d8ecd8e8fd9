"""Contacts, customers and documents through the customers service's bulk door."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from zebros_core.bulk.client import BulkDoorClient
from zebros_core.clock import Clock
from zebros_core.errors import NotFoundError, UnavailableError
from zebros_core.ids import new_id

_DONE = frozenset({"updated", "unchanged"})


class DoorMailContacts:
    """The `MailContacts` of whoever the door was opened for."""

    def __init__(self, door: BulkDoorClient, clock: Clock) -> None:
        self._door = door
        self._clock = clock

    def contact(self, contact_id: str) -> Mapping[str, Any] | None:
        """See `MailContacts`."""
        return self._one("contact", contact_id)

    def customer(self, customer_id: str) -> Mapping[str, Any] | None:
        """See `MailContacts`."""
        return self._one("customer", customer_id)

    def documents(self, document_ids: Sequence[str]) -> Mapping[str, Mapping[str, Any]]:
        """See `MailContacts`."""
        return {found["documentId"]: found for found in self._door.read("document", document_ids)}

    def stop_contacting(self, contact_id: str) -> None:
        """See `MailContacts`."""
        # Under an id of its own each time: the same one would do nothing for somebody who was allowed again since.
        wish = {
            "mutationId": new_id(self._clock),
            "entity": "contact",
            "operation": "update",
            "id": contact_id,
            "changes": {"doNotContact": True},
            "skipDuplicates": True,
        }
        (outcome,) = self._door.apply([wish])
        if outcome["outcome"] not in _DONE and not _is_gone(outcome):
            raise UnavailableError(detail="the contact cannot be changed now")

    def _one(self, entity: str, id: str) -> Mapping[str, Any] | None:
        return next(iter(self._door.read(entity, [id])), None)


def _is_gone(outcome: Mapping[str, Any]) -> bool:
    problem: Mapping[str, Any] = outcome.get("problem") or {}
    return str(problem.get("type", "")).endswith(f"/{NotFoundError.code}")
