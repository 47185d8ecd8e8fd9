"""Every call of the SDK to the activities service, with the request that it makes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from zebros import Activity, Client, EmailTemplate

CONTACT = "01JC8Z4T5V6W7X8Y9ZABCDEFGH"
NOON_IN_BERLIN = datetime(2026, 12, 1, 12, 0, tzinfo=timezone(timedelta(hours=1)))

CALLS: list[tuple[Callable[[Client], object], str, str, Any]] = [
    (
        lambda c: c.activities.create(
            type="meeting",
            subject="Weekly",
            related_type="customer",
            related_id=CONTACT,
            scheduled_at=NOON_IN_BERLIN,
            recurrence="FREQ=WEEKLY;COUNT=10",
            time_zone="Europe/Berlin",
            reminder_minutes=15,
            participants={"contact_ids": [CONTACT], "user_ids": ["u-1"]},
        ),
        "POST",
        "/v1/activities",
        {
            "type": "meeting",
            "subject": "Weekly",
            "relatedType": "customer",
            "relatedId": CONTACT,
            "scheduledAt": "2026-12-01T11:00:00.000Z",
            "recurrence": "FREQ=WEEKLY;COUNT=10",
            "timeZone": "Europe/Berlin",
            "reminderMinutes": 15,
            "participants": {"contactIds": [CONTACT], "userIds": ["u-1"]},
        },
    ),
    (
        lambda c: list(
            c.activities.list(
                owner="u-1",
                team="north",
                type="call",
                status="open",
                from_=NOON_IN_BERLIN,
                to=datetime(2026, 12, 2, tzinfo=UTC),
                sort="scheduledAt",
            )
        ),
        "GET",
        "/v1/activities?owner=u-1&team=north&type=call&status=open&from=2026-12-01T11%3A00%3A00.000Z"
        "&to=2026-12-02T00%3A00%3A00.000Z&sort=scheduledAt",
        None,
    ),
    (
        lambda c: list(c.activities.list(related=CONTACT, customer=CONTACT)),
        "GET",
        f"/v1/activities?related={CONTACT}&customer={CONTACT}",
        None,
    ),
    (
        lambda c: list(c.activities.today(owner="u-1", time_zone="Asia/Tokyo")),
        "GET",
        "/v1/activities/today?owner=u-1&timeZone=Asia%2FTokyo",
        None,
    ),
    (
        lambda c: list(c.activities.upcoming(customer=CONTACT)),
        "GET",
        f"/v1/activities/upcoming?customer={CONTACT}",
        None,
    ),
    (
        lambda c: list(c.activities.upcoming(related=CONTACT, owner="u-1")),
        "GET",
        f"/v1/activities/upcoming?related={CONTACT}&owner=u-1",
        None,
    ),
    (
        lambda c: list(c.activities.overdue(owner="u-1", team="north", page_size=10)),
        "GET",
        "/v1/activities/overdue?owner=u-1&team=north&limit=10",
        None,
    ),
    (
        lambda c: list(c.activities.completed(owner="u-1", since=datetime(2026, 11, 1, tzinfo=UTC))),
        "GET",
        "/v1/activities/completed?owner=u-1&since=2026-11-01T00%3A00%3A00.000Z",
        None,
    ),
    (lambda c: c.activities.get("01JE"), "GET", "/v1/activities/01JE", None),
    (lambda c: c.activities.get_by_external_id("e"), "GET", "/v1/activities/by-external-id/e", None),
    (
        lambda c: c.activities.upsert("e", type="note", subject="S"),
        "PUT",
        "/v1/activities/by-external-id/e",
        {"type": "note", "subject": "S"},
    ),
    (
        lambda c: c.activities.patch("01JE", {"priority": "high"}),
        "PATCH",
        "/v1/activities/01JE",
        {"priority": "high"},
    ),
    (
        lambda c: c.activities.replace(Activity(id="01JE", version=2, type="task", subject="S")),
        "PUT",
        "/v1/activities/01JE",
        {
            "type": "task",
            "subject": "S",
            "status": "open",
            "priority": "normal",
            "participants": {"contactIds": [], "userIds": []},
            "tags": [],
            "custom": {},
        },
    ),
    (lambda c: c.activities.delete("01JE"), "DELETE", "/v1/activities/01JE", None),
    (lambda c: c.activities.restore("01JE"), "POST", "/v1/activities/01JE/restore", None),
    (lambda c: list(c.activities.history("01JE")), "GET", "/v1/activities/01JE/history", None),
    (
        lambda c: list(
            c.activities.batch([{"operation": "create", "data": {"type": "note", "subject": "S"}}])
        ),
        "POST",
        "/v1/activities:batch",
        {"operations": [{"operation": "create", "data": {"type": "note", "subject": "S"}}]},
    ),
    (
        lambda c: c.activities.complete("01JE", outcome="wants an offer", completed_at=NOON_IN_BERLIN),
        "POST",
        "/v1/activities/01JE/complete",
        {"outcome": "wants an offer", "completedAt": "2026-12-01T11:00:00.000Z"},
    ),
    (lambda c: c.activities.reopen("01JE"), "POST", "/v1/activities/01JE/reopen", None),
    (lambda c: c.activities.end_series("01JE"), "POST", "/v1/activities/01JE/end-series", None),
    (lambda c: list(c.activities.comments.list("01JE")), "GET", "/v1/activities/01JE/comments", None),
    (
        lambda c: c.activities.comments.add("01JE", "prefers mornings"),
        "POST",
        "/v1/activities/01JE/comments",
        {"text": "prefers mornings"},
    ),
    (
        lambda c: c.activities.comments.remove("01JE", "01JF"),
        "DELETE",
        "/v1/activities/01JE/comments/01JF",
        None,
    ),
    (
        lambda c: list(c.activities.timeline("customer", "01JG", page_size=20)),
        "GET",
        "/v1/timeline/customer/01JG?limit=20",
        None,
    ),
    (
        lambda c: c.emails.send(
            CONTACT, subject="Offer", text="Dear ...", related_type="lead", related_id=CONTACT
        ),
        "POST",
        "/v1/emails",
        {
            "contactId": CONTACT,
            "subject": "Offer",
            "text": "Dear ...",
            "relatedType": "lead",
            "relatedId": CONTACT,
        },
    ),
    (
        lambda c: c.emails.send(
            CONTACT, template_id=CONTACT, values={"some": 1, "rowCount": "x"}, attachments=[CONTACT]
        ),
        "POST",
        "/v1/emails",
        {
            "contactId": CONTACT,
            "templateId": CONTACT,
            "values": {"some": 1, "rowCount": "x"},
            "attachments": [CONTACT],
        },
    ),
    (lambda c: list(c.email_templates.list()), "GET", "/v1/email-templates", None),
    (lambda c: c.email_templates.get("01JH"), "GET", "/v1/email-templates/01JH", None),
    (
        lambda c: c.email_templates.create(name="Offer", subject="Offer", text="Dear ..."),
        "POST",
        "/v1/email-templates",
        {"name": "Offer", "subject": "Offer", "text": "Dear ..."},
    ),
    (
        lambda c: c.email_templates.replace(
            EmailTemplate(id="01JH", version=2, name="Offer", subject="S", text="T")
        ),
        "PUT",
        "/v1/email-templates/01JH",
        {"name": "Offer", "subject": "S", "text": "T"},
    ),
    (lambda c: c.email_templates.delete("01JH"), "DELETE", "/v1/email-templates/01JH", None),
    (
        lambda c: c.email_templates.preview("01JH", contact_id=CONTACT, values={"offer": "Q-17"}),
        "POST",
        "/v1/email-templates/01JH/preview",
        {"contactId": CONTACT, "values": {"offer": "Q-17"}},
    ),
    (
        lambda c: c.email_templates.preview_draft(subject="S", text="T"),
        "POST",
        "/v1/email-templates:preview",
        {"subject": "S", "text": "T"},
    ),
]

NAMES = [f"{method} {target}" for _, method, target, _ in CALLS]
