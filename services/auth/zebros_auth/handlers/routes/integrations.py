"""/v1/integrations: programs that call the API for the tenant"""

from zebros_auth.bootstrap import Container
from zebros_auth.domain.integration import IntegrationDraft
from zebros_auth.handlers.bodies import IntegrationBody, NewIntegrationBody
from zebros_auth.use_cases.manage_integrations import (
    create_integration,
    remove_integration,
    rotate_integration,
)
from zebros_core.errors import ConflictError, UnavailableError
from zebros_core.http import Example, NoQuery, PageBody, PageQuery, Request, Response, Routes
from zebros_core.http.pages import page_response

routes = Routes("integrations")


@routes.post(
    "/v1/integrations",
    operation="createIntegration",
    permission=("integration", "write"),
    body=IntegrationDraft,
    response=NewIntegrationBody,
    status=201,
    etag=True,
    errors=(ConflictError, UnavailableError),
    summary="Make an integration",
    examples=(
        Example("reader", {"name": "Warehouse", "role": "viewer", "scopes": ["records:read"]}),
        Example(
            "writer",
            {"name": "Web form", "role": "sales-rep", "scopes": ["records:read", "records:write"]},
        ),
    ),
)
def create(request: Request[Container, NoQuery, IntegrationDraft]) -> Response:
    """The answer has the client id and, this once, the secret with which it gets tokens (client credentials grant).

    Its tokens may do what its role and its scopes both allow. The same Idempotency-Key gives the same answer, secret
    included: send one, and a lost answer costs nothing. A tenant has at most 100 integrations (409).
    """
    key = request.idempotency
    integration, secret = create_integration(
        request.services.workspace(request.context),
        request.body,
        key=None if key is None else (key.key, key.fingerprint),
    )
    return Response(
        NewIntegrationBody.with_secret(integration, secret.secret),
        etag=integration.version,
        location=f"/v1/integrations/{integration.integration_id}",
    )


@routes.get(
    "/v1/integrations",
    operation="listIntegrations",
    permission=("integration", "read"),
    query=PageQuery,
    response=PageBody[IntegrationBody],
    summary="List integrations",
)
def list_(request: Request[Container, PageQuery]) -> Response:
    """The tenant's integrations, oldest first, without their secrets."""
    integrations = request.services.workspace(request.context).integrations
    page = integrations.page(limit=request.query.limit, cursor=request.query.cursor)
    return page_response(page, IntegrationBody, IntegrationBody.of)


@routes.get(
    "/v1/integrations/{integrationId}",
    operation="getIntegration",
    permission=("integration", "read"),
    response=IntegrationBody,
    etag=True,
    summary="Read an integration",
)
def get(request: Request[Container]) -> Response:
    """One integration, without its secret."""
    found = request.services.workspace(request.context).integrations.get(request.path["integrationId"])
    return Response(IntegrationBody.of(found), etag=found.version)


@routes.post(
    "/v1/integrations/{integrationId}:rotate",
    operation="rotateIntegration",
    permission=("integration", "write"),
    response=NewIntegrationBody,
    etag=True,
    idempotent="none",
    errors=(ConflictError, UnavailableError),
    summary="Give an integration a new secret",
)
def rotate(request: Request[Container]) -> Response:
    """The old secret is void at once. Where the answer is lost, rotate again: each call gives another secret."""
    integration, secret = rotate_integration(
        request.services.workspace(request.context), request.path["integrationId"]
    )
    return Response(NewIntegrationBody.with_secret(integration, secret.secret), etag=integration.version)


@routes.delete(
    "/v1/integrations/{integrationId}",
    operation="removeIntegration",
    permission=("integration", "delete"),
    status=204,
    errors=(UnavailableError,),
    summary="Take an integration's access away",
)
def remove(request: Request[Container]) -> Response:
    """It gets no token any more; one that is out works until it expires, 15 minutes at most."""
    remove_integration(request.services.workspace(request.context), request.path["integrationId"])
    return Response()
