"""Notifications, and the table of what makes one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Final, Literal
from urllib.parse import quote
from zoneinfo import ZoneInfo

from pydantic import AwareDatetime, Field, StringConstraints, TypeAdapter

from zebros_auth.domain.user import NotificationKind
from zebros_core.ids import derived_id
from zebros_core.messaging import EntityChanged, Operation
from zebros_core.messaging.envelope import Name, RecordId, TenantId, Text, Wire, parse_wire, wire_text

MAX_AGE_DAYS: Final = 7
"""What could not be delivered for so long is no news any more. Far less than sent messages are remembered."""

NotificationId = Annotated[str, StringConstraints(pattern=r"^[0-7][0-9A-HJKMNP-TV-Z]{25}$")]
Param = Annotated[str, StringConstraints(max_length=400)]


class Notification(Wire):
    """One thing that one person is to be told.

    ``id`` is derived from the event, the person and the kind: the same event never makes two. ``entity`` and
    ``record_id`` say what it is about, ``actor`` who caused it (None: our own machinery), ``params`` what a mail or
    a device shows of it, ``at`` for when it is. ``urgent`` ones are told in quiet hours too.
    """

    schema_version: Literal[1] = 1
    id: NotificationId
    tenant_id: TenantId
    user_id: Text
    kind: NotificationKind
    entity: Name
    record_id: RecordId
    actor: Text | None = None
    params: Annotated[dict[Name, Param], Field(max_length=20, default_factory=dict)]
    at: AwareDatetime | None = None
    urgent: bool = False
    occurred_at: AwareDatetime

    @property
    def key(self) -> tuple[str, str]:
        """What a queue's messages of one notification have in common."""
        return self.tenant_id, self.id

    def to_wire(self) -> str:
        """Return the notification as JSON text."""
        instants = {"occurredAt": self.occurred_at} | ({} if self.at is None else {"at": self.at})
        return wire_text(self, **instants)

    def local_time(self, time_zone: str) -> str:
        """Return when it is in somebody's time zone, such as ``2026-03-01 09:30 (Europe/Berlin)``; empty for never."""
        if self.at is None:
            return ""
        return f"{self.at.astimezone(ZoneInfo(time_zone)):%Y-%m-%d %H:%M} ({time_zone})"

    def path(self) -> str:
        """Return where the application shows the record."""
        plural = f"{self.entity[:-1]}ies" if self.entity.endswith("y") else f"{self.entity}s"
        return f"/{plural}/{quote(self.record_id)}"

    def age_days(self, now: datetime) -> float:
        """Return how long ago it happened."""
        return (now - self.occurred_at).total_seconds() / 86_400


def parse_notification(message: str | bytes | Mapping[str, Any]) -> Notification:
    """Read a notification that arrived, trusting nothing. Raises PoisonError."""
    return parse_wire(_ADAPTER, message)


_ADAPTER: Final = TypeAdapter(Notification)


@dataclass(frozen=True, slots=True)
class Rule:
    """When a change of a record tells somebody: one row of the table. Fields are named as on the wire.

    - ``person``: the field that names who is told; nobody is told of what they did themselves.
    - ``params``: name -> fields whose texts, joined by spaces, are shown.
    - ``news``: the field whose change to a value is what they are told of; None: that the record is theirs, from the
      start or by a change.
    - ``only``: what the record has to be for that: field -> values of which it has one, None for no value.
    - ``at``: the field with the instant that it is about, shown in the person's own time zone.
    - ``urgent``: whether quiet hours wait for it.
    """

    kind: str
    entity: str
    person: str
    params: Mapping[str, tuple[str, ...]]
    news: str | None = None
    only: Mapping[str, frozenset[str | int | None]] = field(
        default_factory=dict[str, frozenset[str | int | None]]
    )
    at: str | None = None
    urgent: bool = False


def _one_of(*values: str | int | None) -> frozenset[str | int | None]:
    return frozenset(values)


_DEAL: Final = {"name": ("title",), "value": ("value",), "currency": ("currency",)}
_ACTIVITY: Final = {"name": ("subject",), "type": ("type",)}

RULES: Final = (
    Rule("customer.assigned", "customer", "ownerId", {"name": ("companyName",)}),
    # Contacts of a customer follow it to its owner, who is told of the customer.
    Rule(
        "contact.assigned",
        "contact",
        "ownerId",
        {"name": ("firstName", "lastName")},
        only={"customerId": _one_of(None)},
    ),
    Rule(
        "lead.assigned",
        "lead",
        "ownerId",
        {"name": ("firstName", "lastName"), "company": ("companyName",)},
        only={"status": _one_of("new", "contacted", "qualified")},
    ),
    Rule("opportunity.assigned", "opportunity", "ownerId", _DEAL, only={"outcome": _one_of("open")}),
    Rule(
        "opportunity.won", "opportunity", "ownerId", _DEAL, news="outcome", only={"outcome": _one_of("won")}
    ),
    # Of a series its first one stands for all.
    Rule(
        "activity.assigned",
        "activity",
        "ownerId",
        _ACTIVITY,
        only={
            "type": _one_of("call", "meeting", "task"),
            "status": _one_of("open"),
            "occurrence": _one_of(None, 1),
        },
        at="scheduledAt",
    ),
    # It does not wait for the end of quiet hours: a reminder that comes after the meeting is none.
    Rule(
        "activity.due",
        "activity",
        "ownerId",
        _ACTIVITY,
        news="remindedAt",
        only={"status": _one_of("open")},
        at="scheduledAt",
        urgent=True,
    ),
    # Of one that failed, or took longer than somebody waits; the job itself says so.
    Rule(
        "job.finished",
        "job",
        "ownerId",
        {"name": ("title",), "work": ("kind",), "state": ("state",)},
        news="toldAt",
    ),
)
"""Every notification there is. A new one is a row here and three templates in each language."""

ENTITIES: Final = frozenset(rule.entity for rule in RULES)
KINDS: Final = tuple(rule.kind for rule in RULES)


def notifications_of(
    change: EntityChanged, snapshot: Mapping[str, Any] | None, rules: Iterable[Rule] = RULES
) -> list[Notification]:
    """Return what a change tells whom; ``snapshot`` is the record after it, wherever it was kept.

    Nothing for what a job wrote (an import of thousands of rows is told once, by its own end) nor for what was
    deleted or restored.
    """
    by_a_job = change.job is not None and change.entity != _JOB
    if snapshot is None or by_a_job or change.operation not in _TELLING:
        return []
    return [_notification(rule, change, snapshot) for rule in rules if _applies(rule, change, snapshot)]


_JOB: Final = "job"
_TELLING: Final = frozenset({Operation.CREATED, Operation.UPDATED})


def _applies(rule: Rule, change: EntityChanged, snapshot: Mapping[str, Any]) -> bool:
    if rule.entity != change.entity:
        return False
    if any(snapshot.get(name) not in values for name, values in rule.only.items()):
        return False
    news = rule.news or rule.person
    newly = news in change.changed or (rule.news is None and change.operation is Operation.CREATED)
    named = snapshot.get(rule.person)
    told = isinstance(named, str) and bool(named) and named != change.actor
    return newly and bool(snapshot.get(news)) and told


def _notification(rule: Rule, change: EntityChanged, snapshot: Mapping[str, Any]) -> Notification:
    user_id = str(snapshot[rule.person])
    actor = change.actor
    return Notification(
        id=derived_id(change.tenant_id, change.event_id, user_id, rule.kind),
        tenant_id=change.tenant_id,
        user_id=user_id,
        kind=rule.kind,
        entity=change.entity,
        record_id=change.id,
        actor=None if actor is None or actor.startswith("system:") else actor,
        params={name: _text(snapshot, fields) for name, fields in rule.params.items()},
        at=_instant(snapshot.get(rule.at)) if rule.at else None,
        urgent=rule.urgent,
        occurred_at=change.occurred_at,
    )


def _text(snapshot: Mapping[str, Any], fields: tuple[str, ...]) -> str:
    return " ".join(str(snapshot[field]) for field in fields if snapshot.get(field))[:400]


def _instant(value: Any) -> datetime | None:
    return datetime.fromisoformat(value) if isinstance(value, str) else None
