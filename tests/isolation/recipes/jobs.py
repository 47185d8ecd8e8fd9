"""How the operations of the jobs service are called."""

from __future__ import annotations

from typing import Any

from estate import Things
from things.jobs import MONTHLY, REPORT

from recipes import jobs_imports, jobs_privacy
from recipes.recipe import Recipe, Reference

THINGS = {"jobId": "job", "scheduleId": "schedule", **jobs_privacy.THINGS}
_SCHEDULE: dict[str, Any] = {
    "name": "Sales of the month",
    "report": {**REPORT, "period": "last-month"},
    "recurrence": MONTHLY,
}


def _of_product(
    body: dict[str, Any], *, within: str | None = None, to: str | None = None
) -> tuple[Reference, ...]:
    """Return a reference to a product of another tenant: nothing was sold of it, and that is no error."""

    def naming(theirs: Things, mine: Things) -> Any:
        filters = {"filters": {"productIds": [theirs["product"]]}}
        whole = {**body, "recipients": [mine[to]]} if to else body
        return {**whole, within: {**body[within], **filters}} if within else {**whole, **filters}

    return (Reference(body=naming, harmless=True),)


RECIPES: dict[str, Recipe] = {
    "listJobs": Recipe(),
    "getJob": Recipe(),
    "listJobFiles": Recipe(),
    "cancelJob": Recipe(path={"jobId": "open_job"}),
    "createExport": Recipe(body=lambda _: {"entity": "customer", "format": "jsonl"}),
    # -- reports
    # Anew each time: who has it already would get the other status.
    "createReport": Recipe(
        body=lambda _: {**REPORT, "fresh": True}, references=_of_product({**REPORT, "fresh": True})
    ),
    "getReport": Recipe(path={"jobId": "report"}),
    "listReportFiles": Recipe(path={"jobId": "report"}),
    "createReportSchedule": Recipe(
        body=lambda t: {**_SCHEDULE, "recipients": [t["user"]]},
        references=_of_product(_SCHEDULE, within="report", to="user"),
    ),
    "listReportSchedules": Recipe(),
    "getReportSchedule": Recipe(),
    "changeReportSchedule": Recipe(
        body=lambda _: {"name": "Another name"},
        references=_of_product({"report": _SCHEDULE["report"]}, within="report"),
    ),
    "deleteReportSchedule": Recipe(),
    # -- backups
    "createBackup": Recipe(),
    "listBackups": Recipe(),
    "restoreBackup": Recipe(path={"jobId": "backup"}, body=lambda _: {"mode": "missing"}),
    **jobs_imports.RECIPES,
    **jobs_privacy.RECIPES,
}
