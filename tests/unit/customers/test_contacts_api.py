"""/v1/contacts, over the three isolation models, always with two tenants."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Both = tuple[Any, Any]


def customer_of(person: Any, name: str = "Tidewater", **facts: Any) -> str:
    created = person.post("/v1/customers", {"companyName": name, **facts})
    assert created.status == 201, created.text
    return str(created.body["customerId"])


def contact_of(person: Any, **facts: Any) -> Any:
    created = person.post("/v1/contacts", {"lastName": "Vantongeren", **facts})
    assert created.status == 201, created.text
    return created


def test_a_contact_is_read_back_by_its_tenant_only(both: Both) -> None:
    one, two = both
    created = contact_of(one, customerId=customer_of(one), email="Mira@X.example")
    path = created.headers["location"]
    assert one.get(path).body == created.body
    assert created.body["email"] == "mira@x.example"
    assert two.get(path).status == 404
    assert two.get("/v1/contacts", email="mira@x.example").body["items"] == []
    assert [c["contactId"] for c in one.get("/v1/contacts", email="MIRA@x.example").body["items"]] == [
        created.body["contactId"]
    ]


def test_a_contact_of_another_tenants_customer_is_refused_as_unknown(both: Both) -> None:
    one, two = both
    foreign = two.post("/v1/contacts", {"lastName": "A", "customerId": customer_of(one)})
    missing = two.post("/v1/contacts", {"lastName": "A", "customerId": "01JC8Z4T5V6W7X8Y9ZABCDEFGH"})
    assert foreign.status == missing.status == 422
    assert foreign.body["errors"] == missing.body["errors"]
    assert foreign.body["errors"][0]["field"] == "/customerId"


def test_contacts_of_a_customer_come_by_last_name(both: Both) -> None:
    one, two = both
    customer_id = customer_of(one)
    for name in ("Zwart", "Álvarez", "Moreau"):
        contact_of(one, lastName=name, customerId=customer_id)
    contact_of(one, lastName="Elsewhere")
    listed = one.get(f"/v1/customers/{customer_id}/contacts", limit=2)
    rest = one.get(f"/v1/customers/{customer_id}/contacts", limit=2, cursor=listed.body["nextCursor"])
    names = [c["lastName"] for c in (*listed.body["items"], *rest.body["items"])]
    assert names == ["Álvarez", "Moreau", "Zwart"]
    assert two.get(f"/v1/customers/{customer_id}/contacts").status == 404


def test_a_contact_takes_owner_and_team_of_its_customer(person: Callable[..., Any]) -> None:
    boss = person(user="boss")
    customer_id = customer_of(boss, ownerId="rep-a", teamId="south")
    contact = contact_of(boss, customerId=customer_id)
    assert (contact.body["ownerId"], contact.body["teamId"]) == ("rep-a", "south")
    assert (
        person(user="rep-a", roles=("sales-rep",), team="south").get(contact.headers["location"]).status
        == 200
    )
    assert (
        person(user="rep-b", roles=("sales-rep",), team="north").get(contact.headers["location"]).status
        == 404
    )


def test_a_move_to_another_customer_takes_two_versions_and_leaves_one_record(both: Both) -> None:
    one, _ = both
    old, new = customer_of(one, "Old"), customer_of(one, "New")
    contact = contact_of(one, customerId=old)
    moved = one.patch(contact.headers["location"], {"customerId": new})
    assert moved.status == 200, moved.text
    assert (moved.body["version"], moved.body["customerId"]) == (3, new)
    assert one.get(f"/v1/customers/{old}/contacts").body["items"] == []
    assert len(one.get(f"/v1/customers/{new}/contacts").body["items"]) == 1
    alone = one.patch(contact.headers["location"], {"customerId": None})
    assert (alone.body["version"], alone.body["customerId"]) == (5, None)
    assert one.get(contact.headers["location"]).body == alone.body


def test_the_same_email_or_name_at_a_customer_is_a_conflict_that_names_the_contact(admin: Any) -> None:
    customer_id = customer_of(admin)
    first = contact_of(admin, firstName="Mira", customerId=customer_id, email="m@x.example").body
    same_mail = admin.post("/v1/contacts", {"lastName": "Other", "email": "M@x.example"})
    assert (same_mail.status, same_mail.body["records"][0]["match"]) == (409, "email")
    same_name = admin.post(
        "/v1/contacts", {"firstName": "mira", "lastName": "VANTONGEREN", "customerId": customer_id}
    )
    assert same_name.status == 409
    assert same_name.body["records"] == [{"entity": "contact", "id": first["contactId"], "match": "name"}]
    assert contact_of(admin, firstName="Mira").status == 201


def test_delete_and_restore_of_a_contact(both: Both) -> None:
    one, two = both
    contact = contact_of(one, customerId=customer_of(one), email="m@x.example")
    path = contact.headers["location"]
    assert one.delete(path, If_Match='"7"').status == 412
    assert one.delete(path).status == 204
    assert one.get(path).status == 404
    assert one.get("/v1/contacts", email="m@x.example").body["items"] == []
    assert two.post(f"{path}/restore").status == 404
    restored = one.post(f"{path}/restore")
    assert restored.status == 200
    assert restored.body["email"] == "m@x.example"


def test_a_repeated_create_of_a_contact_gives_the_first_one(both: Both) -> None:
    one, two = both
    body = {"lastName": "Vantongeren", "email": "m@x.example"}
    first = one.post("/v1/contacts", body, Idempotency_Key="c-1")
    again = one.post("/v1/contacts", body, Idempotency_Key="c-1")
    assert (again.status, again.body) == (201, first.body)
    assert two.post("/v1/contacts", body, Idempotency_Key="c-1").body["contactId"] != first.body["contactId"]


def test_contacts_filter_by_owner_and_team(person: Callable[..., Any]) -> None:
    boss = person(user="boss")
    contact_of(boss, lastName="One", ownerId="rep-a", teamId="north")
    contact_of(boss, lastName="Two", ownerId="rep-b", teamId="north")
    contact_of(boss, lastName="Three", ownerId="rep-b", teamId="south")

    def names(**query: Any) -> set[str]:
        return {c["lastName"] for c in boss.get("/v1/contacts", **query).body["items"]}

    assert names() == {"One", "Two", "Three"}
    assert names(owner="rep-b") == {"Two", "Three"}
    assert names(owner="rep-b", team="north") == {"Two"}
