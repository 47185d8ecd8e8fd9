"""Opportunities over the API: what is kept, who sees it, and what stages, lines and lists do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from callers import Person

PATH = "/v1/opportunities"


def create(person: Person, **facts: Any) -> Any:
    person.clock.advance(seconds=1)  # so that lists by time have one order
    answer = person.post(PATH, {"title": "Instruments", **facts})
    assert answer.status == 201, answer.text
    return answer.body


def ids(answer: Any) -> list[str]:
    assert answer.status == 200, answer.text
    return [item["opportunityId"] for item in answer.body["items"]]


def test_an_opportunity_is_kept_for_its_own_tenant_in_every_model(both: tuple[Person, Person]) -> None:
    one, other = both
    made = one.post(
        PATH,
        {"title": "Instruments", "value": 1200.5, "expectedCloseDate": "2026-03-31", "tags": ["b", "a"]},
    )
    assert made.status == 201, made.text
    assert made.headers["etag"] == '"1"'
    body = made.body
    assert body["stage"] == "prospecting" and body["outcome"] == "open" and body["currency"] == "EUR"
    assert (
        body["value"] == 1200.5 and body["expectedCloseDate"] == "2026-03-31" and body["tags"] == ["a", "b"]
    )
    assert body["ownerId"] == "user-1" and body["teamId"] == "north" and body["customerId"] is None
    read = one.get(made.headers["location"])
    assert read.body == body
    assert other.get(made.headers["location"]).status == 404
    assert ids(other.get(PATH)) == [] and ids(one.get(PATH)) == [body["opportunityId"]]


def test_the_currency_is_the_tenants_unless_given(
    person: Callable[..., Person], tenant: Callable[..., str]
) -> None:
    swiss = person(tenant(currency="CHF"))
    assert create(swiss)["currency"] == "CHF"
    assert create(swiss, currency="USD")["currency"] == "USD"
    currencies = swiss.get("/v1/pipeline/currencies")
    swiss.put("/v1/pipeline/currencies", {"baseCurrency": "SEK"}, if_match=currencies.headers["etag"])
    assert create(swiss)["currency"] == "SEK"


def test_the_customer_and_contact_must_be_ones_that_the_caller_sees(
    person: Callable[..., Person], of_customers: Callable[[Person], Person]
) -> None:
    admin = person()
    customer = of_customers(admin).post("/v1/customers", {"companyName": "Tidewater"}).body
    contact = (
        of_customers(admin)
        .post("/v1/contacts", {"lastName": "Li", "customerId": customer["customerId"]})
        .body
    )
    made = create(admin, customerId=customer["customerId"], contactId=contact["contactId"])
    assert made["customerId"] == customer["customerId"]
    rep = person(user="rep-1", roles=("sales-rep",), team="south")
    hidden = rep.post(PATH, {"title": "Instruments", "customerId": customer["customerId"]})
    assert hidden.status == 422
    assert hidden.body["errors"] == [
        {"field": "/customerId", "code": "unknown_reference", "message": "no such customer"}
    ]


def test_the_customer_of_another_tenant_looks_missing(
    both: tuple[Person, Person], of_customers: Callable[[Person], Person]
) -> None:
    one, other = both
    foreign = of_customers(other).post("/v1/customers", {"companyName": "Tidewater"}).body["customerId"]
    assert one.post(PATH, {"title": "Instruments", "customerId": foreign}).status == 422


def test_another_customer_moves_the_opportunity_under_two_versions(
    admin: Person, of_customers: Callable[[Person], Person]
) -> None:
    first, second = (
        of_customers(admin).post("/v1/customers", {"companyName": name}).body["customerId"]
        for name in ("Tidewater", "Highland")
    )
    made = create(admin, customerId=first)
    moved = admin.patch(f"{PATH}/{made['opportunityId']}", {"customerId": second, "stage": "proposal"})
    assert moved.status == 200 and moved.body["version"] == 3
    assert ids(admin.get(PATH, customer=first)) == []
    assert ids(admin.get(PATH, customer=second)) == [made["opportunityId"]]
    stages = admin.get(f"{PATH}/{made['opportunityId']}/stages").body["items"]
    assert [stay["stage"] for stay in stages] == ["prospecting", "proposal"]


def test_lines_take_name_and_price_of_their_products_and_the_value_is_their_sum(admin: Person) -> None:
    pro = admin.post("/v1/products", {"name": "GTX Pro", "unitPrice": 4821, "currency": "EUR"}).body[
        "productId"
    ]
    basic = admin.post("/v1/products", {"name": "GTX Basic", "unitPrice": 550.25}).body["productId"]
    made = create(admin, lines=[{"productId": pro, "quantity": 2}, {"productId": basic, "unitPrice": 500}])
    assert made["lines"] == [
        {"productId": pro, "name": "GTX Pro", "quantity": 2.0, "unitPrice": 4821.0},
        {"productId": basic, "name": "GTX Basic", "quantity": 1.0, "unitPrice": 500.0},
    ]
    assert made["value"] == 10142 and made["lineCount"] == 2
    (listed,) = admin.get(PATH).body["items"]
    assert listed["lineCount"] == 2 and listed["lines"] is None, "they come with the opportunity alone"
    path = f"{PATH}/{made['opportunityId']}"
    admin.patch(f"/v1/products/{pro}", {"unitPrice": 9999, "name": "GTX Ultra"})
    again = admin.patch(path, {"lines": [{"productId": pro, "quantity": 3}]})
    assert again.body["lines"][0]["name"] == "GTX Pro" and again.body["value"] == 14463
    assert admin.patch(path, {"value": 14000}).body["value"] == 14000
    assert admin.patch(path, {"lines": [{"productId": pro}]}).body["value"] == 14000, "it was given"
    admin.clock.advance(seconds=1000)
    assert [line["quantity"] for line in admin.get(path).body["lines"]] == [1], "from the store"
    admin.delete(f"/v1/products/{pro}")
    assert admin.patch(path, {"lines": [{"productId": pro, "quantity": 5}]}).status == 200, "kept as it was"
    version = admin.get(path).headers["etag"]
    replaced = admin.put(path, {"title": "B", "lines": None}, if_match=version).body
    assert replaced["lineCount"] == 1 and replaced["value"] == 24105, (
        "as a list shows it; the sum of what stayed"
    )
    emptied = admin.patch(path, {"lines": []}).body
    assert (emptied["lines"], emptied["lineCount"]) == ([], 0)
    admin.delete(path)


def test_a_line_needs_a_price_in_the_opportunitys_currency(admin: Person) -> None:
    dollar = admin.post("/v1/products", {"name": "A", "unitPrice": 10, "currency": "USD"}).body["productId"]
    free = admin.post("/v1/products", {"name": "B"}).body["productId"]
    for product, code in ((dollar, "currency_differs"), (free, "missing")):
        answer = admin.post(PATH, {"title": "x", "currency": "EUR", "lines": [{"productId": product}]})
        assert answer.status == 422
        assert [(e["field"], e["code"]) for e in answer.body["errors"]] == [("/lines/0/unitPrice", code)]
    admin.patch(f"/v1/products/{free}", {"active": False})
    inactive = admin.post(PATH, {"title": "x", "lines": [{"productId": free, "unitPrice": 5}]})
    assert inactive.body["errors"][0]["code"] == "inactive"
    unknown = admin.post(PATH, {"title": "x", "lines": [{"productId": "01JC8Z4T5V6W7X8Y9ZABCDEFGH"}]})
    assert unknown.body["errors"][0]["field"] == "/lines/0/productId"


def test_a_repeated_create_gives_the_first_one_and_notes_its_stage_once(admin: Person) -> None:
    first = admin.post(PATH, {"title": "Instruments"}, idempotency_key="k-1")
    again = admin.post(PATH, {"title": "Instruments"}, idempotency_key="k-1")
    assert again.status == 201 and again.body == first.body
    assert admin.post(PATH, {"title": "Others"}, idempotency_key="k-1").status == 422
    assert len(admin.get(f"{first.headers['location']}/stages").body["items"]) == 1


def test_etags_guard_changes_and_replacing_needs_one(admin: Person) -> None:
    path = f"{PATH}/{create(admin)['opportunityId']}"
    assert admin.put(path, {"title": "B"}).status == 428
    assert admin.put(path, {"title": "B"}, if_match='"7"').status == 412
    replaced = admin.put(path, {"title": "B"}, if_match='"1"')
    assert (
        replaced.status == 200 and replaced.body["version"] == 2 and replaced.body["stage"] == "prospecting"
    )
    assert admin.call("GET", path, headers={"if-none-match": '"2"'}).status == 304
    assert admin.patch(path, {"title": "B"}).body["version"] == 2, "nothing changed"


def test_the_trash_gives_back_what_it_took(admin: Person) -> None:
    made = create(admin, externalId="deal-1")
    path = f"{PATH}/{made['opportunityId']}"
    assert admin.delete(path).status == 204
    assert admin.get(path).status == 404 and ids(admin.get(PATH)) == []
    restored = admin.post(f"{path}/restore")
    assert (
        restored.status == 200 and restored.body["version"] == 3 and restored.body["stage"] == "prospecting"
    )


def test_upsert_by_external_id_creates_once_and_then_replaces(admin: Person) -> None:
    path = f"{PATH}/by-external-id/deal-1"
    assert admin.put(path, {"title": "A", "value": 5}).status == 201
    assert admin.put(path, {"title": "A", "value": 5}).body["version"] == 1
    changed = admin.put(path, {"title": "A", "value": 6, "stage": "proposal"})
    assert changed.status == 200 and changed.body["version"] == 2
    assert admin.get(path).body["value"] == 6


def test_lists_by_owner_team_customer_and_stage_are_pages_of_the_callers_sight(
    person: Callable[..., Person], of_customers: Callable[[Person], Person]
) -> None:
    admin = person()
    customer = of_customers(admin).post("/v1/customers", {"companyName": "Tidewater"}).body["customerId"]
    mine = create(admin, customerId=customer)["opportunityId"]
    rep = person(user="rep-1", roles=("sales-rep",), team="south")
    theirs = create(rep, stage="proposal")["opportunityId"]
    assert ids(admin.get(PATH)) == [theirs, mine] and ids(admin.get(PATH, sort="createdAt")) == [mine, theirs]
    assert ids(admin.get(PATH, owner="rep-1")) == [theirs] and ids(admin.get(PATH, team="north")) == [mine]
    assert ids(admin.get(PATH, customer=customer)) == [mine]
    assert ids(admin.get(PATH, customer=customer, owner="rep-1")) == []
    assert ids(admin.get(PATH, stage="proposal", owner="rep-1")) == [theirs]
    assert ids(rep.get(PATH)) == [theirs] and ids(rep.get(PATH, team="north")) == []
    assert ids(rep.get(PATH, stage="prospecting")) == []


def test_a_stage_is_listed_by_expected_close_date_with_undated_ones_last(admin: Person) -> None:
    for title, when in (("c", "2026-12-01"), ("a", "2025-01-31"), ("d", None), ("b", "2026-02-28")):
        create(admin, title=title, **({"expectedCloseDate": when} if when else {}))
    create(admin, title="elsewhere", stage="proposal")

    def titles(**query: Any) -> list[str]:
        found: list[str] = []
        cursor = None
        while True:
            more = {"cursor": cursor} if cursor else {}
            page = admin.get(PATH, stage="prospecting", limit=2, **query, **more)
            assert page.status == 200, page.text
            found += [item["title"] for item in page.body["items"]]
            cursor = page.body["nextCursor"]
            if cursor is None:
                return found

    assert titles() == ["a", "b", "c", "d"]
    assert titles(sort="-expectedCloseDate") == ["d", "c", "b", "a"]


@pytest.mark.parametrize("query", [{"sort": "expectedCloseDate"}, {"sort": "createdAt", "stage": "proposal"}])
def test_an_order_that_no_index_serves_is_refused(admin: Person, query: dict[str, str]) -> None:
    answer = admin.get(PATH, **query)
    assert answer.status == 400
    assert answer.body["errors"][0]["code"] == "unsupported_sort"
