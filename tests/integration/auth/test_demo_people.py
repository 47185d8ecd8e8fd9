"""The demo people of a stack that was just brought up are there for the auth service, not for the provider alone."""

from __future__ import annotations

import httpx
import pytest
from deployed_stack import Deployment

from zebros_local.identity import Realm

pytestmark = pytest.mark.integration

TENANTS = ("aurora", "borealis")


@pytest.mark.parametrize("tenant", TENANTS)
def test_the_people_and_teams_of_a_demo_company_are_its_own_and_listed(
    deployment: Deployment, tenant: str
) -> None:
    realm = Realm.load()
    token = deployment.identity.person_token(realm.person(tenant))

    def listed(path: str) -> list[dict[str, str]]:
        address = f"{deployment.state.api_url}{path}"
        answer = httpx.get(
            address, params={"limit": "200"}, headers={"Authorization": f"Bearer {token}"}, timeout=30
        )
        assert answer.status_code == 200, answer.text
        return answer.json()["items"]

    users = {user["email"]: user for user in listed("/v1/users")}
    for person in realm.people:
        if person.tenant == tenant:
            found = users[person.email]
            assert (found["userId"], found["name"], found["teamId"]) == (person.id, person.name, person.team)
            assert found["role"] in person.roles
        else:
            assert person.email not in users
    assert {"north", "south"} <= {team["teamId"] for team in listed("/v1/teams")}
