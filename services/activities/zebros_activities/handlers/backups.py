"""What backups ask of the bulk door: activities with their comments, and e-mail templates, given out and put back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from zebros_activities.bootstrap import Container
from zebros_activities.domain.email_template import KeptTemplate
from zebros_activities.use_cases.email_desk import EmailDesk
from zebros_activities.use_cases.manage_email_templates import list_email_templates, read_template
from zebros_activities.use_cases.put_back import RULES, read_comments
from zebros_activities.use_cases.put_email_template import put_email_template
from zebros_core.bulk.calls import MAX_READS, SignedCall
from zebros_core.bulk.door import DoorVerb, workspace_of
from zebros_core.bulk.reinstating import reinstate_verbs
from zebros_core.bulk.settings import Setting, SettingsKeeper, settings_verbs
from zebros_core.dynamodb.paging import Page
from zebros_core.errors import NotFoundError, ValidationError
from zebros_core.http.validation import validate_document
from zebros_core.records.mutations import OutcomeKind
from zebros_core.tenancy import SYSTEM_ACTOR, TenantContext
from zebros_core.values import RecordId

_TEMPLATES_A_PAGE: Final = 10
"""Each may have a quarter of a megabyte, and an answer six."""


def _desk(have: Container, caller: TenantContext) -> EmailDesk:
    return have.mailing.system_desk(caller.tenant_id, caller.user_id.removeprefix(SYSTEM_ACTOR))


def _templates(have: Container, caller: TenantContext, cursor: str | None) -> Page[Setting]:
    desk = _desk(have, caller)
    page = list_email_templates(desk, limit=_TEMPLATES_A_PAGE, cursor=cursor)
    found: list[Setting] = []
    for listed in page.items:
        try:
            template, content = read_template(desk, listed.template_id)
        except NotFoundError:
            continue  # deleted since it was listed
        facts = {
            name: getattr(template, name) for name in ("template_id", "name", "created_at", "created_by")
        }
        kept = KeptTemplate.model_construct(
            **facts, **{n: getattr(content, n) for n in type(content).model_fields}
        )
        found.append(Setting(template.template_id, kept.model_dump(mode="json", by_alias=True)))
    return Page(found, page.next_cursor)


def _put_template(have: Container, caller: TenantContext, setting: Setting) -> OutcomeKind:
    kept = validate_document(KeptTemplate, setting.value)
    if kept.template_id != setting.id:
        raise ValidationError.for_field("/value/templateId", "differs_from_id", "not the id of the item")
    return put_email_template(_desk(have, caller), kept)


class CommentsCall(SignedCall):
    """`comments`: a page of the comments on these activities, which `reinstate` takes beside the record."""

    verb: Literal["comments"]
    ids: Annotated[list[RecordId], Field(min_length=1, max_length=MAX_READS)]
    cursor: Annotated[str | None, Field(max_length=1024)] = None


def _comments(have: Container, caller: TenantContext, call: CommentsCall) -> dict[str, Any]:
    page = read_comments(workspace_of(have, caller), call.ids, cursor=call.cursor)
    return {
        "items": [
            {
                "activityId": id,
                "comments": [comment.model_dump(mode="json", by_alias=True) for comment in comments],
            }
            for id, comments in page.items
        ],
        "nextCursor": page.next_cursor,
    }


DOOR_VERBS: Final[Mapping[str, DoorVerb[Container]]] = {
    **reinstate_verbs(RULES),
    **settings_verbs({"emailTemplate": SettingsKeeper(_templates, _put_template)}),
    "comments": DoorVerb(CommentsCall, _comments),
}
"""What the bulk door takes beside the verbs of every door."""
