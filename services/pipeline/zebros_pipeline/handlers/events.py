"""The queues of events: history, cache repair, and what follows from a change here or of a customer."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from zebros_core.messaging import Consumer, EntityChanged
from zebros_core.privacy.trash import TrashIndex
from zebros_pipeline.bootstrap import Container, container
from zebros_pipeline.repositories.keys import LOOKUP_TABLE
from zebros_pipeline.use_cases.follow_up import follow_up
from zebros_pipeline.use_cases.keep_sales_history import keep_sales_history

_RECORDS = frozenset({"lead", "product", "opportunity"})
_CUSTOMERS = "zebros.customers"


@cache
def _consumer(name: str) -> Consumer:
    return consumer(container(), name)


def consumer(have: Container, name: str) -> Consumer:
    """Return one of this service's consumers: `history`, `cache` or `followup`."""
    match name:
        case "history":
            # Every version counts here, so nothing is folded.
            return have.consumer(name, lambda change: _keep(have, change), entities=_RECORDS, fold=False)
        case "cache":
            return have.consumer(name, have.repair_cache, entities=frozenset({"opportunity"}), fold=True)
        case _:
            return have.consumer(
                name,
                lambda change: _follow(have, change),
                entities=_RECORDS | {"customer"},
                # What follows is told by the present state, so the newest event of a record stands for those before it.
                fold=True,
                source=(have.event_source, _CUSTOMERS),
            )


def _keep(have: Container, change: EntityChanged) -> None:
    workspace = have.system_workspace(change.tenant_id, "history")
    TrashIndex(workspace.leads.store, LOOKUP_TABLE).note(change)
    keep_sales_history(workspace, have.whole(change))


def _follow(have: Container, change: EntityChanged) -> None:
    follow_up(
        have.system_workspace(change.tenant_id, "followup"),
        have.whole(change),
        lambda actor: have.acting_workspace(change.tenant_id, actor),
    )


def history_handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Keep what each version changed, and which records are in the trash."""
    return _consumer("history").handler(event, context)


def cache_handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Raise the cache's floor for a change whose request could not."""
    return _consumer("cache").handler(event, context)


def followup_handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Mark or move opportunities whose customer was deleted or merged, and finish conversions."""
    return _consumer("followup").handler(event, context)
