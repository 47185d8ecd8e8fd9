"""/v1/email-templates"""

from __future__ import annotations

from zebros_activities.bootstrap import Container
from zebros_activities.domain.email_template import EmailContent, EmailTemplate, TemplateDraft
from zebros_activities.handlers.email_bodies import (
    DraftPreviewRequest,
    PreviewBody,
    PreviewRequest,
    TemplateBody,
    TemplateEntryBody,
)
from zebros_activities.use_cases.manage_email_templates import (
    create_email_template,
    delete_email_template,
    get_email_template,
    list_email_templates,
    replace_email_template,
)
from zebros_activities.use_cases.preview_email import preview_email, preview_template
from zebros_core.errors import ConflictError, DuplicateError, ValidationError
from zebros_core.http import Example, NoQuery, PageBody, PageQuery, Request, Response, Routes
from zebros_core.http.pages import page_response

routes = Routes("email-templates")

_EXAMPLE = Example(
    "offer",
    {
        "name": "Offer",
        "subject": "Your offer, {{ contact.firstName }}",
        "text": "Dear {{ contact.fullName }},\n{% for line in values.lines %}- {{ line }}\n{% endfor %}",
    },
)


def _answer(template: EmailTemplate, content: EmailContent, *, location: bool = False) -> Response:
    where = f"/v1/email-templates/{template.template_id}" if location else None
    return Response(TemplateBody.whole(template, content), etag=template.version, location=where)


@routes.get(
    "/v1/email-templates",
    operation="listEmailTemplates",
    permission=("template", "read"),
    query=PageQuery,
    response=PageBody[TemplateEntryBody],
    summary="List e-mail templates",
)
def list_(request: Request[Container, PageQuery]) -> Response:
    """By id, without what they say. A page may be shorter than asked for and still have a cursor."""
    page = list_email_templates(
        request.services.mailing.desk(request.context), limit=request.query.limit, cursor=request.query.cursor
    )
    return page_response(page, TemplateEntryBody, TemplateEntryBody.of)


@routes.post(
    "/v1/email-templates",
    operation="createEmailTemplate",
    permission=("template", "write"),
    body=TemplateDraft,
    response=TemplateBody,
    status=201,
    etag=True,
    errors=(ConflictError, DuplicateError),
    summary="Make an e-mail template",
    examples=(_EXAMPLE,),
)
def create(request: Request[Container, NoQuery, TemplateDraft]) -> Response:
    """Subject, text and html are templates in a small part of the language jinja2: outputs of `contact.*`,
    `customer.*`, `sender.*` and `values.*`, a few filters, `if`, and `for` over lists of `values`. Anything else is
    refused with its line.
    """
    made = create_email_template(
        request.services.mailing.desk(request.context), request.body, repeat=request.idempotency
    )
    return _answer(*made, location=True)


@routes.post(
    "/v1/email-templates:preview",
    operation="previewEmail",
    permission=("template", "read"),
    body=DraftPreviewRequest,
    response=PreviewBody,
    idempotent="none",
    errors=(ValidationError,),
    summary="Show what a mail would say",
    examples=(
        Example(
            "greeting", {"subject": "Hello", "text": "Hello {{ values.name }}", "values": {"name": "Mira"}}
        ),
    ),
)
def preview_draft(request: Request[Container, NoQuery, DraftPreviewRequest]) -> Response:
    """Of a template that is being written. Nothing is kept or sent."""
    body = request.body
    content = EmailContent(subject=body.subject, text=body.text, html=body.html)
    desk = request.services.mailing.desk(request.context)
    return Response(PreviewBody.of(preview_email(desk, content, body.contact_id, body.values)))


@routes.get(
    "/v1/email-templates/{templateId}",
    operation="getEmailTemplate",
    permission=("template", "read"),
    response=TemplateBody,
    etag=True,
    summary="Read an e-mail template",
)
def get(request: Request[Container]) -> Response:
    """With what it says."""
    desk = request.services.mailing.desk(request.context)
    return _answer(*get_email_template(desk, request.path["templateId"]))


@routes.put(
    "/v1/email-templates/{templateId}",
    operation="replaceEmailTemplate",
    permission=("template", "write"),
    body=TemplateDraft,
    response=TemplateBody,
    etag=True,
    if_match="required",
    errors=(DuplicateError,),
    summary="Change an e-mail template",
    examples=(_EXAMPLE,),
)
def replace(request: Request[Container, NoQuery, TemplateDraft]) -> Response:
    """Mails that were written from it already stay as they are."""
    desk = request.services.mailing.desk(request.context)
    return _answer(
        *replace_email_template(
            desk, request.path["templateId"], request.body, expected_version=request.if_match
        )
    )


@routes.delete(
    "/v1/email-templates/{templateId}",
    operation="deleteEmailTemplate",
    permission=("template", "delete"),
    if_match="optional",
    status=204,
    summary="Delete an e-mail template",
)
def delete(request: Request[Container]) -> Response:
    """Its name is free again. Mails that were written from it stay as they are."""
    desk = request.services.mailing.desk(request.context)
    delete_email_template(desk, request.path["templateId"], expected_version=request.if_match)
    return Response()


@routes.post(
    "/v1/email-templates/{templateId}/preview",
    operation="previewEmailTemplate",
    permission=("template", "read"),
    body=PreviewRequest,
    response=PreviewBody,
    idempotent="none",
    errors=(ValidationError,),
    summary="Show what a template says",
    examples=(Example("values", {"values": {"lines": ["Oak desk", "Lamp"]}}),),
)
def preview(request: Request[Container, NoQuery, PreviewRequest]) -> Response:
    """To a contact that the caller may see, or with values alone; the sender is the caller. Nothing is sent."""
    desk = request.services.mailing.desk(request.context)
    body = request.body
    return Response(
        PreviewBody.of(preview_template(desk, request.path["templateId"], body.contact_id, body.values))
    )
