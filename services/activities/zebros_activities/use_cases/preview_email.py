"""Show what a mail would say. Nothing is sent or kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zebros_activities.domain.email_template import EmailContent, moved_to
from zebros_activities.use_cases.email_desk import EmailDesk
from zebros_activities.use_cases.manage_email_templates import get_email_template
from zebros_core.errors import ValidationError


def preview_email(
    desk: EmailDesk, content: EmailContent, contact_id: str | None, values: Mapping[str, Any]
) -> EmailContent:
    """Return what `content` says to a contact that the caller may see, or with these values alone.

    Raises ValidationError for what a template may not contain, and for a variable that has no value.
    """
    desk.workspace.visibility("template", "read")
    contact = None if contact_id is None else desk.contact(contact_id)
    return desk.rendered(content, contact, values)


def preview_template(
    desk: EmailDesk, template_id: str, contact_id: str | None, values: Mapping[str, Any]
) -> EmailContent:
    """Return what a template says, as `preview_email`. Raises NotFoundError."""
    _, content = get_email_template(desk, template_id)
    contact = None if contact_id is None else desk.contact(contact_id)
    try:
        return desk.rendered(content, contact, values)
    except ValidationError as error:
        raise moved_to(error, "/values") from error
