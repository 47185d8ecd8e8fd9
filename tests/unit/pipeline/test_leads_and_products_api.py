"""Leads and products over the API: what is kept, who sees it, what is unique."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from callers import Person

LEADS = "/v1/leads"
PRODUCTS = "/v1/products"


def names(answer: Any) -> list[str]:
    assert answer.status == 200, answer.text
    return [item.get("lastName") or item["name"] for item in answer.body["items"]]


def test_a_lead_is_kept_for_its_own_tenant_in_every_model(both: tuple[Person, Person]) -> None:
    one, other = both
    made = one.post(
        LEADS,
        {
            "lastName": "Li",
            "companyName": "Tidewater",
            "email": "Li@Tidewater.example",
            "estimatedValue": 12.5,
        },
    )
    assert made.status == 201, made.text
    assert made.body["email"] == "li@tidewater.example" and made.body["status"] == "new"
    assert made.body["currency"] == "EUR", "the tenant's, as an estimate needs one"
    assert made.body["convertedAt"] is None and made.body["customerId"] is None
    assert one.get(made.headers["location"]).body == made.body
    assert other.get(made.headers["location"]).status == 404 and names(other.get(LEADS)) == []


def test_a_second_lead_of_an_email_is_a_duplicate_unless_insisted_on(admin: Person) -> None:
    first = admin.post(LEADS, {"lastName": "Li", "email": "li@tidewater.example"}).body
    second = admin.post(LEADS, {"lastName": "Lee", "email": "li@tidewater.example"})
    assert second.status == 409
    assert second.body["records"] == [{"entity": "lead", "id": first["leadId"], "match": "email"}]
    assert (
        admin.post(
            LEADS, {"lastName": "Lee", "email": "li@tidewater.example"}, X_Skip_Duplicate_Check="true"
        ).status
        == 201
    )


def test_leads_are_listed_by_each_filter_within_sight(admin: Person, person: Callable[..., Person]) -> None:
    admin.post(LEADS, {"lastName": "A", "source": "fair", "status": "qualified", "email": "a@x.example"})
    rep = person(user="rep-1", roles=("sales-rep",), team="south")
    rep.clock.advance(seconds=1)
    rep.post(LEADS, {"lastName": "B", "source": "web"})
    assert names(admin.get(LEADS)) == ["B", "A"] and names(admin.get(LEADS, sort="createdAt")) == ["A", "B"]
    assert names(admin.get(LEADS, source="fair")) == ["A"] and names(admin.get(LEADS, status="new")) == ["B"]
    assert names(admin.get(LEADS, email="A@X.example")) == ["A"]
    assert names(admin.get(LEADS, owner="rep-1")) == ["B"] and names(admin.get(LEADS, team="north")) == ["A"]
    assert names(admin.get(LEADS, source="web", status="qualified")) == []
    assert names(rep.get(LEADS)) == ["B"] and names(rep.get(LEADS, team="north")) == []


def test_leads_are_assigned_changed_replaced_and_restored(
    admin: Person, person: Callable[..., Person]
) -> None:
    path = admin.post(LEADS, {"lastName": "Li", "score": 5, "externalId": "l-1"}).headers["location"]
    given = admin.patch(path, {"ownerId": "rep-1", "teamId": "south", "status": "contacted"})
    assert given.body["ownerId"] == "rep-1" and given.body["version"] == 2
    rep = person(user="rep-1", roles=("sales-rep",), team="south")
    assert rep.patch(path, {"score": 80}).status == 200
    assert rep.patch(path, {"ownerId": "user-1", "teamId": "north"}).status == 403, "out of reach"
    replaced = admin.put(path, {"lastName": "Lee"}, if_match='"3"')
    assert replaced.body["score"] is None and replaced.body["ownerId"] == "rep-1"
    assert admin.delete(path).status == 204 and admin.get(path).status == 404
    assert admin.post(f"{path}/restore").body["lastName"] == "Lee"
    assert admin.put(f"{LEADS}/by-external-id/l-2", {"lastName": "Wei"}).status == 201
    assert admin.get(f"{LEADS}/by-external-id/l-2").body["lastName"] == "Wei"
    viewer = person(user="v", roles=("viewer",))
    assert viewer.get(path).status == 200 and viewer.patch(path, {"score": 1}).status == 403


def test_products_are_the_whole_tenants_and_of_one_name(
    both: tuple[Person, Person], person: Callable[..., Person]
) -> None:
    one, other = both
    made = one.post(PRODUCTS, {"name": "GTX Plus Pro", "series": "GTX", "unitPrice": 5482})
    assert made.status == 201 and made.body["currency"] == "EUR" and made.body["active"] is True
    again = one.post(PRODUCTS, {"name": "gtx-plus pro"})
    assert again.status == 409 and again.body["records"][0]["id"] == made.body["productId"]
    one.clock.advance(seconds=1)
    one.post(PRODUCTS, {"name": "Alpha"})
    assert names(one.get(PRODUCTS)) == ["Alpha", "GTX Plus Pro"]
    assert names(one.get(PRODUCTS, sort="-createdAt")) == ["Alpha", "GTX Plus Pro"]
    assert names(other.get(PRODUCTS)) == [] and other.get(made.headers["location"]).status == 404
    rep = person(one.tenant, user="rep-1", roles=("sales-rep",))
    assert names(rep.get(PRODUCTS)) == ["Alpha", "GTX Plus Pro"]
    assert rep.post(PRODUCTS, {"name": "Mine"}).status == 403
    assert rep.patch(made.headers["location"], {"unitPrice": 1}).status == 403


def test_products_lose_their_price_go_to_the_trash_and_come_back(admin: Person) -> None:
    path = admin.put(f"{PRODUCTS}/by-external-id/sku-1", {"name": "GTX", "unitPrice": 5}).headers["location"]
    assert admin.patch(path, {"unitPrice": None}).body["unitPrice"] is None
    assert (
        admin.put(f"{PRODUCTS}/by-external-id/sku-1", {"name": "GTX", "active": False}).body["active"]
        is False
    )
    assert admin.delete(path).status == 204
    assert admin.post(PRODUCTS, {"name": "GTX"}).status == 201, "the name is free"
    assert admin.post(f"{path}/restore").status == 409
    assert admin.post(f"{path}/restore", X_Skip_Duplicate_Check="true").status == 200


def test_custom_fields_are_those_that_the_tenant_defined(
    admin: Person, of_customers: Callable[[Person], Person]
) -> None:
    for entity in ("lead", "product", "opportunity"):
        field = {"entity": entity, "name": "region", "type": "choice", "choices": ["north", "south"]}
        assert of_customers(admin).post("/v1/fields", field).status == 201
    for path, draft in (
        (LEADS, {"lastName": "Li"}),
        (PRODUCTS, {"name": "GTX"}),
        ("/v1/opportunities", {"title": "Deal"}),
    ):
        wrong = admin.post(path, {**draft, "custom": {"region": "west"}})
        assert wrong.status == 422 and wrong.body["errors"][0]["field"] == "/custom/region"
        assert admin.post(path, {**draft, "custom": {"region": "north"}}).body["custom"] == {
            "region": "north"
        }
