"""How the operations of the activities service are called."""

from __future__ import annotations

from typing import Any

from things.activities import zone_of_noon

from recipes.recipe import WHATEVER_IT_IS, Recipe, Reference, batch, filters, naming, taking, update_of

THINGS = {"activityId": "activity", "commentId": "comment", "templateId": "template"}
_CALL: dict[str, Any] = {"type": "call", "subject": "Ring back"}
_MAIL: dict[str, Any] = {"subject": "Hello", "text": "How are you?"}
_TEMPLATE: dict[str, Any] = {"name": "Greeting", **_MAIL}


def _about(data: dict[str, Any], **path: str) -> tuple[Reference, ...]:
    """Return references that make an activity one of another tenant's record, or of its people."""

    def of(entity: str) -> Reference:
        return Reference(
            path=path, body=lambda theirs, _: {**data, "relatedType": entity, "relatedId": theirs[entity]}
        )

    with_contact = Reference(
        path=path, body=lambda theirs, _: {**data, "participants": {"contactIds": [theirs["contact"]]}}
    )
    return (*(of(entity) for entity in ("customer", "contact", "lead", "opportunity")), with_contact)


def _mail_to(thing: str) -> Any:
    return lambda theirs, _: {**_MAIL, "contactId": theirs[thing]}


RECIPES: dict[str, Recipe] = {
    "createActivity": Recipe(
        body=lambda t: {**_CALL, "relatedType": "customer", "relatedId": t["customer"]},
        references=(*_about(_CALL), taking("free_activity_external_id_1", _CALL)),
    ),
    "listActivities": Recipe(
        references=filters(owner="owner", team="team", related="customer", customer="customer")
    ),
    "getActivity": Recipe(),
    "replaceActivity": Recipe(
        body=lambda _: _CALL,
        headers=WHATEVER_IT_IS,
        references=(
            *_about(_CALL),
            taking("free_activity_external_id_2", _CALL, activityId="single_activity"),
        ),
    ),
    "updateActivity": Recipe(
        body=lambda _: {"subject": "Another subject"},
        references=(*_about({}), taking("free_activity_external_id_3", {}, activityId="single_activity")),
    ),
    "deleteActivity": Recipe(),
    "restoreActivity": Recipe(path={"activityId": "deleted_activity"}),
    "getActivityHistory": Recipe(),
    "getActivityByExternalId": Recipe(path={"externalId": "activity_external_id"}),
    "upsertActivity": Recipe(
        path={"externalId": "free_activity_external_id_4"},
        body=lambda t: {**_CALL, "externalId": t["free_activity_external_id_4"]},
        harmless=True,
        references=tuple(
            Reference(path={"externalId": "activity_external_id"}, body=reference.body)
            for reference in _about(_CALL)
        ),
    ),
    "batchActivities": Recipe(
        body=update_of("activity", {"subject": "Another subject"}),
        references=(
            *batch("activity", "activity_external_id", "free_activity_external_id_5", _CALL),
            *(
                Reference(
                    body=lambda theirs, mine, data=reference.body: {
                        "operations": [
                            {"operation": "update", "id": mine["activity"], "data": data(theirs, mine)}
                        ]
                    }
                )
                for reference in _about({})
            ),
        ),
    ),
    # -- what somebody has to do
    "listToday": Recipe(query={"timeZone": zone_of_noon()}, references=filters(owner="owner")),
    "listUpcoming": Recipe(references=filters(customer="customer", related="customer", owner="owner")),
    "listOverdue": Recipe(references=filters(owner="owner", team="team")),
    "listCompleted": Recipe(references=filters(owner="owner")),
    "completeActivity": Recipe(body=lambda _: {"outcome": "Done"}),
    "reopenActivity": Recipe(path={"activityId": "completed_activity"}),
    "endSeries": Recipe(path={"activityId": "series"}),
    # -- comments
    "listComments": Recipe(),
    "createComment": Recipe(body=lambda _: {"text": "Well said"}),
    "deleteComment": Recipe(references=(Reference(their_path={"commentId": "comment"}),)),
    # -- timelines
    "getTimeline": Recipe(
        path={"recordId": "customer"},
        fixed={"entity": "customer"},
        references=tuple(
            Reference(their_path={"recordId": entity}, fixed={"entity": entity})
            for entity in ("contact", "lead", "opportunity")
        ),
    ),
    # -- e-mail
    "sendEmail": Recipe(
        body=lambda t: {**_MAIL, "contactId": t["contact"]},
        references=(
            Reference(body=_mail_to("contact")),
            Reference(
                body=lambda theirs, mine: {"contactId": mine["contact"], "templateId": theirs["template"]}
            ),
            Reference(
                body=lambda theirs, mine: {
                    **_MAIL,
                    "contactId": mine["contact"],
                    "attachments": [theirs["available"]],
                }
            ),
            Reference(
                body=lambda theirs, mine: {
                    **_MAIL,
                    "contactId": mine["contact"],
                    "relatedType": "customer",
                    "relatedId": theirs["customer"],
                }
            ),
        ),
    ),
    "listEmailTemplates": Recipe(),
    "createEmailTemplate": Recipe(
        body=lambda t: {**_TEMPLATE, "name": f"{t['template_name']} too"},
        references=(
            Reference(body=lambda theirs, _: {**_TEMPLATE, "name": theirs["template_name"]}, harmless=True),
        ),
    ),
    "getEmailTemplate": Recipe(),
    "replaceEmailTemplate": Recipe(body=lambda t: {**_TEMPLATE, "name": t["key"]}, headers=WHATEVER_IT_IS),
    "deleteEmailTemplate": Recipe(path={"templateId": "other_template"}),
    "previewEmail": Recipe(
        body=lambda t: {**_MAIL, "contactId": t["contact"]}, references=naming(_MAIL, contactId="contact")
    ),
    "previewEmailTemplate": Recipe(
        body=lambda t: {"contactId": t["contact"]}, references=naming({}, contactId="contact")
    ),
}
