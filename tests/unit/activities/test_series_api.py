"""Series: made whole, each occurrence an activity like any other, ended from one on."""

from __future__ import annotations

from typing import Any

import pytest
from activity_records import LONG, customer
from callers import Person

SERIES = {
    "type": "meeting",
    "subject": "Weekly status",
    "scheduledAt": "2026-03-23T08:00:00Z",
    "endsAt": "2026-03-23T08:30:00Z",
    "recurrence": "FREQ=WEEKLY;BYDAY=MO;COUNT=12",
    "timeZone": "Europe/Berlin",
}


def members(person: Person, **query: Any) -> list[dict[str, Any]]:
    page = person.get("/v1/activities", owner=person.user, sort="scheduledAt", limit=200, **query)
    assert page.status == 200, page.text
    return page.body["items"]


def test_a_series_is_made_whole(both: tuple[Person, Person]) -> None:
    one, two = both
    customer_id = customer(one)
    made = one.post("/v1/activities", {**SERIES, "relatedType": "customer", "relatedId": customer_id})
    assert made.status == 201, made.text
    found = members(one)
    assert [item["occurrence"] for item in found] == list(range(1, 13))
    assert {item["seriesId"] for item in found} == {made.body["activityId"]}
    assert found[0] == made.body
    assert {item["occurrences"] for item in found} == {12}
    assert (found[1]["scheduledAt"], found[1]["endsAt"]) == ("2026-03-30T07:00:00Z", "2026-03-30T07:30:00Z")
    assert {item["customerId"] for item in found} == {customer_id}
    assert members(two) == []


def test_a_repeated_request_makes_the_series_once(admin: Person) -> None:
    first = admin.post("/v1/activities", {**SERIES, "externalId": "cal-1"}, Idempotency_Key="k")
    again = admin.post("/v1/activities", {**SERIES, "externalId": "cal-1"}, Idempotency_Key="k")
    assert first.status == again.status == 201
    assert len(members(admin)) == 12
    assert [item["externalId"] for item in members(admin)] == ["cal-1"] + [None] * 11


def test_the_zone_of_a_series_is_the_owners_unless_given(tenant: Any, person: Any) -> None:
    somebody = person(tenant(timeZone="America/New_York"))
    body = {name: value for name, value in SERIES.items() if name != "timeZone"}
    assert somebody.post("/v1/activities", body).body["timeZone"] == "America/New_York"


def test_the_largest_series_is_one_transaction_with_an_idempotency_key(admin: Person) -> None:
    body = {**SERIES, "recurrence": "FREQ=DAILY;COUNT=90", "externalId": "cal-1"}
    assert admin.post("/v1/activities", body, Idempotency_Key="k").status == 201
    assert len(members(admin)) == 90
    long = {**SERIES, "recurrence": "FREQ=DAILY;COUNT=45", "description": LONG}
    assert admin.post("/v1/activities", long, Idempotency_Key="l").status == 201
    longer = admin.post("/v1/activities", {**long, "recurrence": "FREQ=DAILY;COUNT=46"})
    assert (longer.status, longer.body["errors"][0]["code"]) == (422, "too_many_occurrences")


def test_each_occurrence_has_its_own_long_description(admin: Person) -> None:
    admin.post("/v1/activities", {**SERIES, "description": LONG})
    found = members(admin)
    second = f"/v1/activities/{found[1]['activityId']}"
    assert admin.get(second).body["description"] == LONG.strip()
    assert admin.patch(second, {"description": "short"}).status == 200
    third = f"/v1/activities/{found[2]['activityId']}"
    assert admin.get(third).body["description"] == LONG.strip()


def test_ending_a_series_cancels_what_is_open_later(admin: Person) -> None:
    admin.post("/v1/activities", SERIES)
    found = members(admin)
    where = [f"/v1/activities/{item['activityId']}" for item in found]
    admin.post(f"{where[6]}/complete", {})
    admin.delete(where[7])
    other = customer(admin)
    admin.patch(where[8], {"relatedType": "customer", "relatedId": other})
    ended = admin.post(f"{where[3]}/end-series")
    assert ended.status == 200, ended.text
    assert ended.body["seriesId"] == found[0]["activityId"]
    assert len(ended.body["cancelled"]) == 6
    statuses = {item["occurrence"]: item["status"] for item in members(admin)}
    assert statuses == {
        **dict.fromkeys((1, 2, 3, 4), "open"),
        **dict.fromkeys((5, 6, 9, 10, 11, 12), "cancelled"),
        7: "completed",
    }
    assert admin.post(f"{where[3]}/end-series").body["cancelled"] == [], "once is enough"
    assert [item["occurrence"] for item in admin.get("/v1/activities/upcoming").body["items"]] == [1, 2, 3, 4]


def test_ending_a_series_goes_on_where_it_broke_off(admin: Person, monkeypatch: Any) -> None:
    from zebros_activities.repositories.activities import ActivityRepository
    from zebros_core.errors import UnavailableError

    admin.post("/v1/activities", SERIES)
    first = members(admin)[0]["activityId"]
    save, left = ActivityRepository.save, [3]

    def breaks(self: Any, *arguments: Any, **more: Any) -> Any:
        left[0] -= 1
        if left[0] < 0:
            raise UnavailableError
        return save(self, *arguments, **more)

    with monkeypatch.context() as patch:
        patch.setattr(ActivityRepository, "save", breaks)
        assert admin.post(f"/v1/activities/{first}/end-series").status == 503
    assert len(admin.post(f"/v1/activities/{first}/end-series").body["cancelled"]) == 8


def test_only_a_series_can_be_ended(admin: Person) -> None:
    made = admin.post("/v1/activities", {"type": "task", "subject": "Alone"}).body
    refused = admin.post(f"/v1/activities/{made['activityId']}/end-series")
    assert (refused.status, refused.body["type"].rpartition("/")[2]) == (409, "not-a-series")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"recurrence": None}, "/recurrence"),
        ({"recurrence": "FREQ=DAILY;COUNT=2"}, "/recurrence"),
        ({"timeZone": "UTC"}, "/timeZone"),
    ],
)
def test_a_series_is_fixed_when_it_is_made(admin: Person, change: dict[str, Any], field: str) -> None:
    made = admin.post("/v1/activities", SERIES).body
    refused = admin.patch(f"/v1/activities/{made['activityId']}", change)
    assert refused.status == 422
    assert (refused.body["errors"][0]["field"], refused.body["errors"][0]["code"]) == (field, "immutable")


def test_one_occurrence_is_moved_by_itself(admin: Person) -> None:
    made = admin.post("/v1/activities", SERIES).body
    moved = admin.patch(
        f"/v1/activities/{made['activityId']}",
        {"scheduledAt": "2026-03-24T08:00:00Z", "endsAt": "2026-03-24T09:00:00Z"},
    )
    assert moved.status == 200, moved.text
    assert [item["scheduledAt"][:10] for item in members(admin)[:2]] == ["2026-03-24", "2026-03-30"]
