"""The request of a merge and the event of it move the same records at the same time: nothing is lost or stuck."""

from __future__ import annotations

from typing import Any

import pytest

from zebros_core.clock import to_instant
from zebros_customers.domain.merge import MergeStatus
from zebros_customers.repositories.customers import CustomerRepository
from zebros_customers.use_cases.merge_customers import continue_merge, move_child

Both = tuple[Any, Any]


def customer_of(person: Any, name: str) -> str:
    return str(person.post("/v1/customers", {"companyName": name}).body["customerId"])


def contact_of(person: Any, customer_id: str, name: str) -> str:
    created = person.post("/v1/contacts", {"lastName": name, "customerId": customer_id})
    return str(created.body["contactId"])


def test_a_contact_that_another_worker_moved_is_left_where_it_is(both: Both, container: Any) -> None:
    one, two = both
    loser, winner = customer_of(one, "Loser"), customer_of(one, "Winner")
    of_others = contact_of(two, customer_of(two, "Loser"), "Ames")
    workspace = container.system_workspace(one.tenant, "test")
    stale = workspace.contacts.get(contact_of(one, loser, "Ames"))
    target = workspace.customers.get(winner)
    assert move_child(workspace, stale, target)
    assert not move_child(workspace, stale, target)
    assert one.get(f"/v1/contacts/{stale.contact_id}").body["customerId"] == winner
    assert two.get(f"/v1/contacts/{of_others}").body["lastName"] == "Ames"


def test_a_contact_that_was_edited_meanwhile_is_moved_with_its_edit(both: Both, container: Any) -> None:
    one, _ = both
    loser, winner = customer_of(one, "Loser"), customer_of(one, "Winner")
    workspace = container.system_workspace(one.tenant, "test")
    stale = workspace.contacts.get(contact_of(one, loser, "Ames"))
    assert one.patch(f"/v1/contacts/{stale.contact_id}", {"phone": "+31 1234"}).status == 200
    assert move_child(workspace, stale, workspace.customers.get(winner))
    moved = one.get(f"/v1/contacts/{stale.contact_id}").body
    assert (moved["customerId"], moved["phone"]) == (winner, "+31 1234")


@pytest.mark.parametrize("first", [0, 1, 3])
def test_workers_that_start_from_the_same_record_add_up_and_end_the_merge(
    both: Both, container: Any, first: int
) -> None:
    one, _ = both
    loser, winner = customer_of(one, "Loser"), customer_of(one, "Winner")
    started = one.post(f"/v1/customers/{winner}/merge", {"loserId": loser}).body
    workspace = container.system_workspace(one.tenant, "test")
    merge = workspace.merges.find(started["mergeId"])
    begun = merge.model_copy(update={"status": MergeStatus.RUNNING, "finished_at": None})
    assert workspace.merges.replace(begun, previous=merge)
    source = workspace.customers.get_any(loser)
    for number in range(3):
        contact = workspace.contacts.get(contact_of(one, winner, f"Person {number}"))
        workspace.contacts.save(
            contact.model_copy(update={"customer_id": source.customer_id}), previous=contact
        )

    continue_merge(workspace, begun, at_most=first)
    ended = continue_merge(workspace, begun)
    assert (ended.status, ended.moved) == (MergeStatus.DONE, 3)
    assert ended.finished_at == to_instant(container.clock.now())
    assert one.get(f"/v1/merges/{merge.merge_id}").body["moved"] == 3


def test_of_two_merges_into_each_other_only_one_happens(
    both: Both, container: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, _ = both
    this, that = customer_of(one, "This"), customer_of(one, "That")
    absorb = CustomerRepository.absorb
    outcomes: list[int] = []

    def late(self: Any, *arguments: Any, **facts: Any) -> Any:
        # Both customers have been read; the opposite merge is quicker.
        monkeypatch.setattr(CustomerRepository, "absorb", absorb)
        outcomes.append(one.post(f"/v1/customers/{that}/merge", {"loserId": this}).status)
        return absorb(self, *arguments, **facts)

    monkeypatch.setattr(CustomerRepository, "absorb", late)
    outcomes.append(one.post(f"/v1/customers/{this}/merge", {"loserId": that}).status)
    assert outcomes[0] == 200 and outcomes[1] in {404, 412}
    assert one.get(f"/v1/customers/{that}").status == 200
    assert one.get(f"/v1/customers/{this}").headers["location"] == f"/v1/customers/{that}"
