"""The steps of an offboarding. Each goes page by page, notes where it is, and may be repeated."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final, cast

from zebros_auth.domain.tenant import Isolation, OffboardingReport, ServiceCounts, TenantRecord
from zebros_auth.use_cases.step import Also, Done, Later, StepOutcome
from zebros_auth.use_cases.tenancy import Tenancy, operation_of
from zebros_core.errors import ConflictError
from zebros_core.tenancy import TenantContext
from zebros_core.tenancy.context import IsolationName

SETTLE_SECONDS: Final = 20
"""How long what was under way when a page was erased may go on to write: events in queues, and their consumers."""

MAX_PASSES: Final = 10
_POLL_SECONDS: Final = 3


def export_data(tenancy: Tenancy, tenant: TenantRecord) -> StepOutcome:
    """Copy what each service has to the tenant's export."""
    doors, at = tenancy.doors(), _position(tenant)
    index = int(at.get("service", 0))
    service = doors.services[index]
    page = doors.export_page(service, _context(tenant), _resume(at))
    if page.resume is not None:
        return Later(0, f"exporting {service}", {"service": index, "resume": json.dumps(page.resume)})

    def counted(report: OffboardingReport) -> OffboardingReport:
        exported = report.exported | {service: ServiceCounts.of(page.counts)}
        return report.model_copy(update={"exported": exported, "export": doors.location(tenant.tenant_id)})

    if index + 1 < len(doors.services):
        return Later(0, f"exported {service}", {"service": index + 1}, _reported(counted))
    return Done("exported", _reported(counted))


def erase_data(tenancy: Tenancy, tenant: TenantRecord) -> StepOutcome:
    """Erase what each service has, in passes, until one finds nothing more: events that were still on their way may
    have been written behind the first.
    """
    doors, at = tenancy.doors(), _position(tenant)
    index, number, found = (
        int(at.get(name, first)) for name, first in (("service", 0), ("pass", 1), ("found", 0))
    )
    service = doors.services[index]
    page = doors.erase_page(service, _context(tenant), _resume(at))
    if page.resume is not None:
        position = {"service": index, "pass": number, "found": found, "resume": json.dumps(page.resume)}
        return Later(0, f"erasing {service}", position)
    found += sum(page.counts.values())

    def counted(report: OffboardingReport) -> OffboardingReport:
        erased = ServiceCounts.of(page.counts)
        before = report.services.get(service)
        services = report.services | {service: before.plus(erased) if before else erased}
        return report.model_copy(update={"services": services})

    if index + 1 < len(doors.services):
        position = {"service": index + 1, "pass": number, "found": found}
        return Later(0, f"erased {service}", position, _reported(counted))
    if not found:
        return Done(f"nothing was left in pass {number}", _reported(counted))
    if number == MAX_PASSES:
        raise ConflictError(f"Something goes on writing: pass {number} still found {found} records.")
    position = {"service": 0, "pass": number + 1, "found": 0}
    return Later(SETTLE_SECONDS, "waiting for what was under way", position, _reported(counted))


def remove_tables(tenancy: Tenancy, tenant: TenantRecord) -> StepOutcome:
    """Delete the own tables of a silo, and wait until they are gone."""
    if tenant.isolation is not Isolation.SILO:
        return Done("shared tables")
    removed = len(tenancy.tables().remove(tenant.tenant_id))

    def counted(report: OffboardingReport) -> OffboardingReport:
        return report.model_copy(update={"removed_tables": report.removed_tables + removed})

    left = tenancy.tables().remaining(tenant.tenant_id)
    if not left:
        return Done("own tables", _reported(counted))
    return Later(
        _POLL_SECONDS, f"{len(left)} tables are being deleted", {"left": len(left)}, _reported(counted)
    )


def remove_identity(tenancy: Tenancy, tenant: TenantRecord) -> StepOutcome:
    """Remove the tenant's people, integrations and organization from the identity provider.

    They are counted before the first is removed, so that an attempt that is cut off loses no count.
    """
    identity = tenancy.provider()
    clients = [client.client_id for client in identity.clients_of(tenant.tenant_id)]
    people = [person.id for person in identity.people_of(tenant.tenant_id, with_roles=False)]
    if not _position(tenant):

        def counted(report: OffboardingReport) -> OffboardingReport:
            return report.model_copy(update={"people": len(people), "clients": len(clients)})

        return Later(0, "removing people and integrations", {"counted": True}, _reported(counted))
    for client_id in clients:
        identity.remove_client(client_id)
    for user_id in people:
        identity.remove_person(user_id)
    identity.remove_organization(tenant.tenant_id)
    return Done("removed")


def close(tenancy: Tenancy, tenant: TenantRecord) -> StepOutcome:
    """Keep the id, so that it is never given again, the name and the report; and nothing about people."""
    del tenancy, tenant
    return Done(also=_closed)


def _closed(tenant: TenantRecord) -> TenantRecord:
    operation = tenant.operation.ended() if tenant.operation else None
    return tenant.model_copy(
        update={"status": "offboarded", "operation": operation, "admin": None, "reason": None}
    )


def _position(tenant: TenantRecord) -> Mapping[str, Any]:
    return operation_of(tenant).position or {}


def _resume(at: Mapping[str, Any]) -> dict[str, Any] | None:
    # Kept as text: it is the service's own, and comes back to it to the letter.
    return json.loads(at["resume"]) if "resume" in at else None


def _context(tenant: TenantRecord) -> TenantContext:
    return TenantContext(
        tenant.tenant_id, operation_of(tenant).actor, isolation=cast(IsolationName, tenant.isolation.value)
    )


def _reported(how: Callable[[OffboardingReport], OffboardingReport]) -> Also:
    return lambda tenant: tenant.model_copy(
        update={"report": how(tenant.report or OffboardingReport.empty())}
    )


OFFBOARDING: Final[Mapping[str, Callable[[Tenancy, TenantRecord], StepOutcome]]] = {
    "export": export_data,
    "erase": erase_data,
    "tables": remove_tables,
    "identity": remove_identity,
    "close": close,
}
