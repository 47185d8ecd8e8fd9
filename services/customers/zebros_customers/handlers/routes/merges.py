"""/v1/customers/{customerId}/merge, and /v1/merges"""

from zebros_core.errors import ConflictError, DuplicateError
from zebros_core.http import Example, NoQuery, Request, Response, Routes
from zebros_customers.bootstrap import Container
from zebros_customers.domain.merge import MergeStatus
from zebros_customers.handlers.bodies import MergeBody, MergeRequest
from zebros_customers.handlers.routes.customers import written
from zebros_customers.use_cases.merge_customers import get_merge, merge_customers

routes = Routes("merges")


@routes.post(
    "/v1/customers/{customerId}/merge",
    operation="mergeCustomers",
    permission=("customer", "merge"),
    body=MergeRequest,
    response=MergeBody,
    if_match="optional",
    idempotent="record",
    statuses={
        202: "More than 40 contacts and documents: the rest follows; /v1/merges/{mergeId} tells how far."
    },
    errors=(ConflictError, DuplicateError),
    summary="Merge another customer into this one",
    examples=(Example("loser", {"loserId": "01JC8Z4T5V6W7X8Y9ZABCDEFGH"}),),
)
def merge(request: Request[Container, NoQuery, MergeRequest]) -> Response:
    """This customer wins: its values stay, the other's fill the gaps, tags are joined. Contacts and documents of the
    loser follow; reading the loser redirects here from now on. It cannot be undone.
    """
    workspace = request.services.workspace(request.context)
    result = merge_customers(
        workspace, request.path["customerId"], request.body.loser_id, expected_version=request.if_match
    )
    return Response(
        MergeBody.of(result.merge),
        status=202 if result.merge.status is MergeStatus.RUNNING else 200,
        location=f"/v1/merges/{result.merge.merge_id}",
        writes=(*written(result.winner), *written(result.loser)),
    )


@routes.get(
    "/v1/merges/{mergeId}",
    operation="getMerge",
    permission=("customer", "read"),
    response=MergeBody,
    summary="How far a merge is",
)
def get(request: Request[Container]) -> Response:
    """For whoever may see the winner."""
    return Response(
        MergeBody.of(get_merge(request.services.workspace(request.context), request.path["mergeId"]))
    )
