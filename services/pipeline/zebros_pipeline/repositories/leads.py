"""Leads: the access patterns of the table."""

from collections.abc import Mapping
from typing import Final

from zebros_core.dynamodb.repository import Page
from zebros_core.records.exported import ExportedRepository
from zebros_core.records.unique import UniqueRepository
from zebros_pipeline.domain.lead import Lead
from zebros_pipeline.repositories.keys import LEADS

_INDEX_OF_FILTER: Final = {
    "email": "email",
    "ownerId": "owner",
    "source": "source",
    "teamId": "team",
    "status": "status",
}
"""The index that serves a filter, narrowest first: of several filters the first uses its index."""


class LeadRepository(UniqueRepository[Lead], ExportedRepository[Lead]):
    """One tenant's leads."""

    schema = LEADS

    def page(
        self,
        filters: Mapping[str, str],
        limits: Mapping[str, str],
        *,
        descending: bool,
        limit: int,
        cursor: str | None,
        visibility_key: str,
    ) -> Page[Lead]:
        """Return a page of leads that match all of `filters` (the caller's wish) and `limits` (their sight)."""
        wanted = {**limits, **filters}
        first = next((name for name in _INDEX_OF_FILTER if name in wanted), None)
        return self._page(
            _INDEX_OF_FILTER[first] if first else "created",
            wanted[first] if first else None,
            limit=limit,
            cursor=cursor,
            query_name="leads",
            filters={name: value for name, value in wanted.items() if name != first},
            descending=descending,
            visibility_key=visibility_key,
        )
