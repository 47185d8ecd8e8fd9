"""Activities go with the records that they are about: merges, and contacts and deals that go to another customer."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest
from activity_records import activity, contact, customer
from callers import Person
from table_changes import TableChanges

from zebros_activities.repositories.activities import ActivityRepository
from zebros_activities.use_cases.follow_up import follow_up
from zebros_core.errors import UnavailableError
from zebros_core.messaging import EntityChanged, Operation


class Following:
    """The consumer `followup`."""

    def __init__(self, container: Any, changes: TableChanges) -> None:
        self.container = container
        self.changes = changes

    def handle(self, change: EntityChanged) -> None:
        follow_up(self.container.system_workspace(change.tenant_id, "followup"), change)


@pytest.fixture
def following(container: Any, customer_changes: TableChanges) -> Following:
    return Following(container, customer_changes)


def places(person: Person, made: list[dict[str, Any]]) -> list[tuple[str | None, str | None]]:
    found = [person.get(f"/v1/activities/{item['activityId']}").body for item in made]
    return [(item["relatedId"], item["customerId"]) for item in found]


def test_activities_of_a_merged_customer_go_to_the_winner(
    both: tuple[Person, Person], following: Following
) -> None:
    one, two = both
    winner, loser = customer(one, "Winner"), customer(one, "Loser")
    person_id = contact(one, loser)
    other = customer(two, "Loser")
    made = [
        *(activity(one, relatedType="customer", relatedId=loser) for _ in range(3)),
        activity(one, relatedType="contact", relatedId=person_id),
    ]
    elsewhere = activity(two, relatedType="customer", relatedId=other)
    following.changes.take()
    one.post(f"/v1/customers/{winner}/merge", {"loserId": loser})
    changes = following.changes.take()
    for change in [*changes, *changes]:
        following.handle(change)
    assert places(one, made) == [(winner, winner)] * 3 + [(person_id, winner)]
    moved = one.get(f"/v1/activities/{made[0]['activityId']}").body
    assert (moved["version"], moved["updatedBy"]) == (3, "system:followup")
    assert len(one.get("/v1/activities", customer=winner).body["items"]) == 4
    assert one.get("/v1/activities", customer=loser).body["items"] == []
    assert places(two, [elsewhere]) == [(other, other)]


@pytest.mark.parametrize("order", list(permutations(range(2))))
def test_a_winner_that_was_merged_itself_hands_on_in_any_order(
    admin: Person, following: Following, order: tuple[int, ...]
) -> None:
    first, second, third = (customer(admin, name) for name in ("A", "B", "C"))
    made = [activity(admin, relatedType="customer", relatedId=id) for id in (first, second)]
    following.changes.take()
    admin.post(f"/v1/customers/{second}/merge", {"loserId": first})
    admin.post(f"/v1/customers/{third}/merge", {"loserId": second})
    merges = [change for change in following.changes.take() if change.operation is Operation.DELETED]
    assert len(merges) == 2
    for number in order:
        following.handle(merges[number])
    assert places(admin, made) == [(third, third)] * 2


def test_an_activity_made_while_its_customer_was_merged_is_brought_along(
    admin: Person, following: Following, changes: TableChanges
) -> None:
    winner, loser = customer(admin, "Winner"), customer(admin, "Loser")
    made = activity(admin, relatedType="customer", relatedId=loser)
    created = next(change for change in changes.take() if change.entity == "activity")
    following.changes.take()
    admin.post(f"/v1/customers/{winner}/merge", {"loserId": loser})
    workspace = following.container.system_workspace(admin.tenant, "followup")
    workspace.moves.merge(loser, winner)  # all that the merge's event had found to do
    following.handle(created)
    assert places(admin, [made]) == [(winner, winner)]


def test_a_merge_that_broke_off_goes_on_where_it_was(
    admin: Person, following: Following, monkeypatch: Any
) -> None:
    winner, loser = customer(admin, "Winner"), customer(admin, "Loser")
    made = [activity(admin, relatedType="customer", relatedId=loser) for _ in range(5)]
    following.changes.take()
    admin.post(f"/v1/customers/{winner}/merge", {"loserId": loser})
    changes = following.changes.take()
    save, left = ActivityRepository.save, [2]

    def breaks(self: Any, *arguments: Any, **more: Any) -> Any:
        left[0] -= 1
        if left[0] < 0:
            raise UnavailableError
        return save(self, *arguments, **more)

    with monkeypatch.context() as patch:
        patch.setattr(ActivityRepository, "save", breaks)
        with pytest.raises(UnavailableError):
            for change in changes:
                following.handle(change)
    assert sorted(places(admin, made)) != [(winner, winner)] * 5
    for change in changes:
        following.handle(change)
    assert places(admin, made) == [(winner, winner)] * 5
    assert {admin.get(f"/v1/activities/{item['activityId']}").body["version"] for item in made} == {3}


def test_a_contact_takes_its_activities_to_another_customer(admin: Person, following: Following) -> None:
    one, two = customer(admin, "One"), customer(admin, "Two")
    person_id = contact(admin, one)
    made = [activity(admin, relatedType="contact", relatedId=person_id)]
    beside = [activity(admin, relatedType="customer", relatedId=one)]
    following.changes.take()
    events = []
    for customer_id in (two, one, two, None):
        admin.patch(f"/v1/contacts/{person_id}", {"customerId": customer_id})
        events += [change for change in following.changes.take() if change.operation is Operation.UPDATED]
    assert len(events) == 4
    for number, expected in ((1, one), (0, one), (2, two), (1, two), (3, None), (2, None)):
        following.handle(events[number])
        assert places(admin, made) == [(person_id, expected)], "an older event changes nothing"
    assert places(admin, beside) == [(one, one)]


@pytest.mark.parametrize("entity", ["opportunity", "lead"])
def test_a_record_of_the_pipeline_takes_its_activities_to_its_customer(
    admin: Person, following: Following, pipeline: Any, entity: str
) -> None:
    customer_id = customer(admin)
    id = pipeline.add(admin, entity)
    made = [activity(admin, relatedType=entity, relatedId=id)]
    assert places(admin, made) == [(id, None)]
    following.handle(
        EntityChanged(
            event_id="e",
            tenant_id=admin.tenant,
            entity=entity,
            id=id,
            version=2,
            operation=Operation.UPDATED,
            changed=("customerId",),
            occurred_at=admin.clock.now(),
            snapshot={"customerId": customer_id},
        )
    )
    assert places(admin, made) == [(id, customer_id)]
    assert len(admin.get("/v1/activities", customer=customer_id).body["items"]) == 1


def test_activities_of_a_deleted_record_are_kept(admin: Person, following: Following) -> None:
    customer_id = customer(admin)
    made = [activity(admin, relatedType="customer", relatedId=customer_id)]
    following.changes.take()
    admin.delete(f"/v1/customers/{customer_id}")
    for change in following.changes.take():
        following.handle(change)
    assert places(admin, made) == [(customer_id, customer_id)]
    changed = admin.patch(f"/v1/activities/{made[0]['activityId']}", {"outcome": "They closed"})
    assert changed.status == 200, "what an activity is about need not be there any more to go on with it"
