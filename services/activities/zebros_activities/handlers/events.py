"""The queues of events: history, reminders, timelines, copies of people, and what follows from a change elsewhere."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from zebros_activities.bootstrap import Container, container
from zebros_activities.domain.timeline import ENTITIES
from zebros_activities.use_cases.follow_up import follow_up
from zebros_activities.use_cases.keep_activity_history import keep_activity_history
from zebros_activities.use_cases.keep_person import keep_person
from zebros_activities.use_cases.keep_reminder import keep_reminder
from zebros_activities.use_cases.keep_timeline import keep_timeline
from zebros_activities.use_cases.workspace import Workspace
from zebros_core.messaging import Consumer, EntityChanged

RECORDS = ("zebros.activities", "zebros.customers", "zebros.pipeline")
"""Whose changes concern records that activities are about; the rules in serverless.yml name the same."""

_ACTIVITIES = frozenset({"activity"})
_FOLLOWED = frozenset({"activity", "customer", "contact", "lead", "opportunity"})


def consumer(have: Container, name: str) -> Consumer:
    """Return the consumer of this name, as the queues have it."""
    match name:
        case "history":
            # Every version counts here, so nothing is folded; and a move to another record is not undone by a later
            # edit of the same batch.
            handle = _in_workspace(have, name, keep_activity_history)
            return have.consumer(name, handle, entities=_ACTIVITIES, fold=False)
        case "timeline":
            handle = _in_workspace(have, name, keep_timeline)
            return have.consumer(name, handle, entities=ENTITIES, fold=False, source=RECORDS)
        case "followup":
            handle = _in_workspace(have, name, follow_up)
            return have.consumer(name, handle, entities=_FOLLOWED, fold=False, source=RECORDS)
        case "people":
            handle = _in_workspace(have, name, keep_person)
            return have.consumer(name, handle, entities=frozenset({"user"}), fold=True, source="zebros.auth")
        case _:
            handle = _in_workspace(have, name, _keep_reminder)
            return have.consumer(name, handle, entities=_ACTIVITIES, fold=True)


@cache
def _consumer(name: str) -> Consumer:
    return consumer(container(), name)


def _in_workspace(
    have: Container, name: str, use_case: Callable[[Workspace, EntityChanged], None]
) -> Callable[[EntityChanged], None]:
    def handle(change: EntityChanged) -> None:
        use_case(have.system_workspace(change.tenant_id, name), have.whole(change))

    return handle


def _keep_reminder(workspace: Workspace, change: EntityChanged) -> None:
    keep_reminder(workspace, change.id)


def history_handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Keep what each version changed."""
    return _consumer("history").handler(event, context)


def timeline_handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Keep the timelines of customers, contacts, leads and opportunities."""
    return _consumer("timeline").handler(event, context)


def followup_handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Let activities go with the records that they are about, and comments with their activities."""
    return _consumer("followup").handler(event, context)


def people_handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Keep people's names, addresses and time zones."""
    return _consumer("people").handler(event, context)


def reminders_handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Keep one schedule for each reminder."""
    return _consumer("reminders").handler(event, context)
