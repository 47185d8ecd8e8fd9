"""/v1/sync/conflicts"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from zebros_core.errors import ConflictError, UnavailableError, ValidationError
from zebros_core.http import Example, NoQuery, PageBody, PageQuery, Request, Response, Routes
from zebros_core.http.pages import page_response
from zebros_sync.bootstrap import Container
from zebros_sync.domain.conflict import ConflictState
from zebros_sync.domain.errors import PersonDeactivatedError
from zebros_sync.handlers.bodies import ConflictBody, ResolutionRequest
from zebros_sync.use_cases.manage_conflicts import get_conflict, list_conflicts, resolve_conflict

routes = Routes("conflicts")


class ConflictsQuery(PageQuery):
    """Which conflicts."""

    state: Annotated[ConflictState | None, Field(description="Open ones only, or settled ones only.")] = None


@routes.get(
    "/v1/sync/conflicts",
    operation="listConflicts",
    permission=("sync", "read"),
    query=ConflictsQuery,
    response=PageBody[ConflictBody],
    errors=(PersonDeactivatedError,),
    summary="List conflicts",
)
def list_(request: Request[Container, ConflictsQuery]) -> Response:
    """Newest first, of records that one may see: what was overridden, by whom, and what waits for a decision."""
    query = request.query
    page = list_conflicts(
        request.services.workspace(request.context),
        state=query.state,
        limit=query.limit,
        cursor=query.cursor,
    )
    return page_response(page, ConflictBody, ConflictBody.of)


@routes.get(
    "/v1/sync/conflicts/{conflictId}",
    operation="getConflict",
    permission=("sync", "read"),
    response=ConflictBody,
    errors=(PersonDeactivatedError,),
    summary="Read a conflict",
)
def get(request: Request[Container]) -> Response:
    """Both sides of it."""
    workspace = request.services.workspace(request.context)
    return Response(ConflictBody.of(get_conflict(workspace, request.path["conflictId"])))


@routes.post(
    "/v1/sync/conflicts/{conflictId}:resolve",
    operation="resolveConflict",
    permission=("sync", "read"),
    idempotent="none",
    body=ResolutionRequest,
    response=ConflictBody,
    errors=(ConflictError, PersonDeactivatedError, UnavailableError, ValidationError),
    summary="Decide an open conflict",
    examples=(Example("mine", {"fields": {"companyName": "device"}}, "Keep what the device wrote"),),
)
def resolve(request: Request[Container, NoQuery, ResolutionRequest]) -> Response:
    """For each open field whose value stays; what is the device's is written now, with one's own rights."""
    workspace = request.services.workspace(request.context)
    return Response(
        ConflictBody.of(resolve_conflict(workspace, request.path["conflictId"], request.body.fields))
    )
