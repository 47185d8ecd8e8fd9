"""A lead becomes a customer, a contact and an opportunity: all of them or none, and once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from callers import Person
from pipeline_in_process import SalesWorld

Customers = Callable[[Person], Person]

LEAD = {
    "companyName": "Tidewater Instruments",
    "firstName": "Mira",
    "lastName": "Vantongeren",
    "email": "mira@tidewater.example",
    "phone": "+31 30 123",
    "position": "Head of Procurement",
    "industry": "medical",
    "estimatedValue": 12000,
    "currency": "USD",
    "doNotContact": True,
}


def lead(person: Person, **facts: Any) -> str:
    answer = person.post("/v1/leads", {**LEAD, **facts})
    assert answer.status == 201, answer.text
    return answer.headers["location"]


def convert(person: Person, path: str, wish: Any = None, **headers: str) -> Any:
    return person.post(f"{path}/convert", wish or {}, **headers)


def fault(answer: Any) -> tuple[int, str, str]:
    return answer.status, answer.body["errors"][0]["field"], answer.body["errors"][0]["code"]


def kind(answer: Any) -> str:
    return answer.body["type"].rpartition("/")[2]


def everything(customers: Person) -> tuple[list[Any], list[Any]]:
    return customers.get("/v1/customers").body["items"], customers.get("/v1/contacts").body["items"]


def test_a_lead_becomes_a_customer_and_a_contact_of_its_owner_in_every_model(
    both: tuple[Person, Person], of_customers: Customers
) -> None:
    admin, other = both
    path = lead(admin, ownerId="rep-1", teamId="south")
    answer = convert(admin, path)
    assert answer.status == 200, answer.text
    body = answer.body
    assert body["opportunityId"] is None and body["convertedBy"] == "user-1"
    (customer,), (contact,) = everything(of_customers(admin))
    assert customer["customerId"] == body["customerId"] and contact["contactId"] == body["contactId"]
    assert (customer["companyName"], customer["industry"]) == ("Tidewater Instruments", "medical")
    assert contact["customerId"] == customer["customerId"] and contact["doNotContact"] is True
    assert (contact["firstName"], contact["email"]) == ("Mira", "mira@tidewater.example")
    assert {customer["ownerId"], contact["ownerId"]} == {"rep-1"} and contact["teamId"] == "south"
    after = admin.get(path).body
    assert after["status"] == "converted" and after["version"] == 3
    assert {name: after[name] for name in ("customerId", "contactId", "convertedAt")} == {
        name: body[name] for name in ("customerId", "contactId", "convertedAt")
    }
    assert everything(of_customers(other)) == ([], [])
    assert convert(other, path).status == 404


def test_an_opportunity_comes_along_with_the_leads_estimate(admin: Person) -> None:
    path = lead(admin)
    body = convert(admin, path, {"opportunity": {"expectedCloseDate": "2026-12-15"}}).body
    deal = admin.get(f"/v1/opportunities/{body['opportunityId']}").body
    assert (deal["title"], deal["value"], deal["currency"]) == ("Tidewater Instruments", 12000, "USD")
    assert deal["customerId"] == body["customerId"] and deal["contactId"] == body["contactId"]
    assert deal["leadId"] == body["leadId"] and deal["stage"] == "prospecting"
    stages = admin.get(f"/v1/opportunities/{body['opportunityId']}/stages").body["items"]
    assert [stay["stage"] for stay in stages] == ["prospecting"]


def test_what_the_wish_says_counts_before_what_the_lead_says(admin: Person, of_customers: Customers) -> None:
    wish = {
        "customer": {
            "companyName": "Tidewater B.V.",
            "tier": "gold",
            "contactInfo": {"website": "https://t.example"},
        },
        "contact": {"lastName": "van Tongeren", "details": {"language": "nl"}, "doNotContact": False},
        "opportunity": {
            "title": "Two labs",
            "value": 5,
            "currency": "EUR",
            "stage": "proposal",
            "tags": ["b", "a"],
        },
    }
    body = convert(admin, lead(admin), wish).body
    (customer,), (contact,) = everything(of_customers(admin))
    assert (customer["companyName"], customer["tier"]) == ("Tidewater B.V.", "gold")
    assert (contact["firstName"], contact["lastName"]) == ("Mira", "van Tongeren")
    assert contact["doNotContact"] is False and contact["details"]["language"] == "nl"
    deal = admin.get(f"/v1/opportunities/{body['opportunityId']}").body
    assert (deal["title"], deal["value"], deal["currency"], deal["stage"]) == (
        "Two labs",
        5,
        "EUR",
        "proposal",
    )


def test_a_lead_of_no_company_becomes_a_customer_of_the_persons_name(
    admin: Person, of_customers: Customers
) -> None:
    convert(admin, lead(admin, companyName=None))
    (customer,), _ = everything(of_customers(admin))
    assert customer["companyName"] == "Mira Vantongeren"


def test_a_second_click_gives_the_same_answer_and_makes_nothing(
    admin: Person, of_customers: Customers
) -> None:
    path = lead(admin)
    wish = {"opportunity": {"title": "Two labs", "tags": ["x", "y", "z"]}}
    first = convert(admin, path, wish)
    assert convert(admin, path, wish).body == first.body
    assert convert(admin, path, wish, idempotency_key="k-1").body == first.body
    customers, contacts = everything(of_customers(admin))
    assert len(customers) == len(contacts) == len(admin.get("/v1/opportunities").body["items"]) == 1
    otherwise = convert(admin, path, {"opportunity": {"title": "Three labs"}})
    assert otherwise.status == 409 and kind(otherwise) == "lead-converted"


def test_two_clicks_at_the_same_moment_end_with_one_answer(
    admin: Person, of_customers: Customers, world: SalesWorld
) -> None:
    path = lead(admin)
    wish = {"opportunity": {"title": "Two labs"}}
    inner: list[Any] = []

    def meanwhile(service: str, call: Any) -> None:
        if not inner:
            inner.append(None)
            inner[0] = (convert(admin, path, wish), convert(admin, path, {}))

    world.doors.before = meanwhile
    outer = convert(admin, path, wish)
    same, another = inner[0]
    assert outer.status == same.status == 200 and outer.body == same.body
    assert another.status == 409, "another wish, when the first was done"
    customers, contacts = everything(of_customers(admin))
    assert len(customers) == len(contacts) == len(admin.get("/v1/opportunities").body["items"]) == 1


def test_another_wish_while_one_is_carried_out_is_refused(admin: Person, world: SalesWorld) -> None:
    path = lead(admin)
    refused: list[Any] = []

    def meanwhile(service: str, call: Any) -> None:
        if not refused:
            refused.append(convert(admin, path, {"opportunity": {"title": "Other"}}))

    world.doors.before = meanwhile
    assert convert(admin, path).status == 200
    assert refused[0].status == 409 and kind(refused[0]) == "conversion-running"


def test_a_lead_goes_into_a_customer_contact_and_opportunity_that_there_are(
    admin: Person, of_customers: Customers
) -> None:
    customer = of_customers(admin).post("/v1/customers", {"companyName": "Highland"}).body["customerId"]
    contact = (
        of_customers(admin).post("/v1/contacts", {"lastName": "Li", "customerId": customer}).body["contactId"]
    )
    deal = admin.post("/v1/opportunities", {"title": "Deal"}).body["opportunityId"]
    path = lead(admin)
    wish = {"contact": {"contactId": contact}, "opportunity": {"opportunityId": deal}}
    body = convert(admin, path, wish).body
    assert (body["customerId"], body["contactId"], body["opportunityId"]) == (customer, contact, deal)
    after = admin.get(f"/v1/opportunities/{deal}").body
    assert (after["customerId"], after["contactId"], after["leadId"]) == (customer, contact, body["leadId"])
    customers, contacts = everything(of_customers(admin))
    assert len(customers) == len(contacts) == 1


def test_the_existing_opportunitys_customer_is_the_customer(admin: Person, of_customers: Customers) -> None:
    customer, other = (
        of_customers(admin).post("/v1/customers", {"companyName": name}).body["customerId"]
        for name in ("Highland", "Lowland")
    )
    deal = admin.post("/v1/opportunities", {"title": "Deal", "customerId": customer}).body["opportunityId"]
    path = lead(admin)
    wish: dict[str, Any] = {"opportunity": {"opportunityId": deal}}
    assert fault(convert(admin, path, {**wish, "customer": {"customerId": other}})) == (
        422,
        "/opportunity/opportunityId",
        "other_customer",
    )
    body = convert(admin, path, wish).body
    assert body["customerId"] == customer
    _, (contact,) = everything(of_customers(admin))
    assert contact["customerId"] == customer
    assert admin.get(f"/v1/opportunities/{deal}").body["contactId"] == contact["contactId"]


def test_a_customer_of_that_name_is_named_and_can_be_converted_into(
    admin: Person, of_customers: Customers
) -> None:
    known = (
        of_customers(admin).post("/v1/customers", {"companyName": "tidewater instruments"}).body["customerId"]
    )
    path = lead(admin)
    answer = convert(admin, path)
    assert answer.status == 409 and kind(answer) == "duplicate"
    assert answer.body["records"] == [{"entity": "customer", "id": known, "match": "name"}]
    assert admin.get(path).body["status"] == "new", "as it was"
    customers, contacts = everything(of_customers(admin))
    assert len(customers) == 1 and contacts == []
    assert convert(admin, path, {"customer": {"customerId": known}}).body["customerId"] == known


def test_a_duplicate_may_be_insisted_on(admin: Person, of_customers: Customers) -> None:
    of_customers(admin).post("/v1/customers", {"companyName": "Tidewater Instruments"})
    assert convert(admin, lead(admin), {}, X_Skip_Duplicate_Check="true").status == 200
    assert len(everything(of_customers(admin))[0]) == 2


@pytest.mark.parametrize(
    ("wish", "field", "code"),
    [
        (
            {"customer": {"customerId": "01JC8Z4T5V6W7X8Y9ZABCDEFGH"}},
            "/customer/customerId",
            "unknown_reference",
        ),
        ({"contact": {"contactId": "01JC8Z4T5V6W7X8Y9ZABCDEFGH"}}, "/contact/contactId", "unknown_reference"),
        (
            {"opportunity": {"opportunityId": "01JC8Z4T5V6W7X8Y9ZABCDEFGH"}},
            "/opportunity/opportunityId",
            "unknown_reference",
        ),
        (
            {"customer": {"customerId": "01JC8Z4T5V6W7X8Y9ZABCDEFGH", "tier": "gold"}},
            "/customer",
            "existing_or_new",
        ),
        ({"opportunity": {"stage": "nowhere"}}, "/opportunity/stage", "unknown_stage"),
        ({"opportunity": {"currency": "DEM"}}, "/opportunity/currency", "currency"),
        ({"opportunity": {"customerId": "x"}}, "/opportunity/customerId", "extra_forbidden"),
        ({"customer": {"contactInfo": {"email": "none"}}}, "/customer/contactInfo/email", "email"),
        ({"customer": {"custom": {"region": "x"}}}, "/customer/custom/region", "unknown_field"),
        ({"contact": {"details": {"colour": "x"}}}, "/contact/details/colour", "extra_forbidden"),
        ({"company": {}}, "/company", "extra_forbidden"),
    ],
)
def test_what_of_the_wish_cannot_be_is_told_where_the_wish_has_it(
    admin: Person, of_customers: Customers, wish: Any, field: str, code: str
) -> None:
    path = lead(admin)
    assert fault(convert(admin, path, wish)) == (422, field, code)
    assert admin.get(path).body["status"] == "new"
    assert everything(of_customers(admin)) == ([], [])
    assert convert(admin, path).status == 200, "in another way it can be converted at once"


def test_a_closed_opportunity_is_not_converted_into(admin: Person) -> None:
    deal = admin.post("/v1/opportunities", {"title": "Deal", "stage": "won"}).body["opportunityId"]
    answer = convert(admin, lead(admin), {"opportunity": {"opportunityId": deal}})
    assert answer.status == 409 and kind(answer) == "opportunity-closed"


def test_a_converted_lead_stays_as_it_is_but_may_go(admin: Person) -> None:
    path = lead(admin)
    convert(admin, path)
    for refused in (
        admin.patch(path, {"score": 5}),
        admin.put(path, {"lastName": "x"}, if_match='"3"'),
        admin.patch(path, {"status": "new"}),
    ):
        assert refused.status == 409 and kind(refused) == "lead-converted"
    assert admin.post("/v1/leads", LEAD).status == 201, "its e-mail is a contact's by now"
    assert admin.delete(path).status == 204


def test_only_who_may_convert_the_lead_converts_it(admin: Person, person: Callable[..., Person]) -> None:
    path = lead(admin)
    assert convert(person(user="v", roles=("viewer",)), path).status == 403
    rep = person(user="rep-1", roles=("sales-rep",), team="south")
    assert convert(rep, path).status == 404, "out of sight"
    team = person(user="rep-2", roles=("sales-rep",), team="north")
    assert convert(team, path).status == 403, "in sight, another's"
    assert convert(rep, lead(rep, email="other@tidewater.example")).status == 200


def test_the_version_that_was_seen_may_be_insisted_on(admin: Person) -> None:
    path = lead(admin)
    assert convert(admin, path, {}, if_match='"7"').status == 412
    assert convert(admin, path, {}, if_match='"1"').status == 200
