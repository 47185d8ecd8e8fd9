"""Tenants, for whoever administers the platform."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from zebros.aio.executor import AsyncExecutor, AsyncVersionedCollection, drive
from zebros.calls import tenants as calls
from zebros.calls.tenants import FirstAdmin, Isolation, OnProgress, TenantStatus
from zebros.listing import AsyncListing
from zebros.models import IdentityProvider, Tenant

__all__ = ["AsyncTenants"]


class AsyncTenants(AsyncVersionedCollection[Tenant]):
    """`client.tenants`, as `zebros.resources.tenants.Tenants`."""

    def __init__(self, client: AsyncExecutor, sleep: Callable[[float], Awaitable[None]]) -> None:
        super().__init__(client, calls.ROUTES)
        self._sleep = sleep

    def list(
        self,
        *,
        status: TenantStatus | None = None,
        isolation: Isolation | None = None,
        page_size: int | None = None,
    ) -> AsyncListing[Tenant]:
        """The tenants of the platform, those that left among them."""
        call = calls.list_(status=status, isolation=isolation, page_size=page_size)
        return AsyncListing(call, self._client.execute)

    async def get(self, tenant_id: str) -> Tenant:
        """Read a tenant with its last operation."""
        return await self._client.execute(calls.get(tenant_id))

    async def onboard(
        self,
        tenant_id: str,
        *,
        name: str,
        admin: FirstAdmin,
        isolation: Isolation,
        tier: str | None = None,
        settings: Mapping[str, Any] | None = None,
        idempotency_key: str | None = None,
    ) -> Tenant:
        """Start a tenant; follow it with `wait_until`."""
        call = calls.onboard(
            tenant_id,
            name=name,
            admin=admin,
            isolation=isolation,
            tier=tier,
            settings=settings,
            idempotency_key=idempotency_key,
        )
        return await self._client.execute(call)

    async def suspend(self, tenant_id: str, *, reason: str) -> Tenant:
        """Serve the tenant no longer."""
        return await self._client.execute(calls.suspend(tenant_id, reason))

    async def activate(self, tenant_id: str) -> Tenant:
        """Serve a suspended tenant again."""
        return await self._client.execute(calls.act(tenant_id, "activate"))

    async def resume(self, tenant_id: str) -> Tenant:
        """Go on with an operation that stopped."""
        return await self._client.execute(calls.act(tenant_id, "resume"))

    async def provision(self, tenant_id: str) -> Tenant:
        """Make the tables that the tenant lacks; follow it with `wait_until_done`."""
        return await self._client.execute(calls.act(tenant_id, "provision"))

    async def offboard(self, tenant_id: str, *, version: int) -> Tenant:
        """Export everything that the tenant has, then erase it everywhere. It cannot be undone.

        `version` is that of the tenant as you looked at it; VersionConflictError when it changed since.
        """
        return await self._client.execute(calls.offboard(tenant_id, version))

    async def set_identity_provider(
        self,
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
    ) -> IdentityProvider:
        """Let the tenant's people sign in through its own OpenID Connect provider, made or replaced as a whole.

        `domains` are the e-mail domains that are sent there: prove first that they are the company's. Raises
        ConflictError for a domain of another tenant, and for a tenant that is neither active nor suspended.
        """
        call = calls.set_identity_provider(
            tenant_id,
            display_name=display_name,
            issuer=issuer,
            authorization_url=authorization_url,
            token_url=token_url,
            jwks_url=jwks_url,
            client_id=client_id,
            client_secret=client_secret,
            domains=domains,
        )
        return await self._client.execute(call)

    async def remove_identity_provider(self, tenant_id: str) -> None:
        """Take the tenant's own provider away; none there: nothing to do."""
        return await self._client.execute(calls.remove_identity_provider(tenant_id))

    async def wait_until(
        self,
        tenant_id: str,
        status: TenantStatus,
        *,
        on_progress: OnProgress | None = None,
        timeout_seconds: float = 900.0,
        poll_seconds: float = 1.0,
    ) -> Tenant:
        """Wait until the tenant has this status. Raises OperationFailedError, OperationTimeoutError."""
        looks = calls.waiting(
            tenant_id,
            status,
            on_progress=on_progress,
            timeout_seconds=timeout_seconds,
            poll_seconds=poll_seconds,
        )
        return await drive(looks, self._client, self._sleep)

    async def wait_until_done(
        self,
        tenant_id: str,
        *,
        on_progress: OnProgress | None = None,
        timeout_seconds: float = 900.0,
        poll_seconds: float = 1.0,
    ) -> Tenant:
        """Wait until what is under way with the tenant is done, such as `provision`. Otherwise as `wait_until`."""
        looks = calls.waiting(
            tenant_id,
            None,
            on_progress=on_progress,
            timeout_seconds=timeout_seconds,
            poll_seconds=poll_seconds,
        )
        return await drive(looks, self._client, self._sleep)
