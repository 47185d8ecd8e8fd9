"""The first requests after a deployment: they prove that the product answers, and spare a person its cold starts."""

from __future__ import annotations

import http.client
import json
import os
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

from zebros_local.deploy import emulator_client
from zebros_local.errors import DeployFailedError
from zebros_local.identity import LocalIdentity, Person, Realm
from zebros_local.settings import STAGE
from zebros_local.state import StackState

_CUSTOMERS = "/v1/customers?limit=1"
_TENANTS = "/v1/tenants?limit=1"
_NO_TENANT = ""  # of those who run the platform
_STEPS_FUNCTION = f"zebros-auth-{STAGE}-tenancy"
_TIMEOUT_SECONDS = 30.0
# A silo tenant's registration, or a function's new code, may be seconds old.
_PATIENCE_SECONDS = 20.0


def warm_followers(state: StackState) -> int:
    """Start every function that a stream, a queue or a state machine calls, with nothing to do; return how many.

    Otherwise the first change of a record, and the first onboarding, would wait seconds for the cold starts of all
    that follow.
    """
    lambda_ = emulator_client("lambda", state)
    pages = lambda_.get_paginator("list_event_source_mappings").paginate()
    calls = {
        mapping["FunctionArn"]: b'{"Records": []}'
        for page in pages
        for mapping in page["EventSourceMappings"]
    }
    calls[_STEPS_FUNCTION] = _step_of_nothing(Realm.load().tenants[0].id)

    def start(function: str) -> None:
        lambda_.invoke(FunctionName=function, Payload=calls[function])

    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        list(pool.map(start, sorted(calls)))
    return len(calls)


def _step_of_nothing(tenant: str) -> bytes:
    """A step that is refused after a look into the registry: a demo tenant was registered, never onboarded."""
    return json.dumps({"kind": "onboarding", "step": "activate", "tenantId": tenant}).encode()


def check_api(state: StackState) -> list[str]:
    """Read customers as each demo tenant's first person, and tenants as the platform's; return the e-mail addresses.

    Raises `DeployFailedError` with the answer when the API does not serve one of them.
    """
    identity = LocalIdentity.of(state)
    realm = Realm.load()
    checks = [(realm.person(tenant.id), _CUSTOMERS) for tenant in realm.tenants]
    checks.append((realm.person(_NO_TENANT), _TENANTS))
    for person, path in checks:
        _check(state, identity, person, path)
    return [person.email for person, _ in checks]


def _check(state: StackState, identity: LocalIdentity, person: Person, path: str) -> None:
    headers = {"Authorization": f"Bearer {identity.person_token(person)}"}
    request = urllib.request.Request(f"{state.api_url}{path}", headers=headers)  # noqa: S310 - our own
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        problem = _problem(request)
        if not problem:
            return
        if time.monotonic() > deadline:
            raise DeployFailedError(f"GET {path} as {person.email} failed: {problem}")
        time.sleep(0.5)


def _problem(request: urllib.request.Request) -> str:
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS):  # noqa: S310 - our own
            return ""
    except urllib.error.HTTPError as error:
        return f"{error.code} {error.read().decode(errors='replace')[:2000]}"
    except (OSError, http.client.HTTPException) as error:
        return str(error)
