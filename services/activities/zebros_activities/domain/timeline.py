"""The timeline of a record: what happened to it and around it, in whichever service.

An entry names ids and fields, never values: titles are looked up when a timeline is read, in one row for each record,
so that they are as they are now, and gone when the record is.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, cast

from zebros_core.messaging.envelope import EntityChanged, Operation
from zebros_core.values import Value

ENTITIES: Final = frozenset({"activity", "customer", "contact", "document", "lead", "opportunity"})
"""What timelines tell of."""

_SILENT: Final = frozenset({"activeAt", "lastContactedAt", "remindedAt"})
"""Fields whose change is no news to a person."""

_NAMED_BY: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "contact": (("customer", "customerId"),),
    "document": (("customer", "customerId"),),
    "lead": (("customer", "customerId"), ("contact", "contactId"), ("opportunity", "opportunityId")),
    "opportunity": (("customer", "customerId"), ("contact", "contactId"), ("lead", "leadId")),
    "activity": (("customer", "customerId"),),
}
"""In which of its fields a record names the others on whose timelines it is."""

_TITLES: Final[Mapping[str, tuple[str, ...]]] = {
    "activity": ("subject",),
    "customer": ("companyName",),
    "contact": ("firstName", "lastName"),
    "document": ("fileName",),
    "opportunity": ("title",),
}


class Entry(Value):
    """Something that happened: one version of a record, of which `changed` names the fields."""

    at: datetime
    entity: str
    id: str
    version: int
    kind: str
    operation: str
    actor: str
    changed: tuple[str, ...] = ()


class Subject(Value):
    """What timelines show of a record, as of a version: its title, and to whom."""

    entity: str
    id: str
    version: int
    title: str = ""
    owner_id: str | None = None
    team_id: str | None = None
    deleted: bool = False


def entry_of(change: EntityChanged) -> Entry | None:
    """Return the entry of a change; None for one that is no news: of a row that moved, or of upkeep alone."""
    if change.operation is Operation.REMOVED or change.snapshot is None:
        return None
    changed = tuple(sorted({_shown(name) for name in change.changed} - _SILENT))
    if change.operation is Operation.UPDATED and not changed:
        return None
    kind = _kind(change, change.snapshot)
    if kind is None:
        return None
    return Entry(
        at=change.occurred_at,
        entity=change.entity,
        id=change.id,
        version=change.version,
        kind=kind,
        operation=change.operation.value,
        actor=change.actor or "unknown",
        changed=changed,
    )


def subject_of(change: EntityChanged) -> Subject:
    """Return what timelines show of the record from this version on."""
    snapshot = change.snapshot or {}
    return Subject(
        entity=change.entity,
        id=change.id,
        version=change.version,
        title=_title(change.entity, snapshot),
        owner_id=snapshot.get("ownerId"),
        team_id=snapshot.get("teamId"),
        deleted=change.is_gone,
    )


def concerned(change: EntityChanged) -> list[tuple[str, str]]:
    """Return the records on whose timelines a change is, as entity and id."""
    snapshot = change.snapshot or {}
    found = [] if change.entity in {"activity", "document"} else [(change.entity, change.id)]
    if change.entity == "activity":
        found.append((str(snapshot.get("relatedType")), snapshot.get("relatedId", "")))
        participants = cast("dict[str, Any]", snapshot.get("participants") or {})
        contact_ids = cast("list[str]", participants.get("contactIds") or [])
        found += [("contact", id) for id in contact_ids]
    found += [(entity, snapshot.get(field, "")) for entity, field in _NAMED_BY.get(change.entity, ())]
    return [record for record in dict.fromkeys(found) if record[1]]


def merged_into(change: EntityChanged) -> str | None:
    """Return the winner, if the change is that of a customer that lost a merge."""
    if change.entity != "customer" or change.operation is not Operation.DELETED:
        return None
    return (change.snapshot or {}).get("mergedInto")


def _shown(name: str) -> str:
    return "description" if name == "descriptionAt" else name


def _title(entity: str, snapshot: Mapping[str, Any]) -> str:
    if entity == "lead":
        fields = ("companyName",) if snapshot.get("companyName") else ("firstName", "lastName")
    else:
        fields = _TITLES[entity]
    return " ".join(str(snapshot[field]) for field in fields if snapshot.get(field))


def _kind(change: EntityChanged, snapshot: Mapping[str, Any]) -> str | None:
    """Return what happened in a word; None for a step on the way to something that is told by itself."""
    if merged_into(change) is not None:
        return "merged"
    if change.operation is not Operation.UPDATED:
        return change.operation.value
    changed = set(change.changed)
    if change.entity == "lead" and snapshot.get("status") in {"converting", "converted"}:
        return "converted" if "convertedAt" in changed else None if changed == {"status"} else "updated"
    if change.entity == "opportunity":
        return _kind_of_deal(changed, snapshot)
    if change.entity == "activity":
        return _kind_of_activity(changed, snapshot)
    return "assigned" if "ownerId" in changed else "updated"


def _kind_of_deal(changed: set[str], snapshot: Mapping[str, Any]) -> str:
    if "outcome" in changed:
        outcome = str(snapshot.get("outcome"))
        return outcome if outcome in {"won", "lost"} else "reopened"
    if "stage" in changed:
        return "moved"
    return "assigned" if "ownerId" in changed else "updated"


def _kind_of_activity(changed: set[str], snapshot: Mapping[str, Any]) -> str:
    if "delivery" in changed:
        delivery = cast("dict[str, Any]", snapshot.get("delivery") or {})
        return str(delivery.get("status", "updated"))
    if "status" in changed:
        status = str(snapshot.get("status"))
        return status if status in {"completed", "cancelled"} else "reopened"
    if "ownerId" in changed:
        return "assigned"
    return "rescheduled" if "scheduledAt" in changed else "updated"
