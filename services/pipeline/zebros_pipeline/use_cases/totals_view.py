"""Whose totals somebody is shown, and the reads that every view begins with."""

from zebros_core.auth.permissions import Visibility, narrowed, visibility_key
from zebros_pipeline.domain.contribution import EVERYBODY, By, Group
from zebros_pipeline.domain.generations import TotalsState
from zebros_pipeline.use_cases.workspace import Workspace

_BY = {"team": By.TEAM, "own": By.OWNER}


def group_in_view(workspace: Workspace, entity: str, view: Visibility | None) -> Group:
    """Return the group that a caller is shown: what they ask for, or all that they may read of `entity`.

    Somebody without a team is shown what is theirs. Raises ForbiddenError for a view that is wider than allowed.
    """
    visibility = narrowed(workspace.visibility(entity, "read"), view)
    kind, _, id = visibility_key(visibility, workspace.context).partition(":")
    return Group(_BY[kind], (id,)) if id else EVERYBODY


def open_totals(workspace: Workspace) -> TotalsState:
    """Return which generation to read; stages and currencies are read in the same call."""
    return workspace.totals.state_with(workspace.stages.row, workspace.currencies.row)
