"""Compare the totals with what the records add up to."""

from collections.abc import Callable

from zebros_pipeline.domain.generations import RunKind, TotalsRun
from zebros_pipeline.use_cases.recount_totals import Recount
from zebros_pipeline.use_cases.workspace import Workspace


def verify_totals(
    workspace: Workspace, recount: Recount, *, cursor: str | None, goes_on: Callable[[], bool]
) -> TotalsRun:
    """Go on with the verification, or begin one: count all live records anew and compare, as long as `goes_on`.

    What differs is looked at again after a minute, since its event may be on the way. Raises ForbiddenError for a
    caller who may not, ConflictError while a rebuild is under way.
    """
    workspace.visibility("pipeline", "write")
    return recount.carry_on(RunKind.VERIFY, cursor, goes_on)
