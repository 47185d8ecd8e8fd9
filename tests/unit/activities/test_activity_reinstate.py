"""Activities put back as an export gave them, with their whole descriptions and their comments."""

from __future__ import annotations

from typing import Any

import pytest
from activity_records import LONG, activity, customer
from callers import Person
from in_process_doors import InProcessDoors
from table_changes import TableChanges

from zebros_activities.domain.activity import Delivery, DeliveryStatus
from zebros_activities.repositories.keys import ACTIVITIES
from zebros_activities.use_cases.keep_activity_history import keep_activity_history
from zebros_core.bulk.client import BulkDoorClient
from zebros_core.clock import FixedClock
from zebros_core.errors import BadRequestError, ForbiddenError, ValidationError
from zebros_core.messaging import Operation
from zebros_core.tenancy import TenantContext

Both = tuple[Person, Person]
STAMPS = {"version", "hlc", "fieldVersions", "updatedAt", "updatedBy", "createFingerprint", "jobId"}
STAMPS |= {"descriptionAt"}


@pytest.fixture
def door(container: Any, doors: InProcessDoors) -> Any:
    del doors

    def of(person: Person, *, system: bool = True) -> BulkDoorClient:
        context = TenantContext(
            person.tenant,
            "system:restore" if system else person.user,
            roles=frozenset(person.roles),
            isolation=container.registry.get(person.tenant).isolation,
        )
        return (container.bulk_doors.system_door if system else container.bulk_doors.door)(
            "activities", context
        )

    return of


def backup(door: BulkDoorClient) -> list[dict[str, Any]]:
    """Return what a backup holds: records with what belongs to them."""
    records = list(door.export_all("activity"))
    ids = [record["activityId"] for record in records]
    if ids:
        texts = {one["activityId"]: one["description"] for one in door.call("texts", ids=ids)["items"]}
        comments = {one["activityId"]: one["comments"] for one in door.call("comments", ids=ids)["items"]}
        for record in records:
            if texts[record["activityId"]] is not None:
                record["description"] = texts[record["activityId"]]
            record["comments"] = comments.get(record["activityId"], [])
    return records


def wishes(records: list[dict[str, Any]], mark: str = "r") -> list[dict[str, Any]]:
    return [
        {"mutationId": f"{mark}-{number}", "entity": "activity", "record": record}
        for number, record in enumerate(records)
    ]


def without_stamps(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: value for name, value in one.items() if name not in STAMPS} for one in records]


def kinds(outcomes: list[dict[str, Any]]) -> list[str]:
    return [outcome["outcome"] for outcome in outcomes]


def fill(person: Person, clock: FixedClock) -> dict[str, str]:
    about = {"relatedType": "customer", "relatedId": customer(person)}
    long = activity(person, description=LONG, **about)["activityId"]
    clock.advance(1)
    short = activity(person, description="short", location="Zürich")["activityId"]
    for text in ("First.", "Second, with äöü."):
        clock.advance(1)
        assert person.post(f"/v1/activities/{long}/comments", {"text": text}).status == 201
    clock.advance(60)
    return {"long": long, "short": short, **about}


def forget(container: Any, person: Person) -> None:
    """Remove every row of a tenant's activities, and what belongs to them."""
    workspace = container.system_workspace(person.tenant, "test")
    repository = workspace.activities
    for record in list(repository.page_by_creation(limit=100, cursor=None).items):
        key = repository.store.isolation.partition_key(person.tenant, record.activity_id)
        item = {"activityId": {"S": key}, "relatedId": {"S": record.related_id or "~"}}
        container.dynamodb.delete_item(TableName=repository.table, Key=item)
    table = repository.store.table("activities-lookup")
    for row in container.dynamodb.scan(TableName=table)["Items"]:
        if row["pk"]["S"].startswith(
            (f"{person.tenant}#text", f"{person.tenant}#comments", f"{person.tenant}#guard")
        ):
            container.dynamodb.delete_item(TableName=table, Key={"pk": row["pk"], "sk": row["sk"]})


def test_what_is_as_it_was_stays_as_it_is(both: Both, door: Any, clock: FixedClock) -> None:
    one, two = both
    fill(one, clock)
    fill(two, clock)
    kept, theirs = backup(door(one)), backup(door(two))
    assert [record["description"] for record in kept] == [LONG.strip(), "short"]
    assert kinds(door(one).reinstate(wishes(kept))) == ["unchanged", "unchanged"]
    assert backup(door(one)) == kept
    assert backup(door(two)) == theirs


def test_changed_activities_get_their_texts_and_comments_back(
    both: Both, container: Any, door: Any, clock: FixedClock
) -> None:
    one, _ = both
    ids = fill(one, clock)
    kept = backup(door(one))
    long, short = f"/v1/activities/{ids['long']}", f"/v1/activities/{ids['short']}"
    one.patch(long, {"description": "other", "relatedType": None, "relatedId": None})
    one.patch(short, {"description": LONG * 2, "location": None})
    comment = one.get(f"{long}/comments").body["items"][0]["commentId"]
    one.delete(f"{long}/comments/{comment}")
    changes = TableChanges(container, [ACTIVITIES])
    assert kinds(door(one).reinstate(wishes(kept))) == ["updated", "updated"]
    assert without_stamps(backup(door(one))) == without_stamps(kept)
    assert one.get(long).body["description"] == LONG.strip()
    for change in changes.take():
        keep_activity_history(container.system_workspace(one.tenant, "history"), change)
    entry = one.get(f"{short}/history").body["items"][0]
    assert entry["changes"]["description"] == {"before": (LONG * 2).strip(), "after": "short"}
    assert kinds(door(one).reinstate(wishes(kept, "again"))) == ["unchanged", "unchanged"]


def test_a_text_that_did_not_change_stays_where_it_is(
    admin: Person, container: Any, door: Any, clock: FixedClock
) -> None:
    ids = fill(admin, clock)
    kept = backup(door(admin))
    admin.patch(f"/v1/activities/{ids['long']}", {"subject": "Other"})
    assert kinds(door(admin).reinstate(wishes(kept))) == ["updated", "unchanged"]
    stored = container.system_workspace(admin.tenant, "test").activities.get(ids["long"])
    assert (stored.version, stored.description_at) == (3, 1)
    assert "de" not in stored.field_versions
    assert admin.get(f"/v1/activities/{ids['long']}").body["description"] == LONG.strip()


def test_activities_come_out_of_the_trash(both: Both, door: Any, clock: FixedClock) -> None:
    one, _ = both
    ids = fill(one, clock)
    kept = backup(door(one))
    one.patch(f"/v1/activities/{ids['long']}", {"description": "other"})
    for name in ("long", "short"):
        assert one.delete(f"/v1/activities/{ids[name]}").status == 204
    assert kinds(door(one).reinstate(wishes(kept))) == ["restored", "restored"]
    assert without_stamps(backup(door(one))) == without_stamps(kept)
    clock.advance(days=365)
    assert one.get(f"/v1/activities/{ids['long']}").body["description"] == LONG.strip()


def test_activities_of_which_nothing_is_left_come_back(
    both: Both, container: Any, door: Any, clock: FixedClock
) -> None:
    one, two = both
    fill(one, clock)
    fill(two, clock)
    kept = backup(door(one))
    forget(container, one)
    changes = TableChanges(container, [ACTIVITIES])
    assert kinds(door(one).reinstate(wishes(kept))) == ["created", "created"]
    assert without_stamps(backup(door(one))) == without_stamps(kept)
    assert [change.operation for change in changes.take()] == [Operation.RESTORED] * 2
    assert len(backup(door(two))) == 2


def test_a_mail_that_was_on_its_way_is_not_sent_by_being_put_back(
    admin: Person, container: Any, door: Any, clock: FixedClock
) -> None:
    ids = fill(admin, clock)
    activities = container.system_workspace(admin.tenant, "test").activities
    queued = Delivery(status=DeliveryStatus.QUEUED, to="ames@x.example", at=clock.now())
    found = activities.get(ids["short"])
    activities.save(found.model_copy(update={"delivery": queued}), previous=found)
    kept = [record for record in backup(door(admin)) if record["activityId"] == ids["short"]]
    assert kinds(door(admin).reinstate(wishes(kept))) == ["unchanged"]
    assert activities.get(ids["short"]).delivery.status is DeliveryStatus.QUEUED
    forget(container, admin)
    assert kinds(door(admin).reinstate(wishes(kept, "again"))) == ["created"]
    delivery = activities.get(ids["short"]).delivery
    assert (delivery.status, delivery.reason) == (DeliveryStatus.FAILED, "restored")
    assert kinds(door(admin).reinstate(wishes(kept, "third"))) == ["unchanged"]


def test_a_text_that_was_not_fetched_is_missed(admin: Person, door: Any, clock: FixedClock) -> None:
    fill(admin, clock)
    bare = list(door(admin).export_all("activity"))
    outcomes = door(admin).reinstate(wishes(bare))
    assert kinds(outcomes) == ["rejected", "unchanged"]
    assert outcomes[0]["problem"]["errors"][0]["field"] == "/record/description"


@pytest.mark.parametrize(
    "facts",
    [
        {"comments": [{"commentId": "x", "text": "t", "authorId": "a", "at": "2026-01-01T00:00:00Z"}]},
        {"comments": [{"text": "t"}]},
        {"comments": "all"},
        {"lines": []},
        {"type": "party"},
        {"participants": {"contactIds": ["x"]}},
    ],
)
def test_what_does_not_belong_together_is_rejected(
    admin: Person, door: Any, clock: FixedClock, facts: dict[str, Any]
) -> None:
    fill(admin, clock)
    good = backup(door(admin))[1]
    outcomes = door(admin).reinstate(wishes([{**good, **facts}, good]))
    assert kinds(outcomes) == ["rejected", "unchanged"], outcomes


def test_comments_are_told_page_by_page_within_sight(
    both: Both, door: Any, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = both
    monkeypatch.setattr("zebros_activities.use_cases.put_back._COMMENTS_A_PAGE", 2)
    ids = [activity(one)["activityId"] for _ in range(4)]
    for id, count in zip(ids, (3, 0, 2, 1), strict=True):
        for number in range(count):
            clock.advance(1)
            one.post(f"/v1/activities/{id}/comments", {"text": f"{number}"})
    found: dict[str, list[str]] = {}
    cursor: dict[str, str] = {}
    pages = 0
    while True:
        page = door(one, system=False).call("comments", ids=ids, **cursor)
        for item in page["items"]:
            found.setdefault(item["activityId"], []).extend(one["text"] for one in item["comments"])
        pages += 1
        if page["nextCursor"] is None:
            break
        cursor = {"cursor": page["nextCursor"]}
    assert found == {ids[0]: ["0", "1", "2"], ids[2]: ["0", "1"], ids[3]: ["0"]}
    assert pages >= 3
    assert door(two, system=False).call("comments", ids=ids)["items"] == []
    with pytest.raises(BadRequestError):
        door(two).call("comments", ids=ids, **cursor)
    with pytest.raises(ValidationError):
        door(one).call("comments", ids=[])


def test_only_our_machinery_puts_activities_back(both: Both, door: Any, clock: FixedClock) -> None:
    one, two = both
    fill(one, clock)
    kept = backup(door(one))
    with pytest.raises(ForbiddenError):
        door(one, system=False).reinstate(wishes(kept))
    assert kinds(door(two).reinstate(wishes(kept))) == ["rejected", "rejected"]
