"""/v1/customers, over the three isolation models, always with two tenants."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

Both = tuple[Any, Any]


def test_a_created_customer_is_read_back_by_its_tenant_only(both: Both) -> None:
    one, two = both
    created = one.post("/v1/customers", {"companyName": "Tidewater", "industry": "medical"})
    assert created.status == 201, created.text
    path = created.headers["location"]
    assert path == f"/v1/customers/{created.body['customerId']}"
    read = one.get(path)
    assert (read.status, read.body) == (200, created.body)
    assert read.headers["etag"] == created.headers["etag"]
    assert two.get(path).status == 404
    assert two.patch(path, {"tier": "gold"}).status == 404
    assert two.delete(path).status == 404
    assert two.get("/v1/customers").body == {"items": [], "nextCursor": None}


def test_the_same_idempotency_key_gives_the_same_customer_and_another_body_is_refused(both: Both) -> None:
    one, two = both
    first = one.post("/v1/customers", {"companyName": "Tidewater"}, Idempotency_Key="k-1")
    again = one.post("/v1/customers", {"companyName": "Tidewater"}, Idempotency_Key="k-1")
    assert again.status == 201 and again.body == first.body
    assert one.post("/v1/customers", {"companyName": "Other"}, Idempotency_Key="k-1").status == 422
    foreign = two.post("/v1/customers", {"companyName": "Tidewater"}, Idempotency_Key="k-1")
    assert foreign.status == 201 and foreign.body["customerId"] != first.body["customerId"]


@pytest.mark.parametrize(
    "name", ["tidewater  INSTRUMENTS", "Tidewater-Instruments!", "Tïdewater Instruments"]
)
def test_a_customer_of_the_same_name_is_a_conflict_that_names_it_unless_skipped(
    admin: Any, name: str
) -> None:
    first = admin.post("/v1/customers", {"companyName": "Tidewater Instruments"}).body
    refused = admin.post("/v1/customers", {"companyName": name})
    assert refused.status == 409
    assert refused.body["records"] == [{"entity": "customer", "id": first["customerId"], "match": "name"}]
    assert admin.post("/v1/customers", {"companyName": name}, X_Skip_Duplicate_Check="true").status == 201


def test_a_customer_of_the_same_email_is_a_conflict(admin: Any) -> None:
    first = admin.post("/v1/customers", {"companyName": "One", "contactInfo": {"email": "A@x.example"}}).body
    refused = admin.post("/v1/customers", {"companyName": "Two", "contactInfo": {"email": "a@X.example"}})
    assert refused.status == 409
    assert refused.body["records"] == [{"entity": "customer", "id": first["customerId"], "match": "email"}]


def test_a_name_is_free_again_after_a_delete_and_after_a_rename(admin: Any) -> None:
    first = admin.post("/v1/customers", {"companyName": "Tidewater"})
    path = first.headers["location"]
    assert admin.patch(path, {"companyName": "Highwater"}).status == 200
    second = admin.post("/v1/customers", {"companyName": "Tidewater"})
    assert second.status == 201
    assert admin.delete(second.headers["location"]).status == 204
    assert admin.post("/v1/customers", {"companyName": "Tidewater"}).status == 201


def test_a_record_let_in_as_a_duplicate_can_be_renamed_and_deleted(admin: Any) -> None:
    admin.post("/v1/customers", {"companyName": "Tidewater"})
    twin = admin.post("/v1/customers", {"companyName": "Tidewater"}, X_Skip_Duplicate_Check="true")
    assert admin.patch(twin.headers["location"], {"companyName": "Lowwater"}).status == 200
    other = admin.post("/v1/customers", {"companyName": "Tidewater"}, X_Skip_Duplicate_Check="true")
    assert admin.delete(other.headers["location"]).status == 204
    # The first one still has the name.
    assert admin.post("/v1/customers", {"companyName": "Tidewater"}).status == 409


def test_delete_is_a_trash_with_restore(both: Both) -> None:
    one, two = both
    created = one.post("/v1/customers", {"companyName": "Tidewater", "tags": ["a", "b"], "tier": "gold"})
    path = created.headers["location"]
    assert one.delete(path).status == 204
    assert one.get(path).status == 404
    assert one.get("/v1/customers").body["items"] == []
    assert two.post(f"{path}/restore").status == 404
    restored = one.post(f"{path}/restore")
    assert restored.status == 200
    assert restored.body["version"] == 3
    for name in ("companyName", "tags", "tier", "ownerId", "createdAt"):
        assert restored.body[name] == created.body[name]
    assert [item["customerId"] for item in one.get("/v1/customers").body["items"]] == [
        created.body["customerId"]
    ]


def test_restoring_into_a_taken_name_is_a_conflict(admin: Any) -> None:
    created = admin.post("/v1/customers", {"companyName": "Tidewater"})
    admin.delete(created.headers["location"])
    admin.post("/v1/customers", {"companyName": "Tidewater"})
    assert admin.post(created.headers["location"] + "/restore").status == 409
    skipped = admin.post(created.headers["location"] + "/restore", X_Skip_Duplicate_Check="true")
    assert skipped.status == 200


def test_a_lost_race_is_412_with_the_current_version(admin: Any) -> None:
    created = admin.post("/v1/customers", {"companyName": "Tidewater"})
    path, etag = created.headers["location"], created.headers["etag"]
    assert admin.patch(path, {"tier": "gold"}, If_Match=etag).status == 200
    lost = admin.patch(path, {"tier": "silver"}, If_Match=etag)
    assert lost.status == 412 and lost.body["currentVersion"] == 2
    assert admin.put(path, {"companyName": "Tidewater"}).status == 428
    assert admin.delete(path, If_Match=etag).status == 412


def test_a_patch_changes_what_it_names_and_null_empties(admin: Any) -> None:
    created = admin.post(
        "/v1/customers",
        {
            "companyName": "Tidewater",
            "tier": "gold",
            "contactInfo": {"phone": "+31 20 1234567", "email": "a@b.example"},
        },
    )
    changed = admin.patch(created.headers["location"], {"tier": None, "contactInfo": {"phone": None}})
    assert changed.status == 200
    assert changed.body["tier"] is None
    assert changed.body["contactInfo"]["phone"] is None
    assert changed.body["contactInfo"]["email"] == "a@b.example"
    assert admin.patch(created.headers["location"], {"companyName": None}).status == 422


def test_a_patch_that_changes_nothing_keeps_the_version(admin: Any) -> None:
    created = admin.post("/v1/customers", {"companyName": "Tidewater", "tier": "gold"})
    assert admin.patch(created.headers["location"], {"tier": "gold"}).body["version"] == 1


def test_lists_filter_by_owner_industry_and_tier_and_sort_by_creation_or_name(both: Both, clock: Any) -> None:
    one, two = both
    for number, (name, industry, tier) in enumerate(
        [("Beta", "medical", "gold"), ("alpha", "medical", "silver"), ("Gamma", "retail", "gold")]
    ):
        clock.advance(seconds=1)
        assert (
            one.post("/v1/customers", {"companyName": name, "industry": industry, "tier": tier}).status == 201
        )
        assert (
            two.post("/v1/customers", {"companyName": f"Foreign {number}", "industry": industry}).status
            == 201
        )

    def names(**query: Any) -> list[str]:
        answer = one.get("/v1/customers", **query)
        assert answer.status == 200, answer.text
        return [item["companyName"] for item in answer.body["items"]]

    assert names() == ["Gamma", "alpha", "Beta"]
    assert names(sort="createdAt") == ["Beta", "alpha", "Gamma"]
    assert names(sort="name") == ["alpha", "Beta", "Gamma"]
    assert names(industry="medical") == ["alpha", "Beta"]
    assert names(tier="gold", industry="medical") == ["Beta"]
    assert names(owner="user-1", tier="gold") == ["Gamma", "Beta"]
    assert names(owner="nobody") == []
    assert one.get("/v1/customers", sort="name", tier="gold").status == 400


def test_pages_cover_a_list_once_and_cursors_are_bound_to_tenant_and_query(both: Both, clock: Any) -> None:
    one, two = both
    for number in range(7):
        clock.advance(seconds=1)
        one.post("/v1/customers", {"companyName": f"Company {number}"})
    seen: list[str] = []
    cursor: str | None = None
    while True:
        query = {"limit": 3, "sort": "createdAt"} | ({"cursor": cursor} if cursor else {})
        page = one.get("/v1/customers", **query).body
        seen += [item["companyName"] for item in page["items"]]
        if page["nextCursor"] is None:
            break
        cursor = page["nextCursor"]
    assert seen == [f"Company {number}" for number in range(7)]
    assert two.get("/v1/customers", limit=3, sort="createdAt", cursor=cursor).status == 400
    assert one.get("/v1/customers", limit=3, sort="name", cursor=cursor).status == 400
    assert cursor is not None
    assert one.get("/v1/customers", limit=3, sort="createdAt", cursor=cursor[:-2] + "xx").status == 400


def test_visibility_own_team_and_all_hold_for_reads_lists_and_writes(person: Callable[..., Any]) -> None:
    boss = person(user="boss")
    mine = person(user="rep-a", roles=("sales-rep",), team="north")
    mate = person(user="rep-b", roles=("sales-rep",), team="north")
    other = person(user="rep-c", roles=("sales-rep",), team="south")
    viewer = person(user="eye", roles=("viewer",))
    created = mine.post("/v1/customers", {"companyName": "Tidewater"})
    path = created.headers["location"]
    assert created.body["ownerId"] == "rep-a" and created.body["teamId"] == "north"
    assert mate.get(path).status == 200
    assert mate.patch(path, {"tier": "gold"}).status == 403
    assert other.get(path).status == 404
    assert other.patch(path, {"tier": "gold"}).status == 404
    assert viewer.get(path).status == 200
    assert viewer.post("/v1/customers", {"companyName": "Nope"}).status == 403
    assert len(mate.get("/v1/customers").body["items"]) == 1
    assert other.get("/v1/customers").body["items"] == []
    assert other.get("/v1/customers", team="north").body["items"] == []
    assert mine.patch(path, {"ownerId": "rep-c", "teamId": "south"}).status == 403
    assert boss.patch(path, {"ownerId": "rep-c", "teamId": "south"}).status == 200
    assert other.get(path).status == 200
    assert mine.get(path).status == 404


def test_upsert_by_external_id_creates_then_changes_then_leaves_alone(both: Both) -> None:
    one, two = both
    path = "/v1/customers/by-external-id/erp-7"
    assert one.get(path).status == 404
    created = one.put(path, {"companyName": "Tidewater"})
    assert created.status == 201 and created.body["externalId"] == "erp-7"
    changed = one.put(path, {"companyName": "Tidewater", "tier": "gold"})
    assert changed.status == 200 and changed.body["version"] == 2
    assert one.put(path, {"companyName": "Tidewater", "tier": "gold"}).body["version"] == 2
    assert one.get(path).body["customerId"] == created.body["customerId"]
    assert two.get(path).status == 404
    assert two.put(path, {"companyName": "Tidewater"}).status == 201
    assert one.put(path, {"companyName": "X", "externalId": "erp-8"}).status == 422
    taken = one.post(
        "/v1/customers", {"companyName": "Else", "externalId": "erp-7"}, X_Skip_Duplicate_Check="true"
    )
    assert taken.status == 409


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "/companyName"),
        ({"companyName": ""}, "/companyName"),
        ({"companyName": "x" * 201}, "/companyName"),
        ({"companyName": "a\u0000b"}, "/companyName"),
        ({"companyName": 7}, "/companyName"),
        ({"companyName": "A", "industry": "a#b"}, "/industry"),
        ({"companyName": "A", "contactInfo": {"email": "nobody"}}, "/contactInfo/email"),
        ({"companyName": "A", "contactInfo": {"fax": "1"}}, "/contactInfo/fax"),
        ({"companyName": "A", "tenantId": "pooltwo"}, "/tenantId"),
        ({"companyName": "A", "custom": {"unknown": 1}}, "/custom/unknown"),
        ({"companyName": "A", "tags": [f"t{n}" for n in range(21)]}, "/tags"),
    ],
)
def test_wrong_values_are_422_naming_the_field(admin: Any, body: Any, field: str) -> None:
    refused = admin.post("/v1/customers", body)
    assert refused.status == 422, refused.text
    assert [error["field"] for error in refused.body["errors"]] == [field]


def test_an_external_id_is_one_however_it_is_written(admin: Any) -> None:
    composed, decomposed = "caf\u00e9", "cafe\u0301"
    path = "/v1/customers/by-external-id"
    created = admin.put(f"{path}/{quote(f' {decomposed} ')}", {"companyName": "Café"})
    assert (created.status, created.body["externalId"]) == (201, composed)
    assert admin.get(f"{path}/{quote(decomposed)}").body == created.body
    assert admin.put(f"{path}/{quote(composed)}", {"companyName": "Café"}).body["version"] == 1
    upsert = {"operation": "upsert", "externalId": decomposed, "data": {"companyName": "Café"}}
    answer = admin.post("/v1/customers:batch", {"operations": [upsert]})
    assert [outcome["outcome"] for outcome in answer.body["outcomes"]] == ["unchanged"]


def test_an_external_id_of_nothing_but_spaces_is_refused(admin: Any) -> None:
    refused = admin.put("/v1/customers/by-external-id/ ", {"companyName": "Tidewater"})
    assert (refused.status, refused.body["errors"][0]["field"]) == (422, "/externalId")
    assert admin.get("/v1/customers/by-external-id/ ").status == 404


def test_an_emptied_or_deleted_external_id_can_be_given_to_another(admin: Any) -> None:
    body = {"companyName": "Tidewater", "externalId": "erp-1"}
    path = admin.post("/v1/customers", body).headers["location"]
    assert admin.put(path, {"companyName": "Tidewater"}, If_Match='"1"').body["externalId"] is None
    second = admin.post("/v1/customers", {"companyName": "Second", "externalId": "erp-1"}).headers["location"]
    assert admin.delete(second).status == 204
    assert admin.patch(path, {"externalId": "erp-1"}).status == 200
    refused = admin.post(f"{second}/restore", X_Skip_Duplicate_Check="true")
    assert [found["match"] for found in refused.body["records"]] == ["externalId"]
