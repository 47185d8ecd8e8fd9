"""Read an opportunity with its lines."""

from collections.abc import Sequence

from zebros_core.records.export import read_records
from zebros_core.records.verbs import find_live_by_external_id, get_live
from zebros_pipeline.domain.opportunity import Line, Opportunity
from zebros_pipeline.use_cases.workspace import Workspace


def get_opportunity(workspace: Workspace, opportunity_id: str) -> Opportunity:
    """Return a live opportunity that the caller may see. Raises NotFoundError."""
    return workspace.opportunities.complete(get_live(workspace, "opportunity", opportunity_id))


def find_opportunity_by_external_id(workspace: Workspace, external_id: str) -> Opportunity:
    """Return the live opportunity with this external id, if the caller may see it. Raises NotFoundError."""
    found: Opportunity = find_live_by_external_id(workspace, "opportunity", external_id)
    return workspace.opportunities.complete(found)


def read_lines(workspace: Workspace, opportunity_ids: Sequence[str]) -> dict[str, tuple[Line, ...]]:
    """Return the lines of those of these opportunities that are live and that the caller may see, by id."""
    found: list[Opportunity] = read_records(workspace, "opportunity", opportunity_ids)
    return workspace.opportunities.lines_of(found)
