"""Merging two customers: what the winner gets, what becomes of the loser, and how an interrupted merge goes on."""

from __future__ import annotations

from typing import Any

import pytest

from zebros_core.messaging import EntityChanged, Operation
from zebros_customers.domain.merge import INLINE_CHILDREN
from zebros_customers.use_cases.follow_up import follow_up

Both = tuple[Any, Any]


def customer_of(person: Any, name: str, **facts: Any) -> str:
    created = person.post("/v1/customers", {"companyName": name, **facts})
    assert created.status == 201, created.text
    return str(created.body["customerId"])


def deleted_event(container: Any, tenant: str, customer_id: str) -> EntityChanged:
    return EntityChanged(
        event_id=f"e-{customer_id}",
        tenant_id=tenant,
        entity="customer",
        id=customer_id,
        version=2,
        operation=Operation.DELETED,
        occurred_at=container.clock.now(),
    )


def test_the_winner_keeps_its_values_and_takes_what_it_lacks(both: Both) -> None:
    one, two = both
    winner = customer_of(one, "Tidewater", tier="gold", tags=["a"], contactInfo={"phone": "+31 1234"})
    loser = customer_of(
        one,
        "Tidewater BV",
        tier="silver",
        industry="medical",
        tags=["b"],
        contactInfo={"phone": "+31 9999", "email": "t@x.example"},
        externalId="erp-1",
    )
    assert two.post(f"/v1/customers/{winner}/merge", {"loserId": loser}).status == 404
    merged = one.post(f"/v1/customers/{winner}/merge", {"loserId": loser})
    assert (merged.status, merged.body["status"], merged.body["moved"]) == (200, "done", 0)
    body = one.get(f"/v1/customers/{winner}").body
    assert (body["companyName"], body["tier"], body["industry"]) == ("Tidewater", "gold", "medical")
    assert body["tags"] == ["a", "b"]
    assert (body["contactInfo"]["phone"], body["contactInfo"]["email"]) == ("+31 1234", "t@x.example")
    assert one.get("/v1/customers/by-external-id/erp-1").body["customerId"] == winner
    assert one.get(merged.headers["location"]).body == merged.body
    assert two.get(merged.headers["location"]).status == 404


def test_reading_the_loser_redirects_and_writing_it_is_a_conflict(both: Both) -> None:
    one, two = both
    winner, loser = customer_of(one, "A"), customer_of(one, "B")
    one.get(f"/v1/customers/{loser}")  # in the cache before the merge
    one.post(f"/v1/customers/{winner}/merge", {"loserId": loser})
    redirect = one.get(f"/v1/customers/{loser}")
    assert (redirect.status, redirect.headers["location"]) == (308, f"/v1/customers/{winner}")
    assert two.get(f"/v1/customers/{loser}").status == 404
    assert one.patch(f"/v1/customers/{loser}", {"tier": "gold"}).status == 409
    assert one.post(f"/v1/customers/{loser}/restore").status == 409
    assert [c["customerId"] for c in one.get("/v1/customers").body["items"]] == [winner]
    assert customer_of(one, "B")


def test_contacts_and_documents_follow_to_the_winner(both: Both) -> None:
    one, _ = both
    winner, loser = customer_of(one, "A", ownerId="boss", teamId="west"), customer_of(one, "B")
    contact = one.post("/v1/contacts", {"lastName": "One", "customerId": loser}).headers["location"]
    document = one.post(
        "/v1/documents",
        {"customerId": loser, "fileName": "a.pdf", "contentType": "application/pdf", "sizeBytes": 5},
    ).headers["location"]
    merged = one.post(f"/v1/customers/{winner}/merge", {"loserId": loser})
    assert (merged.status, merged.body["moved"]) == (200, 2)
    for path in (contact, document):
        moved = one.get(path)
        assert (moved.status, moved.body["customerId"]) == (200, winner)
    assert (one.get(contact).body["ownerId"], one.get(contact).body["teamId"]) == ("boss", "west")


def test_more_than_forty_children_are_finished_by_the_event_and_none_is_lost(
    admin: Any, container: Any
) -> None:
    winner, loser = customer_of(admin, "A"), customer_of(admin, "B")
    total = INLINE_CHILDREN + 2
    for number in range(total):
        admin.post("/v1/contacts", {"lastName": f"Person {number:03d}", "customerId": loser})
    merged = admin.post(f"/v1/customers/{winner}/merge", {"loserId": loser})
    assert (merged.status, merged.body["status"], merged.body["moved"]) == (202, "running", INLINE_CHILDREN)
    event = deleted_event(container, admin.tenant, loser)
    for _ in range(2):  # the event may come twice
        follow_up(container.system_workspace(admin.tenant, "followup"), event)
    done = admin.get(merged.headers["location"]).body
    assert (done["status"], done["moved"]) == ("done", total)
    names: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = admin.get(f"/v1/customers/{winner}/contacts", limit=20, **cursor).body
        names += [contact["lastName"] for contact in page["items"]]
        if page["nextCursor"] is None:
            break
        cursor = {"cursor": page["nextCursor"]}
    assert names == [f"Person {number:03d}" for number in range(total)]


def test_a_merge_that_broke_off_between_two_records_goes_on(
    admin: Any, container: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    winner, loser = customer_of(admin, "A"), customer_of(admin, "B")
    for number in range(5):
        admin.post("/v1/contacts", {"lastName": f"Person {number}", "customerId": loser})
    from zebros_customers.use_cases import merge_customers

    move, calls = merge_customers.move_child, iter(range(100))

    def breaking(*arguments: Any) -> bool:
        if next(calls) == 2:
            raise RuntimeError("the function was stopped")
        return bool(move(*arguments))

    monkeypatch.setattr(merge_customers, "move_child", breaking)
    assert admin.post(f"/v1/customers/{winner}/merge", {"loserId": loser}).status == 500
    event = deleted_event(container, admin.tenant, loser)
    follow_up(container.system_workspace(admin.tenant, "followup"), event)
    container.repair_cache(event)
    assert len(admin.get(f"/v1/customers/{winner}/contacts").body["items"]) == 5
    assert admin.get(f"/v1/customers/{loser}").status == 308


@pytest.mark.parametrize("loser", ["itself", "missing", "foreign"])
def test_a_loser_that_cannot_be_merged_is_named(both: Both, loser: str) -> None:
    one, two = both
    winner = customer_of(one, "A")
    ids = {"itself": winner, "missing": "01JC8Z4T5V6W7X8Y9ZABCDEFGH", "foreign": customer_of(two, "A")}
    refused = one.post(f"/v1/customers/{winner}/merge", {"loserId": ids[loser]})
    assert (refused.status, refused.body["errors"][0]["field"]) == (422, "/loserId")


def test_reps_do_not_merge(person: Any) -> None:
    boss, rep = person(user="boss"), person(user="rep", roles=("sales-rep",))
    winner, loser = customer_of(boss, "A"), customer_of(boss, "B")
    assert rep.post(f"/v1/customers/{winner}/merge", {"loserId": loser}).status == 403


@pytest.mark.parametrize("twin_wins", [True, False])
def test_merging_two_of_one_name_leaves_the_name_with_the_winner_alone(both: Both, twin_wins: bool) -> None:
    one, _ = both
    facts = {"contactInfo": {"email": "t@x.example"}}
    first = customer_of(one, "Tidewater", **facts)
    twin = one.post(
        "/v1/customers", {"companyName": "TIDEWATER", **facts}, X_Skip_Duplicate_Check="true"
    ).body["customerId"]
    winner, loser = (twin, first) if twin_wins else (first, twin)
    assert one.post(f"/v1/customers/{winner}/merge", {"loserId": loser}).status == 200
    for body in ({"companyName": "tidewater"}, {"companyName": "Other", **facts}):
        refused = one.post("/v1/customers", body)
        assert [record["id"] for record in refused.body["records"]] == [winner]
    assert one.delete(f"/v1/customers/{winner}").status == 204
    assert one.post("/v1/customers", {"companyName": "Tidewater", **facts}).status == 201


def test_a_value_of_the_loser_that_a_third_customer_holds_is_named_in_the_refusal(admin: Any) -> None:
    info = {"contactInfo": {"email": "t@x.example"}}
    third = customer_of(admin, "Third", **info)
    winner = customer_of(admin, "Winner")
    loser = admin.post("/v1/customers", {"companyName": "Loser", **info}, X_Skip_Duplicate_Check="true").body[
        "customerId"
    ]
    refused = admin.post(f"/v1/customers/{winner}/merge", {"loserId": loser})
    assert refused.status == 409
    assert refused.body["records"] == [{"entity": "customer", "id": third, "match": "email"}]
