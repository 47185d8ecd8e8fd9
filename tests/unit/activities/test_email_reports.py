"""What the mail service reports of a mail: written into its activity, never backwards; who complained is left alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import permutations
from typing import Any

import pytest
from callers import Person, empty_tables
from mail_world import MailWorld, mail_world

from zebros_activities.handlers import bounces, mail
from zebros_activities.use_cases.keep_bounce import keep_bounce
from zebros_core.delivery import DeliveryUncertainError, parse_feedback
from zebros_core.errors import UnavailableError
from zebros_core.messaging import EntityChanged, Operation
from zebros_customers.use_cases.note_contacted import note_contacted


@pytest.fixture(scope="module")
def world() -> Iterator[MailWorld]:
    with mail_world() as made:
        yield made


@pytest.fixture(autouse=True)
def _emptied(world: MailWorld) -> Iterator[None]:
    world.service.mails.clear()
    yield
    empty_tables()
    world.service.trouble, world.service.taken = None, False


@pytest.fixture
def admin(world: MailWorld) -> Person:
    return world.person(world.tenant())


class Sent:
    """A mail on its way."""

    def __init__(self, world: MailWorld, person: Person) -> None:
        self.world, self.person = world, person
        self.contact = world.contact(person)
        self.id = world.send(person, self.contact).body["activityId"]
        world.deliver(person, self.id)
        self.mail_id = f"ses-{len(world.service.mails)}"

    def report(self, kind: str, **more: Any) -> dict[str, Any]:
        """Amazon SES's record of an event, as event publishing writes it."""
        to = self.contact["email"]
        recipient = {"emailAddress": to.upper(), "status": "5.1.1"}
        bodies: dict[str, dict[str, Any]] = {
            "Bounce": {"bounce": {"bounceType": "Permanent", "bouncedRecipients": [recipient]}},
            "Complaint": {
                "complaint": {"complainedRecipients": [recipient], "complaintFeedbackType": "abuse"}
            },
            "Delivery": {"delivery": {"recipients": [to]}},
            "Reject": {"reject": {"reason": "Bad content"}},
        }
        tags = {name: [value] for name, value in self.world.service.mails[-1].tags.items()}
        tags = {"ses:configuration-set": ["zebros-test"], **tags, **more.pop("tags", {})}
        body = bodies[kind]
        next(iter(body.values())).update(more)
        mail = {"messageId": self.mail_id, "destination": [to], "tags": tags}
        return {"eventType": kind, "mail": mail, **body}

    def tell(self, kind: str, **more: Any) -> Any:
        return keep_bounce(parse_feedback(self.report(kind, **more)), self.world.activities.mailing.bounces)

    @property
    def delivery(self) -> dict[str, Any]:
        return self.world.delivery(self.person, self.id)


@pytest.mark.parametrize("model", ["pool", "bridge", "silo"])
@pytest.mark.parametrize(
    ("kind", "status"),
    [("Delivery", "delivered"), ("Bounce", "bounced"), ("Complaint", "complained"), ("Reject", "failed")],
)
def test_a_report_is_written_into_its_activity(world: MailWorld, model: str, kind: str, status: str) -> None:
    mine, theirs = (Sent(world, world.person(world.tenant(model))) for _ in range(2))
    mine.mail_id, theirs.mail_id = "ses-1", "ses-2"
    assert theirs.tell(kind) == status
    assert theirs.delivery["status"] == status
    assert mine.delivery["status"] == "sent"
    assert theirs.delivery["messageId"] == "ses-2"


def test_reports_never_take_a_mail_back(world: MailWorld, admin: Person) -> None:
    ends = {"Delivery": "delivered", "Bounce": "bounced", "Complaint": "complained"}
    for order in permutations(ends):
        sent = Sent(world, admin)
        for kind in (*order, *order):
            sent.tell(kind)
        assert sent.delivery["status"] == "complained"
    for order in permutations(("Delivery", "Bounce")):
        sent = Sent(world, admin)
        for kind in order:
            sent.tell(kind)
        assert sent.delivery["status"] == "bounced"
        assert sent.tell("Delivery") is None


def test_who_complained_gets_no_more_mail_and_may_be_allowed_again(world: MailWorld, admin: Person) -> None:
    sent = Sent(world, admin)
    sent.tell("Complaint")
    after = world.shown(admin, sent.contact)
    assert (after["doNotContact"], after["updatedBy"]) == (True, "system:bounces")
    where = f"/v1/contacts/{sent.contact['contactId']}"
    world.at_customers(admin).patch(where, {"doNotContact": False})
    sent.tell("Complaint")
    assert world.shown(admin, sent.contact)["doNotContact"] is False, "the same complaint, told again"


def test_a_complaint_is_not_lost_when_customers_is_out_of_reach(
    world: MailWorld, admin: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = Sent(world, admin)

    def fail(service: str, call: Any) -> None:
        raise UnavailableError

    with monkeypatch.context() as patch:
        patch.setattr(world.doors, "before", fail)
        with pytest.raises(UnavailableError):
            sent.tell("Complaint")
    sent.tell("Complaint")
    assert world.shown(admin, sent.contact)["doNotContact"] is True
    assert sent.delivery["status"] == "complained"


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("Bounce", {"bounceType": "Transient"}),
        ("Bounce", {"bouncedRecipients": [{"emailAddress": "somebody@else.example"}]}),
        ("Complaint", {"complaintFeedbackType": "not-spam"}),
        ("Delivery", {"tags": {"activityId": []}}),
        ("Delivery", {"tags": {"activityId": ["01JABCDEFGHJKMNPQRSTVWXYZ0"]}}),
        ("Delivery", {"tags": {"tenantId": []}}),
        ("Delivery", {"tags": {"tenantId": ["nobody99"]}}),
        ("Delivery", {"tags": {"tenantId": ["Not A Tenant"]}}),
    ],
)
def test_what_passes_or_is_none_of_ours_changes_nothing(
    world: MailWorld, admin: Person, kind: str, more: dict[str, Any]
) -> None:
    sent = Sent(world, admin)
    assert sent.tell(kind, **more) is None
    assert sent.delivery["status"] == "sent"
    assert world.shown(admin, sent.contact)["doNotContact"] is False


def test_a_report_of_another_mail_does_not_speak_for_this_one(world: MailWorld, admin: Person) -> None:
    sent = Sent(world, admin)
    sent.mail_id = "ses-of-another"
    assert sent.tell("Bounce") is None
    assert sent.delivery["status"] == "sent"


def test_a_report_settles_a_mail_that_was_uncertain(world: MailWorld, admin: Person) -> None:
    world.service.trouble, world.service.taken = DeliveryUncertainError(), True
    sent = Sent(world, admin)
    assert sent.delivery["status"] == "uncertain"
    sent.tell("Delivery")
    activity = admin.get(f"/v1/activities/{sent.id}").body
    assert activity["delivery"]["status"] == "delivered"
    assert activity["delivery"]["messageId"] == sent.mail_id
    assert activity["status"] == "completed"


def test_a_report_may_overtake_the_note_that_the_mail_was_sent(world: MailWorld, admin: Person) -> None:
    sent = Sent(world, admin)
    room = world.activities.mailing.room(admin.tenant)
    known = room.activities.get(sent.id)
    assert known.delivery is not None
    queued = known.delivery.model_copy(update={"status": "queued", "message_id": None})
    room.activities.save(known.model_copy(update={"delivery": queued}), previous=known)
    sent.tell("Bounce")
    world.deliver(admin, sent.id)
    assert sent.delivery["status"] == "bounced"
    assert len(world.service.mails) == 1


def test_a_deleted_mail_stays_deleted_and_its_complaint_counts(world: MailWorld, admin: Person) -> None:
    sent = Sent(world, admin)
    assert admin.delete(f"/v1/activities/{sent.id}").status == 204
    assert sent.tell("Complaint") is None
    assert admin.get(f"/v1/activities/{sent.id}").status == 404
    assert world.shown(admin, sent.contact)["doNotContact"] is True


@pytest.mark.parametrize("status", ["offboarding", "offboarded", "failed"])
def test_a_tenant_that_leaves_gets_no_new_data(world: MailWorld, admin: Person, status: Any) -> None:
    sent = Sent(world, admin)
    tenant = world.activities.registry.get(admin.tenant)
    world.activities.registry.put(type(tenant)(id=tenant.id, name=tenant.name, status=status))
    assert sent.tell("Bounce") is None


def envelope(world: MailWorld, person: Person, id: str, source: str = "zebros.activities") -> str:
    snapshot = world.activities.mailing.room(person.tenant).activities.get(id)
    change = EntityChanged(
        event_id=f"e-{id}",
        tenant_id=person.tenant,
        entity="activity",
        id=id,
        version=snapshot.version,
        operation=Operation.UPDATED,
        occurred_at=world.clock.now(),
        snapshot=snapshot.model_dump(mode="json", by_alias=True, exclude_none=True),
    )
    detail = json.loads(change.to_wire())
    return json.dumps({"source": source, "detail-type": "EntityChanged", "detail": detail})


def test_a_bounce_ends_up_at_the_contact_and_stops_further_mail(
    world: MailWorld, admin: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole way through the functions: queued, sent, bounced, marked, refused."""
    for module in (mail, bounces):
        monkeypatch.setattr(module, "container", lambda: world.activities)
        module._consumer.cache_clear()
    contact = world.contact(admin)
    id = world.send(admin, contact).body["activityId"]
    records = [
        {"messageId": "1", "body": envelope(world, admin, id)},
        {"messageId": "2", "body": envelope(world, admin, id, source="zebros.customers")},
    ]
    assert mail.handler({"Records": records}, None) == {"batchItemFailures": [{"itemIdentifier": "2"}]}
    assert len(world.service.mails) == 1

    sent = Sent.__new__(Sent)
    sent.world, sent.person, sent.contact, sent.id, sent.mail_id = world, admin, contact, id, "ses-1"
    bodies = ["nonsense", "{}", json.dumps(sent.report("Bounce"))]
    records = [{"messageId": str(number), "body": body} for number, body in enumerate(bodies)]
    answer = bounces.handler({"Records": records}, None)
    assert [failed["itemIdentifier"] for failed in answer["batchItemFailures"]] == ["0", "1"]
    assert sent.delivery["status"] == "bounced"

    change = json.loads(envelope(world, admin, id))["detail"]
    note_contacted(
        world.customers.system_workspace(admin.tenant, "contacted"),
        EntityChanged.model_validate_json(json.dumps(change)),
    )
    after = world.shown(admin, contact)
    assert after["emailBouncedAt"] == sent.delivery["at"]
    assert after["lastContactedAt"] is not None
    assert world.send(admin, contact).body["errors"][0]["code"] == "email_bounced"
    for module in (mail, bounces):
        module._consumer.cache_clear()
