"""The timeline of a record, over three services, kept from events that come late, twice and out of order."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
from activity_records import activity, contact, customer
from callers import Person
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from proof import examples
from table_changes import TableChanges

from zebros_activities.use_cases.keep_timeline import keep_timeline
from zebros_core.clock import FixedClock
from zebros_core.messaging import EntityChanged, Operation

_NUMBERS = count(1)


class Keeping:
    """The consumer `timeline`, and the events of both services that there are."""

    def __init__(self, container: Any, *sources: TableChanges) -> None:
        self.container = container
        self.sources = sources
        self.seen: list[EntityChanged] = []

    def follow(self) -> None:
        found = [change for source in self.sources for change in source.take()]
        for change in found:
            self.handle(change)
        self.seen += found

    def handle(self, change: EntityChanged) -> None:
        keep_timeline(self.container.system_workspace(change.tenant_id, "timeline"), change)


@pytest.fixture
def keeping(container: Any, changes: TableChanges, customer_changes: TableChanges) -> Keeping:
    return Keeping(container, changes, customer_changes)


def deal_changed(person: Person, id: str, version: int, **facts: Any) -> EntityChanged:
    """Return an event of the pipeline service."""
    operation = facts.pop("operation", Operation.CREATED if version == 1 else Operation.UPDATED)
    changed = facts.pop("changed", ())
    snapshot = {
        "opportunityId": id,
        "title": "Twelve devices",
        "ownerId": person.user,
        "teamId": person.team,
        "stage": "proposal",
        **facts,
    }
    return EntityChanged(
        event_id=f"{id}-{version}",
        tenant_id=person.tenant,
        entity="opportunity",
        id=id,
        version=version,
        operation=operation,
        changed=changed,
        actor=person.user,
        occurred_at=person.clock.now(),
        snapshot=snapshot,
    )


def told(person: Person, entity: str, id: str, *, limit: int = 50) -> list[tuple[str, str, str]]:
    found: list[tuple[str, str, str]] = []
    cursor: dict[str, str] = {}
    while True:
        answer = person.get(f"/v1/timeline/{entity}/{id}", limit=limit, **cursor)
        assert answer.status == 200, answer.text
        found += [(item["entity"], item["kind"], item["title"]) for item in answer.body["items"]]
        if answer.body["nextCursor"] is None:
            return found
        cursor = {"cursor": answer.body["nextCursor"]}


def test_a_customers_timeline_has_what_happened_to_it_and_around_it(
    both: tuple[Person, Person], keeping: Keeping, clock: FixedClock, pipeline: Any
) -> None:
    one, two = both
    customer_id = customer(one)
    clock.advance(1)
    person_id = contact(one, customer_id, firstName="Mira")
    clock.advance(1)
    deal_id = pipeline.add(one, "opportunity", customerId=customer_id)
    keeping.handle(deal_changed(one, deal_id, 1, customerId=customer_id))
    clock.advance(1)
    made = activity(one, relatedType="contact", relatedId=person_id)
    clock.advance(1)
    keeping.follow()
    one.post(f"/v1/activities/{made['activityId']}/complete", {})
    keeping.follow()
    clock.advance(1)
    keeping.handle(
        deal_changed(one, deal_id, 2, customerId=customer_id, changed=("outcome", "stage"), outcome="won")
    )
    assert told(one, "customer", customer_id) == [
        ("opportunity", "won", "Twelve devices"),
        ("activity", "completed", "Ask about the trial"),
        ("activity", "created", "Ask about the trial"),
        ("opportunity", "created", "Twelve devices"),
        ("contact", "created", "Mira Vantongeren"),
        ("customer", "created", "Tidewater Instruments"),
    ]
    assert told(one, "customer", customer_id, limit=1) == told(one, "customer", customer_id)
    assert told(one, "contact", person_id) == [
        ("activity", "completed", "Ask about the trial"),
        ("activity", "created", "Ask about the trial"),
        ("contact", "created", "Mira Vantongeren"),
    ]
    assert told(one, "opportunity", deal_id) == [
        ("opportunity", "won", "Twelve devices"),
        ("opportunity", "created", "Twelve devices"),
    ]
    assert two.get(f"/v1/timeline/customer/{customer_id}").status == 404
    item = one.get(f"/v1/timeline/customer/{customer_id}").body["items"][0]
    assert item == {
        "at": "2026-03-02T09:00:05Z",
        "kind": "won",
        "entity": "opportunity",
        "id": deal_id,
        "version": 2,
        "title": "Twelve devices",
        "operation": "updated",
        "actor": "user-1",
        "changed": ["outcome", "stage"],
    }


def test_a_participants_timeline_has_the_activity_and_titles_are_as_they_are_now(
    admin: Person, keeping: Keeping, clock: FixedClock
) -> None:
    first, second = contact(admin, None, "Ito"), contact(admin, None, "Okafor")
    clock.advance(1)
    made = activity(admin, participants={"contactIds": [first, second]})
    keeping.follow()
    assert told(admin, "contact", second)[0] == ("activity", "created", "Ask about the trial")
    admin.patch(f"/v1/activities/{made['activityId']}", {"subject": "Ask about the offer"})
    keeping.follow()
    assert told(admin, "contact", first)[:2] == [
        ("activity", "updated", "Ask about the offer"),
        ("activity", "created", "Ask about the offer"),
    ]


def test_what_is_deleted_is_not_shown_until_it_is_restored(
    admin: Person, keeping: Keeping, clock: FixedClock
) -> None:
    customer_id = customer(admin)
    clock.advance(1)
    made = activity(admin, relatedType="customer", relatedId=customer_id)
    keeping.follow()
    where = f"/v1/activities/{made['activityId']}"
    admin.delete(where)
    keeping.follow()
    assert [kind for kind, *_ in told(admin, "customer", customer_id)] == ["customer"]
    admin.post(f"{where}/restore")
    keeping.follow()
    assert [kind for _, kind, _ in told(admin, "customer", customer_id)][:2] == ["restored", "deleted"]


def test_only_what_the_caller_may_see_is_shown(
    person: Callable[..., Person], keeping: Keeping, clock: FixedClock
) -> None:
    admin = person()
    customer_id = customer(admin, ownerId="ada", teamId="north")
    clock.advance(1)
    about = {"relatedType": "customer", "relatedId": customer_id}
    activity(admin, subject="north's", ownerId="ada", teamId="north", **about)
    clock.advance(1)
    activity(admin, subject="south's", ownerId="eve", teamId="south", **about)
    keeping.follow()
    ada = person(user="ada", roles=("sales-rep",), team="north")
    assert [title for *_, title in told(ada, "customer", customer_id)] == [
        "north's",
        "Tidewater Instruments",
    ]
    eve = person(user="eve", roles=("sales-rep",), team="south")
    assert eve.get(f"/v1/timeline/customer/{customer_id}").status == 404, "the record itself is out of sight"


def test_the_loser_of_a_merge_lives_on_in_the_winners_timeline(
    admin: Person, keeping: Keeping, clock: FixedClock
) -> None:
    ids = []
    for name in ("Tidewater", "Highland", "Lowland"):
        ids.append(customer(admin, name))
        clock.advance(1)
        activity(admin, subject=f"at {name}", relatedType="customer", relatedId=ids[-1])
        clock.advance(1)
        keeping.follow()
    for loser, winner in ((0, 1), (1, 2)):
        assert admin.post(f"/v1/customers/{ids[winner]}/merge", {"loserId": ids[loser]}).status == 200
        clock.advance(1)
        keeping.follow()
    kinds = told(admin, "customer", ids[2])
    assert ("activity", "created", "at Tidewater") in kinds
    assert ("activity", "created", "at Highland") in kinds
    assert kinds.count(("customer", "merged", "Tidewater")) == 1
    assert told(admin, "customer", ids[2], limit=2) == kinds
    assert admin.get(f"/v1/timeline/customer/{ids[0]}").status == 404


def test_upkeep_is_no_news(admin: Person, keeping: Keeping) -> None:
    id = "01JC8Z4T5V6W7X8Y9ZABCDEFGH"
    customer_id = customer(admin)
    keeping.follow()
    keeping.handle(deal_changed(admin, id, 2, customerId=customer_id, changed=("activeAt",)))
    keeping.handle(
        deal_changed(admin, id, 3, customerId=customer_id).model_copy(
            update={"operation": Operation.REMOVED, "snapshot": None}
        )
    )
    assert told(admin, "customer", customer_id) == [("customer", "created", "Tidewater Instruments")]


@settings(
    max_examples=examples(15), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(order=st.permutations(range(5)), again=st.lists(st.integers(0, 4), max_size=4))
def test_whatever_order_events_come_in_the_timeline_is_the_same(
    admin: Person, keeping: Keeping, pipeline: Any, order: list[int], again: list[int]
) -> None:
    customer_id = customer(admin, f"Company {next(_NUMBERS)}")
    deal_id = pipeline.add(admin, "opportunity", customerId=customer_id)
    changed = [
        deal_changed(admin, deal_id, version, customerId=customer_id, title=f"v{version}", changed=("title",))
        for version in range(1, 5)
    ]
    removed = changed[2].model_copy(update={"operation": Operation.REMOVED, "snapshot": None, "changed": ()})
    events = [*changed, removed]  # the old row of a move: its version loses against the move's
    for number in [*order, *again]:
        keeping.handle(events[number])
    assert told(admin, "opportunity", deal_id) == [("opportunity", "updated", "v4")] * 3 + [
        ("opportunity", "created", "v4")
    ]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1/timeline/activity/01JC8Z4T5V6W7X8Y9ZABCDEFGH", 404),
        ("/v1/timeline/customer/x", 404),
        ("/v1/timeline/customer/01JC8Z4T5V6W7X8Y9ZABCDEFGH", 404),
    ],
)
def test_a_timeline_of_nothing(admin: Person, path: str, status: int) -> None:
    assert admin.get(path).status == status


def test_a_cursor_of_another_record_is_refused(admin: Person, keeping: Keeping, clock: FixedClock) -> None:
    one, two = customer(admin, "Tidewater"), customer(admin, "Highland")
    for _ in range(3):
        clock.advance(1)
        activity(admin, relatedType="customer", relatedId=one)
    keeping.follow()
    cursor = admin.get(f"/v1/timeline/customer/{one}", limit=1).body["nextCursor"]
    refused = admin.get(f"/v1/timeline/customer/{two}", cursor=cursor)
    assert (refused.status, refused.body["errors"][0]["field"]) == (400, "cursor")
