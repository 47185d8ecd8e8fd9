"""Notifications, and the table of what makes one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final, Literal

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
    a device shows of it. ``urgent`` ones are told in quiet hours too.
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
    urgent: bool = False
    occurred_at: AwareDatetime

    @property
    def key(self) -> tuple[str, str]:
        """What a queue's messages of one notification have in common."""
        return self.tenant_id, self.id

    def to_wire(self) -> str:
        """Return the notification as JSON text."""
        return wire_text(self, occurredAt=self.occurred_at)

    def age_days(self, now: datetime) -> float:
        """Return how long ago it happened."""
        return (now - self.occurred_at).total_seconds() / 86_400


def parse_notification(message: str | bytes | Mapping[str, Any]) -> Notification:
    """Read a notification that arrived, trusting nothing. Raises PoisonError."""
    return parse_wire(_ADAPTER, message)


_ADAPTER: Final = TypeAdapter(Notification)


@dataclass(frozen=True, slots=True)
class Rule:
    """When a change of a record tells somebody: one row of the table.

    - ``watched``: the wire field that names a person; whoever it newly names is told, but not by themselves.
    - ``params``: name -> wire fields whose texts, joined by spaces, are shown.
    - ``unless``: a wire field which, where it has a value, makes the change somebody else's news.
    - ``urgent``: whether quiet hours wait for it.
    """

    kind: str
    entity: str
    watched: str
    params: Mapping[str, tuple[str, ...]]
    unless: str | None = None
    urgent: bool = False


RULES: Final = (
    Rule("customer.assigned", "customer", "ownerId", {"name": ("companyName",)}),
    # Contacts of a customer follow it to its owner, who is told of the customer.
    Rule("contact.assigned", "contact", "ownerId", {"name": ("firstName", "lastName")}, unless="customerId"),
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
    if snapshot is None or change.job is not None or change.operation not in _TELLING:
        return []
    return [_notification(rule, change, snapshot) for rule in rules if _applies(rule, change, snapshot)]


_TELLING: Final = frozenset({Operation.CREATED, Operation.UPDATED})


def _applies(rule: Rule, change: EntityChanged, snapshot: Mapping[str, Any]) -> bool:
    if rule.entity != change.entity or (rule.unless is not None and snapshot.get(rule.unless)):
        return False
    named = snapshot.get(rule.watched)
    newly = change.operation is Operation.CREATED or rule.watched in change.changed
    return newly and isinstance(named, str) and bool(named) and named != change.actor


def _notification(rule: Rule, change: EntityChanged, snapshot: Mapping[str, Any]) -> Notification:
    user_id = str(snapshot[rule.watched])
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
        urgent=rule.urgent,
        occurred_at=change.occurred_at,
    )


def _text(snapshot: Mapping[str, Any], fields: tuple[str, ...]) -> str:
    return " ".join(str(snapshot[field]) for field in fields if snapshot.get(field))[:400]
