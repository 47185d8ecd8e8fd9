"""Asking for a mail to a contact: who may get one, what it says, and what is kept of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from callers import Answer, Person, empty_tables
from mail_world import API, MailWorld, mail_world

from zebros_core.errors import UnavailableError

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
    bucket, prefix = world.activities.core.documents_bucket, f"{admin.tenant}/emails/"
    kept = world.activities.s3().list_objects_v2(Bucket=bucket, Prefix=prefix)["Contents"]
    assert len(kept) == 1, "a refused request leaves nothing behind"


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
