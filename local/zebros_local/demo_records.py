"""The demo people as the auth service keeps them: their teams, made by its API, and their records, made by its upkeep.

Without them `zebros users list` would show nobody, and nothing could be given to a team, until the hourly upkeep.
"""

from __future__ import annotations

import http.client
import json

from zebros_local.api_calls import send
from zebros_local.deploy import emulator_client
from zebros_local.errors import DeployFailedError
from zebros_local.identity import LocalIdentity, Realm
from zebros_local.settings import STAGE
from zebros_local.state import StackState

_UPKEEP_FUNCTION = f"zebros-auth-{STAGE}-upkeep"


def ensure_demo_records(state: StackState) -> int:
    """Make what is missing of the demo tenants' teams and people; return how many people were brought up to date.

    Safe to repeat. Raises `DeployFailedError` with the answer when the service refuses.
    """
    identity = LocalIdentity.of(state)
    realm = Realm.load()
    for tenant in realm.tenants:
        token = identity.person_token(realm.person(tenant.id))
        for team in sorted({person.team for person in realm.people if person.tenant == tenant.id}):
            _ensure_team(state, token, team)
    answer = emulator_client("lambda", state).invoke(
        FunctionName=_UPKEEP_FUNCTION, Payload=json.dumps({"task": "reconcile-people"}).encode()
    )
    said = answer["Payload"].read().decode()
    if answer.get("FunctionError"):
        raise DeployFailedError(f"Comparing the demo people failed: {said}")
    return int(json.loads(said)["done"])


def _ensure_team(state: StackState, token: str, team: str) -> None:
    answer = send(state, token, "POST", "/v1/teams", {"teamId": team, "name": team.title()})
    if not answer.is_success and answer.status != http.client.CONFLICT:
        raise DeployFailedError(f"POST /v1/teams failed: {answer.status} {answer.text}")
