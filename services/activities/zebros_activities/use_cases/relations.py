"""What an activity says of other services' records: checked with the caller's own rights."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from zebros_activities.domain.activity import ActivityDraft, RelatedType
from zebros_activities.use_cases.workspace import Workspace
from zebros_core.errors import FieldError, ValidationError


def customer_of(workspace: Workspace, draft: ActivityDraft) -> str | None:
    """Return the customer of the record that a draft is about, or None.

    Raises ValidationError for a record that does not exist or that the caller may not see: the two look the same.
    """
    if draft.related_type is None or draft.related_id is None:
        return None
    reference = workspace.references.find(draft.related_type.value, draft.related_id)
    if reference is None:
        message = f"no such {draft.related_type}"
        raise ValidationError.for_field("/relatedId", "unknown_reference", message)
    return reference.customer_id


def check_participants(workspace: Workspace, draft: ActivityDraft, known: Collection[str] = ()) -> None:
    """Raise ValidationError naming each contact that does not exist or that the caller may not see.

    `known` took part before: somebody who has gone since does not keep an activity from being changed.
    """
    named = draft.participants.contact_ids
    workspace.references.prefetch("contact", [id for id in named if id not in known])
    message = "no such contact"
    faults = [
        FieldError(f"/participants/contactIds/{number}", "unknown_reference", message)
        for number, id in enumerate(named)
        if id not in known and workspace.references.find("contact", id) is None
    ]
    if faults:
        raise ValidationError(message, fields=faults)


def prefetch_relations(workspace: Workspace, values: Sequence[Mapping[str, Any]]) -> None:
    """Read all records that the values of a batch name at once, whatever else is wrong with them."""
    wanted: dict[str, list[str]] = {}
    for given in values:
        kind, id = given.get("relatedType"), given.get("relatedId")
        if isinstance(id, str) and kind in set(RelatedType):
            wanted.setdefault(str(kind), []).append(id)
        participants = given.get("participants")
        contacts: object = participants.get("contactIds") if isinstance(participants, Mapping) else None
        wanted.setdefault("contact", []).extend(_texts(contacts))
    for entity, ids in wanted.items():
        workspace.references.prefetch(entity, ids)


def _texts(values: object) -> Iterable[str]:
    return [value for value in values if isinstance(value, str)] if isinstance(values, list) else []
