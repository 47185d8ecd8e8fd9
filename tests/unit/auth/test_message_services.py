"""What the services that carry messages are asked for, and what their answers mean: taken, not taken, or uncertain."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
)

from zebros_auth.adapters.mailer import SesTransport
from zebros_auth.adapters.notification_bus import OneTimeSchedules, SnsTopic
from zebros_auth.adapters.push import SnsPush
from zebros_auth.domain.device import Platform
from zebros_auth.domain.notification import Notification
from zebros_auth.domain.ports_mail import (
    MailContent,
    MailMessage,
)
from zebros_auth.domain.ports_notifications import EndpointGoneError
from zebros_auth.notification_settings import MailSettings, NotificationSettings
from zebros_core.delivery import DeliveryUncertainError, NotTakenError, RefusedError
from zebros_core.errors import UnavailableError, ValidationError

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
NEWS = Notification(
    id="01JABCDEFGHJKMNPQRSTVWXYZ0",
    tenant_id="acme",
    user_id="ben",
    kind="customer.assigned",
    entity="customer",
    record_id="01C",
    params={"name": "Tidewater"},
    occurred_at=AT,
)
MAIL = MailMessage(
    "ben@acme.example", MailContent("Subject", "Text", "<p>"), {"tenantId": "acme", "key": "k1"}
)
SETTINGS = NotificationSettings(
    mail=MailSettings(sender="Zebros <no-reply@zebros.example>", configuration_set="zebros-test"),
    topic_arn="arn:aws:sns:eu-central-1:1:zebros-test-notifications",
    delivery_queue_arn="arn:aws:sqs:eu-central-1:1:delivery",
    delivery_dead_letters_arn="arn:aws:sqs:eu-central-1:1:dead",
    schedule_group="zebros-test-notifications",
    schedule_role_arn="arn:aws:iam::1:role/r",
)
ENDPOINT = "arn:aws:sns:eu-central-1:1:endpoint/GCM/zebros-test/1"


class Client:
    """An AWS client that notes its requests and answers each with the same thing, or raises it."""

    def __init__(self, **answers: Any) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self._answers = answers

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(**request: Any) -> Any:
            self.asked.append((name, request))
            answer = self._answers.get(name, {"MessageId": "m-1"})
            if isinstance(answer, Exception):
                raise answer
            return answer

        return call


def refusal(code: str, status: int = 400, message: str = "") -> ClientError:
    return ClientError(
        {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}, "Call"
    )


WHERE = {"endpoint_url": "https://service.test"}
NOT_TAKEN = [
    refusal("TooManyRequestsException", 429),
    refusal("AccessDeniedException", 403),
    refusal("Throttling", 400),
    ConnectTimeoutError(**WHERE),
    EndpointConnectionError(**WHERE),
]
UNCERTAIN = [
    refusal("InternalFailure", 500),
    refusal("ServiceUnavailable", 503),
    ReadTimeoutError(**WHERE),
    ConnectionClosedError(**WHERE),
]


def name_of(trouble: object) -> str:
    return trouble.response["Error"]["Code"] if isinstance(trouble, ClientError) else type(trouble).__name__


def mail(client: Client) -> str:
    return SesTransport(lambda: client, SETTINGS.mail).send(MAIL)


def push(client: Client) -> SnsPush:
    return SnsPush(lambda: client, {"fcm": "arn:aws:sns:eu-central-1:1:app/GCM/zebros-test"})


def test_a_mail_names_sender_configuration_and_tags() -> None:
    client = Client()
    assert mail(client) == "m-1"
    ((_, request),) = client.asked
    assert request["FromEmailAddress"] == "Zebros <no-reply@zebros.example>"
    assert request["ConfigurationSetName"] == "zebros-test"
    assert request["EmailTags"] == [
        {"Name": "tenantId", "Value": "acme"},
        {"Name": "key", "Value": "k1"},
    ]
    assert not SesTransport(lambda: client, MailSettings()).enabled


@pytest.mark.parametrize("trouble", NOT_TAKEN, ids=name_of)
def test_what_was_refused_before_it_was_read_may_be_sent_again(trouble: Exception) -> None:
    with pytest.raises(NotTakenError):
        mail(Client(send_email=trouble))
    with pytest.raises(NotTakenError):
        send_push(Client(publish=trouble))


@pytest.mark.parametrize("trouble", UNCERTAIN, ids=name_of)
def test_a_fault_after_it_may_have_been_read_is_uncertain(trouble: Exception) -> None:
    with pytest.raises(DeliveryUncertainError):
        mail(Client(send_email=trouble))
    with pytest.raises(DeliveryUncertainError):
        send_push(Client(publish=trouble))


@pytest.mark.parametrize("code", ["MessageRejected", "BadRequestException"])
def test_a_mail_may_be_refused_for_good(code: str) -> None:
    with pytest.raises(RefusedError) as raised:
        mail(Client(send_email=refusal(code)))
    assert raised.value.code_of_service == code


def send_push(client: Client, attributes: dict[str, str] | None = None) -> None:
    told = {"Attributes": {"Enabled": "true", "CustomUserData": "acme/ben", **(attributes or {})}}
    client._answers.setdefault("get_endpoint_attributes", told)
    push(client).send(Platform.FCM, ENDPOINT, "acme/ben", title="T", data={"recordId": "01C"})


@pytest.mark.parametrize("code", ["EndpointDisabled", "NotFound", "InvalidParameter"])
def test_an_endpoint_may_be_gone(code: str) -> None:
    with pytest.raises(EndpointGoneError):
        send_push(Client(publish=refusal(code)))
    with pytest.raises(EndpointGoneError):
        send_push(Client(get_endpoint_attributes=refusal(code)))


@pytest.mark.parametrize("attributes", [{"Enabled": "false"}, {"CustomUserData": "globex/eve"}])
def test_nothing_is_published_to_an_endpoint_that_is_off_or_somebody_elses(
    attributes: dict[str, str],
) -> None:
    client = Client()
    with pytest.raises(EndpointGoneError):
        send_push(client, attributes)
    assert "publish" not in [name for name, _ in client.asked]


def test_a_token_that_the_platform_does_not_know_is_the_callers_fault() -> None:
    client = Client(create_platform_endpoint=refusal("InvalidParameter", message="Invalid token"))
    with pytest.raises(ValidationError):
        push(client).register(Platform.FCM, "t", "acme/ben")
    with pytest.raises(UnavailableError):
        push(Client(create_platform_endpoint=UNCERTAIN[0])).register(Platform.FCM, "t", "acme/ben")


def test_a_deferred_notification_is_one_schedule_that_removes_itself() -> None:
    client = Client()
    OneTimeSchedules(lambda: client, SETTINGS).put(NEWS, datetime(2026, 3, 2, 6, 0, 0, 1, tzinfo=UTC))
    ((_, request),) = client.asked
    assert request["ScheduleExpression"] == "at(2026-03-02T06:00:01)"
    assert request["ActionAfterCompletion"] == "DELETE"
    assert request["GroupName"] == "zebros-test-notifications"
    assert len(request["Name"]) <= 64
    assert request["Name"].startswith(NEWS.id)
    assert request["Target"]["Input"] == NEWS.to_wire()


def test_deferring_again_is_no_error_and_an_outage_is_told() -> None:
    until = datetime(2026, 3, 2, 6, tzinfo=UTC)
    OneTimeSchedules(lambda: Client(create_schedule=refusal("ConflictException", 409)), SETTINGS).put(
        NEWS, until
    )
    for trouble in (NOT_TAKEN[0], UNCERTAIN[0]):
        client = Client(create_schedule=trouble)
        with pytest.raises(UnavailableError):
            OneTimeSchedules(lambda client=client: client, SETTINGS).put(NEWS, until)


def test_the_topic_gets_the_tenant_as_group() -> None:
    client = Client()
    SnsTopic(lambda: client, SETTINGS.topic_arn).publish(NEWS)
    ((_, request),) = client.asked
    assert request == {
        "TopicArn": SETTINGS.topic_arn,
        "Message": NEWS.to_wire(),
        "MessageGroupId": "acme",
    }
    with pytest.raises(UnavailableError):
        SnsTopic(lambda: Client(publish=UNCERTAIN[0]), SETTINGS.topic_arn).publish(NEWS)
