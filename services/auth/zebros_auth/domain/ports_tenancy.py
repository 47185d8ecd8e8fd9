"""What operations on tenants need of the world outside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from zebros_auth.domain.operation import OperationKind
from zebros_core.tenancy import TenantContext

__all__ = ["Machines", "TenantDoors", "TenantPage", "TenantTables"]


class Machines(Protocol):
    """The state machines that carry operations out."""

    def start(self, kind: OperationKind, tenant_id: str, attempt: int) -> None:
        """Start an attempt; one that was started already is left alone. Raises ``UnavailableError``."""
        ...

    def is_running(self, kind: OperationKind, tenant_id: str, attempt: int) -> bool:
        """Tell whether an attempt is under way: started and not ended. Raises ``UnavailableError``."""
        ...


class TenantTables(Protocol):
    """The own tables of a tenant that is a silo, in every service."""

    def advance(self, tenant_id: str) -> list[str]:
        """Do what can be done now, without waiting; return the names of the tables that are not complete yet."""
        ...

    def missing(self, tenant_id: str) -> list[str]:
        """Return the names of the tables that do not exist."""
        ...

    def remove(self, tenant_id: str) -> list[str]:
        """Begin to delete the tables with all that is in them; return the names of those that were there."""
        ...

    def remaining(self, tenant_id: str) -> list[str]:
        """Return the names of the tables that still exist, those that are being deleted included."""
        ...


@dataclass(frozen=True, slots=True)
class TenantPage:
    """How far a service's export or erasure came: what was handled since it began, by table or ``objects:{purpose}``,
    and where to go on (None: that was all).
    """

    counts: Mapping[str, int]
    resume: dict[str, Any] | None


class TenantDoors(Protocol):
    """The doors through which each service gives up what it has of a tenant, page by page.

    Both verbs raise ``UnavailableError`` for trouble that passes and ``ConflictError`` for a refusal.
    """

    @property
    def services(self) -> tuple[str, ...]:
        """The names of the services that hold tenants' data, this one among them."""
        ...

    def export_page(self, service: str, context: TenantContext, resume: dict[str, Any] | None) -> TenantPage:
        """Copy a page to the tenant's export. A page may be copied again: the same files come out."""
        ...

    def erase_page(self, service: str, context: TenantContext, resume: dict[str, Any] | None) -> TenantPage:
        """Erase a page; what is erased already is not counted again."""
        ...

    def location(self, tenant_id: str) -> str:
        """Return where the export of a tenant lies."""
        ...
