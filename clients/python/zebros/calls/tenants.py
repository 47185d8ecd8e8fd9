"""Operations on tenants, for whoever administers the platform, and the wait for what goes on in the background."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Any, Literal, TypedDict

from zebros.calls import records
from zebros.calls.call import Call, listing, path, post_headers, query_of, read_nothing, read_record
from zebros.errors import OperationFailedError, OperationTimeoutError
from zebros.models import IdentityProvider, Page, Tenant

__all__ = ["FirstAdmin", "Isolation", "OnProgress", "TenantStatus"]

Isolation = Literal["pool", "bridge", "silo"]
TenantStatus = Literal["onboarding", "active", "suspended", "offboarding", "offboarded", "failed"]
TenantAction = Literal["activate", "resume", "provision"]
OnProgress = Callable[[Tenant], None]
"""Called with the tenant after each look at it."""

ROUTES = records.Routes("tenants", Tenant)


class FirstAdmin(TypedDict, total=False):
    """Who administers a new tenant; gets the invitation."""

    email: str
    name: str
    language: str


def onboard(
    tenant_id: str,
    *,
    name: str,
    admin: FirstAdmin,
    isolation: str,
    tier: str | None,
    settings: Mapping[str, Any] | None,
    idempotency_key: str | None,
) -> Call[Tenant]:
    optional = {"tier": tier, "settings": settings and dict(settings)}
    body = {
        "id": tenant_id,
        "name": name,
        "isolation": isolation,
        "admin": dict(admin),
        **{member: value for member, value in optional.items() if value is not None},
    }
    return Call("POST", "/v1/tenants", read_record(Tenant), json=body, headers=post_headers(idempotency_key))


def get(tenant_id: str) -> Call[Tenant]:
    return Call("GET", path("/v1/tenants/{}", tenant_id), read_record(Tenant))


def list_(
    *, status: str | None, isolation: str | None, page_size: int | None
) -> Callable[[str | None], Call[Page[Tenant]]]:
    return listing(Tenant, "/v1/tenants", query_of(status=status, isolation=isolation, limit=page_size))


def suspend(tenant_id: str, reason: str) -> Call[Tenant]:
    target = path("/v1/tenants/{}:suspend", tenant_id)
    return Call("POST", target, read_record(Tenant), json={"reason": reason}, headers=post_headers(None))


def act(tenant_id: str, action: TenantAction) -> Call[Tenant]:
    target = path(f"/v1/tenants/{{}}:{action}", tenant_id)
    return Call("POST", target, read_record(Tenant), headers=post_headers(None))


def offboard(tenant_id: str, version: int) -> Call[Tenant]:
    target = path("/v1/tenants/{}", tenant_id)
    return Call("DELETE", target, read_record(Tenant), headers=records.if_match(version))


def set_identity_provider(
    tenant_id: str,
    *,
    display_name: str,
    issuer: str,
    authorization_url: str,
    token_url: str,
    jwks_url: str,
    client_id: str,
    client_secret: str,
    domains: Sequence[str],
) -> Call[IdentityProvider]:
    body = {
        "displayName": display_name,
        "issuer": issuer,
        "authorizationUrl": authorization_url,
        "tokenUrl": token_url,
        "jwksUrl": jwks_url,
        "clientId": client_id,
        "clientSecret": client_secret,
        "domains": list(domains),
    }
    target = path("/v1/tenants/{}/identity-provider", tenant_id)
    return Call("PUT", target, lambda reply: IdentityProvider.model_validate(reply.json_object()), json=body)


def remove_identity_provider(tenant_id: str) -> Call[None]:
    return Call("DELETE", path("/v1/tenants/{}/identity-provider", tenant_id), read_nothing)


def waiting(
    tenant_id: str,
    status: TenantStatus | None,
    *,
    on_progress: OnProgress | None,
    timeout_seconds: float,
    poll_seconds: float,
) -> Generator[Call[Tenant] | float, Any, Tenant]:
    """Look until the tenant has `status`, or with None until what is under way is done: asks its driver for a call's
    answer or for a wait in seconds.

    Raises OperationFailedError when the operation stops, OperationTimeoutError when it takes longer.
    """
    waited = 0.0
    while True:
        tenant: Tenant = yield get(tenant_id)
        if on_progress is not None:
            on_progress(tenant)
        if tenant.idle if status is None else tenant.status == status:
            return tenant
        if tenant.failed:
            raise OperationFailedError(tenant_id, _reason(tenant))
        if waited >= timeout_seconds:
            under_way = tenant.operation.kind if status is None and tenant.operation else tenant.status
            raise OperationTimeoutError(tenant_id, under_way or "unknown", timeout_seconds)
        yield poll_seconds
        waited += poll_seconds


def _reason(tenant: Tenant) -> str:
    error = tenant.operation.error if tenant.operation is not None else None
    if error is None:
        return "no reason was given"
    return f"{error.step}: {error.detail}" if error.step else error.detail
