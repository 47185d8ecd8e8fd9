"""Activities through the API: what is kept, what is shown, and to whom."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from activity_records import CALL, LONG, activity, contact, customer
from callers import Person
from in_process_doors import InProcessDoors


def test_an_activity_is_made_read_changed_deleted_and_restored(both: tuple[Person, Person]) -> None:
    one, two = both
    customer_id = customer(one)
    body = {
        **CALL,
        "description": "Short",
        "relatedType": "customer",
        "relatedId": customer_id,
        "scheduledAt": "2026-03-04T10:00:00+01:00",
        "endsAt": "2026-03-04T09:30:00Z",
        "reminderMinutes": 15,
        "location": "Utrecht",
        "participants": {"userIds": ["user-2"]},
        "externalId": "cal-1",
        "tags": ["trial"],
    }
    created = one.post("/v1/activities", body)
    assert created.status == 201, created.text
    assert created.body["scheduledAt"] == "2026-03-04T09:00:00Z"
    assert created.body["customerId"] == customer_id
    assert (created.body["status"], created.body["priority"]) == ("open", "normal")
    where = created.headers["location"]
    assert one.get(where).body == created.body
    assert two.get(where).status == 404
    changed = one.patch(where, {"outcome": "Wants an offer", "location": None})
    assert (changed.status, changed.body["location"], changed.body["version"]) == (200, None, 2)
    assert one.get("/v1/activities/by-external-id/cal-1").body["activityId"] == created.body["activityId"]
    assert two.get("/v1/activities/by-external-id/cal-1").status == 404
    assert one.put(where, CALL).status == 428
    assert one.put(where, CALL, If_Match='"1"').status == 412
    assert one.delete(where, If_Match='"2"').status == 204
    assert one.get(where).status == 404
    restored = one.post(f"{where}/restore")
    assert (restored.status, restored.body["outcome"]) == (200, "Wants an offer")


def test_replacing_empties_what_is_left_out_and_keeps_owner_team_and_status(admin: Person) -> None:
    made = activity(admin, location="Utrecht", status="completed", ownerId="user-7", teamId="south")
    replaced = admin.put(f"/v1/activities/{made['activityId']}", CALL, If_Match='"1"').body
    assert replaced["location"] is None
    assert (replaced["ownerId"], replaced["teamId"]) == ("user-7", "south")
    assert (replaced["status"], replaced["completedAt"]) == ("completed", made["completedAt"])


def test_the_same_key_makes_one_activity(admin: Person) -> None:
    first = admin.post("/v1/activities", CALL, Idempotency_Key="k-1")
    again = admin.post("/v1/activities", CALL, Idempotency_Key="k-1")
    assert first.body == again.body
    other = admin.post("/v1/activities", {**CALL, "subject": "Other"}, Idempotency_Key="k-1")
    assert other.status == 422
    assert len(admin.get("/v1/activities").body["items"]) == 1


def test_another_related_record_takes_two_versions_and_brings_its_customer(admin: Person) -> None:
    one, two = customer(admin), customer(admin, "Highland Optics")
    person_id = contact(admin, two)
    made = activity(admin, relatedType="customer", relatedId=one)
    where = f"/v1/activities/{made['activityId']}"
    moved = admin.patch(where, {"relatedType": "contact", "relatedId": person_id}).body
    assert (moved["version"], moved["customerId"]) == (3, two)
    assert admin.get(where).body == moved
    assert admin.get("/v1/activities", customer=one).body["items"] == []
    assert [item["activityId"] for item in admin.get("/v1/activities", customer=two).body["items"]] == [
        made["activityId"]
    ]
    loose = admin.patch(where, {"relatedType": None, "relatedId": None}).body
    assert (loose["version"], loose["customerId"]) == (5, None)


def test_a_long_description_is_whole_for_one_and_begins_in_lists(both: tuple[Person, Person]) -> None:
    one, _ = both
    made = activity(one, description=LONG)
    assert (made["description"], made["descriptionTruncated"]) == (LONG.strip(), False)
    where = f"/v1/activities/{made['activityId']}"
    listed = one.get("/v1/activities").body["items"][0]
    assert listed["descriptionTruncated"] is True
    assert LONG.startswith(listed["description"])
    assert 50 < len(listed["description"].encode()) <= 60
    other = LONG.strip() + " Und zwar bald."
    assert one.patch(where, {"description": other}).body["description"] == other
    assert one.patch(where, {"location": "Utrecht"}).body["description"] == other
    assert one.patch(where, {"description": "short"}).body["description"] == "short"
    assert one.patch(where, {"description": LONG}).body["description"] == LONG.strip()
    assert one.delete(where).status == 204
    assert one.post(f"{where}/restore").body["description"] == LONG.strip()
    assert one.patch(where, {"description": None}).body["description"] is None
    assert one.get(where).body["descriptionTruncated"] is False


def test_an_unchanged_long_description_writes_nothing(admin: Person) -> None:
    made = activity(admin, description=LONG)
    where = f"/v1/activities/{made['activityId']}"
    assert admin.patch(where, {"description": LONG}).body["version"] == 1


def test_completing_and_reopening(admin: Person) -> None:
    made = activity(admin, scheduledAt="2026-03-02T08:00:00Z")
    where = f"/v1/activities/{made['activityId']}"
    done = admin.post(f"{where}/complete", {"outcome": "Offer until Friday"})
    assert done.status == 200, done.text
    assert (done.body["status"], done.body["completedAt"]) == ("completed", "2026-03-02T09:00:00Z")
    assert admin.post(f"{where}/complete", {"outcome": "Other"}).body == done.body, "once is enough"
    again = admin.post(f"{where}/reopen").body
    assert (again["status"], again["completedAt"], again["outcome"]) == ("open", None, "Offer until Friday")
    assert admin.post(f"{where}/reopen").body == again
    past = admin.post(f"{where}/complete", {"completedAt": "2026-03-01T12:00:00Z"}).body
    assert past["completedAt"] == "2026-03-01T12:00:00Z"
    assert admin.patch(where, {"status": "cancelled"}).body["completedAt"] is None
    refused = admin.post(f"{where}/complete", {})
    assert (refused.status, refused.body["type"].rpartition("/")[2]) == (409, "activity-cancelled")


def test_an_upsert_by_external_id_creates_then_changes_then_nothing(admin: Person) -> None:
    where = "/v1/activities/by-external-id/cal-9"
    assert admin.put(where, CALL).status == 201
    assert admin.put(where, CALL).body["version"] == 1
    assert admin.put(where, {**CALL, "subject": "Call again"}).body["version"] == 2
    assert admin.post("/v1/activities", {**CALL, "externalId": "cal-9"}).status == 409


def test_a_batch_reads_all_records_that_it_names_at_once(admin: Person, doors: InProcessDoors) -> None:
    ids = [customer(admin, f"Company {number}") for number in range(5)]
    doors.calls.clear()
    operations = [
        {"operation": "create", "data": {**CALL, "relatedType": "customer", "relatedId": id}} for id in ids
    ]
    operations.append(
        {"operation": "create", "data": {**CALL, "relatedType": "customer", "relatedId": "0" * 26}}
    )
    operations.append({"operation": "create", "data": {**CALL, "relatedType": "customer", "relatedId": 7}})
    answer = admin.post("/v1/activities:batch", {"operations": operations})
    outcomes = [outcome["outcome"] for outcome in answer.body["outcomes"]]
    assert outcomes == ["created"] * 5 + ["rejected"] * 2
    assert answer.body["outcomes"][5]["problem"]["errors"][0] == {
        "field": "/relatedId",
        "code": "unknown_reference",
        "message": "no such customer",
    }
    assert [call["verb"] for _, call in doors.calls] == ["read"]


def test_who_sees_what(person: Callable[..., Person]) -> None:
    north = person(user="ada", roles=("sales-rep",), team="north")
    mate = person(user="ben", roles=("sales-rep",), team="north")
    south = person(user="eve", roles=("sales-rep",), team="south")
    made = activity(north)
    where = f"/v1/activities/{made['activityId']}"
    assert mate.get(where).status == 200
    assert mate.patch(where, {"subject": "Mine now"}).status == 403
    assert south.get(where).status == 404
    assert south.patch(where, {"subject": "x"}).status == 404
    assert south.get("/v1/activities").body["items"] == []
    assert south.get("/v1/activities", owner="ada").body["items"] == []
    assert len(mate.get("/v1/activities", owner="ada").body["items"]) == 1
    assert north.post("/v1/activities", {**CALL, "ownerId": "eve", "teamId": "south"}).status == 403
    viewer = person(user="vic", roles=("viewer",))
    assert viewer.get(where).status == 200
    assert viewer.post("/v1/activities", CALL).status == 403


def test_custom_fields_are_those_that_the_tenant_has_defined(admin: Person) -> None:
    refused = admin.post("/v1/activities", {**CALL, "custom": {"mood": "good"}})
    assert (refused.status, refused.body["errors"][0]["field"]) == (422, "/custom/mood")
    field = {"entity": "activity", "name": "channel", "type": "choice", "choices": ["phone", "video"]}
    assert admin.post("/v1/fields", field).status == 201
    admin.clock.advance(31)  # definitions are read again after 30 seconds
    made = activity(admin, custom={"channel": "video"})
    assert made["custom"] == {"channel": "video"}
    refused = admin.patch(f"/v1/activities/{made['activityId']}", {"custom": {"channel": "fax"}})
    assert (refused.status, refused.body["errors"][0]["field"]) == (422, "/custom/channel")


def test_comments(person: Callable[..., Person]) -> None:
    ada = person(user="ada", roles=("sales-rep",))
    ben = person(user="ben", roles=("sales-rep",))
    vic = person(user="vic", roles=("viewer",))
    made = activity(ada)
    where = f"/v1/activities/{made['activityId']}/comments"
    first = ben.post(where, {"text": "They moved.\nCall the new number."})
    assert first.status == 201, first.text
    assert (first.body["authorId"], first.body["text"]) == ("ben", "They moved.\nCall the new number.")
    ada.clock.advance(1)
    ada.post(where, {"text": "Thanks"})
    assert [item["text"] for item in vic.get(where).body["items"]] == [first.body["text"], "Thanks"]
    assert vic.post(where, {"text": "No"}).status == 403
    own = f"{where}/{first.body['commentId']}"
    second = ada.get(where).body["items"][1]
    assert ben.delete(f"{where}/{second['commentId']}").status == 403
    assert ben.delete(own).status == 204
    assert ben.delete(own).status == 404
    south = person(user="eve", roles=("sales-rep",), team="south")
    assert south.get(where).status == 404
    assert south.post(where, {"text": "Hi"}).status == 404


@pytest.mark.parametrize("kind", ["lead", "opportunity"])
def test_an_activity_on_a_record_of_the_pipeline(admin: Person, pipeline: Any, kind: str) -> None:
    customer_id = customer(admin)
    id = pipeline.add(admin, kind, customerId=customer_id)
    assert activity(admin, relatedType=kind, relatedId=id)["customerId"] == customer_id


def test_nothing_is_written_while_the_other_service_does_not_answer(
    admin: Person, doors: InProcessDoors
) -> None:
    customer_id = customer(admin)
    del doors.handlers["customers"]
    refused = admin.post("/v1/activities", {**CALL, "relatedType": "customer", "relatedId": customer_id})
    assert refused.status == 503
    assert admin.post("/v1/activities", CALL).status == 201, "what names nothing needs nobody"
