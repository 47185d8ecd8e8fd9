"""The check that every row read goes through: it is the tenant's own, or nothing is returned at all."""

from __future__ import annotations

import logging
from typing import Any

__all__ = ["ForeignRowError", "owned"]

_logger = logging.getLogger("zebros_core.dynamodb")


class ForeignRowError(Exception):
    """A read answered with another tenant's row: a defect of ours, never the caller's fault. Somebody is
    paged.
    """

    def __init__(self, tenant_id: str, table: str) -> None:
        super().__init__(f"a row of another tenant was read from {table}")
        self.tenant_id = tenant_id
        self.table = table


def owned(item: dict[str, Any], tenant_id: str, table: str) -> dict[str, Any]:
    """The item, if it is this tenant's; else it is logged (without its contents) and ``ForeignRowError``
    raised.
    """
    if item.get("tenantId") != tenant_id:
        raise foreign(tenant_id, table)
    return item


def foreign(tenant_id: str, table: str) -> ForeignRowError:
    """Logs the finding at CRITICAL, which an alarm watches, and gives the error to raise."""
    _logger.critical(
        "foreign row read", extra={"tenantId": tenant_id, "table": table, "alarm": "foreign-row"}
    )
    return ForeignRowError(tenant_id, table)
