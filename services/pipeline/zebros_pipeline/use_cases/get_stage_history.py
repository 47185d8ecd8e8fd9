"""Read the way of an opportunity through the stages."""

from zebros_core.records.verbs import get_live
from zebros_pipeline.domain.stage_entry import StageStay, stays
from zebros_pipeline.use_cases.workspace import Workspace


def get_stage_history(workspace: Workspace, opportunity_id: str) -> list[StageStay]:
    """Return the stages that an opportunity has been in, the first one first, with the time in each.

    At most the latest 200. Raises NotFoundError.
    """
    get_live(workspace, "opportunity", opportunity_id)
    return stays(workspace.stage_entries.of_opportunity(opportunity_id), workspace.now)
