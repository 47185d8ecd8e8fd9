"""List leads by owner, team, status, source or e-mail, newest or oldest first."""

from dataclasses import dataclass

from zebros_core.dynamodb.paging import Page
from zebros_core.records.verbs import sight
from zebros_pipeline.domain.lead import Lead
from zebros_pipeline.use_cases.workspace import Workspace


@dataclass(frozen=True, slots=True)
class LeadFilter:
    """Which leads; None for any. Values are compared as they are kept."""

    owner: str | None = None
    team: str | None = None
    status: str | None = None
    source: str | None = None
    email: str | None = None

    def given(self) -> dict[str, str]:
        """Return the filters that are set, by stored attribute."""
        values = {
            "ownerId": self.owner,
            "teamId": self.team,
            "status": self.status,
            "source": self.source,
            "email": self.email,
        }
        return {name: value for name, value in values.items() if value is not None}


def list_leads(
    workspace: Workspace, wanted: LeadFilter, *, descending: bool, limit: int, cursor: str | None
) -> Page[Lead]:
    """Return a page of the live leads that the caller may see, by creation.

    The narrowest filter uses its index and the others filter on it, so a page may be short, even empty, and still have
    a cursor.
    """
    filters = wanted.given()
    seen = sight(workspace, "lead", filters)
    if seen is None:
        return Page([], None)
    return workspace.leads.page(
        filters,
        seen.limits,
        descending=descending,
        limit=limit,
        cursor=cursor,
        visibility_key=seen.scope,
    )
