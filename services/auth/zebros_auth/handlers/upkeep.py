"""What recurs: finish changes that were cut off, compare people with the identity provider, collect sign-ins.

With the first of them the audit log forgets from where people acted who were erased.

Invoked by schedules with ``{"task": "finish-changes" | "reconcile-people" | "collect-sign-ins"}``. One tenant's trouble
is logged and does not stop the others; the next run tries again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from zebros_auth.bootstrap import Container, container
from zebros_auth.repositories.audit import AuditLog
from zebros_auth.repositories.progress import Progress
from zebros_auth.use_cases.collect_sign_ins import collect_sign_ins
from zebros_auth.use_cases.reconcile_people import finish_changes, reconcile_people
from zebros_auth.use_cases.redact_audit import redact_audit
from zebros_auth.use_cases.workspace import Workspace
from zebros_core.errors import NotFoundError, ZebrosError
from zebros_core.tenancy import SystemContext
from zebros_core.tenancy.context import PLATFORM_TENANT_ID

_LOG = logging.getLogger(__name__)
_PAGE = 100
_SIGN_INS = "sign-ins"


def handler(event: Mapping[str, Any], context: Any) -> dict[str, int]:
    """Do one task; return how much there was to do."""
    del context
    return {"done": run(container(), str(event.get("task", "")))}


def run(have: Container, task: str) -> int:
    """Do one task for every active tenant and return how much there was to do. Raises ValueError for no task."""
    if task == "finish-changes":
        return _for_each_tenant(
            have, task, lambda workspace: finish_changes(workspace) + redact_audit(workspace)
        )
    if task == "reconcile-people":
        return _for_each_tenant(have, task, lambda workspace: reconcile_people(workspace).count)
    if task == "collect-sign-ins":
        return _collect(have)
    raise ValueError(f"no such task: {task!r}")


def _for_each_tenant(have: Container, task: str, work: Callable[[Workspace], int]) -> int:
    done = 0
    unforeseen: Exception | None = None
    for tenant_id in _active_tenants(have):
        facts = {"tenantId": tenant_id, "task": task}
        try:
            done += work(have.system_workspace(tenant_id, task))
        except ZebrosError as trouble:
            _LOG.warning("left for the next run", exc_info=trouble, extra=facts)
        except Exception as trouble:  # noqa: BLE001 - raised at the end: the other tenants have their turn first
            _LOG.error("upkeep failed", exc_info=trouble, extra=facts)
            unforeseen = trouble
    have.metrics.emit({"Repaired": (done, "Count")}, operation=task)
    if unforeseen is not None:
        raise unforeseen
    return done


def _active_tenants(have: Container) -> Iterator[str]:
    cursor: str | None = None
    while True:
        page = have.tenancy.tenants.page(status="active", isolation=None, limit=_PAGE, cursor=cursor)
        yield from (tenant.tenant_id for tenant in page.items)
        cursor = page.next_cursor
        if cursor is None:
            return


def _collect(have: Container) -> int:
    progress = Progress(have.access.bind(SystemContext(PLATFORM_TENANT_ID, "sign-ins")))

    def log_of(tenant_id: str) -> AuditLog | None:
        try:
            return have.audit_log(tenant_id) if have.keeps_data_of(tenant_id) else None
        except NotFoundError:
            return None

    appended, until = collect_sign_ins(
        have.identity,
        log_of,
        since=progress.get(_SIGN_INS),
        now=have.clock.now(),
        own_client=have.settings.admin_client,
    )
    progress.put(_SIGN_INS, until)
    return appended
