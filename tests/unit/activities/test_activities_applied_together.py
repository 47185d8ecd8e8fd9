"""Activities in one call of the door: as one after the other, with few calls; long texts and series too."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from activity_records import CALL, LONG, contact, customer
from callers import Person
from counted_calls import counted_calls
from in_process_doors import InProcessDoors

from zebros_core.ids import derived_id
from zebros_core.tenancy import TenantContext

Both = tuple[Person, Person]
MANY = 20


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


def wish(mutation_id: str, operation: str, **facts: Any) -> dict[str, Any]:
    return {"mutationId": mutation_id, "operation": operation, "entity": "activity", **facts}


def test_everything_that_can_be_done_to_an_activity_is_done_together(
    both: Both, doors: InProcessDoors, container: Any
) -> None:
    one, two = both

    def call(operation: str, facts: Callable[[int], dict[str, Any]]) -> tuple[set[str], int, list[Any]]:
        mutations = [wish(f"{operation}:{number}", operation, **facts(number)) for number in range(MANY)]
        with counted_calls(container) as made:
            outcomes = door(doors, one, container).apply(mutations)
        assert made["PutItem"] + made["DeleteItem"] + made["UpdateItem"] == 0
        # The whole text of each is read when it is looked at.
        assert made["GetItem"] <= MANY
        assert made["Query"] <= MANY
        return {outcome["outcome"] for outcome in outcomes}, made["TransactWriteItems"], outcomes

    values = {**CALL, "description": LONG}
    kinds, transactions, created = call("create", lambda n: {"externalId": f"E{n}", "changes": values})
    # The record, guards of its id and external id, the text, the receipt: five each.
    assert (kinds, transactions) == ({"created"}, 1)
    assert call("create", lambda n: {"externalId": f"E{n}", "changes": {}})[:2] == ({"created"}, 0)
    other = {**CALL, "description": f"{LONG} And more."}
    kinds, transactions, _ = call("upsert", lambda n: {"externalId": f"E{n}", "changes": other})
    assert (kinds, transactions) == ({"updated"}, 1)
    kinds, transactions, _ = call(
        "update", lambda n: {"id": created[n]["id"], "baseVersion": 2, "changes": {"outcome": "Agreed"}}
    )
    assert (kinds, transactions) == ({"updated"}, 1)
    kinds, transactions, _ = call("delete", lambda n: {"externalId": f"E{n}"})
    assert (kinds, transactions) == ({"deleted"}, 1)
    kinds, transactions, restored = call("restore", lambda n: {"id": created[n]["id"]})
    assert (kinds, transactions) == ({"restored"}, 1)
    assert {outcome["version"] for outcome in restored} == {5}
    texts = door(doors, one, container).call("texts", ids=[outcome["id"] for outcome in created])["items"]
    assert {item["description"] for item in texts} == {f"{LONG} And more."}
    assert door(doors, two, container).read("activity", [outcome["id"] for outcome in created]) == []


def _work(customer_id: str, contact_id: str, person: Person) -> list[dict[str, Any]]:
    """Mutations that meet each other, and some that cannot be."""

    def own(number: int) -> str:
        return derived_id(person.tenant, "own", str(number))

    about = {**CALL, "relatedType": "customer", "relatedId": customer_id}
    series = {
        **CALL,
        "type": "meeting",
        "scheduledAt": "2026-03-03T09:00:00.000Z",
        "recurrence": "FREQ=DAILY;COUNT=30",
        "description": LONG,
    }
    return [
        wish("1", "create", id=own(1), externalId="E1", changes={**about, "description": LONG}),
        wish("2", "update", id=own(1), changes={"description": "short"}),
        wish("3", "update", id=own(1), changes={"description": f"{LONG}!"}),
        wish("4", "update", id=own(1), changes={"relatedType": None, "relatedId": None}),
        wish("5", "upsert", externalId="E1", changes=about),
        wish("6", "update", id=own(1), baseVersion=1, changes={"subject": "Late"}),
        wish("7", "create", externalId="E1", changes=CALL),
        wish("8", "create", changes={**CALL, "relatedType": "customer", "relatedId": own(9)}),
        wish("9", "create", changes={**CALL, "participants": {"contactIds": [contact_id]}}),
        wish("10", "create", id=own(2), changes=series),
        wish("11", "create", id=own(2), changes=series),
        wish("12", "create", id=own(3), changes={**series, "recurrence": "FREQ=DAILY;COUNT=90"}),
        wish("13", "update", id=own(2), changes={"status": "completed"}),
        wish("14", "update", id=own(2), changes={"status": "completed"}),
        wish("15", "delete", id=own(1)),
        wish("16", "update", id=own(1), changes={"subject": "Gone"}),
        wish("17", "restore", id=own(1)),
        wish("1", "create", id=own(1), changes=CALL),
        wish("18", "delete", id=own(1), baseVersion=1),
    ]


def test_together_is_as_one_after_the_other(both: Both, doors: InProcessDoors, container: Any) -> None:
    told: list[Any] = []
    for person, together in zip(both, (True, False), strict=True):
        customer_id = customer(person)
        contact_id = contact(person, customer_id)
        mutations = _work(customer_id, contact_id, person)
        calls = [mutations] if together else [[mutation] for mutation in mutations]
        own = door(doors, person, container)
        outcomes = [outcome for call in calls for outcome in own.apply(call)]
        again = [outcome for call in calls for outcome in own.apply(call)]
        accepted = [outcome for outcome in outcomes if outcome["problem"] is None]
        assert [outcome for outcome in again if outcome in accepted] == accepted
        ids = [outcome["id"] for outcome in outcomes] + [customer_id, contact_id]
        texts = own.call("texts", ids=[outcomes[0]["id"]])["items"]
        exported = own.export("activity", limit=100)["items"]
        text = json.dumps([outcomes, texts, len(exported), outcomes[0]])
        for number, id in enumerate(dict.fromkeys(filter(None, ids))):
            text = text.replace(id, f"#{number}")
        told.append(json.loads(text))
    assert told[0] == told[1]
    kinds = [outcome["outcome"] for outcome in told[0][0]]
    assert {"created", "updated", "unchanged", "deleted", "restored", "conflict", "rejected"} == set(kinds)
