"""Records that are made offline and name each other are all there after one push, whichever was made first."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations
from typing import Any

import pytest
from callers import Person

Tenants = Callable[..., str]
People = Callable[..., Person]

CUSTOMER, DEAL, VISIT, OTHER = (f"01JZ8Q5R7N3V4T6W8Y0A2C4E{number}" for number in range(30, 34))
CREATED: dict[str, tuple[str, dict[str, Any]]] = {
    OTHER: ("lead", {"lastName": "Perhaps"}),
    CUSTOMER: ("customer", {"companyName": "Offline Ltd"}),
    DEAL: ("opportunity", {"title": "Gates", "customerId": CUSTOMER}),
    VISIT: (
        "activity",
        {"type": "note", "subject": "Seen", "relatedType": "opportunity", "relatedId": DEAL},
    ),
}


@pytest.mark.parametrize("before", [*permutations((OTHER, CUSTOMER))])
def test_a_record_may_name_one_that_was_made_before_it(
    tenant: Tenants, person: People, before: tuple[str, ...]
) -> None:
    here, elsewhere = tenant(), tenant()
    device = person(here)
    now = device.clock.now().isoformat()
    mutations = [
        {
            "mutationId": f"m-{id}",
            "entity": CREATED[id][0],
            "id": id,
            "operation": "create",
            "changes": CREATED[id][1],
            "changedAt": now,
        }
        for id in (*before, DEAL, VISIT)
    ]
    sent = {"clientId": "phone", "sentAt": now, "mutations": mutations}
    outcomes = device.post("/v1/sync/push", sent).body["outcomes"]
    assert [each["outcome"] for each in outcomes] == ["applied"] * 4, outcomes
    alone = person(elsewhere).post("/v1/sync/push", {**sent, "mutations": mutations[2:3]}).body["outcomes"]
    assert [each["outcome"] for each in alone] == ["rejected"]
