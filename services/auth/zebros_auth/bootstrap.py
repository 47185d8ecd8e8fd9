"""The composition root: settings to clients to repositories, once per container."""

from __future__ import annotations

import os
from functools import cache, cached_property
from typing import Any

from zebros_auth.domain.ports import IdentityProvider
from zebros_auth.repositories.changes import ChangeMarks
from zebros_auth.repositories.keys import LOOKUP_TABLE
from zebros_auth.repositories.teams import TeamRepository
from zebros_auth.repositories.users import UserRepository
from zebros_auth.settings import Settings
from zebros_auth.use_cases.workspace import Workspace
from zebros_core.auth.permissions import EVERYTHING, Rights
from zebros_core.bootstrap import ServiceContainer
from zebros_core.clock import Clock
from zebros_core.dynamodb.store import TenantStore
from zebros_core.tenancy import TenantContext


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
            self.core.oidc_issuer, self._admin_secret, client_id=self.settings.admin_client
        )

    def _admin_secret(self) -> str:
        return self.settings.admin_secret or self.secret_parameter(self.settings.admin_secret_parameter)

    def workspace(self, context: TenantContext) -> Workspace:
        """Return what a use case works with for this caller."""
        return self._workspace(context, self.request_store(context), self.permissions)

    def system_workspace(self, tenant_id: str, cause: str) -> Workspace:
        """Return what our own machinery works with for a tenant: it may do everything there."""
        context, store = self.system_access(tenant_id, cause)
        return self._workspace(context, store, EVERYTHING)

    def _workspace(self, context: TenantContext, store: TenantStore, rights: Rights) -> Workspace:
        return Workspace(
            context=context,
            tenant=self.registry.get(context.tenant_id),
            rights=rights,
            permissions=self.permissions,
            clock=self.clock,
            users=UserRepository(store),
            teams=TeamRepository(store),
            changes=ChangeMarks(store),
            provider=lambda: self.identity,
            app_url=self.settings.app_url,
        )


@cache
def container() -> Container:
    """Return the container of this process, built from the environment at the first call."""
    return Container(Settings.from_environ(os.environ))
