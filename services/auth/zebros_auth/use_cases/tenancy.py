"""What use cases about tenants work with: the registry, the state machines, and what the machines' steps reach."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from zebros_auth.domain.operation import Operation, Progress
from zebros_auth.domain.ports import IdentityProvider
from zebros_auth.domain.ports_mail import Mailer
from zebros_auth.domain.ports_tenancy import Machines, TenantDoors, TenantTables
from zebros_auth.domain.tenant import TenantRecord
from zebros_auth.repositories.tenants import TenantRepository
from zebros_auth.use_cases.workspace import Workspace
from zebros_core.clock import Clock
from zebros_core.errors import VersionMismatchError

_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Tenancy:
    """The platform's access to its tenants. What reaches outside is made when it is first asked for."""

    tenants: TenantRepository
    clock: Clock
    forget: Callable[[str], None]
    """Drops what this container remembers of a tenant, so that a change counts here at once."""
    provider: Callable[[], IdentityProvider]
    machines: Callable[[], Machines]
    tables: Callable[[], TenantTables]
    doors: Callable[[], TenantDoors]
    mailer: Callable[[str], Mailer]
    """Sends one tenant's mails."""
    workspace: Callable[[str], Workspace]
    """Our own machinery's access to one tenant's people."""

    @property
    def now(self) -> datetime:
        """The present instant."""
        return self.clock.now()

    def save(self, tenant: TenantRecord, *, previous: TenantRecord, actor: str) -> TenantRecord:
        """Write a changed tenant. Raises VersionMismatchError for a lost race."""
        stamped = tenant.model_copy(update={"updated_at": self.now, "updated_by": actor})
        stored = self.tenants.save(stamped, previous=previous)
        self.forget(tenant.tenant_id)
        return stored

    def change(
        self, tenant_id: str, how: Callable[[TenantRecord], TenantRecord], *, actor: str
    ) -> TenantRecord:
        """Read, change and write a tenant, again where somebody else was faster; unchanged is not written.

        Raises NotFoundError, what `how` raises, and VersionMismatchError after five lost races.
        """
        attempt = 1
        while True:
            current = self.tenants.get(tenant_id)
            changed = how(current)
            if changed == current:
                return current
            try:
                return self.save(changed, previous=current, actor=actor)
            except VersionMismatchError:
                if attempt == _ATTEMPTS:
                    raise
                attempt += 1

    def is_under_way(self, tenant: TenantRecord) -> bool:
        """Tell whether an operation of the tenant says that it runs, and its machine really does."""
        operation = tenant.operation
        return (
            operation is not None
            and operation.state is Progress.RUNNING
            and self.machines().is_running(operation.kind, tenant.tenant_id, operation.attempt)
        )

    def start(self, tenant: TenantRecord) -> TenantRecord:
        """Start the machine of a tenant's operation; a second start of the same attempt does nothing."""
        operation = operation_of(tenant)
        self.machines().start(operation.kind, tenant.tenant_id, operation.attempt)
        return tenant


def operation_of(tenant: TenantRecord) -> Operation:
    """Return the operation of a tenant that has one."""
    if tenant.operation is None:
        raise RuntimeError("this tenant has no operation")
    return tenant.operation
