"""List, make, read, change and delete a tenant's e-mail templates."""

from __future__ import annotations

from zebros_activities.domain.email_template import EmailContent, EmailTemplate, TemplateDraft
from zebros_activities.repositories.email_templates import ENTITY
from zebros_activities.use_cases.email_desk import EmailDesk
from zebros_core.dynamodb.paging import Page
from zebros_core.errors import NotFoundError, VersionMismatchError
from zebros_core.records.unique import RequestKey


def list_email_templates(desk: EmailDesk, *, limit: int, cursor: str | None) -> Page[EmailTemplate]:
    """Return a page of templates, without what they say."""
    desk.workspace.visibility("template", "read")
    return desk.templates.page(limit=limit, cursor=cursor)


def get_email_template(desk: EmailDesk, template_id: str) -> tuple[EmailTemplate, EmailContent]:
    """Return a template and what it says. Raises NotFoundError."""
    desk.workspace.visibility("template", "read")
    return read_template(desk, template_id)


def read_template(desk: EmailDesk, template_id: str) -> tuple[EmailTemplate, EmailContent]:
    """Return a template and what it says, whoever asks. Raises NotFoundError."""
    template = _find(desk, template_id)
    try:
        return template, desk.templates.content(template)
    except NotFoundError:
        # Changed between the two reads: what the row named then is gone.
        template = _find(desk, template_id)
        return template, desk.templates.content(template)


def create_email_template(
    desk: EmailDesk, draft: TemplateDraft, *, repeat: RequestKey | None = None
) -> tuple[EmailTemplate, EmailContent]:
    """Make a template.

    Raises ValidationError naming part, line and rule for what a template may not contain, and DuplicateError naming the
    template that has its name.
    """
    workspace = desk.workspace
    workspace.visibility("template", "write")
    content = _content(draft)
    desk.engine.check(content)
    template = EmailTemplate(
        template_id=desk.templates.new_id(repeat),
        name=draft.name,
        subject=draft.subject,
        object_id="",
        version=1,
        created_at=workspace.now,
        created_by=workspace.context.actor,
        updated_at=workspace.now,
        updated_by=workspace.context.actor,
        create_fingerprint=repeat.fingerprint if repeat else None,
    )
    created, replayed = desk.templates.create(template, content)
    return read_template(desk, created.template_id) if replayed else (created, content)


def replace_email_template(
    desk: EmailDesk, template_id: str, draft: TemplateDraft, *, expected_version: int | None
) -> tuple[EmailTemplate, EmailContent]:
    """Change a template to what the draft says. Mails that are on their way stay as they are. Errors as in `create`."""
    workspace = desk.workspace
    workspace.visibility("template", "write")
    content = _content(draft)
    desk.engine.check(content)
    previous, former = read_template(desk, template_id)
    _check_version(previous, expected_version)
    if (previous.name, former) == (draft.name, content):
        return previous, former
    changed = previous.model_copy(
        update={
            "name": draft.name,
            "subject": draft.subject,
            "updated_at": workspace.now,
            "updated_by": workspace.context.actor,
        }
    )
    return desk.templates.replace(changed, content, previous=previous), content


def delete_email_template(desk: EmailDesk, template_id: str, *, expected_version: int | None) -> None:
    """Delete a template; its name is free again. Mails that were written from it are not touched."""
    desk.workspace.visibility("template", "delete")
    template = _find(desk, template_id)
    _check_version(template, expected_version)
    desk.templates.remove(template)


def _find(desk: EmailDesk, template_id: str) -> EmailTemplate:
    template = desk.templates.find(template_id)
    if template is None:
        raise NotFoundError(ENTITY, template_id)
    return template


def _check_version(template: EmailTemplate, expected_version: int | None) -> None:
    if expected_version is not None and template.version != expected_version:
        raise VersionMismatchError(template.version)


def _content(draft: TemplateDraft) -> EmailContent:
    return EmailContent(subject=draft.subject, text=draft.text, html=draft.html)
