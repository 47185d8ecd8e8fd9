"""/v1/jobs"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from pydantic import Field

from zebros_core.errors import ConflictError
from zebros_core.http import Instant, NoQuery, PageBody, PageQuery, Request, Response, Routes, WireModel
from zebros_core.http.pages import page_response
from zebros_jobs.bootstrap import Container
from zebros_jobs.domain.job import JobKind, JobState
from zebros_jobs.handlers.bodies import JobBody
from zebros_jobs.use_cases.cancel_job import cancel_job
from zebros_jobs.use_cases.get_job import list_jobs, view_job
from zebros_jobs.use_cases.job_files import LinkedFile, link_files

routes = Routes("jobs")


class JobsQuery(PageQuery):
    """Which jobs."""

    kind: Annotated[JobKind | None, Field(description="Jobs of this kind only.")] = None
    state: Annotated[JobState | None, Field(description="Jobs in this state only.")] = None


class LinkedFileBody(WireModel):
    """A file and where to get it until when."""

    name: str
    content_type: str
    size_bytes: int
    url: str
    expires_at: Instant


class LinkedFilesBody(WireModel):
    """The files that a job made."""

    items: list[LinkedFileBody]

    @classmethod
    def of(cls, linked: Iterable[LinkedFile]) -> LinkedFilesBody:
        """Return the body of links to files."""
        return cls(
            items=[
                LinkedFileBody(
                    name=each.file.name,
                    content_type=each.file.content_type,
                    size_bytes=each.file.size_bytes,
                    url=each.url,
                    expires_at=each.expires_at,
                )
                for each in linked
            ]
        )


@routes.get(
    "/v1/jobs",
    operation="listJobs",
    permission=("job", "read"),
    query=JobsQuery,
    response=PageBody[JobBody],
    summary="List jobs",
)
def list_(request: Request[Container, JobsQuery]) -> Response:
    """Newest first: one's own, or everybody's for administrators."""
    query = request.query
    page = list_jobs(
        request.services.workspace(request.context),
        kind=query.kind.value if query.kind else None,
        state=query.state.value if query.state else None,
        limit=query.limit,
        cursor=query.cursor,
    )
    return page_response(page, JobBody, JobBody.of)


@routes.get(
    "/v1/jobs/{jobId}",
    operation="getJob",
    permission=("job", "read"),
    response=JobBody,
    summary="Read a job and how far it is",
)
def get(request: Request[Container]) -> Response:
    """Progress changes without the version: ask every second or two until the state is `succeeded`, `failed` or
    `cancelled`.
    """
    return Response(JobBody.of(view_job(request.services.workspace(request.context), request.path["jobId"])))


@routes.get(
    "/v1/jobs/{jobId}/files",
    operation="listJobFiles",
    permission=("job", "read"),
    response=LinkedFilesBody,
    audit="job.downloaded",
    summary="Get links to the files of a job",
)
def files(request: Request[Container]) -> Response:
    """Each link downloads its file for a quarter of an hour."""
    linked = link_files(request.services.workspace(request.context), request.path["jobId"])
    return Response(LinkedFilesBody.of(linked))


@routes.post(
    "/v1/jobs/{jobId}:cancel",
    operation="cancelJob",
    permission=("job", "read"),
    idempotent="none",
    response=JobBody,
    errors=(ConflictError,),
    summary="Cancel a job",
)
def cancel(request: Request[Container, NoQuery]) -> Response:
    """What it did until then stays done, and its end says how much that is. Cancelling twice is cancelling once."""
    workspace = request.services.workspace(request.context)
    cancel_job(workspace, request.path["jobId"])
    return Response(JobBody.of(view_job(workspace, request.path["jobId"])))
