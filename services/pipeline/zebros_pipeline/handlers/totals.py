"""The totals: the queue that keeps them, and the two verbs that check and remake them, as both doors carry them out."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo

from pydantic import Field

from zebros_core.bulk.calls import SignedCall
from zebros_core.bulk.door import DoorVerb, workspace_of
from zebros_core.messaging import Consumer, EntityChanged
from zebros_core.tenancy import TenantContext
from zebros_pipeline.bootstrap import Container, container
from zebros_pipeline.domain.contribution import COUNTED
from zebros_pipeline.domain.generations import TotalsRun
from zebros_pipeline.handlers.total_bodies import TotalsRunBody, differences_of
from zebros_pipeline.use_cases.count_change import change_of, count_changes
from zebros_pipeline.use_cases.rebuild_totals import rebuild_totals
from zebros_pipeline.use_cases.recount_totals import Recount
from zebros_pipeline.use_cases.verify_totals import verify_totals
from zebros_pipeline.use_cases.workspace import Workspace

SOURCES: Final = ("zebros.pipeline", "zebros.customers", "zebros.activities")
"""Whose records are counted."""

WORK_SECONDS: Final = 8.0
"""How long one call goes on with a run: short enough for a person's request."""

Verb = Callable[..., TotalsRun]


def consumer(have: Container) -> Consumer:
    """Return the consumer of changes of whatever is counted."""

    def count(events: Sequence[EntityChanged]) -> None:
        workspace = have.system_workspace(events[0].tenant_id, "totals")
        zone = ZoneInfo(workspace.time_zone)
        count_changes(workspace.totals, [change_of(have.whole(event), zone) for event in events])

    return have.consumer("totals", handle_batch=count, entities=COUNTED, fold=True, source=SOURCES)


@cache
def _consumer() -> Consumer:
    return consumer(container())


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Count changed opportunities, customers and activities."""
    return _consumer().handler(event, context)


def carried_on(verb: Verb, have: Container, workspace: Workspace, cursor: str | None) -> TotalsRunBody:
    """Go on with a run for a while, and return what was done."""
    before = workspace.totals.run()
    ends_at = time.monotonic() + WORK_SECONDS
    recount: Recount = have.recount(workspace)
    run = verb(workspace, recount, cursor=cursor, goes_on=lambda: time.monotonic() < ends_at)
    known = before.checked if before is not None and before.run_id == run.run_id else 0
    waiting = run.waiting(have.clock.now())
    return TotalsRunBody(
        phase=run.phase,
        checked=run.checked - known,
        differing=run.found,
        differences=differences_of(run.differences) if run.is_done else [],
        wait_seconds=waiting or None,
        next_cursor=None if run.is_done else workspace.totals.cursor(run),
        done=run.is_done,
    )


class VerifyTotalsCall(SignedCall):
    """`verifyTotals`: compare the totals with the records; again with `cursor` until it is done."""

    verb: Literal["verifyTotals"]
    cursor: Annotated[str | None, Field(max_length=1024)] = None


class RebuildTotalsCall(SignedCall):
    """`rebuildTotals`: make the totals anew from the records; again with `cursor` until it is done."""

    verb: Literal["rebuildTotals"]
    cursor: Annotated[str | None, Field(max_length=1024)] = None


def _door_verb(verb: Verb) -> Callable[[Container, TenantContext, Any], dict[str, Any]]:
    def carry_out(have: Container, caller: TenantContext, call: Any) -> dict[str, Any]:
        body = carried_on(verb, have, workspace_of(have, caller), call.cursor)
        return body.model_dump(mode="json", by_alias=True)

    return carry_out


DOOR_VERBS: Final[Mapping[str, DoorVerb[Container]]] = {
    "verifyTotals": DoorVerb(VerifyTotalsCall, _door_verb(verify_totals)),
    "rebuildTotals": DoorVerb(RebuildTotalsCall, _door_verb(rebuild_totals)),
}
"""What the bulk door takes beside the verbs of every door."""
