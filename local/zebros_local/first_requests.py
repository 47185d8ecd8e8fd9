"""The first requests after a deployment: they prove that the product answers, and spare a person its cold starts."""

from __future__ import annotations

import json
import os
import time
from concurrent.futures import ThreadPoolExecutor

from zebros_local.api_calls import send
from zebros_local.deploy import emulator_client
from zebros_local.errors import DeployFailedError
from zebros_local.identity import LocalIdentity, Realm
from zebros_local.settings import STAGE
from zebros_local.state import StackState

_LISTS = (
    "/v1/customers?limit=1",
    "/v1/opportunities?limit=1",
    "/v1/activities?limit=1",
    "/v1/jobs?limit=1",
    "/v1/sync/conflicts?limit=1",
)
"""One of each service that keeps something of a tenant."""
_TENANTS = "/v1/tenants?limit=1"
_NO_TENANT = ""  # of those who run the platform
_CALLED_SERVICES = ("auth", "customers", "pipeline", "activities", "sync")
"""Those whose bulk doors others call. They refuse a call without a context."""
_NO_JOB = "01JC8Z4T5V6W7X8Y9ZABCDEFGH"
# A silo tenant's registration, or a function's new code, may be seconds old; and several start at once.
_PATIENCE_SECONDS = 60.0


def warm_followers(state: StackState) -> int:
    """Start every function that a stream, a queue, a state machine or another service calls, with nothing to do.

    Otherwise the first change of a record, and the first onboarding, would wait seconds for the cold starts of all
    that follow. Returns how many there are.
    """
    lambda_ = emulator_client("lambda", state)
    pages = lambda_.get_paginator("list_event_source_mappings").paginate()
    calls = {
        mapping["FunctionArn"]: b'{"Records": []}'
        for page in pages
        for mapping in page["EventSourceMappings"]
    }
    calls |= {f"zebros-{service}-{STAGE}-bulk": b"{}" for service in _CALLED_SERVICES}
    calls |= _steps_of_nothing(Realm.load().tenants[0].id)

    def start(function: str) -> None:
        lambda_.invoke(FunctionName=function, Payload=calls[function])

    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        list(pool.map(start, sorted(calls)))
    return len(calls)


def _steps_of_nothing(tenant: str) -> dict[str, bytes]:
    """Steps that are refused after a look: a demo tenant was registered, never onboarded, and has no such job."""
    steps = {
        f"zebros-auth-{STAGE}-tenancy": {"kind": "onboarding", "step": "activate"},
        f"zebros-jobs-{STAGE}-worker": {"kind": "import", "step": "check", "jobId": _NO_JOB},
    }
    return {name: json.dumps({**step, "tenantId": tenant}).encode() for name, step in steps.items()}


def check_api(state: StackState) -> list[str]:
    """Read a list of each service as each demo tenant's first person, and tenants as the platform's.

    Returns the e-mail addresses. Raises `DeployFailedError` with the answer when the API does not serve one of them.
    """
    identity = LocalIdentity.of(state)
    realm = Realm.load()
    people = [realm.person(tenant.id) for tenant in realm.tenants]
    operator = realm.person(_NO_TENANT)
    tokens = {person.email: identity.person_token(person) for person in (*people, operator)}
    callers = dict.fromkeys(_LISTS, people) | {_TENANTS: [operator]}

    def check(path: str) -> None:
        for person in callers[path]:
            _check(state, tokens[person.email], person.email, path)

    # Side by side: each is another function that starts.
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        list(pool.map(check, callers))
    return list(tokens)


def _check(state: StackState, token: str, email: str, path: str) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not (answer := send(state, token, "GET", path)).is_success:
        if time.monotonic() > deadline:
            raise DeployFailedError(f"GET {path} as {email} failed: {answer.status} {answer.text}")
        time.sleep(0.5)
