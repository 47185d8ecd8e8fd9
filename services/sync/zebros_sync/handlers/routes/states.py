"""/v1/sync/states"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from zebros_core.dynamodb.cursor import CursorBinding
from zebros_core.errors import UnavailableError
from zebros_core.http import Example, NoQuery, Request, Response, Routes, WireModel
from zebros_sync.bootstrap import Container
from zebros_sync.use_cases.check_states import check_states

routes = Routes("states")


class CheckRequest(WireModel):
    """Where to go on; nothing for the beginning."""

    cursor: Annotated[str | None, Field(max_length=1024)] = None


class DifferenceBody(WireModel):
    """A record whose copy is not exact."""

    entity: str
    id: str


class CheckBody(WireModel):
    """What a page came to. Go on with `nextCursor` until it is null; look at a difference again after a minute."""

    checked: int
    different: int
    repaired: int
    records: list[DifferenceBody]
    next_cursor: str | None


def _checked(request: Request[Container, NoQuery, CheckRequest], *, repair: bool) -> Response:
    have = request.services
    workspace = have.workspace(request.context)
    binding = CursorBinding(request.context.tenant_id, "sync-states", {"repair": repair})
    sealed = request.body.cursor
    position: Any = None if sealed is None else tuple(workspace.cursors.decode(sealed, binding))
    # Whoever may ask sees counts and ids; the comparison itself is our machinery's, which sees every record.
    machinery = have.system_workspace(request.context.tenant_id, "sync-states")
    page = check_states(machinery, have.exports(machinery), position=position, repair=repair)
    following = None if page.position is None else workspace.cursors.encode(list(page.position), binding)
    return Response(
        CheckBody(
            checked=page.checked,
            different=page.count,
            repaired=page.repaired,
            records=[DifferenceBody(entity=entity, id=id) for entity, id in page.different],
            next_cursor=following,
        )
    )


@routes.post(
    "/v1/sync/states:verify",
    operation="verifyStates",
    permission=("sync", "write"),
    idempotent="none",
    body=CheckRequest,
    response=CheckBody,
    errors=(UnavailableError,),
    summary="Compare the copies for devices with the records",
    examples=(Example("start", {}, "From the beginning"),),
)
def verify(request: Request[Container, NoQuery, CheckRequest]) -> Response:
    """Page by page: every record against its copy, then every copy against its record."""
    return _checked(request, repair=False)


@routes.post(
    "/v1/sync/states:rebuild",
    operation="rebuildStates",
    permission=("sync", "write"),
    idempotent="none",
    body=CheckRequest,
    response=CheckBody,
    errors=(UnavailableError,),
    summary="Make the copies for devices anew",
    examples=(Example("start", {}, "From the beginning"),),
)
def rebuild(request: Request[Container, NoQuery, CheckRequest]) -> Response:
    """As verifying, and what is wrong is appended to the log as it should be; devices get it as any change."""
    return _checked(request, repair=True)
