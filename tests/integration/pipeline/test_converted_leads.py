"""A lead becomes a customer, a contact and a deal, in two services at once."""

from __future__ import annotations

from typing import Any

import pytest
from deployed_stack import Member, eventually, unique

pytestmark = pytest.mark.integration


def lead(member: Member, **fields: Any) -> dict[str, Any]:
    names = {"firstName": "Mira", "lastName": unique("Vantongeren"), "companyName": unique("Tidewater")}
    return member.ask("POST", "/v1/leads", {**names, "source": "trade fair", **fields})


def convert(member: Member, lead_id: str, **wish: Any) -> dict[str, Any]:
    return member.ask("POST", f"/v1/leads/{lead_id}/convert", wish)


def test_a_lead_is_converted_once_into_records_of_two_services(home: Member, stranger: Member) -> None:
    made = lead(home)
    wish = {"opportunity": {"title": unique("First order"), "value": 500}}
    converted = convert(home, made["leadId"], **wish)
    assert convert(home, made["leadId"], **wish) == converted, "a double click"

    customer = home.ask("GET", f"/v1/customers/{converted['customerId']}")
    contact = home.ask("GET", f"/v1/contacts/{converted['contactId']}")
    opportunity = home.ask("GET", f"/v1/opportunities/{converted['opportunityId']}")
    assert customer["companyName"] == made["companyName"]
    assert (contact["lastName"], contact["customerId"]) == (made["lastName"], customer["customerId"])
    assert opportunity["customerId"] == customer["customerId"]
    assert opportunity["leadId"] == made["leadId"]
    assert home.ask("GET", f"/v1/leads/{made['leadId']}")["status"] == "converted"
    page = home.ask("GET", f"/v1/customers/{customer['customerId']}/contacts")
    assert [item["contactId"] for item in page["items"]] == [contact["contactId"]]
    for path in (f"/v1/customers/{customer['customerId']}", f"/v1/leads/{made['leadId']}"):
        assert stranger.get(path).status_code == 404


def test_a_lead_of_a_company_that_is_there_goes_to_it_when_told_to(home: Member) -> None:
    customer = home.customer()
    made = lead(home, companyName=customer["companyName"])
    refused = home.send("POST", f"/v1/leads/{made['leadId']}/convert", {})
    assert refused.status_code == 409
    assert customer["customerId"] in refused.text
    assert home.ask("GET", f"/v1/leads/{made['leadId']}")["status"] == "new", "nothing is left half done"
    converted = convert(home, made["leadId"], customer={"customerId": customer["customerId"]})
    assert converted["customerId"] == customer["customerId"]
    assert converted["opportunityId"] is None


def test_a_customer_of_another_company_is_no_target(home: Member, stranger: Member) -> None:
    theirs, made = stranger.customer()["customerId"], lead(home)
    path = f"/v1/leads/{made['leadId']}"
    refused = home.send("POST", f"{path}/convert", {"customer": {"customerId": theirs}})
    assert refused.status_code == 422
    assert eventually(lambda: home.ask("GET", path)["status"] == "new")
    assert stranger.send("POST", f"{path}/convert", {}).status_code == 404
