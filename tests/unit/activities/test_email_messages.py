"""What the mail service is handed: one whole message to one person, from the stage's address, with a way out of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, ReadTimeoutError

from zebros_activities.adapters.ses_mail import SesMailTransport, compose
from zebros_activities.domain.email_template import EmailContent
from zebros_activities.domain.ports_mail import Attachment, OutgoingMail, Sender
from zebros_activities.mail_settings import MailSettings
from zebros_core.clock import FixedClock
from zebros_core.delivery import DeliveryUncertainError, NotTakenError, RefusedError

SETTINGS = MailSettings(
    sender="Zebros <no-reply@zebros.example>",
    reply_to="office@zebros.example",
    configuration_set="zebros-test",
    public_api_url="https://api.test",
)
CLOCK = FixedClock(datetime(2026, 3, 1, 12, tzinfo=UTC))
ID = "01JABCDEFGHJKMNPQRSTVWXYZ0"
URL = "https://api.test/v1/unsubscribe/acme.01J.1.sig"


def mail(**facts: Any) -> OutgoingMail:
    content = EmailContent.model_construct(
        subject=facts.pop("subject", "Grüße aus Köln"),
        text=facts.pop("text", "Guten Tag\n"),
        html=facts.pop("html", None),
    )
    return OutgoingMail(
        **{
            "to": "mira@tidewater.example",
            "content": content,
            "sender": Sender("Ada Field", "ada@acme.example"),
            "unsubscribe_url": URL,
            "tags": {"tenantId": "acme", "service": "activities", "activityId": ID, "contactId": ID},
            **facts,
        }
    )


def read(**facts: Any) -> EmailMessage:
    message = message_from_bytes(compose(mail(**facts), SETTINGS, CLOCK), policy=default)
    assert isinstance(message, EmailMessage)
    return message


class Client:
    """SES: notes its requests, and answers each with the same thing, or raises it."""

    def __init__(self, answer: Any = None) -> None:
        self.asked: list[dict[str, Any]] = []
        self._answer = answer or {"MessageId": "m-1"}

    def send_email(self, **request: Any) -> Any:
        self.asked.append(request)
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer


def transport(client: Any, settings: MailSettings = SETTINGS) -> SesMailTransport:
    return SesMailTransport(lambda: client, settings, CLOCK)


def test_a_message_says_who_writes_and_where_answers_go() -> None:
    message = read()
    assert message["From"] == "Ada Field <no-reply@zebros.example>"
    assert message["Reply-To"] == "ada@acme.example"
    assert message["To"] == "mira@tidewater.example"
    assert message["Subject"] == "Grüße aus Köln"
    assert message["Message-ID"] == f"<{ID}@zebros.example>"
    assert message["Date"].datetime == CLOCK.now()
    unknown = read(sender=Sender())
    assert unknown["From"] == "Zebros <no-reply@zebros.example>"
    assert unknown["Reply-To"] == "office@zebros.example"
    silent = MailSettings(sender="no-reply@zebros.example", public_api_url="https://api.test")
    bare = message_from_bytes(compose(mail(sender=Sender()), silent, CLOCK), policy=default)
    assert (bare["From"], bare["Reply-To"]) == ("no-reply@zebros.example", None)


def test_a_message_can_be_unsubscribed_from_with_one_click() -> None:
    raw = compose(mail(unsubscribe_url=URL + "a" * 200), SETTINGS, CLOCK).decode("ascii")
    message = message_from_bytes(raw.encode(), policy=default)
    assert message["List-Unsubscribe"].replace(" ", "") == f"<{URL}{'a' * 200}>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


@pytest.mark.parametrize(
    "name",
    ['Ada "x" <evil@x.example>', "Ada\r\nBcc: all@x.example", "Ada, Bob; C: D", "Ädä Ø Fïeld", "a" * 150],
)
def test_a_senders_name_is_only_a_name(name: str) -> None:
    message = read(sender=Sender(name, "ada@acme.example"))
    (address,) = message["From"].addresses
    assert address.addr_spec == "no-reply@zebros.example"
    assert message["Bcc"] is None


def test_text_html_and_files_arrive_as_they_are() -> None:
    pdf, odd = bytes(range(256)) * 10, b"x" * 1000
    message = read(
        text="Zeile " * 300 + "\nÜber\n.\n",
        html="<p>Über</p>",
        attachments=(
            Attachment("Angebot für Köln.pdf", "application/pdf", pdf),
            Attachment('a"b;c.bin', "application/octet-stream", odd),
        ),
    )
    body = message.get_body(("plain",))
    assert body is not None
    assert body.get_content().replace("\r\n", "\n") == "Zeile " * 300 + "\nÜber\n.\n"
    html = message.get_body(("html",))
    assert html is not None
    assert html.get_content().strip() == "<p>Über</p>"
    files = [
        (part.get_filename(), part.get_content_type(), part.get_content())
        for part in message.iter_attachments()
    ]
    assert files == [
        ("Angebot für Köln.pdf", "application/pdf", pdf),
        ('a"b;c.bin', "application/octet-stream", odd),
    ]


@pytest.mark.parametrize("content_type", ["text/plain", "text/csv", "message/rfc822", "multipart/mixed"])
def test_a_file_of_text_is_not_read_as_a_part_of_the_message(content_type: str) -> None:
    content = b"Subject: x\r\n\r\n\xff\xfe not utf-8"
    message = read(attachments=(Attachment("a.txt", content_type, content),))
    (part,) = message.iter_attachments()
    assert part.get_payload(decode=True) == content
    assert part.get_filename() == "a.txt"


def test_every_byte_that_leaves_is_ascii_in_short_lines() -> None:
    raw = compose(mail(text="ü" * 5000, html="<p>" + "ü" * 5000 + "</p>"), SETTINGS, CLOCK)
    assert raw.isascii()
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert b"\n" not in raw.replace(b"\r\n", b"")


def test_the_mail_service_is_told_sender_set_and_tags() -> None:
    client = Client()
    assert transport(client).send(mail()) == "m-1"
    (request,) = client.asked
    assert request["FromEmailAddress"] == "no-reply@zebros.example"
    assert request["Destination"] == {"ToAddresses": ["mira@tidewater.example"]}
    assert request["ConfigurationSetName"] == "zebros-test"
    assert {tag["Name"]: tag["Value"] for tag in request["EmailTags"]} == dict(mail().tags)
    assert b"Guten Tag" in request["Content"]["Raw"]["Data"]


@pytest.mark.parametrize("missing", ["sender", "public_api_url"])
def test_without_sender_or_a_way_to_unsubscribe_no_mail_is_sent(missing: str) -> None:
    assert transport(Client()).enabled
    settings = MailSettings(
        **{name: "" if name == missing else getattr(SETTINGS, name) for name in MailSettings.__slots__}
    )
    assert not transport(Client(), settings).enabled


def refusal(code: str, status: int = 400) -> ClientError:
    return ClientError({"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}, "SendEmail")


@pytest.mark.parametrize(
    ("trouble", "raised"),
    [
        (refusal("MessageRejected"), RefusedError),
        (refusal("BadRequestException"), RefusedError),
        (refusal("TooManyRequestsException", 429), NotTakenError),
        (refusal("AccessDeniedException", 403), NotTakenError),
        (ConnectTimeoutError(endpoint_url="https://ses.test"), NotTakenError),
        (refusal("InternalFailure", 500), DeliveryUncertainError),
        (ReadTimeoutError(endpoint_url="https://ses.test"), DeliveryUncertainError),
    ],
)
def test_what_an_answer_means(trouble: Exception, raised: type[Exception]) -> None:
    with pytest.raises(raised):
        transport(Client(trouble)).send(mail())


def test_settings_are_read_from_the_environment() -> None:
    environ = {"MAIL_FROM": "A <a@b.example>", "PUBLIC_API_URL": "https://api.test/ "}
    settings = MailSettings.from_environ(environ)
    assert settings == MailSettings(sender="A <a@b.example>", public_api_url="https://api.test")
    made: Callable[[dict[str, str]], MailSettings] = MailSettings.from_environ
    assert made({}) == MailSettings()
