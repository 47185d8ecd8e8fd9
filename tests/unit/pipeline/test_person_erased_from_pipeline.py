"""A person is collected and erased from leads and deals, whatever comes late. What was sold stays, and so do others."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from personal_traces import Door, Traces, make_versioned
from table_changes import TableChanges, queued

from zebros_core.errors import UnavailableError
from zebros_core.messaging import EntityChanged
from zebros_customers.handlers.bulk import DOOR as CUSTOMERS_DOOR
from zebros_pipeline.handlers import events
from zebros_pipeline.handlers.bulk import DOOR
from zebros_pipeline.repositories.keys import SCHEMAS

EMAIL = "jane.doe@person.example"
VALUES = (EMAIL, "Jane Doe", "Doe", "+49 170 5550123", "born in May")
SOURCE = "zebros.pipeline"


@dataclass
class Story:
    """A tenant in which one person is in every place where a person can be."""

    world: Any
    person: Any
    changes: TableChanges
    events: list[EntityChanged] = field(default_factory=list)
    ids: dict[str, str] = field(default_factory=dict)

    def make(self, called: str, kind: str, **body: Any) -> str:
        answer = self.person.post(f"/v1/{kind}", body)
        assert answer.status == 201, answer.text
        self.ids[called] = answer.headers["location"].rpartition("/")[2]
        self.settle()
        return answer.headers["location"]

    def patch(self, path: str, body: dict[str, Any], *, deliver: bool = True) -> None:
        answer = self.person.patch(path, body)
        assert answer.status == 200, answer.text
        self.settle(deliver=deliver)

    def delete(self, path: str) -> None:
        assert self.person.delete(path).status == 204
        self.settle()

    def settle(self, *, deliver: bool = True) -> None:
        taken = self.changes.take()
        self.events += taken
        if deliver:
            for change in taken:
                self.deliver(change)

    def deliver(self, change: EntityChanged) -> None:
        for name in ("history", "followup", "cache"):
            answer = events.consumer(self.world.pipeline, name).handler(queued(change, source=SOURCE))
            assert answer == {"batchItemFailures": []}

    @property
    def door(self) -> Door:
        return Door(self.world.pipeline, DOOR, self.person.tenant)

    def subject(self) -> dict[str, Any]:
        return self.door.identify(leadIds=[self.ids["lead"]])


@pytest.fixture
def story(world: Any) -> Callable[[Any], Story]:
    make_versioned(world.pipeline)

    def make(person: Any) -> Story:
        made = Story(world, person, TableChanges(world.pipeline, SCHEMAS))
        _fill(made)
        return made

    return make


def _fill(story: Story) -> None:
    person = story.person
    # Converted: a customer, a contact and a deal were made of her.
    converted = story.make("converted", "leads", firstName="Jane", lastName="Doe", email=EMAIL)
    answer = person.post(f"{converted}/convert", {"opportunity": {"value": 500}})
    assert answer.status in {200, 201}, answer.text
    story.ids["deal"] = answer.body["opportunityId"]
    story.settle()
    lead = story.make(
        "lead",
        "leads",
        firstName="Jane",
        lastName="Doe",
        email=EMAIL,
        source="fair",
        tags=["born in May"],
        externalId=EMAIL,
    )
    story.patch(lead, {"phone": "+49 170 5550123"})
    gone_lead = {"firstName": "Jane", "lastName": "Doe", "email": EMAIL}
    answer = person.post("/v1/leads", gone_lead, x_skip_duplicate_check="true")
    story.ids["trashed"] = answer.body["leadId"]
    story.settle()
    story.delete(answer.headers["location"])
    other = story.make("other", "leads", lastName="Public", position="for Doe, Jane", email="joe@x.example")
    story.patch(other, {"position": "Buyer"})
    product = story.make("product", "products", name="Rose bed", unitPrice=20)
    assert product
    line = {"productId": story.ids["product"], "name": "Rose bed of Jane Doe", "quantity": 2, "unitPrice": 20}
    deal = story.make("titled", "opportunities", title="Garden of JANE DOE", value=100, lossReason=None)
    story.patch(deal, {"value": 120})
    story.make("lined", "opportunities", title="Garden", lines=[line])
    assert person.get(f"/v1/opportunities/{story.ids['lined']}").status == 200, "and is cached"
    gone = story.make("gone", "opportunities", title=f"For {EMAIL}")
    story.delete(gone)


@pytest.fixture
def told(world: Any) -> Traces:
    return Traces(world.pipeline, world.customers)


def erase_all(story: Story) -> dict[str, Any]:
    subject = story.subject()
    customers = Door(story.world.customers, CUSTOMERS_DOOR, story.person.tenant)
    subject = {**subject, "contactIds": customers.identify(**subject)["contactIds"]}
    answer = story.door.erase(subject)
    assert customers.erase(subject)["done"]
    return answer


def test_nothing_of_an_erased_person_is_left_and_the_neighbour_keeps_theirs(
    both: tuple[Any, Any], story: Callable[[Any], Story], told: Traces
) -> None:
    one, two = both
    mine, theirs = story(one), story(two)
    assert len(told.of(one.tenant, *VALUES)) > 15
    before = told.dump(two.tenant)
    subject = mine.subject()
    assert set(subject["leadIds"]) == {mine.ids["lead"], mine.ids["converted"]}
    assert subject["contactIds"] and subject["emails"] == [EMAIL]
    answer = erase_all(mine)
    assert told.of(one.tenant, *VALUES) == []
    assert mine.door.left_beside(subject, answer["kept"]) == []
    assert told.dump(two.tenant) == before
    for name in ("lead", "converted"):
        assert one.get(f"/v1/leads/{mine.ids[name]}").status == 404
        assert one.post(f"/v1/leads/{mine.ids[name]}/restore").status == 404
    assert one.get(f"/v1/leads/{mine.ids['other']}").body["lastName"] == "Public"
    titled = one.get(f"/v1/opportunities/{mine.ids['titled']}").body
    assert (titled["title"], titled["value"]) == ("Garden of [erased]", 120)
    lined = one.get(f"/v1/opportunities/{mine.ids['lined']}").body
    assert [line["name"] for line in lined["lines"]] == ["Rose bed of [erased]"]
    assert lined["value"] == 40
    deal = one.get(f"/v1/opportunities/{mine.ids['deal']}").body
    assert (deal["value"], deal["contactId"]) == (500, subject["contactIds"][0]), "a pseudonym of nobody"
    kept = [item["id"] for item in answer["kept"] if item["entity"] == "opportunity"]
    assert kept == [mine.ids["deal"]]
    # The address is free for somebody else.
    assert one.post("/v1/leads", {"lastName": "New", "email": EMAIL}).status == 201
    assert two.get(f"/v1/leads/{theirs.ids['lead']}").body["email"] == EMAIL


@pytest.mark.parametrize("seed", range(2))
def test_events_that_come_late_twice_and_in_any_order_bring_nothing_back(
    admin: Any, story: Callable[[Any], Story], told: Traces, seed: int
) -> None:
    made = story(admin)
    lead, deal = f"/v1/leads/{made.ids['lead']}", f"/v1/opportunities/{made.ids['titled']}"
    made.patch(lead, {"position": "Jane Doe's own"}, deliver=False)
    made.patch(lead, {"position": None}, deliver=False)
    made.patch(deal, {"title": "Garden of Doe, Jane"}, deliver=False)
    made.patch(deal, {"title": "Garden"}, deliver=False)
    erase_all(made)
    made.settle(deliver=False)
    shuffled = made.events * 2
    random.Random(seed).shuffle(shuffled)
    for change in shuffled:
        made.deliver(change)
    assert told.of(admin.tenant, *VALUES) == []
    made.patch(deal, {"title": "Park"})
    entries = admin.get(f"{deal}/history").body["items"]
    assert entries[0]["changes"]["title"] == {"before": "Garden", "after": "Park"}


def test_what_a_legal_hold_names_is_left_exactly_as_it_is(admin: Any, story: Callable[[Any], Story]) -> None:
    made = story(admin)
    paths = [f"/v1/leads/{made.ids['lead']}", f"/v1/opportunities/{made.ids['lined']}"]
    before = [admin.get(path).body for path in paths]
    held = [("lead", made.ids["lead"]), ("opportunity", made.ids["lined"])]
    answer = made.door.erase(made.subject(), held=held)
    assert [admin.get(path).body for path in paths] == before
    assert admin.get(f"/v1/leads/{made.ids['converted']}").status == 404
    kept = {(item["entity"], item["id"]) for item in answer["kept"] if item["why"] == "legalHold"}
    assert kept == set(held)


def test_an_erasure_stopped_anywhere_goes_on_and_may_be_repeated(
    admin: Any, story: Callable[[Any], Story], told: Traces, monkeypatch: pytest.MonkeyPatch
) -> None:
    from zebros_core.privacy import door as library

    made = story(admin)
    subject = made.subject()
    monkeypatch.setattr(library, "_until", lambda seconds: lambda: False)
    resume: dict[str, Any] | None = None
    while True:
        made.door.call("erase", subject=subject, requestId="r", resume=resume)  # whose answer is lost
        answer = made.door.call("erase", subject=subject, requestId="r", resume=resume)
        assert not any(value in json.dumps(answer["resume"]) for value in VALUES)
        if answer["done"]:
            break
        resume = answer["resume"]
        made.world.pipeline.clock.advance(answer["waitSeconds"])
    left = Traces(made.world.pipeline).of(admin.tenant, *VALUES)
    assert [place for place in left if "customers" not in place and "contacts" not in place] == []
    assert made.door.erase(subject)["counts"] == {}


def test_a_lead_that_is_just_being_converted_is_waited_for(admin: Any, story: Callable[[Any], Story]) -> None:
    made = story(admin)

    def down(service: str, call: Any) -> None:
        raise UnavailableError(detail="not now")

    made.world.doors.before = down
    assert admin.post(f"/v1/leads/{made.ids['lead']}/convert", {}).status == 503
    subject = {"leadIds": [made.ids["lead"]], "emails": [EMAIL]}
    answer = made.door.call("erase", subject=subject, requestId="r")
    assert (answer["done"], answer["waitSeconds"]) == (False, 60)
    assert admin.get(f"/v1/leads/{made.ids['lead']}").status == 200
    made.world.doors.before = lambda service, call: None
    made.settle()  # the event of the lead goes on with its conversion
    answer = made.door.call("erase", subject=subject, requestId="r", resume=answer["resume"])
    assert answer["done"] or answer["waitSeconds"]
    assert admin.get(f"/v1/leads/{made.ids['lead']}").status == 404


def test_what_is_held_on_a_person_is_said_with_what_it_is(
    admin: Any, person: Any, tenant: Any, story: Callable[[Any], Story]
) -> None:
    made = story(admin)
    story(person(tenant()))
    items = made.door.collect(made.subject())
    by_id = {(item["entity"], item["id"]): item for item in items}
    assert len(by_id) == len(items)
    lead = by_id["lead", made.ids["lead"]]
    assert (lead["store"], lead["state"]) == ("leads", "live")
    assert lead["classification"]["phone"] == "personal" and lead["classification"]["source"] == "business"
    assert ("lead", made.ids["converted"]) in by_id
    assert by_id["opportunity", made.ids["gone"]]["state"] == "trash"
    assert by_id["opportunity", made.ids["deal"]]["data"]["value"] == 500
    assert by_id["lines", made.ids["lined"]]["data"]["lines"][0]["name"] == "Rose bed of Jane Doe"
    assert ("history", f"lead/{made.ids['other']}/1") in by_id
    assert ("product", made.ids["product"]) not in by_id


def test_nobody_but_our_own_machinery_may_ask(admin: Any, world: Any) -> None:
    door = Door(world.pipeline, DOOR, admin.tenant, ())
    for verb, more in {"identify": {}, "collect": {}, "erase": {"requestId": "r"}}.items():
        assert door.call(verb, subject={"emails": [EMAIL]}, **more)["problem"]["status"] == 403


def test_lines_that_named_the_person_and_were_replaced_do_not_either(
    admin: Any, story: Callable[[Any], Story], told: Traces
) -> None:
    made = story(admin)
    path = f"/v1/opportunities/{made.ids['lined']}"
    line = admin.get(path).body["lines"][0]
    made.patch(path, {"lines": [{**line, "name": f"Roses for {EMAIL}"}]})
    made.patch(path, {"lines": [{**line, "name": "Roses"}]})
    erase_all(made)
    assert told.of(admin.tenant, *VALUES) == []
    changes = admin.get(f"{path}/history").body["items"][0]["changes"]
    assert changes["lines"]["after"][0]["name"] == "Roses"
