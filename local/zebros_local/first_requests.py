"""The first requests after a deployment: they prove that the product answers, and spare a person its cold starts."""

from __future__ import annotations

import http.client
import time
import urllib.error
import urllib.request

from zebros_local.deploy import emulator_client
from zebros_local.errors import DeployFailedError
from zebros_local.identity import LocalIdentity, Person, Realm
from zebros_local.state import StackState

_PATH = "/v1/customers?limit=1"
_TIMEOUT_SECONDS = 30.0
# A silo tenant's registration, or a function's new code, may be seconds old.
_PATIENCE_SECONDS = 20.0


def warm_consumers(state: StackState) -> None:
    """Start as many of each function that reads a stream or a queue as may run at once, and do not wait for them.

    Otherwise the first change of a record would wait seconds for the cold starts of all that follow it.
    """
    lambda_ = emulator_client("lambda", state)
    pages = lambda_.get_paginator("list_event_source_mappings").paginate()
    at_once: dict[str, int] = {}
    for mapping in (mapping for page in pages for mapping in page["EventSourceMappings"]):
        concurrency = mapping.get("ScalingConfig", {}).get("MaximumConcurrency", 1)
        at_once[mapping["FunctionArn"]] = max(concurrency, at_once.get(mapping["FunctionArn"], 0))
    for function, concurrency in sorted(at_once.items()):
        for _ in range(concurrency):
            lambda_.invoke(FunctionName=function, InvocationType="Event", Payload=b'{"Records": []}')


def check_api(state: StackState) -> list[str]:
    """Read a page of customers as each demo tenant's first person; return the tenants.

    Raises `DeployFailedError` with the answer when the API does not serve one of them.
    """
    identity = LocalIdentity(state.identity_url)
    realm = Realm.load()
    return [_check(state, identity, realm.person(tenant.id)) for tenant in realm.tenants]


def _check(state: StackState, identity: LocalIdentity, person: Person) -> str:
    headers = {"Authorization": f"Bearer {identity.person_token(person)}"}
    request = urllib.request.Request(f"{state.api_url}{_PATH}", headers=headers)  # noqa: S310 - our own
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        problem = _problem(request)
        if not problem:
            return person.tenant
        if time.monotonic() > deadline:
            raise DeployFailedError(f"GET {_PATH} as {person.email} failed: {problem}")
        time.sleep(0.5)


def _problem(request: urllib.request.Request) -> str:
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS):  # noqa: S310 - our own
            return ""
    except urllib.error.HTTPError as error:
        return f"{error.code} {error.read().decode(errors='replace')[:2000]}"
    except (OSError, http.client.HTTPException) as error:
        return str(error)
