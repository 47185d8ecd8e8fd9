"""What becomes of opportunities whose customer is deleted, restored or merged: kept, marked, given to the winner."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import permutations
from typing import Any

import pytest
from callers import Person

from zebros_core.dynamodb.store import TenantStore
from zebros_core.messaging import EntityChanged, Operation
from zebros_pipeline.bootstrap import Container
from zebros_pipeline.domain.opportunity import Opportunity
from zebros_pipeline.repositories.opportunities import OpportunityRepository
from zebros_pipeline.use_cases.follow_up import follow_up

Customers = Callable[[Person], Person]
PATH = "/v1/opportunities"


class Behind(OpportunityRepository):
    """Shows an opportunity of a customer as it was a moment ago."""

    def __init__(self, store: TenantStore, before: Opportunity) -> None:
        super().__init__(store)
        self._before = before

    def of_customer(
        self, customer_id: str, *, but: Callable[[Opportunity], bool] = lambda _: False
    ) -> Iterator[Opportunity]:
        del customer_id, but
        yield self._before


def deliver(container: Container, person: Person, *changes: EntityChanged) -> None:
    for change in changes:
        workspace = container.system_workspace(person.tenant, "followup")
        follow_up(workspace, change, lambda actor: container.acting_workspace(person.tenant, actor))


def of_customer(
    container: Container,
    person: Person,
    id: str,
    version: int,
    operation: Operation,
    **snapshot: Any,
) -> EntityChanged:
    return EntityChanged(
        event_id=f"{id}-{version}",
        tenant_id=person.tenant,
        entity="customer",
        id=id,
        version=version,
        operation=operation,
        occurred_at=container.clock.now(),
        snapshot={"customerId": id, **snapshot},
    )


def customer(customers: Person, name: str) -> str:
    return customers.post("/v1/customers", {"companyName": name}).body["customerId"]


def deal(person: Person, customer_id: str, **facts: Any) -> str:
    answer = person.post(PATH, {"title": "Deal", "customerId": customer_id, **facts})
    assert answer.status == 201, answer.text
    return answer.headers["location"]


def read(person: Person, path: str) -> Any:
    """Read past the cache, which the event of the write itself would bring up to date."""
    person.clock.advance(seconds=1000)
    return person.get(path).body


def test_a_deleted_customers_opportunities_are_kept_and_marked_and_unmarked_on_restore(
    both: tuple[Person, Person], of_customers: Customers, container: Container
) -> None:
    one, other = both
    mine, theirs = customer(of_customers(one), "Tidewater"), customer(of_customers(other), "Tidewater")
    path, foreign = deal(one, mine), deal(other, theirs)
    before = read(one, path)
    deleted = of_customer(container, one, mine, 2, Operation.DELETED)
    deliver(container, one, deleted, deleted)
    marked = read(one, path)
    assert marked["customerDeleted"] is True and marked["customerId"] == mine and marked["version"] == 2
    assert marked["activeAt"] == before["activeAt"], "nobody has worked on it"
    assert read(other, foreign)["customerDeleted"] is False
    assert one.patch(path, {"value": 5}).status == 200, "it can be worked on"
    restored = of_customer(container, one, mine, 3, Operation.RESTORED)
    deliver(container, one, restored, deleted)
    assert read(one, path)["customerDeleted"] is False, "the late event of the delete changes nothing"


def test_another_customer_takes_the_mark_away(
    admin: Person, of_customers: Customers, container: Container
) -> None:
    gone, live = customer(of_customers(admin), "Gone"), customer(of_customers(admin), "Live")
    path = deal(admin, gone)
    deliver(container, admin, of_customer(container, admin, gone, 2, Operation.DELETED))
    moved = admin.patch(path, {"customerId": live})
    assert moved.body["customerDeleted"] is False and moved.body["customerId"] == live


def test_an_opportunity_written_while_its_customer_goes_is_marked_by_its_own_event(
    admin: Person, of_customers: Customers, container: Container, event: Callable[..., EntityChanged]
) -> None:
    gone = customer(of_customers(admin), "Gone")
    deliver(container, admin, of_customer(container, admin, gone, 2, Operation.DELETED))
    path = deal(admin, gone)  # it was seen a moment before
    id = path.rpartition("/")[2]
    deliver(container, admin, event(admin.tenant, "opportunity", id))
    assert read(admin, path)["customerDeleted"] is True


def test_one_in_the_trash_is_brought_in_order_when_it_comes_back(
    admin: Person, of_customers: Customers, container: Container, event: Callable[..., EntityChanged]
) -> None:
    gone, winner = customer(of_customers(admin), "Gone"), customer(of_customers(admin), "Winner")
    path = deal(admin, gone)
    admin.delete(path)
    deliver(container, admin, of_customer(container, admin, gone, 2, Operation.DELETED, mergedInto=winner))
    admin.post(f"{path}/restore")
    id = path.rpartition("/")[2]
    deliver(container, admin, event(admin.tenant, "opportunity", id, Operation.RESTORED))
    assert read(admin, path)["customerId"] == winner


def test_a_merged_customers_opportunities_go_to_the_winner(
    both: tuple[Person, Person], of_customers: Customers, container: Container
) -> None:
    one, _ = both
    loser, winner = (customer(of_customers(one), name) for name in ("Loser", "Winner"))
    paths = [deal(one, loser, title=str(number)) for number in range(3)]
    merged = of_customer(container, one, loser, 2, Operation.DELETED, mergedInto=winner)
    deliver(container, one, merged, merged)
    for path in paths:
        moved = read(one, path)
        assert (moved["customerId"], moved["customerDeleted"], moved["version"]) == (winner, False, 3)
    assert len(one.get(PATH, customer=winner).body["items"]) == 3
    assert one.get(PATH, customer=loser).body["items"] == []


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_a_chain_of_merges_ends_at_the_last_winner_in_any_order_of_events(
    admin: Person,
    of_customers: Customers,
    container: Container,
    event: Callable[..., EntityChanged],
    order: tuple[int, ...],
) -> None:
    first, second, last = (customer(of_customers(admin), name) for name in ("First", "Second", "Last"))
    path = deal(admin, first)
    changes = [
        of_customer(container, admin, first, 2, Operation.DELETED, mergedInto=second),
        of_customer(container, admin, second, 2, Operation.DELETED, mergedInto=last),
        of_customer(container, admin, last, 2, Operation.DELETED),
    ]
    deliver(container, admin, *(changes[number] for number in order))
    id = path.rpartition("/")[2]
    # Each write of the followup is an event itself.
    deliver(container, admin, event(admin.tenant, "opportunity", id, changed=("customerId",)))
    after = read(admin, path)
    assert (after["customerId"], after["customerDeleted"]) == (last, True)


def test_one_that_is_edited_meanwhile_keeps_the_edit(
    admin: Person, of_customers: Customers, container: Container
) -> None:
    loser, winner = (customer(of_customers(admin), name) for name in ("Loser", "Winner"))
    path = deal(admin, loser)
    workspace = container.system_workspace(admin.tenant, "followup")
    before = workspace.opportunities.get(path.rpartition("/")[2])
    admin.patch(path, {"value": 9})
    change = of_customer(container, admin, loser, 2, Operation.DELETED, mergedInto=winner)
    late = replace(workspace, opportunities=Behind(workspace.opportunities.store, before))
    follow_up(late, change, lambda actor: container.acting_workspace(admin.tenant, actor))
    after = read(admin, path)
    assert after["value"] == 9 and after["customerId"] == winner


def test_other_changes_of_customers_change_nothing(
    admin: Person, of_customers: Customers, container: Container
) -> None:
    id = customer(of_customers(admin), "Tidewater")
    path = deal(admin, id)
    for number, operation in enumerate((Operation.CREATED, Operation.UPDATED), start=1):
        deliver(container, admin, of_customer(container, admin, id, number, operation))
    assert read(admin, path)["version"] == 1


def test_a_deleted_contact_stays_named(admin: Person, of_customers: Customers) -> None:
    contact = of_customers(admin).post("/v1/contacts", {"lastName": "Li"})
    path = admin.post(PATH, {"title": "x", "contactId": contact.body["contactId"]}).headers["location"]
    of_customers(admin).delete(contact.headers["location"])
    assert admin.patch(path, {"value": 5}).status == 200
    assert read(admin, path)["contactId"] == contact.body["contactId"]
