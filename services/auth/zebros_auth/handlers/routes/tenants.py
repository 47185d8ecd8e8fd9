"""/v1/tenants: for administrators of the platform"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from zebros_auth.bootstrap import Container
from zebros_auth.domain.tenant import (
    Isolation,
    Suspension,
    TenantChange,
    TenantDraft,
    TenantRecord,
    TenantTakenError,
)
from zebros_auth.handlers.tenant_bodies import TenantBody
from zebros_auth.use_cases.manage_tenants import activate_tenant, suspend_tenant, update_tenant
from zebros_auth.use_cases.offboard_tenant import offboard_tenant, resume_operation
from zebros_auth.use_cases.onboard_tenant import onboard_tenant
from zebros_auth.use_cases.provision_tenant import provision_tenant
from zebros_core.errors import ConflictError, DuplicateError, UnavailableError
from zebros_core.http import Example, NoQuery, PageBody, PageQuery, Request, Response, Routes
from zebros_core.http.merge_patch import MergePatch
from zebros_core.http.pages import page_response
from zebros_core.tenancy.context import TENANT_ID_PATTERN
from zebros_core.tenancy.registry import TenantStatus

routes = Routes("tenants")

_TENANT_ID = {"tenantId": TENANT_ID_PATTERN}


class TenantsQuery(PageQuery):
    """Filters of a list of tenants."""

    status: Annotated[TenantStatus | None, Field(description="Where they are in their life.")] = None
    isolation: Annotated[Isolation | None, Field(description="How their data is kept apart.")] = None


def answer(tenant: TenantRecord, *, location: bool = False) -> Response:
    """Return the response that shows a tenant."""
    where = f"/v1/tenants/{tenant.tenant_id}" if location else None
    return Response(
        TenantBody.of(tenant), etag=tenant.epoch, location=where, audit={"tenant": tenant.tenant_id}
    )


@routes.post(
    "/v1/tenants",
    operation="onboardTenant",
    access="platform",
    audit="tenant.onboarding-started",
    body=TenantDraft,
    response=TenantBody,
    status=202,
    etag=True,
    errors=(DuplicateError, TenantTakenError, UnavailableError),
    summary="Onboard a tenant",
    examples=(
        Example(
            "pool",
            {
                "id": "northwind",
                "name": "Northwind Traders",
                "isolation": "pool",
                "settings": {"currency": "EUR", "timeZone": "Europe/Berlin"},
                "admin": {"email": "ada@northwind.example", "name": "Ada Lovelace"},
            },
        ),
    ),
)
def onboard(request: Request[Container, NoQuery, TenantDraft]) -> Response:
    """Registers the tenant and begins: organization, own tables of a silo, first administrator with an invitation by
    mail, welcome mail, activation. `operation` of the tenant says how far it is; one that failed is resumed.

    The id is in keys and table names: lower-case letters and digits, never changed and never given twice. `isolation`
    and `settings.indexShards` are fixed from here on. A taken id, or an administrator's address that somebody else has,
    is a 409 that names which.
    """
    key = request.idempotency
    made = onboard_tenant(
        request.services.tenancy,
        request.body,
        actor=request.platform.user_id,
        key=None if key is None else (f"{request.platform.user_id}:{key.key}", key.fingerprint),
    )
    return answer(made, location=True)


@routes.get(
    "/v1/tenants",
    operation="listTenants",
    access="platform",
    query=TenantsQuery,
    response=PageBody[TenantBody],
    summary="List tenants",
)
def list_(request: Request[Container, TenantsQuery]) -> Response:
    """By isolation model and id; those that left are in it. With a status a page may be short before the last one."""
    query = request.query
    page = request.services.tenancy.tenants.page(
        status=query.status,
        isolation=query.isolation,
        limit=query.limit,
        cursor=query.cursor,
    )
    return page_response(page, TenantBody, TenantBody.of)


@routes.get(
    "/v1/tenants/{tenantId}",
    operation="getTenant",
    access="platform",
    response=TenantBody,
    etag=True,
    path_patterns=_TENANT_ID,
    summary="Read a tenant",
)
def get(request: Request[Container]) -> Response:
    """One tenant, with how far its onboarding or offboarding is and, when it left, what was erased where."""
    return answer(request.services.tenancy.tenants.get(request.path["tenantId"]))


@routes.patch(
    "/v1/tenants/{tenantId}",
    operation="updateTenant",
    access="platform",
    audit="tenant.changed",
    body=TenantChange,
    merge_patch=True,
    response=TenantBody,
    etag=True,
    if_match="optional",
    path_patterns=_TENANT_ID,
    errors=(ConflictError, TenantTakenError, UnavailableError),
    summary="Change a tenant's name, tier or settings",
    examples=(
        Example("limits", {"settings": {"requestsPerSecond": 500, "requestBurst": 1000}}),
        Example(
            "conflicts",
            {"settings": {"syncStrategies": {"default": "fieldMerge", "opportunity": "manual"}}},
            "How edits are settled that met while a device was offline",
        ),
    ),
)
def update(request: Request[Container, NoQuery, MergePatch[TenantChange]]) -> Response:
    """A JSON merge patch. It counts everywhere within 30 seconds. `settings.syncStrategies` says by entity how edits of
    devices are settled that met others: `fieldMerge` (unless said otherwise), `lastWriterWins`, `serverWins`, `manual`;
    null takes one back. `admin` is changed only after an onboarding that failed before there was one; isolation and
    index shards never.
    """
    return answer(
        update_tenant(
            request.services.tenancy,
            request.path["tenantId"],
            request.body.apply,
            actor=request.platform.user_id,
            expected_version=request.if_match,
        )
    )


@routes.post(
    "/v1/tenants/{tenantId}:suspend",
    operation="suspendTenant",
    access="platform",
    audit="tenant.suspended",
    body=Suspension,
    response=TenantBody,
    etag=True,
    if_match="optional",
    idempotent="none",
    path_patterns=_TENANT_ID,
    errors=(ConflictError,),
    summary="Stop serving a tenant",
    examples=(Example("unpaid", {"reason": "Unpaid since March"}),),
)
def suspend(request: Request[Container, NoQuery, Suspension]) -> Response:
    """Its people and integrations get 403 `tenant_suspended`, everywhere within 30 seconds. Its data stays as it is."""
    return answer(
        suspend_tenant(
            request.services.tenancy,
            request.path["tenantId"],
            request.body.reason,
            actor=request.platform.user_id,
            expected_version=request.if_match,
        )
    )


@routes.post(
    "/v1/tenants/{tenantId}:activate",
    operation="activateTenant",
    access="platform",
    audit="tenant.activated",
    response=TenantBody,
    etag=True,
    if_match="optional",
    idempotent="none",
    path_patterns=_TENANT_ID,
    errors=(ConflictError,),
    summary="Serve a suspended tenant again",
)
def activate(request: Request[Container]) -> Response:
    """Everywhere within 30 seconds. One that is still being onboarded becomes active by that."""
    return answer(
        activate_tenant(
            request.services.tenancy,
            request.path["tenantId"],
            actor=request.platform.user_id,
            expected_version=request.if_match,
        )
    )


@routes.post(
    "/v1/tenants/{tenantId}:resume",
    operation="resumeTenant",
    access="platform",
    audit="tenant.resumed",
    response=TenantBody,
    status=202,
    etag=True,
    idempotent="none",
    path_patterns=_TENANT_ID,
    errors=(ConflictError, UnavailableError),
    summary="Go on with what stopped",
)
def resume(request: Request[Container]) -> Response:
    """With an onboarding, offboarding or provisioning, at the step where it stopped; what is done stays done. One that
    is under way goes on as it is.
    """
    tenancy = request.services.tenancy
    return answer(resume_operation(tenancy, request.path["tenantId"], actor=request.platform.user_id))


@routes.post(
    "/v1/tenants/{tenantId}:provision",
    operation="provisionTenant",
    access="platform",
    audit="tenant.provisioning-started",
    response=TenantBody,
    status=202,
    etag=True,
    idempotent="none",
    path_patterns=_TENANT_ID,
    errors=(ConflictError, UnavailableError),
    summary="Make the tables that a tenant lacks",
)
def provision(request: Request[Container]) -> Response:
    """Those of services that were deployed after a tenant with own tables came, in the background; the tenant is served
    meanwhile, and nothing that it has is touched. `operation` says how far it is, and its `made` which tables were
    made: none where none was missing. For tenants in shared tables it is done at once, with nothing to make. One that
    is under way goes on as it is, one that stopped goes on there; 409 while a tenant comes or leaves, and later.
    """
    tenancy = request.services.tenancy
    return answer(provision_tenant(tenancy, request.path["tenantId"], actor=request.platform.user_id))


@routes.delete(
    "/v1/tenants/{tenantId}",
    operation="offboardTenant",
    access="platform",
    audit="tenant.offboarding-started",
    response=TenantBody,
    status=202,
    etag=True,
    if_match="required",
    path_patterns=_TENANT_ID,
    errors=(ConflictError, UnavailableError),
    summary="Offboard a tenant",
)
def offboard(request: Request[Container]) -> Response:
    """Stops serving the tenant, exports what it has, erases it in every service, removes its people and
    integrations, and reports the counts of each store. It cannot be undone, so If-Match names what was looked at. The
    id is never given again.
    """
    return answer(
        offboard_tenant(
            request.services.tenancy,
            request.path["tenantId"],
            actor=request.platform.user_id,
            expected_version=request.if_match,
        )
    )
