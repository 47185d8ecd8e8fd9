"""Mails to contacts: who may get one, what is kept of it, and that each goes out at most once, whatever stops when."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from callers import Answer, Person, empty_tables
from mail_world import API, CrashError, MailWorld, mail_world

from zebros_activities.repositories.activities import ActivityRepository
from zebros_activities.repositories.mail_marks import MailMarks
from zebros_core.delivery import DeliveryUncertainError, NotTakenError, RefusedError
from zebros_core.errors import UnavailableError
from zebros_core.messaging import Operation

MISSING = "01JABCDEFGHJKMNPQRSTVWXYZ0"


@pytest.fixture(scope="module")
def world() -> Iterator[MailWorld]:
    with mail_world() as made:
        yield made


@pytest.fixture(autouse=True)
def _emptied(world: MailWorld) -> Iterator[None]:
    world.service.mails.clear()
    yield
    empty_tables()
    world.service.trouble, world.service.taken, world.service.enabled = None, False, True


@pytest.fixture
def admin(world: MailWorld) -> Person:
    return world.person(world.tenant())


@pytest.fixture(params=["pool", "bridge", "silo"])
def both(request: pytest.FixtureRequest, world: MailWorld) -> tuple[Person, Person]:
    one, two = (world.person(world.tenant(request.param)) for _ in range(2))
    return one, two


def faults(answer: Answer) -> list[tuple[str, str]]:
    assert answer.status == 422, answer.text
    return [(fault["field"], fault["code"]) for fault in answer.body["errors"]]


def queued(world: MailWorld, person: Person, **facts: Any) -> str:
    answer = world.send(person, world.contact(person), **facts)
    assert answer.status == 202, answer.text
    return answer.body["activityId"]


# -- asking for a mail -------------------------------------------------------------------------------------------------


def test_a_mail_is_logged_as_an_activity_and_goes_out_to_its_contact(
    both: tuple[Person, Person], world: MailWorld
) -> None:
    mine, theirs = both
    world.introduce(mine)
    customer = world.at_customers(mine).post("/v1/customers", {"companyName": "Tidewater"}).body
    contact = world.contact(mine, customerId=customer["customerId"])
    answer = world.send(
        mine,
        contact,
        subject="For {{ customer.companyName }}",
        text="Dear {{ contact.firstName }}, {{ values.what }}",
        html="<p>{{ values.what }}</p>",
        values={"what": "a <desk>"},
    )
    assert answer.status == 202, answer.text
    activity = answer.body
    assert answer.headers["location"] == f"/v1/activities/{activity['activityId']}"
    assert activity["type"] == "email"
    assert activity["status"] == "open"
    assert activity["subject"] == "For Tidewater"
    assert activity["description"] == "Dear Mira, a <desk>"
    assert (activity["relatedType"], activity["relatedId"]) == ("contact", contact["contactId"])
    assert activity["customerId"] == customer["customerId"]
    assert activity["participants"]["contactIds"] == [contact["contactId"]]
    assert activity["ownerId"] == mine.user
    assert (activity["delivery"]["status"], activity["delivery"]["to"]) == ("queued", contact["email"])
    assert not world.service.mails

    world.clock.advance(5)
    world.deliver(theirs, activity["activityId"])
    assert not world.service.mails, "another tenant's event reaches nothing"
    world.deliver(mine, activity["activityId"])
    (mail,) = world.service.mails
    assert mail.to == contact["email"]
    assert (mail.content.subject, mail.content.text) == ("For Tidewater", "Dear Mira, a <desk>")
    assert mail.content.html == "<p>a &lt;desk&gt;</p>"
    assert (mail.sender.name, mail.sender.email) == ("Ada Field", "ada@acme.example")
    assert mail.unsubscribe_url.startswith(f"{API}/v1/unsubscribe/{mine.tenant}.{contact['contactId']}.")
    assert mail.tags["tenantId"] == mine.tenant
    assert mail.tags["activityId"] == activity["activityId"]
    after = mine.get(answer.headers["location"]).body
    assert after["delivery"]["status"] == "sent"
    assert after["delivery"]["messageId"] == "ses-1"
    assert after["status"] == "completed"
    assert after["completedAt"] == after["delivery"]["at"]
    assert after["updatedBy"] == "system:mail"
    assert theirs.get(answer.headers["location"]).status == 404


def test_a_mail_from_a_template_says_what_the_template_said_then(admin: Person, world: MailWorld) -> None:
    draft = {"name": "Offer", "subject": "Offer {{ values.n }}", "text": "Dear {{ contact.lastName }}"}
    template = admin.post("/v1/email-templates", draft)
    contact = world.contact(admin)
    sent = world.send(
        admin, contact, subject=None, text=None, templateId=template.body["templateId"], values={"n": 7}
    )
    assert sent.status == 202, sent.text
    assert admin.delete(template.headers["location"]).status == 204
    world.deliver(admin, sent.body["activityId"])
    assert world.service.mails[0].content.subject == "Offer 7"
    assert world.service.mails[0].content.text == "Dear Vantongeren"


def test_a_mail_may_be_about_another_record(admin: Person, world: MailWorld) -> None:
    customer = world.at_customers(admin).post("/v1/customers", {"companyName": "Tidewater"}).body
    about = {"relatedType": "customer", "relatedId": customer["customerId"]}
    activity = world.send(admin, world.contact(admin), **about).body
    assert activity["relatedId"] == activity["customerId"] == customer["customerId"]
    wrong = world.send(admin, world.contact(admin), **{**about, "relatedId": MISSING})
    assert faults(wrong) == [("/relatedId", "unknown_reference")]
    wrong = world.send(admin, world.contact(admin), relatedType="customer")
    assert faults(wrong)[0][0] == "/relatedId"


def test_a_long_text_is_sent_whole_and_logged_to_its_limit(admin: Person, world: MailWorld) -> None:
    text = "long " * 4000
    id = queued(world, admin, text=text)
    world.deliver(admin, id)
    assert world.service.mails[0].content.text == text
    assert admin.get(f"/v1/activities/{id}").body["description"] == text[:10_000].strip()


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"email": None}, "no_email"),
        ({"doNotContact": True}, "do_not_contact"),
    ],
)
def test_who_cannot_or_may_not_be_written_to_is_refused(
    admin: Person, world: MailWorld, facts: dict[str, Any], code: str
) -> None:
    assert faults(world.send(admin, world.contact(admin, **facts))) == [("/contactId", code)]
    assert admin.get("/v1/activities").body["items"] == []


def test_an_address_that_takes_no_mail_is_refused_until_it_is_corrected(
    admin: Person, world: MailWorld
) -> None:
    contact = world.contact(admin)
    contacts = world.customers.system_workspace(admin.tenant, "contacted").contacts
    kept = contacts.get(contact["contactId"])
    contacts.save(kept.model_copy(update={"email_bounced_at": world.clock.now()}), previous=kept)
    assert faults(world.send(admin, contact)) == [("/contactId", "email_bounced")]
    where = f"/v1/contacts/{contact['contactId']}"
    world.at_customers(admin).patch(where, {"email": "mira@corrected.example"})
    assert world.send(admin, contact).status == 202


def test_what_the_caller_may_not_see_looks_missing(both: tuple[Person, Person], world: MailWorld) -> None:
    mine, theirs = both
    foreign, template = (
        world.contact(theirs),
        theirs.post("/v1/email-templates", {"name": "Offer", "subject": "Offer", "text": "Hello"}).body,
    )
    contact, document = world.contact(mine), world.document(theirs)
    assert faults(world.send(mine, foreign)) == [("/contactId", "unknown_reference")]
    from_theirs = world.send(mine, contact, subject=None, text=None, templateId=template["templateId"])
    assert faults(from_theirs) == [("/templateId", "unknown_reference")]
    with_theirs = world.send(mine, contact, attachments=[document["documentId"]])
    assert faults(with_theirs) == [("/attachments/0", "unknown_reference")]


def test_a_rep_writes_to_whom_they_may_see(admin: Person, world: MailWorld) -> None:
    rep = world.person(admin.tenant, user="rep-1", roles=("sales-rep",), team="south")
    own, hidden = world.contact(admin, ownerId="rep-1", teamId="south"), world.contact(admin)
    sent = world.send(rep, own)
    assert (sent.status, sent.body["ownerId"], sent.body["teamId"]) == (202, "rep-1", "south")
    assert faults(world.send(rep, hidden)) == [("/contactId", "unknown_reference")]
    assert world.send(world.person(admin.tenant, roles=("viewer",)), own).status == 403
    of_the_team = world.contact(admin, ownerId="rep-2", teamId="south")
    assert world.at_customers(rep).get(f"/v1/contacts/{of_the_team['contactId']}").status == 200
    assert world.send(rep, of_the_team).status == 403, "a rep writes to their own"
    manager = world.person(admin.tenant, user="lea", roles=("sales-manager",), team="south")
    assert world.send(manager, of_the_team).status == 202


@pytest.mark.parametrize(
    ("facts", "fault"),
    [
        ({"subject": None}, ("/subject", "missing")),
        ({"text": None}, ("/text", "missing")),
        ({"templateId": MISSING}, ("/templateId", "either_template_or_text")),
        ({"subject": None, "text": None, "templateId": MISSING}, ("/templateId", "unknown_reference")),
        ({"text": "{{ contact.firstName.upper() }}"}, ("/text", "template_rule")),
        ({"text": "{{ values.code }}"}, ("/text", "missing_variable")),
        (
            {"subject": "{{ values.x }}", "values": {"x": "a\nBcc: b@c.example"}},
            ("/subject", "control_character"),
        ),
        ({"subject": "a\r\nBcc: b@c.example"}, ("/subject", "control_character")),
        ({"attachments": [MISSING]}, ("/attachments/0", "unknown_reference")),
        ({"attachments": [MISSING, MISSING]}, ("/attachments", "repeated")),
        ({"attachments": ["x"]}, ("/attachments/0", "string_too_short")),
        ({"to": "somebody@else.example"}, ("/to", "extra_forbidden")),
    ],
)
def test_bad_mails_are_refused_with_field_and_rule(
    admin: Person, world: MailWorld, facts: dict[str, Any], fault: tuple[str, str]
) -> None:
    assert fault in [
        (found["field"], found["code"])
        for found in world.send(admin, world.contact(admin), **facts).body["errors"]
    ]
    assert admin.get("/v1/activities").body["items"] == []


def test_an_unknown_contact_and_a_template_without_its_values_are_refused(
    admin: Person, world: MailWorld
) -> None:
    assert faults(world.send(admin, {"contactId": MISSING})) == [("/contactId", "unknown_reference")]
    draft = {"name": "Offer", "subject": "Offer", "text": "{{ values.what }}"}
    template = admin.post("/v1/email-templates", draft).body
    wrong = world.send(
        admin, world.contact(admin), subject=None, text=None, templateId=template["templateId"]
    )
    assert faults(wrong) == [("/templateId", "missing_variable")]
    assert wrong.body["errors"][0]["message"] == "text: values.what has no value"


def test_files_go_with_a_mail_and_only_those_that_are_there(admin: Person, world: MailWorld) -> None:
    first, second = world.document(admin), world.document(admin, fileName="plan.png", contentType="image/png")
    pending = world.document(admin, uploaded=False)
    contact = world.contact(admin)
    wrong = world.send(admin, contact, attachments=[first["documentId"], pending["documentId"]])
    assert faults(wrong) == [("/attachments/1", "not_available")]
    sent = world.send(admin, contact, attachments=[first["documentId"], second["documentId"]])
    world.deliver(admin, sent.body["activityId"])
    files = [(file.file_name, file.content_type, file.content) for file in world.service.mails[0].attachments]
    assert files == [("offer.pdf", "application/pdf", b"xxxxx"), ("plan.png", "image/png", b"xxxxx")]


def test_files_that_are_too_large_together_are_refused(admin: Person, world: MailWorld) -> None:
    large = [world.document(admin, size=3_700_000)["documentId"] for _ in range(2)]
    assert faults(world.send(admin, world.contact(admin), attachments=large)) == [
        ("/attachments", "too_large")
    ]
    assert world.send(admin, world.contact(admin), attachments=large[:1]).status == 202
    eleven = world.send(
        admin, world.contact(admin), attachments=[MISSING[:-2] + f"{n:02}" for n in range(11)]
    )
    assert faults(eleven)[0][0] == "/attachments"


def test_asking_twice_with_one_key_is_one_mail(admin: Person, world: MailWorld) -> None:
    contact = world.contact(admin)
    first = world.send(admin, contact, key="k-1")
    world.at_customers(admin).patch(f"/v1/contacts/{contact['contactId']}", {"doNotContact": True})
    again = world.send(admin, contact, key="k-1")
    assert (again.status, again.body) == (202, first.body)
    other = world.send(admin, contact, text="Else", key="k-1")
    assert other.body["type"].endswith("idempotency-key-reused")
    assert len(admin.get("/v1/activities").body["items"]) == 1


def test_a_mail_that_names_no_customer_asks_for_none(admin: Person, world: MailWorld) -> None:
    customer = world.at_customers(admin).post("/v1/customers", {"companyName": "Tidewater"}).body
    contact = world.contact(admin, customerId=customer["customerId"])
    world.doors.calls.clear()
    world.send(admin, contact)
    assert [call["entity"] for _, call in world.doors.calls] == ["contact", "contact"]
    world.send(admin, contact, text="{{ customer.companyName }}")
    assert "customer" in [call["entity"] for _, call in world.doors.calls]


def test_customers_being_out_of_reach_is_told(admin: Person, world: MailWorld) -> None:
    contact = world.contact(admin)

    def fail(service: str, call: Any) -> None:
        raise UnavailableError

    world.doors.before, kept = fail, world.doors.before
    try:
        assert world.send(admin, contact).status == 503
    finally:
        world.doors.before = kept


def test_what_mails_and_templates_say_lies_under_the_tenants_prefix(
    both: tuple[Person, Person], world: MailWorld
) -> None:
    """The offboarding of customers exports and erases the whole prefix: nothing stays behind, nothing else goes."""
    template = {"name": "Offer", "subject": "Offer", "text": "Hello"}
    for person in both:
        queued(world, person)
        person.post("/v1/email-templates", template)
        listed = world.activities.s3().list_objects_v2(
            Bucket=world.activities.core.documents_bucket, Prefix=f"{person.tenant}/"
        )
        kinds = sorted(entry["Key"].split("/")[1] for entry in listed["Contents"])
        assert kinds == ["email-templates", "emails"]


# -- sending it --------------------------------------------------------------------------------------------------------


def test_an_event_that_comes_again_sends_nothing_again(admin: Person, world: MailWorld) -> None:
    id = queued(world, admin)
    for _ in range(3):
        world.deliver(admin, id)
    assert len(world.service.mails) == 1


def change_contact(**changes: Any) -> Callable[[MailWorld, Person, str], None]:
    def act(world: MailWorld, person: Person, id: str) -> None:
        contact = person.get(f"/v1/activities/{id}").body["relatedId"]
        assert world.at_customers(person).patch(f"/v1/contacts/{contact}", changes).status == 200

    return act


def delete_contact(world: MailWorld, person: Person, id: str) -> None:
    contact = person.get(f"/v1/activities/{id}").body["relatedId"]
    assert world.at_customers(person).delete(f"/v1/contacts/{contact}").status == 204


def cancel(world: MailWorld, person: Person, id: str) -> None:
    assert person.patch(f"/v1/activities/{id}", {"status": "cancelled"}).status == 200


def suspend(world: MailWorld, person: Person, id: str) -> None:
    tenant = world.activities.registry.get(person.tenant)
    world.activities.registry.put(type(tenant)(id=tenant.id, name=tenant.name, status="suspended"))


def resume(world: MailWorld, person: Person) -> None:
    tenant = world.activities.registry.get(person.tenant)
    world.activities.registry.put(type(tenant)(id=tenant.id, name=tenant.name))


def switch_off(world: MailWorld, person: Person, id: str) -> None:
    world.service.enabled = False


def lose_content(world: MailWorld, person: Person, id: str) -> None:
    world.activities.mailing.room(person.tenant).contents.delete(id)


@pytest.mark.parametrize(
    ("act", "reason"),
    [
        (change_contact(doNotContact=True), "do-not-contact"),
        (change_contact(email="mira@other.example"), "address-changed"),
        (change_contact(email=None), "no-email"),
        (delete_contact, "contact-gone"),
        (cancel, "cancelled"),
        (suspend, "tenant-not-active"),
        (switch_off, "mail-off"),
        (lose_content, "content-gone"),
    ],
)
def test_what_happened_since_a_mail_was_written_may_stop_it(
    admin: Person, world: MailWorld, act: Callable[..., None], reason: str
) -> None:
    id = queued(world, admin)
    act(world, admin, id)
    world.deliver(admin, id)
    resume(world, admin)
    delivery = world.delivery(admin, id)
    assert (delivery["status"], delivery["reason"]) == ("failed", reason)
    assert not world.service.mails
    assert admin.get(f"/v1/activities/{id}").body["status"] != "completed"


def test_a_file_that_is_gone_stops_its_mail(admin: Person, world: MailWorld) -> None:
    document = world.document(admin)
    id = queued(world, admin, attachments=[document["documentId"]])
    bucket = world.activities.core.documents_bucket
    kept = world.activities.mailing.room(admin.tenant).contents.find(id)
    assert kept is not None
    world.activities.s3().delete_object(Bucket=bucket, Key=kept.attachments[0].object_key)
    world.deliver(admin, id)
    assert world.delivery(admin, id)["reason"] == "attachment-gone"


def test_a_deleted_mail_is_not_sent_and_forgotten(admin: Person, world: MailWorld) -> None:
    id = queued(world, admin)
    assert admin.delete(f"/v1/activities/{id}").status == 204
    world.deliver(admin, id)
    world.deliver(admin, id, Operation.DELETED)
    assert not world.service.mails
    assert world.activities.mailing.room(admin.tenant).contents.find(id) is None
    assert admin.post(f"/v1/activities/{id}/restore").status == 200
    world.deliver(admin, id, Operation.RESTORED)
    assert world.delivery(admin, id)["reason"] == "content-gone"


def test_a_mail_that_was_not_taken_is_tried_again(admin: Person, world: MailWorld) -> None:
    id = queued(world, admin)
    world.service.trouble = NotTakenError()
    with pytest.raises(NotTakenError):
        world.deliver(admin, id)
    assert world.delivery(admin, id)["status"] == "queued"
    world.deliver(admin, id)
    assert (len(world.service.mails), world.delivery(admin, id)["status"]) == (1, "sent")


def test_a_mail_that_was_refused_fails(admin: Person, world: MailWorld) -> None:
    id = queued(world, admin)
    world.service.trouble = RefusedError("MessageRejected")
    world.deliver(admin, id)
    world.deliver(admin, id)
    delivery = world.delivery(admin, id)
    assert (delivery["status"], delivery["reason"]) == ("failed", "refused: MessageRejected")
    assert not world.service.mails


@pytest.mark.parametrize("taken", [True, False])
def test_a_mail_whose_answer_was_lost_is_uncertain_and_not_sent_again(
    admin: Person, world: MailWorld, taken: bool
) -> None:
    id = queued(world, admin)
    world.service.trouble, world.service.taken = DeliveryUncertainError(), taken
    for _ in range(2):
        world.deliver(admin, id)
        world.clock.advance(3600)
    assert len(world.service.mails) == int(taken)
    assert world.delivery(admin, id)["status"] == "uncertain"


class Stop:
    """Stops the process before or after the n-th call of a method."""

    def __init__(self, patch: pytest.MonkeyPatch, owner: type, method: str, *, after: bool) -> None:
        real, self.left = getattr(owner, method), 1

        def stopped(this: Any, *args: Any, **kwargs: Any) -> Any:
            if not self.left:
                return real(this, *args, **kwargs)
            self.left -= 1
            if after:
                real(this, *args, **kwargs)
            raise CrashError

        patch.setattr(owner, method, stopped)


@pytest.mark.parametrize(
    ("owner", "method", "after", "sent", "status"),
    [
        (MailMarks, "find", True, 1, "sent"),
        (MailMarks, "claim", False, 1, "sent"),
        (MailMarks, "claim", True, 0, "uncertain"),
        (MailMarks, "taken", False, 1, "uncertain"),
        (MailMarks, "taken", True, 1, "sent"),
        (ActivityRepository, "save", False, 1, "sent"),
        (ActivityRepository, "save", True, 1, "sent"),
    ],
)
def test_stopped_anywhere_a_mail_goes_out_at_most_once(
    admin: Person,
    world: MailWorld,
    monkeypatch: pytest.MonkeyPatch,
    owner: type,
    method: str,
    after: bool,
    sent: int,
    status: str,
) -> None:
    id = queued(world, admin)
    Stop(monkeypatch, owner, method, after=after)
    with pytest.raises(CrashError):
        world.deliver(admin, id)
    try:
        world.deliver(admin, id)
    except UnavailableError:
        assert status == "uncertain", "an attempt may still be under way"
        world.clock.advance(timedelta(minutes=3).total_seconds())
        world.deliver(admin, id)
    world.deliver(admin, id)
    assert len(world.service.mails) == sent
    assert world.delivery(admin, id)["status"] == status


@pytest.mark.parametrize("taken", [True, False])
def test_stopped_within_the_mail_service_a_mail_goes_out_at_most_once(
    admin: Person, world: MailWorld, taken: bool
) -> None:
    id = queued(world, admin)
    world.service.trouble, world.service.taken = CrashError(), taken
    with pytest.raises(CrashError):
        world.deliver(admin, id)
    with pytest.raises(UnavailableError):
        world.deliver(admin, id)
    world.clock.advance(200)
    world.deliver(admin, id)
    assert len(world.service.mails) == int(taken)
    assert world.delivery(admin, id)["status"] == "uncertain"


def test_two_workers_send_one_mail(admin: Person, world: MailWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    id = queued(world, admin)
    claim, others = MailMarks.claim, []

    def claim_after_another(self: MailMarks, activity_id: str) -> bool:
        if not others:
            others.append(True)
            world.deliver(admin, id)
        return claim(self, activity_id)

    monkeypatch.setattr(MailMarks, "claim", claim_after_another)
    with pytest.raises(UnavailableError):
        world.deliver(admin, id)
    world.deliver(admin, id)
    assert (len(world.service.mails), world.delivery(admin, id)["status"]) == (1, "sent")


def test_somebody_who_edits_meanwhile_loses_nothing(
    admin: Person, world: MailWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    id = queued(world, admin)
    save, raced = ActivityRepository.save, []

    def save_after_somebody(self: Any, new: Any, **facts: Any) -> Any:
        if not raced:
            raced.append(True)
            assert admin.patch(f"/v1/activities/{id}", {"priority": "high"}).status == 200
        return save(self, new, **facts)

    monkeypatch.setattr(ActivityRepository, "save", save_after_somebody)
    world.deliver(admin, id)
    after = admin.get(f"/v1/activities/{id}").body
    assert (after["priority"], after["delivery"]["status"]) == ("high", "sent")


def test_nobody_sets_the_delivery_of_a_mail(admin: Person, world: MailWorld) -> None:
    id = queued(world, admin)
    wrong = admin.patch(f"/v1/activities/{id}", {"delivery": None})
    assert faults(wrong)[0][0] == "/delivery"
    logged = admin.post("/v1/activities", {"type": "email", "subject": "Written elsewhere"}).body
    assert logged["delivery"] is None
    world.deliver(admin, logged["activityId"])
    assert not world.service.mails
