"""List customers by owner, team, industry or tier, newest, oldest or by name."""

from dataclasses import dataclass
from enum import StrEnum

from zebros_core.dynamodb.paging import Page
from zebros_core.records.verbs import sight
from zebros_customers.domain.customer import Customer
from zebros_customers.use_cases.workspace import Workspace


class CustomerSort(StrEnum):
    """Orders of a list of customers."""

    NEWEST = "-createdAt"
    OLDEST = "createdAt"
    NAME = "name"


@dataclass(frozen=True, slots=True)
class CustomerFilter:
    """Which customers; None for any. Values are compared as they are kept."""

    owner: str | None = None
    team: str | None = None
    industry: str | None = None
    tier: str | None = None

    def given(self) -> dict[str, str]:
        """Return the filters that are set, by stored attribute."""
        values = {"ownerId": self.owner, "teamId": self.team, "industry": self.industry, "tier": self.tier}
        return {name: value for name, value in values.items() if value is not None}


def list_customers(
    workspace: Workspace, wanted: CustomerFilter, *, sort: CustomerSort, limit: int, cursor: str | None
) -> Page[Customer]:
    """Return a page of the live customers that the caller may see.

    The narrowest filter uses its index and the others filter on it, so a page may be short, even empty, and still have
    a cursor. Raises BadRequestError for the order by name together with filters, which no index serves.
    """
    filters = wanted.given()
    seen = sight(workspace, "customer", filters)
    if seen is None:
        return Page([], None)
    return workspace.customers.page(
        filters,
        seen.limits,
        by_name=sort is CustomerSort.NAME,
        descending=sort is CustomerSort.NEWEST,
        limit=limit,
        cursor=cursor,
        visibility_key=seen.scope,
    )
