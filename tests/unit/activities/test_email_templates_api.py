"""Templates of a tenant: kept, changed, shown with real values, and nobody else's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from callers import Answer, Person, empty_tables
from mail_world import MailWorld, mail_world

from zebros_activities.repositories.email_templates import EmailTemplateRepository

OFFER = {"name": "Offer", "subject": "Offer for {{ contact.lastName }}", "text": "Hello {{ values.what }}"}
PATH = "/v1/email-templates"


@pytest.fixture(scope="module")
def world() -> Iterator[MailWorld]:
    with mail_world() as made:
        yield made


@pytest.fixture(autouse=True)
def _emptied(world: MailWorld) -> Iterator[None]:
    yield
    empty_tables()


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


def objects(world: MailWorld, person: Person) -> list[str]:
    listed = world.activities.s3().list_objects_v2(
        Bucket=world.activities.core.documents_bucket, Prefix=f"{person.tenant}/email-templates/"
    )
    return [entry["Key"] for entry in listed.get("Contents", ())]


def test_a_template_is_kept_changed_and_deleted_and_nobody_elses(
    both: tuple[Person, Person], world: MailWorld
) -> None:
    mine, theirs = both
    created = mine.post(PATH, {**OFFER, "html": "<p>{{ values.what }}</p>"})
    assert created.status == 201, created.text
    where = created.headers["location"]
    assert created.headers["etag"] == '"1"'
    assert mine.get(where).body == created.body
    assert created.body["html"] == "<p>{{ values.what }}</p>"
    assert created.body["createdBy"] == "user-1"
    assert [entry["name"] for entry in mine.get(PATH).body["items"]] == ["Offer"]
    assert "text" not in mine.get(PATH).body["items"][0]

    assert theirs.get(where).status == 404
    assert theirs.get(PATH).body["items"] == []
    assert theirs.put(where, OFFER, if_match='"1"').status == 404
    assert theirs.delete(where).status == 404
    assert theirs.post(f"{where}/preview", {}).status == 404
    assert theirs.post(PATH, OFFER).status == 201, "names are unique in a tenant, not among them"

    replaced = mine.put(where, {**OFFER, "text": "Good day"}, if_match='"1"')
    assert (replaced.status, replaced.body["version"], replaced.body["html"]) == (200, 2, None)
    assert mine.get(where).body["text"] == "Good day"
    assert len(objects(world, mine)) == 1, "what it said before is gone"
    again = mine.put(where, {**OFFER, "text": "Good day"}, if_match='"2"')
    assert again.body["version"] == 2, "no change, no version"
    assert mine.call("GET", where, headers={"if-none-match": '"2"'}).status == 304

    assert mine.delete(where, if_match='"1"').status == 412
    assert mine.delete(where, if_match='"2"').status == 204
    assert mine.get(where).status == 404
    assert mine.delete(where).status == 404
    assert mine.get(PATH).body["items"] == []
    assert objects(world, mine) == []
    assert mine.post(PATH, OFFER).status == 201, "the name is free again"


def test_replacing_needs_the_version_that_it_replaces(admin: Person) -> None:
    where = admin.post(PATH, OFFER).headers["location"]
    assert admin.put(where, OFFER).status == 428
    lost = admin.put(where, {**OFFER, "name": "Other"}, if_match='"7"')
    assert (lost.status, lost.body["currentVersion"]) == (412, 1)


def test_a_name_is_one_templates(admin: Person) -> None:
    first = admin.post(PATH, OFFER).body
    other = admin.post(PATH, {**OFFER, "name": "Other"})
    for taken in (
        admin.post(PATH, {**OFFER, "name": "  OFFER "}),
        admin.put(other.headers["location"], OFFER, if_match='"1"'),
    ):
        assert (taken.status, taken.body["type"].rpartition("/")[2]) == (409, "duplicate")
        assert taken.body["records"] == [
            {"entity": "emailTemplate", "id": first["templateId"], "match": "name"}
        ]
    renamed = admin.put(f"{PATH}/{first['templateId']}", {**OFFER, "name": "offer"}, if_match='"1"')
    assert renamed.body["name"] == "offer"
    assert (
        admin.put(f"{PATH}/{first['templateId']}", {**OFFER, "name": "Third"}, if_match='"2"').status == 200
    )
    assert admin.put(other.headers["location"], OFFER, if_match='"1"').status == 200


def test_creating_twice_with_one_key_makes_one(admin: Person, world: MailWorld) -> None:
    first = admin.post(PATH, OFFER, idempotency_key="k-1")
    again = admin.post(PATH, OFFER, idempotency_key="k-1")
    assert (again.status, again.body) == (201, first.body)
    assert len(objects(world, admin)) == 1
    other = admin.post(PATH, {**OFFER, "text": "Else"}, idempotency_key="k-1")
    assert other.body["type"].endswith("/idempotency-key-reused")
    assert admin.delete(first.headers["location"]).status == 204
    assert admin.post(PATH, OFFER, idempotency_key="k-1").status == 409


def test_pages_go_through_all(admin: Person) -> None:
    names = {f"Template {number}" for number in range(5)}
    for name in names:
        admin.post(PATH, {**OFFER, "name": name})
    seen: list[str] = []
    cursor = None
    while True:
        page = admin.get(PATH, limit=2, **({"cursor": cursor} if cursor else {})).body
        seen += [entry["name"] for entry in page["items"]]
        cursor = page["nextCursor"]
        if cursor is None:
            break
    assert sorted(seen) == sorted(names)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"text": "{{ ''.__class__.__mro__ }}"}, ("/text", "template_rule")),
        ({"subject": "{{ values.x() }}"}, ("/subject", "template_rule")),
        ({"html": "{% include 'x' %}"}, ("/html", "template_rule")),
        ({"text": "{{ contact. }}"}, ("/text", "template_syntax")),
        ({"subject": "News\r\nBcc: all@example.com"}, ("/subject", "control_character")),
        ({"subject": ""}, ("/subject", "string_too_short")),
        ({"subject": "x" * 201}, ("/subject", "string_too_long")),
        ({"text": "x" * (64 * 1024 + 1)}, ("/text", "too_large")),
        ({"html": "ä" * (100 * 1024 + 1)}, ("/html", "too_large")),
        ({"text": "a\x00b"}, ("/text", "control_character")),
        ({"text": None}, ("/text", "missing")),
        ({"name": None}, ("/name", "missing")),
        ({"owner": "x"}, ("/owner", "extra_forbidden")),
    ],
)
def test_bad_templates_are_refused_with_field_and_rule(
    admin: Person, change: dict[str, Any], fault: tuple[str, str]
) -> None:
    body = {name: value for name, value in {**OFFER, **change}.items() if value is not None}
    answer = admin.post(PATH, body)
    assert answer.status == 422, answer.text
    assert fault[0] == answer.body["errors"][0]["field"]
    where = admin.post(PATH, OFFER).headers["location"]
    assert admin.put(where, body, if_match='"1"').status == 422
    assert admin.get(PATH).body["items"][0]["version"] == 1


def test_a_large_template_is_kept_whole(admin: Person) -> None:
    large = {**OFFER, "text": "t" * 64 * 1024, "html": "h" * 200 * 1024}
    where = admin.post(PATH, large).headers["location"]
    read = admin.get(where).body
    assert (read["text"], read["html"]) == (large["text"], large["html"])


def test_a_preview_says_what_a_mail_would_say_and_sends_nothing(
    both: tuple[Person, Person], world: MailWorld
) -> None:
    mine, theirs = both
    world.introduce(mine)
    customer = world.at_customers(mine).post("/v1/customers", {"companyName": "Tidewater & Sons"}).body
    contact = world.contact(mine, customerId=customer["customerId"])
    draft = {
        "subject": "For {{ customer.companyName }}",
        "text": "Dear {{ contact.fullName }}, {{ values.what }}. {{ sender.name }} {{ sender.email }}",
        "html": "<p>{{ customer.companyName }} {{ values.what }}</p>",
    }
    where = mine.post(PATH, {**draft, "name": "Greeting"}).headers["location"]
    asked = {"contactId": contact["contactId"], "values": {"what": "a <b>desk</b>"}}
    expected = {
        "subject": "For Tidewater & Sons",
        "text": "Dear Mira Vantongeren, a <b>desk</b>. Ada Field ada@acme.example",
        "html": "<p>Tidewater &amp; Sons a &lt;b&gt;desk&lt;/b&gt;</p>",
    }
    assert mine.post(f"{where}/preview", asked).body == expected
    assert mine.post(f"{PATH}:preview", {**draft, **asked}).body == expected
    assert not world.service.mails

    for answer in (
        theirs.post(f"{PATH}:preview", {**draft, **asked}),
        mine.post(f"{where}/preview", {**asked, "contactId": "01JABCDEFGHJKMNPQRSTVWXYZ0"}),
    ):
        assert faults(answer) == [("/contactId", "unknown_reference")]
    missing = mine.post(f"{PATH}:preview", {**draft, "values": {}})
    assert faults(missing) == [
        ("/subject", "missing_variable"),
        ("/text", "missing_variable"),
        ("/html", "missing_variable"),
    ]
    missing = mine.post(f"{where}/preview", {"contactId": contact["contactId"]})
    assert missing.body["errors"][0]["message"] == "text: values.what has no value"


@pytest.mark.parametrize(
    "values",
    [
        {"_x": 1},
        {"x": {"a": 1}},
        {"x": [[1]]},
        {"x": [{"a": [1]}]},
        {"x": "y" * 2001},
        {"x": list(range(51))},
        {"x": "a\x00"},
        {f"x{number}": 1 for number in range(51)},
    ],
)
def test_values_are_texts_numbers_and_lists_of_them(admin: Person, values: dict[str, Any]) -> None:
    answer = admin.post(f"{PATH}:preview", {"subject": "News", "text": "Hello", "values": values})
    assert answer.status == 422
    assert answer.body["errors"][0]["field"].startswith("/values")


def test_a_rep_previews_and_does_not_write_templates(world: MailWorld, admin: Person) -> None:
    where = admin.post(PATH, OFFER).headers["location"]
    rep = world.person(admin.tenant, user="rep-1", roles=("sales-rep",))
    assert rep.get(where).status == 200
    assert rep.post(f"{PATH}:preview", {"subject": "News", "text": "Hello"}).status == 200
    assert rep.post(PATH, {**OFFER, "name": "Mine"}).status == 403
    assert rep.put(where, OFFER, if_match='"1"').status == 403
    assert rep.delete(where).status == 403
    hidden = world.contact(admin, ownerId="somebody", teamId="south")
    previewed = rep.post(f"{where}/preview", {"contactId": hidden["contactId"], "values": {"what": "x"}})
    assert faults(previewed) == [("/contactId", "unknown_reference")], "a hidden contact looks missing"


def test_a_lost_race_leaves_the_winners_template_whole(
    admin: Person, world: MailWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = admin.post(PATH, OFFER).headers["location"]
    put, raced = EmailTemplateRepository._put, []

    def put_after_somebody(self: Any, template: Any, condition: Any) -> Any:
        if not raced:
            raced.append(True)
            assert admin.put(where, {**OFFER, "text": "First"}, if_match='"1"').status == 200
        return put(self, template, condition)

    monkeypatch.setattr(EmailTemplateRepository, "_put", put_after_somebody)
    lost = admin.put(where, {**OFFER, "text": "Second"}, if_match='"1"')
    assert (lost.status, lost.body["currentVersion"]) == (412, 2)
    assert admin.get(where).body["text"] == "First"
    assert len(objects(world, admin)) == 1


def test_a_template_that_changed_meanwhile_is_not_deleted(
    admin: Person, world: MailWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = admin.post(PATH, OFFER).headers["location"]
    remove, raced = EmailTemplateRepository.remove, []

    def remove_after_somebody(self: Any, template: Any) -> None:
        if not raced:
            raced.append(True)
            assert admin.put(where, {**OFFER, "text": "New"}, if_match='"1"').status == 200
        remove(self, template)

    monkeypatch.setattr(EmailTemplateRepository, "remove", remove_after_somebody)
    assert admin.delete(where).status == 412
    assert admin.get(where).body["text"] == "New"


def test_a_template_that_changes_while_it_is_read_is_read_anew(
    admin: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = admin.post(PATH, OFFER).headers["location"]
    content, raced = EmailTemplateRepository.content, []

    def content_after_somebody(self: Any, template: Any) -> Any:
        if not raced:
            raced.append(True)
            assert admin.put(where, {**OFFER, "text": "New"}, if_match='"1"').status == 200
        return content(self, template)

    monkeypatch.setattr(EmailTemplateRepository, "content", content_after_somebody)
    read = admin.get(where)
    assert (read.status, read.body["text"], read.body["version"]) == (200, "New", 2)
