"""/v1/emails"""

from __future__ import annotations

from zebros_activities.bootstrap import Container
from zebros_activities.domain.email import EmailDraft
from zebros_activities.handlers.answers import answer
from zebros_activities.handlers.bodies import ActivityBody
from zebros_activities.use_cases.send_email import send_email
from zebros_core.errors import ConflictError
from zebros_core.http import Example, NoQuery, Request, Response, Routes

routes = Routes("emails")


@routes.post(
    "/v1/emails",
    operation="sendEmail",
    permission=("email", "send"),
    body=EmailDraft,
    response=ActivityBody,
    status=202,
    etag=True,
    errors=(ConflictError,),
    summary="Send an e-mail to a contact",
    examples=(
        Example(
            "text",
            {
                "contactId": "01JC8Z4T5V6W7X8Y9ZABCDEFGH",
                "subject": "Our meeting",
                "text": "Dear {{ contact.firstName|default('friend') }},\nuntil Monday!",
            },
            "Written at once",
        ),
        Example(
            "template",
            {
                "contactId": "01JC8Z4T5V6W7X8Y9ZABCDEFGH",
                "templateId": "01JC8Z4T5V6W7X8Y9ZABCDEFGJ",
                "values": {"lines": ["Oak desk", "Lamp"]},
            },
            "From a template",
        ),
    ),
)
def send(request: Request[Container, NoQuery, EmailDraft]) -> Response:
    """The mail is kept as an activity of the type `email`, which is answered; its `delivery` tells how far the mail
    is: `queued`, then `sent` and `delivered`, or `failed`, `bounced`, `complained`, or `uncertain` when the mail
    service did not answer. Each mail goes out at most once, and carries a link by which its reader gets no more.
    """
    sent = send_email(
        request.services.mailing.desk(request.context), request.body, repeat=request.idempotency
    )
    return answer(request, sent.entity, location=True)
