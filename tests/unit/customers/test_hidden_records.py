"""What a caller may not see is never named: not by a conflict, a redirect, a repeated create or a cursor."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest

Person = Callable[..., Any]
SKIP = {"X-Skip-Duplicate-Check": "true"}


@pytest.fixture
def north(person: Person) -> Any:
    return person(user="rep-n", roles=("sales-rep",), team="north")


@pytest.fixture
def south(person: Person) -> Any:
    return person(user="rep-s", roles=("sales-rep",), team="south")


def named(refused: Any) -> list[str]:
    assert refused.status == 409, refused.text
    return [record["id"] for record in refused.body["records"]]


def test_a_duplicate_of_a_hidden_customer_is_refused_without_naming_it(
    person: Person, north: Any, south: Any
) -> None:
    body = {"companyName": "Tidewater", "externalId": "erp-1", "contactInfo": {"email": "t@x.example"}}
    hidden = north.post("/v1/customers", body).body["customerId"]
    for twin in (
        {"companyName": "TIDEWATER"},
        {"companyName": "Other", "externalId": "erp-1"},
        {"companyName": "Other", "contactInfo": {"email": "t@x.example"}},
    ):
        assert named(south.post("/v1/customers", twin)) == []
        assert named(person(user="boss").post("/v1/customers", twin)) == [hidden]
    mate = person(user="rep-m", roles=("sales-rep",), team="north")
    assert named(mate.post("/v1/customers", {"companyName": "tidewater"})) == [hidden]


def test_changing_restoring_and_batches_name_no_hidden_customer(north: Any, south: Any) -> None:
    path = south.post("/v1/customers", {"companyName": "Tidewater"}).headers["location"]
    south.delete(path)
    hidden = north.post("/v1/customers", {"companyName": "Tidewater"}).body["customerId"]
    assert named(south.post(f"{path}/restore")) == []
    other = south.post("/v1/customers", {"companyName": "Other"}).headers["location"]
    assert named(south.patch(other, {"companyName": "Tidewater"})) == []
    operations = [
        {"operation": "create", "data": {"companyName": "Tidewater"}},
        {"operation": "update", "id": other.rsplit("/", 1)[1], "data": {"companyName": "Tidewater"}},
    ]
    answer = south.post("/v1/customers:batch", {"operations": operations})
    assert [outcome["outcome"] for outcome in answer.body["outcomes"]] == ["conflict", "conflict"]
    assert hidden not in answer.text


def test_a_duplicate_of_a_hidden_contact_is_refused_without_naming_it(north: Any, south: Any) -> None:
    body = {"lastName": "Vantongeren", "email": "mira@tidewater.example"}
    path = south.post("/v1/contacts", body).headers["location"]
    south.delete(path)
    hidden = north.post("/v1/contacts", body).body["contactId"]
    assert named(north.post("/v1/contacts", body)) == [hidden]
    assert named(south.post("/v1/contacts", body)) == []
    assert named(south.post(f"{path}/restore")) == []
    other = south.post("/v1/contacts", {"lastName": "Else"}).headers["location"]
    assert named(south.patch(other, {"email": body["email"]})) == []


def test_a_merged_customer_redirects_only_whoever_may_see_the_winner(
    person: Person, north: Any, south: Any
) -> None:
    winner = north.post("/v1/customers", {"companyName": "Tidewater"}).body["customerId"]
    loser = south.post("/v1/customers", {"companyName": "Tidewater BV"}).body["customerId"]
    boss = person(user="boss")
    assert boss.post(f"/v1/customers/{winner}/merge", {"loserId": loser}).status == 200
    assert boss.get(f"/v1/customers/{loser}").headers["location"] == f"/v1/customers/{winner}"
    seen = south.get(f"/v1/customers/{loser}")
    assert (seen.status, winner in seen.text) == (404, False)
    changed = south.patch(f"/v1/customers/{loser}", {"tier": "gold"})
    assert (changed.status, winner in changed.text) == (404, False)


@pytest.mark.parametrize("kind", ["customers", "contacts"])
def test_a_repeated_create_does_not_show_a_record_that_was_given_to_others(
    person: Person, north: Any, kind: str
) -> None:
    body = {"companyName": "Tidewater"} if kind == "customers" else {"lastName": "Vantongeren"}
    created = north.post(f"/v1/{kind}", body, Idempotency_Key="k-1")
    given = {"ownerId": "rep-s", "teamId": "south", "tags": ["secret"]}
    assert person(user="boss").patch(created.headers["location"], given).status == 200
    again = north.post(f"/v1/{kind}", body, Idempotency_Key="k-1")
    assert (again.status, "secret" in again.text) == (403, False)


def test_a_cursor_tells_nothing_of_the_records_that_were_passed_over(north: Any, south: Any) -> None:
    for number in range(101):
        assert north.post("/v1/customers", {"companyName": f"Secret {number:03}"}).status == 201
    south.post("/v1/customers", {"companyName": "Aardvark"})
    south.post("/v1/customers", {"companyName": "Zebra"})
    page = south.get("/v1/customers", sort="name", limit=1).body
    assert [item["companyName"] for item in page["items"]] == ["Aardvark"]
    cursor = page["nextCursor"]
    assert b"secret" not in base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    rest = south.get("/v1/customers", sort="name", limit=1, cursor=cursor).body
    assert [item["companyName"] for item in rest["items"]] == ["Zebra"]


def test_contacts_and_documents_of_a_customer_are_listed_for_whoever_may_read_each(
    person: Person, north: Any, south: Any
) -> None:
    customer = north.post("/v1/customers", {"companyName": "Tidewater"}).body["customerId"]
    path = f"/v1/customers/{customer}"
    contact = north.post("/v1/contacts", {"lastName": "Ames", "customerId": customer}).headers["location"]
    announced = {
        "customerId": customer,
        "fileName": "a.pdf",
        "contentType": "application/pdf",
        "sizeBytes": 5,
    }
    document = north.post("/v1/documents", announced).headers["location"]
    boss = person(user="boss")
    assert boss.patch(path, {"ownerId": "rep-s", "teamId": "south"}).status == 200
    # The customer has changed hands and its contacts and documents have not followed yet.
    assert (south.get(contact).status, south.get(document).status) == (404, 404)
    assert south.get(f"{path}/contacts").body["items"] == []
    assert south.get(f"{path}/documents").body["items"] == []
    assert south.get(path, include="documents").body["documents"] == []
    assert len(boss.get(f"{path}/contacts").body["items"]) == 1
    assert len(boss.get(path, include="documents").body["documents"]) == 1


def test_a_contact_of_a_customer_in_the_trash_can_be_changed_but_none_be_added(north: Any) -> None:
    customer = north.post("/v1/customers", {"companyName": "Tidewater"}).body["customerId"]
    body = {"lastName": "Ames", "customerId": customer}
    contact = north.post("/v1/contacts", body).headers["location"]
    assert north.delete(f"/v1/customers/{customer}").status == 204
    assert north.patch(contact, {"position": "buyer"}).body["customerId"] == customer
    refused = north.post("/v1/contacts", body | {"lastName": "Else"})
    assert (refused.status, refused.body["errors"][0]["field"]) == (422, "/customerId")
    assert north.get(f"/v1/customers/{customer}/documents").status == 404
