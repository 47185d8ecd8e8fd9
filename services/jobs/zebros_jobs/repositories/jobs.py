"""Jobs: the access patterns of the table."""

from __future__ import annotations

from zebros_core.dynamodb.repository import Page
from zebros_core.records.exported import ExportedRepository
from zebros_core.records.unique import RequestKey
from zebros_jobs.domain.job import Job, JobState
from zebros_jobs.repositories.keys import JOBS


class JobRepository(ExportedRepository[Job]):
    """One tenant's jobs."""

    schema = JOBS

    def new_id(self, operation: str, repeat: RequestKey | None) -> str:
        """Return an id for a new job: always the same one for the same key."""
        return self.store.new_id() if repeat is None else self.store.derived_id(operation, repeat.key)

    def page(
        self,
        *,
        kind: str | None,
        state: str | None,
        owner_id: str | None,
        parent_id: str | None = None,
        limit: int,
        cursor: str | None,
        visibility_key: str,
    ) -> Page[Job]:
        """Return a page of jobs, newest first; of one kind, one state, one owner where given."""
        given = {"state": state, "parentId": parent_id}
        filters = {name: value for name, value in given.items() if value is not None}
        if owner_id is not None:
            index, value = "owner", owner_id
            filters |= {"kindKey": kind} if kind is not None else {}
        elif kind is not None:
            index, value = "kind", kind
        else:
            index, value = "created", None
        return self._page(
            index,
            value,
            limit=limit,
            cursor=cursor,
            query_name="jobs",
            filters=filters,
            descending=True,
            visibility_key=visibility_key,
        )

    def page_open(self, *, state: JobState | None, limit: int, cursor: str | None) -> Page[Job]:
        """Return a page of the jobs that are queued or running, the oldest first."""
        return self._page(
            "open",
            "open",
            limit=limit,
            cursor=cursor,
            query_name="jobs-open",
            filters={"state": state.value} if state is not None else {},
        )
