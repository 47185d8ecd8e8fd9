"""The composition root: settings to clients to repositories, once per container."""

from __future__ import annotations

import os
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

from zebros_auth.domain.ports import IdentityProvider
from zebros_auth.repositories.audit import AuditLog
from zebros_auth.repositories.changes import ChangeMarks
from zebros_auth.repositories.integrations import IntegrationRepository
from zebros_auth.repositories.keys import LOOKUP_TABLE
from zebros_auth.repositories.teams import TeamRepository
from zebros_auth.repositories.users import UserRepository
from zebros_auth.settings import Settings
from zebros_auth.tenancy_wiring import tenancy_of
from zebros_auth.use_cases.tenancy import Tenancy
from zebros_auth.use_cases.workspace import Workspace
from zebros_core.auth.permissions import EVERYTHING, Rights
from zebros_core.bootstrap import ServiceContainer
from zebros_core.clock import Clock
from zebros_core.dynamodb.store import TenantStore
from zebros_core.records.history import HistoryRepository
from zebros_core.records.receipts import ReceiptRepository
from zebros_core.tenancy import SystemContext, TenantContext
from zebros_core.tenancy.context import PLATFORM_TENANT_ID

if TYPE_CHECKING:
    from zebros_auth.notifying import Notifying


class Container(ServiceContainer):
    """What the functions of this service share. Its parts are made when they are first asked for."""

    def __init__(self, settings: Settings, *, clock: Clock | None = None, dynamodb: Any = None) -> None:
        super().__init__(
            settings.core, service="auth", lookup_table=LOOKUP_TABLE, clock=clock, dynamodb=dynamodb
        )
        self.settings = settings

    @cached_property
    def identity(self) -> IdentityProvider:
        """The identity provider's administration."""
        from zebros_auth.adapters.keycloak import KeycloakIdentity

        return KeycloakIdentity.of_issuer(
            self.core.oidc_issuer, self.admin_secret, client_id=self.settings.admin_client
        )

    def admin_secret(self) -> str:
        """Return the secret of the client that administers the realm."""
        return self.settings.admin_secret or self.secret_parameter(self.settings.admin_secret_parameter)

    @cached_property
    def notifying(self) -> Notifying:
        """What notifies people, by push and mail."""
        from zebros_auth.notifying import Notifying

        return Notifying(self, self.settings.notifications, self.settings.app_url)

    @cached_property
    def tenancy(self) -> Tenancy:
        """The platform's access to its tenants."""
        return tenancy_of(self)

    def workspace(self, context: TenantContext) -> Workspace:
        """Return what a use case works with for this caller."""
        return self._workspace(context, self.request_store(context), self.permissions)

    def system_workspace(self, tenant_id: str, cause: str, job_id: str | None = None) -> Workspace:
        """Return what our own machinery works with for a tenant, or for its job: it may do everything there."""
        context, store = self.system_access(tenant_id, cause, job_id)
        return self._workspace(context, store, EVERYTHING)

    def audit_log(self, tenant_id: str) -> AuditLog:
        """Return the log to append to: a tenant's, or the platform's own, which is in the shared table."""
        if tenant_id == PLATFORM_TENANT_ID:
            return AuditLog(self.access.bind(SystemContext(PLATFORM_TENANT_ID, "audit")))
        return AuditLog(self.system_access(tenant_id, "audit")[1])

    def was_erased(self, tenant_id: str, entity: str, id: str) -> bool:
        """Tell whether a record of a person was erased for good; none is of the platform's."""
        from zebros_core.privacy.marks import ErasureMarks

        if tenant_id == PLATFORM_TENANT_ID:
            return False
        return ErasureMarks(self.system_access(tenant_id, "erased")[1], LOOKUP_TABLE).has(entity, id)

    def _workspace(self, context: TenantContext, store: TenantStore, rights: Rights) -> Workspace:
        users = UserRepository(store)
        return Workspace(
            context=context,
            rights=rights,
            clock=self.clock,
            receipts=ReceiptRepository(store, LOOKUP_TABLE),
            history=HistoryRepository(store, LOOKUP_TABLE),
            records={"user": users},
            definitions=lambda _: [],
            tenant=self.registry.get(context.tenant_id),
            permissions=self.permissions,
            users=users,
            teams=TeamRepository(store),
            changes=ChangeMarks(store),
            integrations=IntegrationRepository(store),
            audit_log=AuditLog(store),
            audit_trail=self.audit_trail,
            provider=lambda: self.identity,
        )


@cache
def container() -> Container:
    """Return the container of this process, built from the environment at the first call."""
    return Container(Settings.from_environ(os.environ))
