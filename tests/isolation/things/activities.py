"""What a tenant has in the activities service."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from things.making import deleted, external_ids, free, never_external_ids

if TYPE_CHECKING:
    from estate import Estate

_EXTERNAL_IDS = ("activity_external_id", *free("free_activity_external_id", 5))


def zone_of_noon() -> str:
    """Return a time zone in which it is about noon, so that today does not end while tests run."""
    ahead = 12 - datetime.now(UTC).hour
    # These zones are named the other way round: Etc/GMT-3 is three hours ahead of UTC.
    return "Etc/GMT" if ahead == 0 else f"Etc/GMT{-ahead:+d}"


def activity(estate: Estate, **facts: Any) -> str:
    """Make a call that is due now and return its id."""
    body = {
        "type": "call",
        "subject": estate.text("call"),
        "description": estate.mark,
        "scheduledAt": _in_days(0),
        "ownerId": estate.owner.user,
        "teamId": estate.owner.team,
    }
    return str(estate.send("POST", "/v1/activities", body | facts).body["activityId"])


def template(estate: Estate, **facts: Any) -> str:
    """Make an e-mail template and return its id."""
    body = {"name": estate.text("template"), "subject": estate.mark, "text": f"{estate.mark} says hello"}
    return str(estate.send("POST", "/v1/email-templates", body | facts).body["templateId"])


def _in_days(days: int) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).isoformat(timespec="seconds")


def _activity(estate: Estate) -> str:
    return activity(
        estate,
        relatedType="customer",
        relatedId=estate["customer"],
        participants={"contactIds": [estate["contact"]]},
        tags=[estate.mark],
    )


def _series(estate: Estate) -> str:
    return activity(estate, scheduledAt=_in_days(30), recurrence="FREQ=DAILY;COUNT=3", reminderMinutes=10)


def _comment(estate: Estate) -> str:
    path = f"/v1/activities/{estate['activity']}/comments"
    return str(estate.send("POST", path, {"text": estate.text("comment")}).body["commentId"])


def _email(estate: Estate) -> str:
    body = {
        "contactId": estate["contact"],
        "subject": estate.text("mail"),
        "text": estate.mark,
        "attachments": [estate["available"]],
    }
    return str(estate.send("POST", "/v1/emails", body).body["activityId"])


MAKERS: dict[str, Callable[[Estate], str]] = {
    "template_name": lambda e: f"{e.mark} template",
    "activity": _activity,
    "single_activity": lambda e: activity(e),
    "completed_activity": lambda e: activity(e, status="completed"),
    "series": _series,
    "deleted_activity": deleted("/v1/activities", lambda e: activity(e)),
    "comment": _comment,
    "template": lambda e: template(e, name=e["template_name"]),
    "other_template": lambda e: template(e),
    "sent_email": _email,
    **external_ids(activity, *_EXTERNAL_IDS),
}
NEVER: dict[str, Callable[[str], str]] = {
    "template_name": lambda mark: f"{mark} template",
    **never_external_ids(*_EXTERNAL_IDS),
}


def more(estate: Estate) -> None:
    """Make a second comment and a second completed activity, and change what has a history."""
    _comment(estate)
    activity(estate, status="completed")
    estate.send("PATCH", f"/v1/activities/{estate['activity']}", {"tags": [estate.mark, "changed"]})
