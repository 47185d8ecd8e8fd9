"""History, the index of names and inherited owners are kept from events that may come late, twice and out of order."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from proof import examples

from zebros_core.messaging import EntityChanged, Operation
from zebros_core.records.history_events import keep_history
from zebros_customers.repositories.keys import BY_ENTITY
from zebros_customers.use_cases.check_names import check_names
from zebros_customers.use_cases.follow_up import follow_up
from zebros_customers.use_cases.index_name import index_name

_IDS = count(1)


def change(
    container: Any,
    tenant: str,
    id: str,
    version: int,
    operation: Operation = Operation.UPDATED,
    entity: str = "customer",
    **facts: Any,
) -> EntityChanged:
    return EntityChanged(
        event_id=f"{id}-{version}",
        tenant_id=tenant,
        entity=entity,
        id=id,
        version=version,
        operation=operation,
        actor="user-1",
        occurred_at=container.clock.now(),
        **facts,
    )


def found(person: Any, text: str) -> list[str]:
    answer = person.get("/v1/customers/search", name=text)
    assert answer.status == 200, answer.text
    return [customer["companyName"] for customer in answer.body["items"]]


def index(container: Any, person: Any, customer: Any, **facts: Any) -> None:
    event = change(
        container,
        person.tenant,
        customer["customerId"],
        customer["version"],
        snapshot={"companyName": customer["companyName"]},
        **facts,
    )
    index_name(container.system_workspace(person.tenant, "search"), event)


@pytest.mark.parametrize("text", ["cafe", "CAFÉ", "möb", "mobel cafe", "  zü ", "caf mob zur"])
def test_search_finds_by_any_words_beginning_whatever_case_and_accents(
    both: tuple[Any, Any], container: Any, text: str
) -> None:
    one, two = both
    customer = one.post("/v1/customers", {"companyName": "Café Möbel Zürich"}).body
    index(container, one, customer)
    assert found(one, text) == ["Café Möbel Zürich"]
    assert found(two, text) == []


def test_search_does_not_find_inside_words_nor_old_names_nor_the_trash(admin: Any, container: Any) -> None:
    created = admin.post("/v1/customers", {"companyName": "Tidewater Instruments"})
    index(container, admin, created.body)
    assert found(admin, "water") == []
    renamed = admin.patch(created.headers["location"], {"companyName": "Highland"}).body
    assert found(admin, "tide") == [], "the index is behind, the answer is not"
    index(container, admin, renamed)
    assert found(admin, "high") == ["Highland"]
    admin.delete(created.headers["location"])
    assert found(admin, "high") == []
    assert admin.get("/v1/customers/search", name="!!").status == 400
    assert admin.get("/v1/customers/search").status == 400


def test_that_a_customer_is_found_by_nothing_is_known_as_long_as_it_can_be_restored(
    both: tuple[Any, Any], container: Any
) -> None:
    one, two = both
    mine, theirs = (person.post("/v1/customers", {"companyName": "Highland"}) for person in both)
    wordless = one.post("/v1/customers", {"companyName": "!!!"}).body
    index(container, two, theirs.body)
    index(container, one, wordless)
    deleted = mine.body
    one.delete(mine.headers["location"])
    index(container, one, {**deleted, "version": 2}, operation=Operation.DELETED)
    index(container, one, deleted)  # late
    names = container.system_workspace(one.tenant, "test").names
    one.clock.advance(days=180)
    known = names.indexed(deleted["customerId"])
    assert (known.version, known.words) == (2, [])
    one.clock.advance(days=1)
    assert names.indexed(deleted["customerId"]) is None
    assert found(two, "high") == ["Highland"]
    assert names.indexed(wordless["customerId"]) is None
    found_late = check_names(
        container.system_workspace(one.tenant, "test"), limit=10, cursor=None, repair=False
    )
    assert (found_late.late, found_late.wrong) == ([], []), "there is nothing to find it by"


def test_a_customer_that_comes_back_is_found_for_good(both: tuple[Any, Any], container: Any) -> None:
    one, _ = both
    created = one.post("/v1/customers", {"companyName": "Highland"})
    index(container, one, created.body)
    one.delete(created.headers["location"])
    index(container, one, {**created.body, "version": 2}, operation=Operation.DELETED)
    back = one.post(f"{created.headers['location']}/restore").body
    index(container, one, back, operation=Operation.RESTORED)
    one.clock.advance(days=400)
    names = container.system_workspace(one.tenant, "test").names
    assert names.indexed(back["customerId"]).words == ["highland"]
    assert found(one, "high") == ["Highland"]


def test_search_shows_a_customer_once_and_pages_cover_everything_once(admin: Any, container: Any) -> None:
    for number in range(7):
        index(container, admin, admin.post("/v1/customers", {"companyName": f"Acme Acmeson {number}"}).body)
    names: list[str] = []
    query: dict[str, Any] = {"name": "acme", "limit": 3}
    while True:
        page = admin.get("/v1/customers/search", **query).body
        names += [customer["companyName"] for customer in page["items"]]
        if page["nextCursor"] is None:
            break
        query["cursor"] = page["nextCursor"]
    assert sorted(names) == [f"Acme Acmeson {number}" for number in range(7)]
    other = {"name": "acmes", "limit": 3, "cursor": query["cursor"]}
    assert admin.get("/v1/customers/search", **other).status == 400


def test_search_respects_what_the_caller_may_see(person: Any, container: Any) -> None:
    boss = person(user="boss")
    index(container, boss, boss.post("/v1/customers", {"companyName": "Tidewater", "teamId": "south"}).body)
    assert found(person(user="rep", roles=("sales-rep",), team="north"), "tide") == []
    assert found(person(user="rep", roles=("sales-rep",), team="south"), "tide") == ["Tidewater"]


@settings(
    max_examples=examples(15), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    names=st.lists(
        st.sampled_from(["Alpha Beta", "Beta Gamma", "Gamma", "Ålpha", ""]), min_size=1, max_size=5
    ),
    data=st.data(),
)
def test_the_index_of_names_converges_on_the_newest_version_in_any_order(
    container: Any, admin: Any, names: list[str], data: st.DataObject
) -> None:
    id = f"01JC8Z4T5V6W7X8Y9ZABCD{next(_IDS):04d}"
    events = [
        change(
            container,
            admin.tenant,
            id,
            version,
            Operation.UPDATED if name else Operation.DELETED,
            snapshot={"companyName": name} if name else None,
        )
        for version, name in enumerate(names, start=1)
    ]
    workspace = container.system_workspace(admin.tenant, "search")
    for event in data.draw(st.permutations([*events, *events])):
        index_name(workspace, event)
    expected = {"Alpha Beta": {"alpha", "beta"}, "Beta Gamma": {"beta", "gamma"}, "Gamma": {"gamma"}}
    expected |= {"Ålpha": {"alpha"}, "": set()}
    present = {
        hit.word
        for letter in "abg"
        for hit in workspace.names.page(letter, query="q", limit=200, cursor=None).items
        if hit.id == id
    }
    assert present == expected[names[-1]]


def test_history_tells_who_changed_what_from_what_whatever_the_order(
    both: tuple[Any, Any], container: Any
) -> None:
    one, two = both
    created = one.post("/v1/customers", {"companyName": "Tidewater", "tier": "gold"}).body
    id = created["customerId"]
    events = [
        change(
            container,
            one.tenant,
            id,
            1,
            Operation.CREATED,
            snapshot={
                "companyName": "Tidewater",
                "tier": "gold",
                "industry": None,
                "tags": [],
                "contactInfo": {"email": None, "address": {"city": None}},
            },
        ),
        change(
            container,
            one.tenant,
            id,
            2,
            changed=("tier",),
            snapshot={"tier": "silver"},
            previous={"tier": "gold"},
        ),
        change(container, one.tenant, id, 3, Operation.DELETED),
    ]
    workspace = container.system_workspace(one.tenant, "history")
    for event in (events[2], events[0], events[1], events[0]):
        keep_history(workspace.history, BY_ENTITY, event)
    answer = one.get(f"/v1/customers/{id}/history")
    assert [(entry["version"], entry["operation"]) for entry in answer.body["items"]] == [
        (3, "deleted"),
        (2, "updated"),
        (1, "created"),
    ]
    assert answer.body["items"][1]["changes"] == {"tier": {"before": "gold", "after": "silver"}}
    assert answer.body["items"][2]["changes"] == {
        "companyName": {"before": None, "after": "Tidewater"},
        "tier": {"before": None, "after": "gold"},
    }
    assert two.get(f"/v1/customers/{id}/history").status == 404


def test_a_new_owner_and_team_go_to_contacts_and_documents(both: tuple[Any, Any], container: Any) -> None:
    one, _ = both
    customer = one.post("/v1/customers", {"companyName": "Tidewater"}).body["customerId"]
    contact = one.post("/v1/contacts", {"lastName": "One", "customerId": customer}).headers["location"]
    document = one.post(
        "/v1/documents",
        {"customerId": customer, "fileName": "a.pdf", "contentType": "application/pdf", "sizeBytes": 5},
    ).headers["location"]
    one.patch(f"/v1/customers/{customer}", {"ownerId": "rep-z", "teamId": "west"})
    workspace = container.system_workspace(one.tenant, "followup")
    for _ in range(2):
        follow_up(workspace, change(container, one.tenant, customer, 2, changed=("ownerId", "teamId")))
    moved = one.get(contact).body
    assert (moved["ownerId"], moved["teamId"], moved["version"]) == ("rep-z", "west", 2)
    assert one.get(document).body["version"] == 2


def test_a_contact_written_while_its_customer_changed_hands_is_repaired(admin: Any, container: Any) -> None:
    customer = admin.post("/v1/customers", {"companyName": "Tidewater"}).body["customerId"]
    contact = admin.post("/v1/contacts", {"lastName": "One", "customerId": customer}).body["contactId"]
    admin.patch(f"/v1/customers/{customer}", {"ownerId": "rep-z"})
    workspace = container.system_workspace(admin.tenant, "followup")
    follow_up(workspace, change(container, admin.tenant, contact, 1, Operation.CREATED, entity="contact"))
    assert admin.get(f"/v1/contacts/{contact}").body["ownerId"] == "rep-z"
