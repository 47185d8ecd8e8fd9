"""What the mail service reports: whom no mail is sent to any more."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from callers import Person
from deliveries import Post, connect, deliver, notification

from zebros_auth.bootstrap import Container
from zebros_auth.use_cases.keep_feedback import keep_feedback
from zebros_core.delivery import MailFeedback, parse_feedback
from zebros_core.messaging import MalformedMessageError, TopicConsumer
from zebros_core.tenancy.registry import Tenant


def address(person: Person) -> str:
    return person.get("/v1/me").body["email"]


def report(
    tenant: str | None, to: str, *, kind: str = "Bounce", mail: str = "m-1", **more: Any
) -> dict[str, Any]:
    """Amazon SES's record of an event, as event publishing writes it."""
    tags = {"ses:configuration-set": ["zebros-test"]} | ({"tenantId": [tenant]} if tenant else {})
    recipient = {"emailAddress": more.pop("named", to), "status": "5.1.1"}
    bodies = {
        "Bounce": {
            "bounce": {"bounceType": "Permanent", "bouncedRecipients": [recipient], "feedbackId": "f"}
        },
        "Complaint": {"complaint": {"complainedRecipients": [recipient], "complaintFeedbackType": "abuse"}},
        "Delivery": {"delivery": {"recipients": [to]}},
    }
    body = bodies[kind]
    next(iter(body.values())).update(more)
    return {"eventType": kind, "mail": {"messageId": mail, "destination": [to], "tags": tags}, **body}


@pytest.fixture
def post(container: Container) -> Post:
    return connect(container)


@pytest.fixture
def tell(container: Container) -> Callable[[dict[str, Any]], int]:
    """Hand over a report as the function does, and say how many addresses it newly suppressed."""

    def hand_over(event: dict[str, Any]) -> int:
        return keep_feedback(parse_feedback(event), container.notifying.suppressions, container.metrics)

    return hand_over


def outcome(container: Container, person: Person, number: int = 1) -> list[str]:
    return deliver(container, notification(container, person.tenant, person.user, number=number))


@pytest.mark.parametrize("kind", ["Bounce", "Complaint"])
def test_an_address_that_bounced_or_complained_gets_no_mail(
    container: Container, post: Post, tell: Any, both: tuple[Person, Person], kind: str
) -> None:
    mine, theirs = both
    assert tell(report(mine.tenant, address(mine).upper(), kind=kind)) == 1
    assert outcome(container, mine) == ["email:suppressed"]
    assert outcome(container, theirs) == ["email:sent"]


def test_another_tenants_people_are_out_of_reach(
    container: Container, post: Post, tell: Any, both: tuple[Person, Person]
) -> None:
    mine, theirs = both
    tell(report(mine.tenant, address(theirs)))
    assert outcome(container, theirs) == ["email:sent"]


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("Bounce", {"bounceType": "Transient"}),
        ("Bounce", {"bounceType": "Undetermined"}),
        ("Bounce", {"named": "somebody-else@acme.example"}),
        ("Complaint", {"complaintFeedbackType": "not-spam"}),
        ("Delivery", {}),
    ],
)
def test_what_passes_suppresses_nothing(
    container: Container, post: Post, tell: Any, admin: Person, kind: str, more: dict[str, str]
) -> None:
    assert tell(report(admin.tenant, address(admin), kind=kind, **more)) == 0
    assert outcome(container, admin) == ["email:sent"]


def test_a_report_that_comes_again_changes_nothing_that_happened_since(
    container: Container, post: Post, tell: Any, admin: Person
) -> None:
    bounced = report(admin.tenant, address(admin))
    assert tell(bounced) == 1
    assert tell(bounced) == 0
    container.notifying.suppressions(admin.tenant).lift(address(admin))
    assert tell(bounced) == 0
    assert tell(report(admin.tenant, address(admin), kind="Delivery")) == 0
    assert outcome(container, admin) == ["email:sent"]
    assert tell(report(admin.tenant, address(admin), mail="m-2")) == 1


@pytest.mark.parametrize("named", [None, "nobody99", "Not A Tenant", "leaving1"])
def test_a_mail_that_was_none_of_ours_is_left_alone(
    container: Container, tell: Any, named: str | None
) -> None:
    container.registry.put(Tenant(id="leaving1", name="Leaving", status="offboarded"))
    assert tell(report(named, "ada@acme.example")) == 0


def test_a_mail_of_another_service_is_that_services_to_keep(
    container: Container, post: Post, tell: Any, admin: Person
) -> None:
    bounced = report(admin.tenant, address(admin))
    bounced["mail"]["tags"]["service"] = ["activities"]
    assert tell(bounced) == 0
    assert outcome(container, admin) == ["email:sent"]
    bounced["mail"]["tags"]["service"] = ["auth"]
    assert tell(bounced) == 1


def test_what_is_malformed_goes_to_the_dead_letters_and_stops_nobody(
    container: Container, post: Post, admin: Person
) -> None:
    def handle(feedback: MailFeedback) -> None:
        keep_feedback(feedback, container.notifying.suppressions, container.metrics)

    consumer = TopicConsumer(handle, name="feedback", parse=parse_feedback)
    good = json.dumps(report(admin.tenant, address(admin)))
    bodies = ["nonsense", "[]", "{}", '{"eventType": "Bounce", "mail": {"messageId": 7}}', good]
    records = [{"messageId": str(number), "body": body} for number, body in enumerate(bodies)]
    answer = consumer.handler({"Records": records})
    assert [failed["itemIdentifier"] for failed in answer["batchItemFailures"]] == ["0", "1", "2", "3"]
    assert outcome(container, admin) == ["email:suppressed"]
    with pytest.raises(MalformedMessageError):
        parse_feedback({"eventType": "Bounce"})
