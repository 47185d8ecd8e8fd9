"""Make the totals anew from the records."""

from collections.abc import Callable

from zebros_pipeline.domain.generations import RunKind, TotalsRun
from zebros_pipeline.use_cases.recount_totals import Recount
from zebros_pipeline.use_cases.workspace import Workspace


def rebuild_totals(
    workspace: Workspace, recount: Recount, *, cursor: str | None, goes_on: Callable[[], bool]
) -> TotalsRun:
    """Go on with the rebuild, or begin one: count all live records anew, as long as `goes_on`, then read that instead.

    Until then the present totals are read and kept up. Raises ForbiddenError for a caller who may not, ConflictError
    while a verification is under way.
    """
    workspace.visibility("pipeline", "write")
    return recount.carry_on(RunKind.REBUILD, cursor, goes_on)
