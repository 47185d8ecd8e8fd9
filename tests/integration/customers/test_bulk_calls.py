"""The bulk door as another service uses it: invoked by its name, with a signed context."""

from __future__ import annotations

from typing import Any

import pytest
from deployed_stack import Deployment, Member, eventually, unique

pytestmark = pytest.mark.integration


def create(mutation_id: str, name: str, **changes: Any) -> dict[str, Any]:
    return {
        "mutationId": mutation_id,
        "entity": "customer",
        "operation": "create",
        "changes": {"companyName": name, **changes},
    }


def test_a_repeated_call_has_the_same_outcomes_and_changes_nothing(
    deployment: Deployment, home: Member, stranger: Member
) -> None:
    key, name = unique("m").replace(" ", "-"), unique("Bulk")
    call = {
        "verb": "apply",
        "token": deployment.sign(home),
        "mutations": [
            create(f"{key}-1", name, externalId=key),
            {**create(f"{key}-2", ""), "changes": {"companyName": ""}},
            {
                "mutationId": f"{key}-3",
                "entity": "customer",
                "operation": "update",
                "externalId": key,
                "changes": {"tier": "gold"},
            },
        ],
    }
    first = deployment.invoke("bulk", call)["outcomes"]
    assert [outcome["outcome"] for outcome in first] == ["created", "rejected", "updated"]
    assert first[1]["problem"]["errors"][0]["field"] == "/companyName"
    again = deployment.invoke("bulk", call)["outcomes"]
    assert [again[0], again[2]] == [first[0], first[2]]

    id = first[0]["id"]
    customer = home.get(f"/v1/customers/{id}").json()
    assert (customer["version"], customer["tier"], customer["createdBy"]) == (2, "gold", home.user)
    eventually(lambda: home.found(name) == [id])
    assert stranger.get(f"/v1/customers/{id}").status_code == 404
    # The same mutation ids are another tenant's own.
    theirs = deployment.invoke("bulk", call | {"token": deployment.sign(stranger)})["outcomes"]
    assert theirs[0]["outcome"] == "created"
    assert theirs[0]["id"] != id


def test_an_export_gives_every_live_record_of_its_tenant_once(deployment: Deployment) -> None:
    home, stranger = (deployment.member(deployment.register("bridge")) for _ in range(2))
    made = {home.customer()["customerId"] for _ in range(5)}
    gone = home.customer()["customerId"]
    home.ask("DELETE", f"/v1/customers/{gone}")
    foreign = stranger.customer()["customerId"]

    found: list[str] = []
    cursor = None
    while True:
        call = {"verb": "export", "token": deployment.sign(home), "entity": "customer", "limit": 2}
        page = deployment.invoke("bulk", {**call, **({"cursor": cursor} if cursor else {})})
        found += [item["customerId"] for item in page["items"]]
        cursor = page["nextCursor"]
        if cursor is None:
            break
        refused = deployment.invoke("bulk", {**call, "token": deployment.sign(stranger), "cursor": cursor})
        assert refused["problem"]["status"] == 400
    assert sorted(found) == sorted(made)
    assert foreign not in found


@pytest.mark.parametrize("trouble", ["forged", "another function's", "a person's"])
def test_a_call_with_a_wrong_signature_is_refused(
    deployment: Deployment, pool: tuple[Member, Member], trouble: str
) -> None:
    home, _ = pool
    tokens = {
        "forged": deployment.sign(home)[:-4] + "AAAA",
        "another function's": deployment.sign(home, audience="http"),
        "a person's": home.token,
    }
    answer = deployment.invoke("bulk", {"verb": "apply", "token": tokens[trouble], "mutations": []})
    assert (answer["problem"]["status"], "outcomes" in answer) == (401, False)


def test_the_actors_permissions_are_applied(deployment: Deployment, home: Member) -> None:
    viewer = deployment.sign(home, roles=["viewer"])
    [outcome] = deployment.invoke(
        "bulk", {"verb": "apply", "token": viewer, "mutations": [create(unique("m")[2:], unique("Not"))]}
    )["outcomes"]
    assert (outcome["outcome"], outcome["problem"]["status"]) == ("rejected", 403)
    refused = deployment.invoke("bulk", {"verb": "export", "token": viewer, "entity": "customer"})
    assert refused["problem"]["status"] == 403
