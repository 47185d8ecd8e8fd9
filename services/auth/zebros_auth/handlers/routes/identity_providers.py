"""/v1/tenants/{tenantId}/identity-provider: a tenant's own provider, set by administrators of the platform"""

from __future__ import annotations

from zebros_auth.bootstrap import Container
from zebros_auth.domain.identity_provider import IdentityProviderDraft
from zebros_auth.handlers.tenant_bodies import IdentityProviderBody
from zebros_auth.use_cases.manage_identity_provider import remove_identity_provider, set_identity_provider
from zebros_core.errors import ConflictError, UnavailableError
from zebros_core.http import Example, NoQuery, Request, Response, Routes
from zebros_core.tenancy.context import TENANT_ID_PATTERN

routes = Routes("tenants")

_PATH = "/v1/tenants/{tenantId}/identity-provider"
_TENANT_ID = {"tenantId": TENANT_ID_PATTERN}


@routes.put(
    _PATH,
    operation="setIdentityProvider",
    access="platform",
    audit="tenant.identity-provider-set",
    body=IdentityProviderDraft,
    response=IdentityProviderBody,
    path_patterns=_TENANT_ID,
    errors=(ConflictError, UnavailableError),
    summary="Let a tenant's people sign in through its own provider",
    examples=(
        Example(
            "company",
            {
                "displayName": "Northwind",
                "issuer": "https://login.northwind.example",
                "authorizationUrl": "https://login.northwind.example/authorize",
                "tokenUrl": "https://login.northwind.example/token",
                "jwksUrl": "https://login.northwind.example/keys",
                "clientId": "zebros",
                "clientSecret": "given-by-the-company",
                "domains": ["northwind.example"],
            },
        ),
    ),
)
def set_(request: Request[Container, NoQuery, IdentityProviderDraft]) -> Response:
    """An OpenID Connect provider, made or replaced as a whole. Whoever gives an address of one of `domains` on the
    sign-in page is sent there: prove first that they are the company's. A domain of another tenant is a 409.

    People are invited as before, which gives them their role; on their first sign-in there they confirm by mail that
    the account is theirs. The secret is never shown again.
    """
    tenant_id, wish = request.path["tenantId"], request.body
    set_identity_provider(request.services.tenancy, tenant_id, wish)
    # One by one: a detail of the log has 512 characters, and ten domains have more.
    domains = {f"domain{place}": domain for place, domain in enumerate(wish.domains, 1)}
    return Response(
        IdentityProviderBody.of(wish), audit={"tenant": tenant_id, "issuer": wish.issuer, **domains}
    )


@routes.delete(
    _PATH,
    operation="removeIdentityProvider",
    access="platform",
    audit="tenant.identity-provider-removed",
    status=204,
    path_patterns=_TENANT_ID,
    errors=(ConflictError, UnavailableError),
    summary="Take a tenant's own provider away",
)
def remove(request: Request[Container]) -> Response:
    """Its domains are free again, and its people sign in with a password: who has none asks for a new one. A tenant
    without a provider of its own stays as it is.
    """
    tenant_id = request.path["tenantId"]
    remove_identity_provider(request.services.tenancy, tenant_id)
    return Response(audit={"tenant": tenant_id})
