"""What the API shows of e-mail templates and previews."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from zebros_activities.domain.email_template import EmailContent, EmailTemplate, TemplateValues
from zebros_core.http import Id, Instant, WireModel
from zebros_core.values import RecordId


class TemplateEntryBody(WireModel):
    """A template in a list: without what it says. `version` is the ETag."""

    template_id: Id
    name: str
    subject: str
    version: int
    created_at: Instant
    created_by: str
    updated_at: Instant
    updated_by: str

    @classmethod
    def of(cls, template: EmailTemplate) -> TemplateEntryBody:
        """Return the entry of a template."""
        return cls.model_construct(**{name: getattr(template, name) for name in cls.model_fields})


class TemplateBody(TemplateEntryBody):
    """A template and what it says."""

    text: str
    html: str | None

    @classmethod
    def whole(cls, template: EmailTemplate, content: EmailContent) -> TemplateBody:
        """Return the body of a template."""
        entry = {name: getattr(template, name) for name in TemplateEntryBody.model_fields}
        return cls.model_construct(**entry, text=content.text, html=content.html)


class PreviewRequest(WireModel):
    """For whom, and with which values. Without a contact, `contact.*` and `customer.*` have no values."""

    contact_id: RecordId | None = None
    values: Annotated[TemplateValues, Field(description="What the template names as `values.*`.")] = Field(
        default_factory=dict
    )


class DraftPreviewRequest(PreviewRequest, EmailContent):
    """What is to be shown: a mail in the language of templates."""


class PreviewBody(WireModel):
    """What a mail would say."""

    subject: str
    text: str
    html: str | None

    @classmethod
    def of(cls, content: EmailContent) -> PreviewBody:
        """Return the body of a rendered mail."""
        return cls.model_construct(subject=content.subject, text=content.text, html=content.html)
