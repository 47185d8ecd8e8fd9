"""Every call of the SDK to the jobs service, with the request that it makes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from zebros import Client
from zebros.calls import jobs as raw

JOB = "01JC8Z4T5V6W7X8Y9ZABCDEFGH"
MAPPING = [{"column": "account", "field": "companyName", "required": True, "translations": {"a": "b"}}]
REPORT = {"report": "sales", "period": "last-month", "by": ["month"], "formats": ["pdf"]}
WEEKLY = {"every": "week", "at": "08:00", "weekdays": ["monday"], "timeZone": "Europe/Berlin"}
RULES = {"businessYears": 8, "inactiveContactMonths": 36}

CALLS: list[tuple[Callable[[Client], object], str, str, Any]] = [
    (
        lambda c: list(c.jobs.list(kind="import", state="running")),
        "GET",
        "/v1/jobs?kind=import&state=running&limit=50",
        None,
    ),
    (lambda c: c.jobs.get(JOB), "GET", f"/v1/jobs/{JOB}", None),
    (lambda c: c.jobs.cancel(JOB), "POST", f"/v1/jobs/{JOB}:cancel", None),
    (lambda c: c.jobs.files(JOB), "GET", f"/v1/jobs/{JOB}/files", None),
    (
        lambda c: c.execute(raw.create_import("customer", "accounts.csv", 12, None, None)),
        "POST",
        "/v1/imports",
        {"entity": "customer", "fileName": "accounts.csv", "sizeBytes": 12},
    ),
    (lambda c: c.imports.again(JOB), "POST", "/v1/imports", {"fromJobId": JOB}),
    (lambda c: c.execute(raw.import_upload(JOB)), "GET", f"/v1/imports/{JOB}/upload", None),
    (
        lambda c: c.execute(raw.sign_import_parts(JOB, [1, 2])),
        "POST",
        f"/v1/imports/{JOB}/upload/parts",
        {"partNumbers": [1, 2]},
    ),
    (lambda c: c.execute(raw.import_parts(JOB)), "GET", f"/v1/imports/{JOB}/upload/parts", None),
    (
        lambda c: c.imports.preview(JOB, options={"delimiter": ";"}, mapping=MAPPING),
        "POST",
        f"/v1/imports/{JOB}:preview",
        {"options": {"delimiter": ";"}, "mapping": MAPPING},
    ),
    (
        lambda c: c.imports.start(JOB, mapping=MAPPING, options={"onDuplicate": "skip"}, dry_run=True),
        "POST",
        f"/v1/imports/{JOB}:start",
        {"mapping": MAPPING, "options": {"onDuplicate": "skip"}, "dryRun": True},
    ),
    (
        lambda c: list(c.imports.rows(JOB, outcome="rejected")),
        "GET",
        f"/v1/imports/{JOB}/rows?outcome=rejected&limit=50",
        None,
    ),
    (lambda c: c.imports.undo(JOB), "POST", f"/v1/imports/{JOB}:undo", None),
    (
        lambda c: c.exports.create(
            "customer",
            format="csv",
            filters={"createdAt": {"from": "2026-01-01"}},
            fields=["companyName"],
            csv={"bom": True},
        ),
        "POST",
        "/v1/exports",
        {
            "entity": "customer",
            "format": "csv",
            "filters": {"createdAt": {"from": "2026-01-01"}},
            "fields": ["companyName"],
            "csv": {"bom": True},
        },
    ),
    (
        lambda c: c.reports.create("sales", "2017", by=["month"], formats=["pdf"], compare=None),
        "POST",
        "/v1/reports",
        {"report": "sales", "period": "2017", "by": ["month"], "formats": ["pdf"]},
    ),
    (lambda c: c.reports.get(JOB), "GET", f"/v1/reports/{JOB}", None),
    (lambda c: c.reports.files(JOB), "GET", f"/v1/reports/{JOB}/files", None),
    (lambda c: list(c.reports.schedules.list()), "GET", "/v1/report-schedules?limit=50", None),
    (
        lambda c: c.reports.schedules.create(
            "Board", report=REPORT, recurrence=WEEKLY, recipients=["ada@aurora.example"]
        ),
        "POST",
        "/v1/report-schedules",
        {"name": "Board", "report": REPORT, "recurrence": WEEKLY, "recipients": ["ada@aurora.example"]},
    ),
    (lambda c: c.reports.schedules.get(JOB), "GET", f"/v1/report-schedules/{JOB}", None),
    (
        lambda c: c.reports.schedules.change(JOB, {"paused": True}, version=2),
        "PATCH",
        f"/v1/report-schedules/{JOB}",
        {"paused": True},
    ),
    (lambda c: c.reports.schedules.delete(JOB), "DELETE", f"/v1/report-schedules/{JOB}", None),
    (
        lambda c: c.privacy.request("erasure", {"email": "jo@example.com"}, reason="asked", confirm=True),
        "POST",
        "/v1/privacy-requests",
        {"kind": "erasure", "subject": {"email": "jo@example.com"}, "confirm": True, "reason": "asked"},
    ),
    (lambda c: list(c.privacy.requests()), "GET", "/v1/privacy-requests?limit=50", None),
    (lambda c: c.privacy.get(JOB), "GET", f"/v1/privacy-requests/{JOB}", None),
    (lambda c: c.privacy.again(JOB), "POST", f"/v1/privacy-requests/{JOB}:again", None),
    (lambda c: c.privacy.certificate(JOB), "GET", f"/v1/privacy-requests/{JOB}/certificate", None),
    (lambda c: c.privacy.holds(), "GET", "/v1/legal-holds", None),
    (
        lambda c: c.privacy.hold({"all": True, "reason": "law suit", "until": "2030-01-01"}),
        "POST",
        "/v1/legal-holds",
        {"all": True, "reason": "law suit", "until": "2030-01-01"},
    ),
    (lambda c: c.privacy.end_hold(JOB), "DELETE", f"/v1/legal-holds/{JOB}", None),
    (lambda c: c.privacy.retention(), "GET", "/v1/retention", None),
    (lambda c: c.privacy.set_retention(RULES), "PUT", "/v1/retention", RULES),
    (lambda c: c.backups.create(), "POST", "/v1/backups", None),
    (lambda c: list(c.backups.list()), "GET", "/v1/backups?limit=50", None),
    (lambda c: c.backups.restore(JOB, mode="exact"), "POST", f"/v1/backups/{JOB}:restore", {"mode": "exact"}),
]
