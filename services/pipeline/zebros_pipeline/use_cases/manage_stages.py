"""Read and set the stages of a tenant's pipeline."""

from zebros_core.errors import VersionMismatchError
from zebros_pipeline.domain.errors import StageInUseError
from zebros_pipeline.domain.stages import StagesDraft, StageSettings
from zebros_pipeline.use_cases.workspace import Workspace


def get_stages(workspace: Workspace) -> StageSettings:
    """Return the stages, in their order."""
    workspace.visibility("pipeline", "read")
    return workspace.stages.get()


def set_stages(workspace: Workspace, draft: StagesDraft, *, expected_version: int | None) -> StageSettings:
    """Set the stages; names, order, probabilities and categories hold at once for what is in them.

    Raises StageInUseError where a stage with opportunities would go or mean something else, VersionMismatchError for a
    lost race. An opportunity that enters a stage in the very moment in which it goes stays in it, and can be moved on.
    """
    workspace.visibility("pipeline", "write")
    present = workspace.stages.get()
    if expected_version is not None and present.version != expected_version:
        raise VersionMismatchError(present.version)
    if draft.stages == present.stages:
        return present
    wanted = {stage.key: stage.kind for stage in draft.stages}
    for stage in present.stages:
        if wanted.get(stage.key) is not stage.kind:
            _ensure_unused(workspace, stage.key)
    return workspace.stages.replace(draft, previous=present)


def _ensure_unused(workspace: Workspace, key: str) -> None:
    # The totals say how many there are, a moment late; the index says whether there is any by now.
    count = workspace.stage_count(key)
    if count > 0 or workspace.opportunities.any_in_stage(key):
        raise StageInUseError(key, count)
