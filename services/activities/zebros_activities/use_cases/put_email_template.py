"""Make an e-mail template what a backup says, under its own id, whatever there is of it."""

from __future__ import annotations

from zebros_activities.domain.email_template import KeptTemplate
from zebros_activities.use_cases.email_desk import EmailDesk
from zebros_activities.use_cases.manage_email_templates import read_template
from zebros_core.errors import NotFoundError
from zebros_core.records.mutations import OutcomeKind


def put_email_template(desk: EmailDesk, kept: KeptTemplate) -> OutcomeKind:
    """Store a template that is gone, or make the present one say what this one says; tell which.

    Raises ValidationError for what a template may not contain, DuplicateError naming another template of that name,
    VersionMismatchError for a lost race.
    """
    desk.workspace.visibility("template", "write")
    desk.engine.check(kept.content)
    template = kept.template
    try:
        previous, former = read_template(desk, template.template_id)
    except NotFoundError:
        desk.templates.bring_back(template, kept.content)
        return OutcomeKind.CREATED
    if (previous.name, former) == (template.name, kept.content):
        return OutcomeKind.UNCHANGED
    changed = previous.model_copy(
        update={
            "name": template.name,
            "subject": template.subject,
            "updated_at": desk.workspace.now,
            "updated_by": desk.workspace.context.actor,
        }
    )
    desk.templates.replace(changed, kept.content, previous=previous)
    return OutcomeKind.UPDATED
