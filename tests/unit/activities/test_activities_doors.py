"""The bulk door and the door of leaving tenants; what a request costs in calls to the database."""

from __future__ import annotations

from typing import Any

from activity_records import CALL, LONG, activity, customer
from callers import Person
from in_process_doors import InProcessDoors

from zebros_activities.repositories.keys import SCHEMAS
from zebros_core.dynamodb.entity import unclassified_fields
from zebros_core.tenancy import TenantContext


def door(doors: InProcessDoors, person: Person, container: Any) -> Any:
    """Return this service's bulk door for somebody, as another service of the stage would call it."""
    context = TenantContext(
        person.tenant,
        person.user,
        roles=frozenset(person.roles),
        team_id=person.team,
        isolation=container.registry.get(person.tenant).isolation,
    )
    return container.bulk_doors.door("activities", context)


def mutation(number: int, **facts: Any) -> dict[str, Any]:
    return {
        "mutationId": f"m-{number}",
        "entity": "activity",
        "operation": "create",
        "changes": CALL,
        **facts,
    }


def test_mutations_are_applied_once_with_the_rights_of_the_actor(
    both: tuple[Person, Person], container: Any, doors: InProcessDoors
) -> None:
    one, two = both
    customer_id = customer(one)
    about = {**CALL, "relatedType": "customer", "relatedId": customer_id}
    mutations = [mutation(number, changes=about) for number in range(3)] + [
        mutation(3, changes={**about, "recurrence": "FREQ=DAILY"}),
        mutation(4, changes={**CALL, "ownerId": "eve", "teamId": "south"}),
    ]
    doors.calls.clear()
    first = door(doors, one, container).apply(mutations)
    assert [outcome["outcome"] for outcome in first] == ["created"] * 3 + ["rejected", "created"]
    assert [call["verb"] for service, call in doors.calls if service == "customers"] == ["read"]
    again = door(doors, one, container).apply(mutations[:3])
    assert [outcome["id"] for outcome in again] == [outcome["id"] for outcome in first[:3]]
    assert len(one.get("/v1/activities", customer=customer_id).body["items"]) == 3
    refused = door(doors, two, container).apply([mutation(0, changes=about)])
    assert refused[0]["outcome"] == "rejected", "another tenant's customer, and another tenant's mutation id"
    one.roles = ("sales-rep",)
    assert door(doors, one, container).apply([mutation(5, changes=mutations[4]["changes"])])[0][
        "outcome"
    ] == ("rejected")


def test_records_are_read_and_exported_within_sight(
    both: tuple[Person, Person], container: Any, doors: InProcessDoors
) -> None:
    one, two = both
    made = [activity(one, subject=str(number)) for number in range(3)]
    theirs = activity(two)
    ids = [item["activityId"] for item in made]
    read = door(doors, one, container).read("activity", [*ids, theirs["activityId"]])
    assert [record["activityId"] for record in read] == ids
    page = door(doors, one, container).export("activity", limit=2)
    rest = door(doors, one, container).export("activity", limit=2, cursor=page["nextCursor"])
    assert {record["activityId"] for record in page["items"] + rest["items"]} == set(ids)
    assert rest["nextCursor"] is None


def test_a_door_tells_whole_texts(admin: Person, container: Any, doors: InProcessDoors) -> None:
    made = [activity(admin, description=text) for text in (LONG, "short")]
    ids = [item["activityId"] for item in made]
    answer = door(doors, admin, container).call("texts", ids=[*ids, "01JC8Z4T5V6W7X8Y9ZABCDEFGH"])
    assert answer["items"] == [
        {"activityId": ids[0], "description": LONG.strip()},
        {"activityId": ids[1], "description": "short"},
    ]


def test_every_field_is_classified() -> None:
    assert [name for schema in SCHEMAS for name in unclassified_fields(schema.model)] == []
