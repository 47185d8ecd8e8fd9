"""The queues of events: this service's own for history, name search, cache repair and what follows from a change; and
activities, for what contacts show of them.
"""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from zebros_core.messaging import Consumer, EntityChanged
from zebros_core.privacy.trash import TrashIndex
from zebros_core.records.history_events import keep_history
from zebros_customers.bootstrap import Container, container
from zebros_customers.repositories.keys import BY_ENTITY, LOOKUP_TABLE
from zebros_customers.use_cases.follow_up import follow_up
from zebros_customers.use_cases.index_name import index_name
from zebros_customers.use_cases.note_contacted import note_contacted
from zebros_customers.use_cases.workspace import Workspace

_CUSTOMERS = frozenset({"customer"})
_RECORDS = frozenset({"customer", "contact"})
_ALL = frozenset({"customer", "contact", "document"})
_ACTIVITIES = "zebros.activities"


def consumer(have: Container, name: str) -> Consumer:
    """Return the consumer of this name, as the queues have it."""
    match name:
        case "history":
            # Every version counts here, so nothing is folded.
            return have.consumer(name, _in_workspace(have, name, _keep_history), entities=_ALL, fold=False)
        case "search":
            return have.consumer(name, _in_workspace(have, name, index_name), entities=_CUSTOMERS, fold=True)
        case "cache":
            return have.consumer(name, have.repair_cache, entities=_CUSTOMERS, fold=True)
        case "contacted":
            return have.consumer(
                name,
                _in_workspace(have, name, note_contacted),
                entities=frozenset({"activity"}),
                fold=True,
                source=_ACTIVITIES,
            )
        case _:
            return have.consumer(name, _in_workspace(have, name, follow_up), entities=_ALL, fold=True)


@cache
def _consumer(name: str) -> Consumer:
    return consumer(container(), name)


def _in_workspace(
    have: Container, name: str, use_case: Callable[[Workspace, EntityChanged], None]
) -> Callable[[EntityChanged], None]:
    def handle(change: EntityChanged) -> None:
        use_case(have.system_workspace(change.tenant_id, name), have.whole(change))

    return handle


def _keep_history(workspace: Workspace, change: EntityChanged) -> None:
    TrashIndex(workspace.contacts.store, LOOKUP_TABLE).note(change)
    if change.entity in _RECORDS:
        keep_history(workspace.history, BY_ENTITY, change)


def history_handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Keep what each version changed, and which records are in the trash."""
    return _consumer("history").handler(event, context)


def search_handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Keep the words of customers' names."""
    return _consumer("search").handler(event, context)


def cache_handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Raise the cache's floor for a change whose request could not."""
    return _consumer("cache").handler(event, context)


def followup_handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Carry owner and team of a customer to its contacts and documents, and finish merges."""
    return _consumer("followup").handler(event, context)


def contacted_handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Keep when contacts were last contacted, and whose address takes no mail."""
    return _consumer("contacted").handler(event, context)
