"""A person is collected and erased: nothing of them is left in any store, whatever comes late. Others keep theirs."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import boto3
import pytest
from personal_traces import Door, Traces, make_versioned
from table_changes import TableChanges, queued

from zebros_core.messaging import EntityChanged
from zebros_customers.handlers import events
from zebros_customers.handlers.bulk import DOOR
from zebros_customers.repositories.keys import SCHEMAS

EMAIL = "jane.doe@person.example"
VALUES = (EMAIL, "Jane Doe", "Doe", "+49 170 5550123", "jane-on-the-web")
SOURCE = "zebros.customers"


@pytest.fixture(autouse=True)
def _buckets(container: Any) -> None:
    make_versioned(container)


@dataclass
class World:
    """A tenant in which one person is in every place where a person can be."""

    container: Any
    person: Any
    changes: TableChanges
    events: list[EntityChanged] = field(default_factory=list)
    ids: dict[str, str] = field(default_factory=dict)

    def write(self, name: str, path: str, body: dict[str, Any], **headers: str) -> str:
        answer = self.person.post(path, body, idempotency_key=name, **headers)
        assert answer.status == 201, answer.text
        self.ids[name] = answer.headers["location"].rpartition("/")[2]
        self.settle()
        return answer.headers["location"]

    def patch(self, path: str, body: dict[str, Any]) -> None:
        assert self.person.patch(path, body).status == 200
        self.settle()

    def delete(self, path: str) -> None:
        assert self.person.delete(path).status == 204
        self.settle()

    def settle(self, *, deliver: bool = True) -> None:
        """Take the events of what was written, one a version, and bring them to their consumers."""
        taken = self.changes.take()
        self.events += taken
        if deliver:
            self.deliver(taken)

    def deliver(self, changes: list[EntityChanged]) -> None:
        for name in ("history", "search", "followup", "cache"):
            answer = events._consumer(name).handler(queued(*changes, source=SOURCE))
            assert answer == {"batchItemFailures": []}


@pytest.fixture
def world(container: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], World]:
    monkeypatch.setattr(events, "container", lambda: container)
    events._consumer.cache_clear()

    def make(person: Any) -> World:
        made = World(container, person, TableChanges(container, SCHEMAS))
        _fill(made)
        return made

    return make


def _fill(world: World) -> None:
    customer = world.write("customer", "/v1/customers", {"companyName": "Tidewater"})
    contact = world.write(
        "contact",
        "/v1/contacts",
        {
            "customerId": world.ids["customer"],
            "firstName": "Jane",
            "lastName": "Doe",
            "email": EMAIL,
            "position": "Buyer",
            "tags": ["friend of Jane Doe"],
            "externalId": f"crm:{EMAIL}",
            "details": {"linkedin": "jane-on-the-web", "department": "Purchasing"},
        },
    )
    world.patch(contact, {"phone": "+49 170 5550123"})
    world.patch(contact, {"position": "Head of Purchasing"})
    # The same person twice, the other one in the trash; and one more, of whom the address is known.
    other = world.write(
        "trashed",
        "/v1/contacts",
        {"firstName": "Jane", "lastName": "Doe", "email": EMAIL},
        x_skip_duplicate_check="true",
    )
    world.delete(other)
    # Others' records that name her, now, formerly, and in the trash.
    world.patch(customer, {"contactInfo": {"email": EMAIL, "website": "https://tidewater.example"}})
    world.write("sole", "/v1/customers", {"companyName": "Jane Doe Consulting", "tags": ["vip"]})
    former = world.write("former", "/v1/customers", {"companyName": "Highland", "industry": "for Jane Doe"})
    world.patch(former, {"industry": "Water"})
    gone = world.write("gone", "/v1/customers", {"companyName": "Gone of JANE  DOE"})
    world.delete(gone)
    world.write(
        "colleague",
        "/v1/contacts",
        {
            "customerId": world.ids["customer"],
            "firstName": "Joe",
            "lastName": "Public",
            "position": "assistant of Doe, Jane",
            "email": "joe@person.example",
        },
    )
    _documents(world)
    _copies(world)
    # Cached: a customer and lists of them.
    assert world.person.get(customer).status == 200
    for limit in (3, 50):
        assert world.person.get("/v1/customers", limit=limit).status == 200


def _documents(world: World) -> None:
    s3: Any = boto3.client("s3")
    for name, facts in {
        "attachment": {"fileName": "offer.pdf", "kind": "attachment"},
        "photo": {"fileName": "Jane Doe.png", "description": "at the fair"},
        "prices": {"fileName": "prices.pdf"},
    }.items():
        body = {"customerId": world.ids["customer"], "contentType": "application/pdf", "sizeBytes": 4}
        started = world.person.post("/v1/documents", body | facts)
        key = started.body["upload"]["fields"]["key"]
        for content in (b"old!", f"of {name}".encode()[:4]):
            s3.put_object(Bucket=world.container.core.documents_bucket, Key=key, Body=content)
        assert world.person.post(f"{started.headers['location']}/complete").status == 200
        world.ids[name] = started.headers["location"].rpartition("/")[2]
        world.ids[f"{name}-key"] = key
    world.settle()


def _copies(world: World) -> None:
    """A snapshot that was too large for the bus, and stream records that could not be published."""
    s3: Any = boto3.client("s3")
    bucket, tenant = world.container.core.failures_bucket, world.person.tenant
    snapshot = {"contactId": world.ids["contact"], "phone": "+49 170 5550123"}
    key = f"{tenant}/events/contact/{world.ids['contact']}/2.json"
    s3.put_object(Bucket=bucket, Key=key, Body=json.dumps(snapshot))
    image = {"tenantId": {"S": tenant}, "email": {"S": f"{tenant}#{EMAIL}"}, "lastName": {"S": "Doe"}}
    arn = "arn:aws:dynamodb:eu-central-1:1:table/zebros-test-contacts/stream/1"
    record = {"eventSourceARN": arn, "dynamodb": {"NewImage": image}}
    world.container.failures.keep("stream", "bus-x", {"Records": [record]}, tenant_id=tenant)
    replayed = {**record, "eventID": "2"}
    done = world.container.failures.keep("stream", "bus-x", {"Records": [replayed]}, tenant_id=tenant)
    world.container.failures.forget(done)
    other = {"eventSourceARN": arn, "dynamodb": {"NewImage": {"tenantId": {"S": tenant}, "a": {"S": "b"}}}}
    world.ids["other-failure"] = world.container.failures.keep(
        "stream", "bus-x", {"Records": [other]}, tenant_id=tenant
    )


def subject_of(door: Door, world: World) -> dict[str, Any]:
    found = door.identify(contactIds=[world.ids["contact"]])
    return {**found, "documentIds": [world.ids["attachment"], world.ids["prices"]]}


def test_nothing_of_an_erased_person_is_left_and_the_neighbour_keeps_theirs(
    both: tuple[Any, Any], world: Callable[[Any], World], container: Any
) -> None:
    one, two = both
    mine, theirs = world(one), world(two)
    traces = Traces(container)
    assert len(traces.of(one.tenant, *VALUES)) > 20
    before = traces.dump(two.tenant)
    door = Door(container, DOOR, one.tenant)
    subject = subject_of(door, mine)
    assert subject["emails"] == [EMAIL]
    assert subject["contactIds"] == [mine.ids["contact"]]
    answer = door.erase(subject)
    assert answer["done"] and answer["resume"] is None
    assert traces.of(one.tenant, *VALUES) == []
    assert traces.dump(two.tenant) == before
    assert answer["counts"]["contacts"] == 3
    assert answer["counts"]["objects:documents"] == 4, "two documents, of two versions each"
    assert {kept["entity"] for kept in answer["kept"]} == {"document", "idempotency"}
    assert [kept["id"] for kept in answer["kept"] if kept["id"]] == [mine.ids["prices"]]
    assert door.left_beside(subject, answer["kept"]) == []
    _others_are_as_they_were(one, mine)
    # The neighbour's person is still there, in the API as in the stores.
    assert two.get(f"/v1/contacts/{theirs.ids['contact']}").body["email"] == EMAIL


def _others_are_as_they_were(person: Any, world: World) -> None:
    for gone in ("contact", "trashed"):
        assert person.get(f"/v1/contacts/{world.ids[gone]}").status == 404
        assert person.post(f"/v1/contacts/{world.ids[gone]}/restore").status == 404
    colleague = person.get(f"/v1/contacts/{world.ids['colleague']}").body
    assert (colleague["lastName"], colleague["position"]) == ("Public", "assistant of [erased]")
    customer = person.get(f"/v1/customers/{world.ids['customer']}").body
    assert customer["companyName"] == "Tidewater"
    assert customer["contactInfo"]["website"] == "https://tidewater.example"
    assert customer["contactInfo"].get("email") is None
    sole = person.get(f"/v1/customers/{world.ids['sole']}").body
    assert (sole["companyName"], sole["tags"]) == ("[erased] Consulting", ["vip"])
    assert person.get("/v1/customers/search", name="consulting").body["items"]
    assert person.get("/v1/customers/search", name="jane").body["items"] == []
    restored = person.post(f"/v1/customers/{world.ids['gone']}/restore")
    assert (restored.status, restored.body["companyName"]) == (200, "Gone of [erased]")
    assert person.get(f"/v1/documents/{world.ids['prices']}").status == 200
    for gone in ("attachment", "photo"):
        assert person.get(f"/v1/documents/{world.ids[gone]}").status == 404
    s3: Any = boto3.client("s3")
    keys = s3.list_objects_v2(Bucket=world.container.core.failures_bucket).get("Contents", ())
    assert world.ids["other-failure"] in [entry["Key"] for entry in keys]


@pytest.mark.parametrize("seed", range(3))
def test_events_that_come_late_twice_and_in_any_order_bring_nothing_back(
    admin: Any, world: Callable[[Any], World], container: Any, seed: int
) -> None:
    made = world(admin)
    # What was changed last is not in the history yet, nor in the index of names.
    made.person.patch(f"/v1/contacts/{made.ids['contact']}", {"phone": "+49 170 5550123 x1"})
    made.settle(deliver=False)
    made.person.patch(f"/v1/contacts/{made.ids['contact']}", {"phone": None})
    made.settle(deliver=False)
    made.person.patch(f"/v1/customers/{made.ids['sole']}", {"companyName": "Friends of Jane Doe"})
    made.settle(deliver=False)
    # Neither what is there now nor what is known of before names her: only what is still on its way does.
    path = f"/v1/customers/{made.ids['former']}"
    for industry in ("of Jane Doe", "Rivers"):
        made.person.patch(path, {"industry": industry})
        made.settle(deliver=False)
    door = Door(container, DOOR, admin.tenant)
    subject = subject_of(door, made)
    assert door.erase(subject)["done"]
    made.settle(deliver=False)
    shuffled = made.events * 2
    random.Random(seed).shuffle(shuffled)
    for change in shuffled:
        made.deliver([change])
    assert Traces(container).of(admin.tenant, *VALUES) == []
    # The history goes on, for those who stay.
    made.patch(path, {"industry": "Lakes"})
    entries = admin.get(f"{path}/history").body["items"]
    assert entries[0]["changes"]["industry"] == {"before": "Rivers", "after": "Lakes"}
    assert {entry["operation"] for entry in entries} <= {"created", "updated"}


def test_an_event_that_arrives_while_the_history_is_rewritten_adds_nothing(
    admin: Any, world: Callable[[Any], World], container: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = world(admin)
    made.person.patch(f"/v1/contacts/{made.ids['contact']}", {"phone": "+49 170 5550123 x1"})
    made.settle(deliver=False)
    late = made.events[-1]
    door = Door(container, DOOR, admin.tenant)
    from zebros_core.privacy.history import HistoryErasure

    close = HistoryErasure.rewrite

    def rewrite(self: HistoryErasure, entity: str, id: str, rewrite: Any) -> Any:
        found = close(self, entity, id, rewrite)
        if id == made.ids["contact"]:
            made.deliver([late])  # between what was read and what is put where nothing was
        return found

    monkeypatch.setattr(HistoryErasure, "rewrite", rewrite)
    assert door.erase(subject_of(door, made))["done"]
    assert Traces(container).of(admin.tenant, *VALUES) == []


def test_what_a_legal_hold_names_is_left_exactly_as_it_is(
    admin: Any, world: Callable[[Any], World], container: Any
) -> None:
    made = world(admin)
    names = ("contact", "colleague", "sole", "photo")
    paths = [
        f"/v1/contacts/{made.ids['contact']}",
        f"/v1/contacts/{made.ids['colleague']}",
        f"/v1/customers/{made.ids['sole']}",
        f"/v1/documents/{made.ids['photo']}",
    ]
    before = [admin.get(path).body for path in paths]
    history = admin.get(f"{paths[0]}/history").body
    held = [(path.split("/")[2].rstrip("s"), made.ids[name]) for path, name in zip(paths, names, strict=True)]
    door = Door(container, DOOR, admin.tenant)
    answer = door.erase(subject_of(door, made), held=held)
    assert [admin.get(path).body for path in paths] == before
    assert admin.get(f"{paths[0]}/history").body == history
    assert admin.get(f"/v1/contacts/{made.ids['trashed']}").status == 404
    kept = {(item["entity"], item["id"]) for item in answer["kept"] if item["why"] == "legalHold"}
    assert kept == set(held)


def test_an_erasure_stopped_anywhere_goes_on_and_may_be_repeated(
    admin: Any, world: Callable[[Any], World], container: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from zebros_core.privacy import door as library

    made = world(admin)
    door = Door(container, DOOR, admin.tenant)
    subject = subject_of(door, made)
    monkeypatch.setattr(library, "_until", lambda seconds: lambda: False)
    resume: dict[str, Any] | None = None
    calls, counts = 0, {}
    while True:
        # Each call twice: the first answer is lost.
        door.call("erase", subject=subject, requestId="r", resume=resume)
        answer = door.call("erase", subject=subject, requestId="r", resume=resume)
        calls += 1
        assert not any(value in json.dumps(answer["resume"]) for value in VALUES)
        if answer["done"]:
            break
        resume = answer["resume"]
        container.clock.advance(answer["waitSeconds"])
    assert calls >= 7
    assert Traces(container).of(admin.tenant, *VALUES) == []
    counts = door.erase(subject)["counts"]
    assert {name: number for name, number in counts.items() if number} == {}, "nothing was left to do"


def test_what_is_held_on_a_person_is_said_with_what_it_is(
    person: Any, tenant: Any, world: Callable[[Any], World], container: Any
) -> None:
    one = person()
    mine = world(one)
    world(person(tenant()))
    door = Door(container, DOOR, one.tenant)
    items = door.collect(subject_of(door, mine))
    by_id = {(item["entity"], item["id"]): item for item in items}
    assert len(by_id) == len(items)
    contact = by_id["contact", mine.ids["contact"]]
    assert contact["store"] == "contacts" and contact["state"] == "live"
    assert contact["data"]["email"] == EMAIL
    assert contact["classification"]["email"] == "personal"
    assert contact["classification"]["customerId"] == "business"
    assert contact["classification"]["details.department"] == "business"
    assert by_id["contact", mine.ids["trashed"]]["state"] == "trash"
    history = by_id["history", f"contact/{mine.ids['contact']}/2"]
    assert history["data"]["changes"]["phone"] == {"before": None, "after": "+49 170 5550123"}
    assert history["classification"]["changes.phone"] == "personal"
    for name in ("customer", "sole", "gone"):
        assert ("customer", mine.ids[name]) in by_id
    assert ("customer", mine.ids["former"]) not in by_id
    assert ("history", f"customer/{mine.ids['former']}/1") in by_id
    attachment = by_id["document", mine.ids["attachment"]]
    assert attachment["files"][0]["key"] == mine.ids["attachment-key"]
    assert attachment["files"][0]["sizeBytes"] == 4
    assert ("document", mine.ids["photo"]) in by_id
    assert ("document", mine.ids["prices"]) not in by_id
    assert all(item["data"].get("tenantId", one.tenant) == one.tenant for item in items)


def test_pages_of_a_collection_are_short_and_whole_together(
    admin: Any, world: Callable[[Any], World], container: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from zebros_core.privacy import door as library
    from zebros_core.privacy import run

    made = world(admin)
    door = Door(container, DOOR, admin.tenant)
    subject = subject_of(door, made)
    whole = door.collect(subject)
    monkeypatch.setattr(library, "_until", lambda seconds: lambda: False)
    assert door.collect(subject) == whole
    # Pages of about two items each: pieces are cut, and gone on with.
    monkeypatch.setattr(run, "_MOST_BYTES", 2500)
    assert door.collect(subject) == whole


def test_contacts_that_moved_are_not_waited_for(
    admin: Any, container: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "container", lambda: container)
    events._consumer.cache_clear()
    made = World(container, admin, TableChanges(container, SCHEMAS))
    for name in ("first", "second"):
        made.write(name, "/v1/customers", {"companyName": name})
    contact = made.write("mover", "/v1/contacts", {"lastName": "Public", "customerId": made.ids["first"]})
    made.patch(contact, {"customerId": made.ids["second"]})
    made.patch(contact, {"position": "Buyer"})
    door = Door(container, DOOR, admin.tenant)
    answer = door.call("erase", subject={"emails": [EMAIL]}, requestId="r")
    assert (answer["done"], answer["waitSeconds"]) == (True, 0)
    # One whose event is on its way is, once.
    made.person.patch(contact, {"position": "Head"})
    made.settle(deliver=False)
    answer = door.call("erase", subject={"emails": [EMAIL]}, requestId="r")
    assert (answer["done"], answer["waitSeconds"]) == (False, 75)
    made.deliver([made.events[-1]])
    container.clock.advance(75)
    answer = door.call("erase", subject={"emails": [EMAIL]}, requestId="r", resume=answer["resume"])
    assert answer["done"]
    entries = admin.get(f"{contact}/history").body["items"]
    assert entries[0]["changes"]["position"] == {"before": "Buyer", "after": "Head"}


@pytest.mark.parametrize(
    "subject",
    [
        {},
        {"contactIds": []},
        {"contactIds": ["not-an-id"]},
        {"emails": ["nobody"]},
        {"contactIds": ["01JABCDEFGHJKMNPQRSTVWXYZ0"] * 101},
        {"names": ["x" * 201]},
        {"contactId": "01JABCDEFGHJKMNPQRSTVWXYZ0"},
        {"names": ["Jane\u0000Doe"]},
    ],
)
def test_a_subject_that_is_none_is_refused(admin: Any, container: Any, subject: dict[str, Any]) -> None:
    door = Door(container, DOOR, admin.tenant)
    for verb, more in {"identify": {}, "collect": {}, "erase": {"requestId": "r"}}.items():
        assert door.call(verb, subject=subject, **more)["problem"]["status"] == 422


@pytest.mark.parametrize(
    "resume",
    [
        {},
        {"place": {"step": "elsewhere"}},
        {"place": {"step": "contacts", "cursor": "live:forged"}},
        {"place": {"step": "contacts", "cursor": "x" * 5000}},
        {"place": {"step": "marks"}, "late": [["contact", "x"]]},
        "marks",
    ],
)
def test_a_resume_of_somebody_elses_making_is_refused(admin: Any, container: Any, resume: Any) -> None:
    door = Door(container, DOOR, admin.tenant)
    answer = door.call("erase", subject={"emails": [EMAIL]}, requestId="r", resume=resume)
    assert answer["problem"]["status"] in {400, 422}
    for cursor in ("", "!", "e30=", "x" * 9000):
        answer = door.call("collect", subject={"emails": [EMAIL]}, cursor=cursor)
        assert answer["problem"]["status"] in {400, 422}


def test_nobody_but_our_own_machinery_may_ask(admin: Any, container: Any) -> None:
    for scopes in ((), ("records",), ("internal:offboarding",)):
        door = Door(container, DOOR, admin.tenant, scopes)
        for verb, more in {"identify": {}, "collect": {}, "erase": {"requestId": "r"}}.items():
            answer = door.call(verb, subject={"emails": [EMAIL]}, **more)
            assert answer["problem"]["status"] == 403


def test_somebody_who_is_not_there_is_nobody_and_harms_nobody(
    admin: Any, world: Callable[[Any], World], container: Any
) -> None:
    made = world(admin)
    traces = Traces(container)
    before = traces.dump(admin.tenant)
    door = Door(container, DOOR, admin.tenant)
    subject = {
        "emails": ["doe@person.example"],
        "names": ["Doe", "Jane D"],
        "leadIds": [made.ids["customer"]],
    }
    assert door.collect(subject) == []
    # What was replayed long ago is of no use to anybody: it goes with the first request, whose-ever it is.
    assert door.erase(subject)["counts"] == {"objects:failures": 2}
    changed = {place for place, content in traces.dump(admin.tenant).items() if before.get(place) != content}
    assert all("erased" in place for place in changed), "only the mark is new"
