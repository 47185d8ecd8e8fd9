"""A person is collected and erased from activities, mails and timelines, whatever comes late. Others keep theirs."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from callers import Person, empty_tables
from mail_world import MailWorld, mail_world
from personal_traces import Door, Traces, make_versioned
from table_changes import TableChanges, queued

from zebros_activities.handlers import events
from zebros_activities.handlers.bulk import DOOR
from zebros_activities.repositories.keys import SCHEMAS
from zebros_activities.repositories.texts import TextRepository
from zebros_core.messaging import EntityChanged
from zebros_customers.handlers import events as customers_events
from zebros_customers.handlers.bulk import DOOR as CUSTOMERS_DOOR
from zebros_customers.repositories.keys import SCHEMAS as CUSTOMERS_SCHEMAS

EMAIL = "jane.doe@person.example"
VALUES = (EMAIL, "Jane Doe", "Doe", "Dear J", "her garden")
USER = ("Ida Fields", "ida@acme.example")


class KilledError(BaseException):
    """The process is gone: nothing catches it."""


@pytest.fixture(scope="module")
def mails() -> Iterator[MailWorld]:
    with mail_world() as made:
        make_versioned(made.activities)
        yield made


@pytest.fixture(autouse=True)
def _emptied(mails: MailWorld, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(events, "container", lambda: mails.activities)
    monkeypatch.setattr(customers_events, "container", lambda: mails.customers)
    events._consumer.cache_clear()
    customers_events._consumer.cache_clear()
    yield
    empty_tables()


@dataclass
class World:
    """A tenant in which one person is in every place where a person can be."""

    mails: MailWorld
    person: Person
    changes: TableChanges
    theirs: TableChanges
    events: list[tuple[str, EntityChanged]] = field(default_factory=list)
    ids: dict[str, str] = field(default_factory=dict)

    def make(self, name: str, **facts: Any) -> str:
        answer = self.person.post("/v1/activities", {"type": "call", "subject": "A call", **facts})
        assert answer.status == 201, answer.text
        self.ids[name] = answer.body["activityId"]
        self.settle()
        return f"/v1/activities/{self.ids[name]}"

    def patch(self, path: str, body: dict[str, Any], *, deliver: bool = True) -> None:
        assert self.person.patch(path, body).status == 200
        self.settle(deliver=deliver)

    def settle(self, *, deliver: bool = True) -> None:
        taken = [("zebros.activities", change) for change in self.changes.take()]
        taken += [("zebros.customers", change) for change in self.theirs.take()]
        self.events += taken
        if deliver:
            for source, change in taken:
                self.deliver(source, change)

    def deliver(self, source: str, change: EntityChanged) -> None:
        """Bring a change to the consumers that its source has."""
        consumers = [events._consumer("timeline"), events._consumer("followup")]
        if source == "zebros.activities":
            consumers.append(events._consumer("history"))
            consumers.append(customers_events._consumer("contacted"))
        else:
            consumers += [customers_events._consumer(name) for name in ("history", "search", "followup")]
        for consumer in consumers:
            assert consumer.handler(queued(change, source=source)) == {"batchItemFailures": []}


@pytest.fixture
def world(mails: MailWorld) -> Callable[[str], World]:
    def make(model: str) -> World:
        tenant = mails.tenant(model)
        person = mails.person(tenant)
        made = World(
            mails,
            person,
            TableChanges(mails.activities, SCHEMAS),
            TableChanges(mails.customers, CUSTOMERS_SCHEMAS),
        )
        _fill(made)
        return made

    return make


def _fill(world: World) -> None:
    mails, person = world.mails, world.person
    mails.introduce(person, *USER)
    jane = mails.contact(person, firstName="Jane", lastName="Doe", email=EMAIL)
    joe = mails.contact(person, firstName="Joe", lastName="Public", email="joe@person.example")
    customer = mails.at_customers(person).post("/v1/customers", {"companyName": "Tidewater"}).body
    world.settle()
    world.ids |= {"jane": jane["contactId"], "joe": joe["contactId"], "customer": customer["customerId"]}
    about_jane = {"relatedType": "contact", "relatedId": jane["contactId"]}
    about_customer = {"relatedType": "customer", "relatedId": customer["customerId"]}
    # With her: short and long texts, comments, a place, several versions, one in the trash.
    call = world.make(
        "call", **about_jane, subject="Jane Doe on her garden", description="Dear J, " * 60, outcome="agreed"
    )
    assert person.post(f"{call}/comments", {"text": "she showed me her garden"}).status == 201
    world.patch(call, {"description": "her garden, once more: " + "roses " * 60})
    world.patch(call, {"status": "completed", "location": "in her garden"})
    both = {"contactIds": [jane["contactId"], joe["contactId"]]}
    world.make("meeting", **about_customer, type="meeting", subject="her garden", participants=both)
    trashed = world.make("trashed", **about_jane, subject="her garden", description="Dear J, " * 60)
    assert person.delete(trashed).status == 204
    world.settle()
    # Naming her: the name cut off in the record, in a comment, formerly, in the trash.
    cut = "about the tender of next year and what is to be said of Jane Doe, who decides " + "and so on " * 20
    world.make("cut", **about_customer, subject="Tender", description=cut)
    commented = world.make("commented", **about_customer, subject="Prices")
    assert person.post(f"{commented}/comments", {"text": f"ask <{EMAIL.upper()}>"}).status == 201
    former = world.make("former", subject="Lunch with Jane  Doe")
    world.patch(former, {"subject": "Lunch"})
    gone = world.make("gone", subject=f"Mail {EMAIL}", description="x" * 200 + " Doe, Jane")
    assert person.delete(gone).status == 204
    world.settle()
    _send(world, jane, joe)


def _send(world: World, jane: dict[str, Any], joe: dict[str, Any]) -> None:
    mails, person = world.mails, world.person
    template = {"name": "For Jane Doe", "subject": "For {{ contact.firstName }}", "text": "Ask Jane Doe"}
    answer = person.post("/v1/email-templates", template)
    assert answer.status == 201, answer.text
    path = answer.headers["location"]
    changed = person.put(path, {**template, "text": f"Ask {EMAIL}"}, if_match=answer.headers["etag"])
    assert changed.status == 200, changed.text
    world.ids["template"] = path.rpartition("/")[2]
    attachment = mails.document(person)
    world.ids["attachment"] = attachment["documentId"]
    for name, contact, text in (
        ("sent", jane, "Dear J, come and see"),
        ("to-joe", joe, "<p>Jane Doe</p> and I"),
        ("queued", jane, "Dear J, another one"),
    ):
        facts = {"attachments": [attachment["documentId"]]} if name == "sent" else {}
        world.ids[name] = mails.send(person, contact, text=text, **facts).body["activityId"]
        world.settle()
        if name != "queued":
            mails.deliver(person, world.ids[name])
            world.settle()


def door_of(world: World) -> Door:
    return Door(world.mails.activities, DOOR, world.person.tenant)


def subject_of(world: World) -> dict[str, Any]:
    found = Door(world.mails.customers, CUSTOMERS_DOOR, world.person.tenant).identify(
        contactIds=[world.ids["jane"]]
    )
    return door_of(world).identify(**found)


def erase_both(world: World, subject: dict[str, Any]) -> dict[str, Any]:
    assert Door(world.mails.customers, CUSTOMERS_DOOR, world.person.tenant).erase(subject)["done"]
    return door_of(world).erase(subject)


@pytest.mark.parametrize("model", ["pool", "bridge", "silo"])
def test_nothing_of_an_erased_person_is_left_and_the_neighbour_keeps_theirs(
    world: Callable[[str], World], model: str
) -> None:
    mine, theirs = world(model), world(model)
    traces = Traces(mine.mails.activities, mine.mails.customers)
    before = traces.dump(theirs.person.tenant)
    assert len(traces.of(mine.person.tenant, *VALUES)) > 30
    subject = subject_of(mine)
    assert subject["documentIds"] == [mine.ids["attachment"]]
    answer = erase_both(mine, subject)
    assert answer["done"]
    assert traces.of(mine.person.tenant, *VALUES) == []
    assert traces.dump(theirs.person.tenant) == before
    assert door_of(mine).left_beside(subject, answer["kept"]) == []
    _others_are_as_they_were(mine)
    kept = {item["id"]: item for item in answer["kept"] if item["entity"] == "activity"}
    assert set(kept) == {mine.ids[name] for name in ("call", "meeting", "trashed", "sent", "queued")}
    year = mine.mails.clock.now().year
    assert kept[mine.ids["call"]]["until"].startswith(str(year + 7))
    assert kept[mine.ids["meeting"]]["until"] is None, "it is still open"
    # A mail that was still to be sent is not.
    mine.mails.deliver(mine.person, mine.ids["queued"])
    assert mine.mails.delivery(mine.person, mine.ids["queued"])["reason"] == "content-gone"
    assert [mail for mail in mine.mails.service.mails if "another one" in mail.content.text] == []


def _others_are_as_they_were(world: World) -> None:
    person = world.person

    def read(name: str) -> dict[str, Any]:
        answer = person.get(f"/v1/activities/{world.ids[name]}")
        assert answer.status == 200, answer.text
        return answer.body

    call = read("call")
    assert (call["subject"], call["description"], call["location"]) == ("erased", None, None)
    assert (call["status"], call["relatedId"]) == ("completed", world.ids["jane"])
    meeting = read("meeting")
    assert meeting["participants"]["contactIds"] == [world.ids["joe"]]
    assert meeting["relatedId"] == world.ids["customer"]
    assert read("cut")["description"].startswith(
        "about the tender of next year and what is to be said of [erased]"
    )
    listed = person.get("/v1/activities", customer=world.ids["customer"]).body["items"]
    cut = next(item for item in listed if item["activityId"] == world.ids["cut"])
    assert cut["description"] and read("cut")["description"].startswith(cut["description"])
    comments = person.get(f"/v1/activities/{world.ids['commented']}/comments").body["items"]
    assert [comment["text"] for comment in comments] == ["ask <[erased]>"]
    restored = person.post(f"/v1/activities/{world.ids['gone']}/restore")
    assert (restored.status, restored.body["subject"]) == (200, "Mail [erased]")
    template = person.get(f"/v1/email-templates/{world.ids['template']}").body
    assert (template["name"], template["text"]) == ("For [erased]", "Ask [erased]")
    timeline = person.get(f"/v1/timeline/customer/{world.ids['customer']}").body["items"]
    assert {item["title"] for item in timeline} == {"Tidewater", "erased", "Tender", "Prices"}
    history = person.get(f"/v1/activities/{world.ids['call']}/history").body["items"]
    assert [entry["operation"] for entry in history] == ["updated", "updated", "created"]
    assert history[0]["changes"]["status"] == {"before": "open", "after": "completed"}


def test_what_a_legal_hold_names_is_left_exactly_as_it_is(world: Callable[[str], World]) -> None:
    made = world("pool")
    names = ("call", "cut", "sent")
    paths = [f"/v1/activities/{made.ids[name]}" for name in names]
    before = [made.person.get(path).body for path in paths]
    comments = made.person.get(f"{paths[0]}/comments").body
    mails = made.mails.activities.mailing.system_desk(made.person.tenant, "test").contents
    mail = mails.find(made.ids["sent"])
    answer = door_of(made).erase(subject_of(made), held=[("activity", made.ids[name]) for name in names])
    assert [made.person.get(path).body for path in paths] == before
    assert made.person.get(f"{paths[0]}/comments").body == comments
    assert mail is not None and mails.find(made.ids["sent"]) == mail
    kept = {item["id"] for item in answer["kept"] if item["why"] == "legalHold"}
    assert kept == {made.ids[name] for name in names}


@pytest.mark.parametrize("seed", range(2))
def test_events_that_come_late_twice_and_in_any_order_bring_nothing_back(
    world: Callable[[str], World], seed: int
) -> None:
    made = world("pool")
    call, former = f"/v1/activities/{made.ids['call']}", f"/v1/activities/{made.ids['former']}"
    # Still on their way, when the erasure comes.
    made.patch(call, {"subject": "her garden again"}, deliver=False)
    made.patch(call, {"subject": "Dear J"}, deliver=False)
    made.patch(former, {"subject": "Dinner with Jane Doe"}, deliver=False)
    made.patch(former, {"subject": "Dinner", "description": "Doe, Jane " * 30}, deliver=False)
    made.patch(former, {"subject": "Dinner", "description": None}, deliver=False)
    at_customers = made.mails.at_customers(made.person)
    assert at_customers.patch(f"/v1/contacts/{made.ids['jane']}", {"position": "Doe"}).status == 200
    made.settle(deliver=False)
    assert erase_both(made, subject_of(made))["done"]
    made.settle(deliver=False)
    shuffled = made.events * 2
    random.Random(seed).shuffle(shuffled)
    for source, change in shuffled:
        made.deliver(source, change)
    traces = Traces(made.mails.activities, made.mails.customers)
    assert traces.of(made.person.tenant, *VALUES) == []
    made.patch(former, {"subject": "Breakfast"})
    entries = made.person.get(f"{former}/history").body["items"]
    assert entries[0]["changes"]["subject"] == {"before": "Dinner", "after": "Breakfast"}


def test_an_erasure_stopped_anywhere_goes_on_and_may_be_repeated(
    world: Callable[[str], World], monkeypatch: pytest.MonkeyPatch
) -> None:
    from zebros_core.privacy import door as library

    made = world("pool")
    subject = subject_of(made)
    monkeypatch.setattr(library, "_until", lambda seconds: lambda: False)
    assert Door(made.mails.customers, CUSTOMERS_DOOR, made.person.tenant).erase(subject)["done"]
    door = door_of(made)
    resume: dict[str, Any] | None = None
    while True:
        door.call("erase", subject=subject, requestId="r", resume=resume)  # whose answer is lost
        answer = door.call("erase", subject=subject, requestId="r", resume=resume)
        assert not any(value in json.dumps(answer["resume"]) for value in VALUES)
        if answer["done"]:
            break
        resume = answer["resume"]
        made.mails.clock.advance(answer["waitSeconds"])
    assert Traces(made.mails.activities, made.mails.customers).of(made.person.tenant, *VALUES) == []
    assert door.erase(subject)["counts"] == {}


@pytest.mark.parametrize("method", ["rewrite", "delete"])
def test_a_call_that_is_killed_between_a_record_and_its_texts_is_made_up_for(
    world: Callable[[str], World], monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    made = world("pool")
    subject = {**subject_of(made), "contactIds": [made.ids["jane"]]}
    long = "Dear J, " * 60
    both = {"contactIds": [made.ids["jane"], made.ids["joe"]]}
    made.make("workshop", type="meeting", subject="her garden", description=long, participants=both)
    original = getattr(TextRepository, method)
    killed: list[str] = []

    def kill_once(self: TextRepository, activity_id: str, *args: Any, **facts: Any) -> Any:
        if activity_id not in killed:
            killed.append(activity_id)
            raise KilledError
        return original(self, activity_id, *args, **facts)

    monkeypatch.setattr(TextRepository, method, kill_once)
    door, resume = door_of(made), None
    while True:
        try:
            answer = door.call("erase", subject=subject, requestId="r", resume=resume)
        except KilledError:
            continue
        if answer["done"]:
            break
        resume = answer["resume"]
        made.mails.clock.advance(answer["waitSeconds"])
    assert killed
    assert Door(made.mails.customers, CUSTOMERS_DOOR, made.person.tenant).erase(subject)["done"]
    assert Traces(made.mails.activities, made.mails.customers).of(made.person.tenant, *VALUES) == []


def test_what_is_held_on_a_person_is_said_with_what_it_is(world: Callable[[str], World]) -> None:
    mine = world("pool")
    world("pool")
    items = door_of(mine).collect(subject_of(mine))
    by_id = {(item["entity"], item["id"]): item for item in items}
    assert len(by_id) == len(items)
    call = by_id["activity", mine.ids["call"]]
    assert (
        call["data"]["description"].startswith("her garden, once more")
        and len(call["data"]["description"]) > 300
    )
    assert call["classification"]["description"] == "personal"
    assert call["classification"]["status"] == "business"
    assert by_id["activity", mine.ids["trashed"]]["state"] == "trash"
    assert ("activity", mine.ids["meeting"]) in by_id and ("activity", mine.ids["cut"]) in by_id
    assert ("activity", mine.ids["former"]) not in by_id
    assert ("history", f"activity/{mine.ids['former']}/1") in by_id
    mail = by_id["email", mine.ids["sent"]]
    assert mail["data"]["content"]["text"] == "Dear J, come and see"
    assert mail["files"][0]["name"] == "offer.pdf"
    assert ("emailTemplate", mine.ids["template"]) in by_id
    comments = [item["data"]["text"] for item in items if item["entity"] == "comment"]
    assert sorted(comments) == [f"ask <{EMAIL.upper()}>", "she showed me her garden"]
    assert any(item["entity"] == "timeline" for item in items)


def test_a_user_is_taken_out_of_copies_and_of_what_they_signed(world: Callable[[str], World]) -> None:
    made = world("pool")
    name, address = USER
    made.make("naming", subject=f"Ask {name}")
    traces = Traces(made.mails.activities)
    assert len(traces.of(made.person.tenant, name, address)) > 3
    subject = {"userIds": [made.person.user], "emails": [address], "names": [name, "Fields Ida"]}
    assert {item["entity"] for item in door_of(made).collect(subject)} >= {"person", "email", "activity"}
    assert door_of(made).erase(subject)["done"]
    assert traces.of(made.person.tenant, name, address) == []
    # A late event of theirs changes nothing, whatever its version.
    made.mails.introduce(made.person, name, address)
    assert traces.of(made.person.tenant, name, address) == []
    # Their mails can still be sent, from nobody.
    made.mails.deliver(made.person, made.ids["queued"])
    assert made.mails.delivery(made.person, made.ids["queued"])["status"] == "sent"
