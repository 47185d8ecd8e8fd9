"""What a tenant has in the jobs service."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from things import jobs_imports, jobs_privacy

if TYPE_CHECKING:
    from estate import Estate

REPORT = {"report": "sales", "period": "2017", "formats": ["csv"]}
MONTHLY = {"every": "month", "day": 1, "at": "07:30", "timeZone": "Europe/Amsterdam"}


def _export(estate: Estate) -> str:
    """Ask for an export and return its job, which is the owner's."""
    body = {"entity": "customer", "filters": {"tags": [estate.mark]}}
    return str(estate.asked("POST", "/v1/exports", body).body["jobId"])


def _report(estate: Estate) -> str:
    return estate.finish(str(estate.asked("POST", "/v1/reports", {**REPORT, "fresh": True}).body["jobId"]))


def _schedule(estate: Estate) -> str:
    body = {
        "name": estate.text("schedule"),
        "report": {**REPORT, "period": "last-month"},
        "recurrence": MONTHLY,
        "recipients": [estate.admin.user],
    }
    return str(estate.send("POST", "/v1/report-schedules", body).body["scheduleId"])


def _backup(estate: Estate) -> str:
    return str(estate.asked("POST", "/v1/backups").body["jobId"])


MAKERS: dict[str, Callable[[Estate], str]] = {
    "job": lambda e: e.finish(_export(e)),
    "open_job": _export,
    "report": _report,
    "schedule": _schedule,
    "backup": lambda e: e.finish(_backup(e)),
    **jobs_imports.MAKERS,
    **jobs_privacy.MAKERS,
}
NEVER: dict[str, Callable[[str], str]] = {}


def more(estate: Estate) -> None:
    """Make a second schedule and a second backup."""
    _schedule(estate)
    estate.finish(_backup(estate))
