"""Tenants, for whoever administers the platform."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from zebros.calls import tenants as calls
from zebros.calls.tenants import FirstAdmin, Isolation, OnProgress, TenantStatus
from zebros.listing import Listing
from zebros.models import IdentityProvider, Tenant
from zebros.resources.driver import drive
from zebros.resources.executor import Executor
from zebros.resources.versioned import VersionedCollection

__all__ = ["FirstAdmin", "Isolation", "OnProgress", "TenantStatus", "Tenants"]


class Tenants(VersionedCollection[Tenant]):
    """`client.tenants`, with the token of a platform admin; any other gets ForbiddenError."""

    def __init__(self, client: Executor, sleep: Callable[[float], None]) -> None:
        super().__init__(client, calls.ROUTES)
        self._sleep = sleep

    def list(
        self,
        *,
        status: TenantStatus | None = None,
        isolation: Isolation | None = None,
        page_size: int | None = None,
    ) -> Listing[Tenant]:
        """The tenants of the platform, those that left among them."""
        call = calls.list_(status=status, isolation=isolation, page_size=page_size)
        return Listing(call, self._client.execute)

    def get(self, tenant_id: str) -> Tenant:
        """Read a tenant with its last operation."""
        return self._client.execute(calls.get(tenant_id))

    def onboard(
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
        """Start a tenant: its organization, tables and first admin are made in the background.

        Follow it with `wait_until`. Raises DuplicateError when the id is, or ever was, another tenant's.
        """
        call = calls.onboard(
            tenant_id,
            name=name,
            admin=admin,
            isolation=isolation,
            tier=tier,
            settings=settings,
            idempotency_key=idempotency_key,
        )
        return self._client.execute(call)

    def suspend(self, tenant_id: str, *, reason: str) -> Tenant:
        """Serve the tenant no longer: its people get a 403 that says so, within 30 seconds. `reason` is for
        administrators of the platform.
        """
        return self._client.execute(calls.suspend(tenant_id, reason))

    def activate(self, tenant_id: str) -> Tenant:
        """Serve a suspended tenant again."""
        return self._client.execute(calls.act(tenant_id, "activate"))

    def resume(self, tenant_id: str) -> Tenant:
        """Go on with an operation that stopped, from the step where it did."""
        return self._client.execute(calls.act(tenant_id, "resume"))

    def provision(self, tenant_id: str) -> Tenant:
        """Make the tables that the tenant lacks: those of services that were deployed after it came, when it has
        tables of its own. It is served meanwhile; what it has stays. Any number of times.

        Follow it with `wait_until_done`: `operation.made` then names the tables that were made. Raises
        ConflictError for a tenant that comes, leaves or has left.
        """
        return self._client.execute(calls.act(tenant_id, "provision"))

    def offboard(self, tenant_id: str, *, version: int) -> Tenant:
        """Export everything that the tenant has, then erase it everywhere. It cannot be undone.

        `version` is that of the tenant as you looked at it; VersionConflictError when it changed since.
        """
        return self._client.execute(calls.offboard(tenant_id, version))

    def set_identity_provider(
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
        return self._client.execute(call)

    def remove_identity_provider(self, tenant_id: str) -> None:
        """Take the tenant's own provider away; none there: nothing to do."""
        return self._client.execute(calls.remove_identity_provider(tenant_id))

    def wait_until(
        self,
        tenant_id: str,
        status: TenantStatus,
        *,
        on_progress: OnProgress | None = None,
        timeout_seconds: float = 900.0,
        poll_seconds: float = 1.0,
    ) -> Tenant:
        """Wait until the tenant has this status, and return it.

        `on_progress` gets the tenant at each look. Raises OperationFailedError when the operation stops,
        OperationTimeoutError when it takes longer than `timeout_seconds`; it goes on then.
        """
        looks = calls.waiting(
            tenant_id,
            status,
            on_progress=on_progress,
            timeout_seconds=timeout_seconds,
            poll_seconds=poll_seconds,
        )
        return drive(looks, self._client, self._sleep)

    def wait_until_done(
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
        return drive(looks, self._client, self._sleep)
