"""/v1/sync"""

from __future__ import annotations

import json

from zebros_core.errors import UnavailableError
from zebros_core.http import Example, NoQuery, Request, Response, Routes
from zebros_sync.bootstrap import Container
from zebros_sync.domain.errors import PersonDeactivatedError
from zebros_sync.domain.log import KEPT_DAYS
from zebros_sync.domain.push import MAX_MUTATIONS
from zebros_sync.handlers.bodies import (
    HeadBody,
    PullBody,
    PullRequest,
    PushBody,
    PushOutcomeBody,
    PushRequest,
    SchemaBody,
    StatusBody,
)
from zebros_sync.use_cases.device import check_person
from zebros_sync.use_cases.pull import Pulled, pull
from zebros_sync.use_cases.push import push

routes = Routes("sync")

_MUTATION = {
    "mutationId": "m-1",
    "entity": "customer",
    "id": "01JZ8Q5R7N3V4T6W8Y0A2C4E6G",
    "operation": "update",
    "baseVersion": 3,
    "changes": {"industry": "medical"},
    "changedAt": "2026-03-01T09:30:00Z",
}


def _page(pulled: Pulled) -> bytes:
    """Return the answer as JSON: records are texts already and go as they are."""
    page = pulled.page
    changes = [
        f'{{"entity":{json.dumps(state.entity)},"id":{json.dumps(state.id)},"version":{state.version},'
        f'"operation":"upsert","record":{state.document}}}'
        for state in page.records
    ]
    changes += [
        f'{{"entity":{json.dumps(entity)},"id":{json.dumps(id)},"version":{version},'
        '"operation":"remove","record":null}'
        for (entity, id), version in page.removed
    ]
    rest = {
        "cursor": pulled.cursor,
        "more": page.more,
        "phase": "full" if page.is_full else "delta",
        "progress": {"done": page.done, "total": page.total} if page.is_full else None,
        "resetRequired": page.reset.value if page.reset is not None else None,
        "tooOldFor": dict(pulled.reading.too_old_for),
    }
    return f'{{"changes":[{",".join(changes)}],{json.dumps(rest)[1:]}'.encode()


@routes.post(
    "/v1/sync/pull",
    operation="pullChanges",
    permission=("sync", "read"),
    idempotent="none",
    body=PullRequest,
    response=PullBody,
    compress=True,
    personal=True,
    errors=(PersonDeactivatedError, UnavailableError),
    summary="Get what is new",
    examples=(Example("start", {"cursor": None, "entities": {"customer": 1}}, "A device that has nothing"),),
)
def pull_(request: Request[Container, NoQuery, PullRequest]) -> Response:
    """Without a cursor everything that the user may see, page by page, and then what changed since the beginning.

    A record that moved out of sight arrives as a removal. A page may be empty and its cursor moved all the same.
    """
    asked = request.body
    pulled = pull(
        request.services.workspace(request.context),
        cursor=asked.cursor,
        known=asked.entities,
        most_bytes=asked.max_bytes,
    )
    return Response(_page(pulled))


@routes.post(
    "/v1/sync/push",
    operation="pushChanges",
    permission=("sync", "read"),
    idempotent="none",
    body=PushRequest,
    response=PushBody,
    compress=True,
    errors=(PersonDeactivatedError, UnavailableError),
    summary="Send what was done offline",
    examples=(
        Example(
            "edit",
            {"clientId": "phone-1", "sentAt": "2026-03-01T12:00:00Z", "mutations": [_MUTATION]},
            "An edit of one field",
        ),
    ),
)
def push_(request: Request[Container, NoQuery, PushRequest]) -> Response:
    """An outcome for each mutation, in their order; one that is refused stops no other.

    The same mutation again, by client and mutation id, gives the same outcome for 90 days. What was overridden is in
    `GET /v1/sync/conflicts`.
    """
    asked = request.body
    outcomes = push(
        request.services.workspace(request.context),
        asked.client_id,
        asked.sent_at,
        [each.mutation() for each in asked.mutations],
    )
    return Response(PushBody(outcomes=[PushOutcomeBody.of(outcome) for outcome in outcomes]))


@routes.get(
    "/v1/sync/head",
    operation="getSyncHead",
    permission=("sync", "read"),
    response=HeadBody,
    etag=True,
    summary="Is there anything new?",
)
def head(request: Request[Container]) -> Response:
    """One small read: ask every few seconds with `If-None-Match`, and pull when the answer is not 304."""
    found = request.services.workspace(request.context).log.head()
    return Response(HeadBody(sequence=found.sequence, at=found.at), etag=found.sequence)


@routes.get(
    "/v1/sync/status",
    operation="getSyncStatus",
    permission=("sync", "read"),
    response=StatusBody,
    errors=(PersonDeactivatedError,),
    summary="What a client has to know of the service",
)
def status(request: Request[Container]) -> Response:
    """How far the log goes, how long it is kept, how conflicts are settled, and the server's time."""
    workspace = request.services.workspace(request.context)
    check_person(workspace)
    found = workspace.log.head()
    return Response(
        StatusBody(
            sequence=found.sequence,
            at=found.at,
            server_time=workspace.now,
            log_days=KEPT_DAYS,
            max_mutations=MAX_MUTATIONS,
            strategies=dict(workspace.strategies()),
        )
    )


@routes.get(
    "/v1/sync/schema",
    operation="getSyncSchema",
    permission=("sync", "read"),
    response=SchemaBody,
    compress=True,
    errors=(UnavailableError,),
    summary="The entities that devices keep",
)
def schema(request: Request[Container]) -> Response:
    """Fields by wire name with type, whether null is possible, whether devices may write them; and a version of it all.

    A client tells in each pull which versions it knows, and is told which it is too old for.
    """
    return Response(SchemaBody(entities=request.services.workspace(request.context).schemas.all()))
