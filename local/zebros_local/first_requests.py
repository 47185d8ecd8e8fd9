"""The first requests after a deployment: they prove that the product answers, and spare a person its cold starts."""

from __future__ import annotations

import http.client
import os
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

from zebros_local.deploy import emulator_client
from zebros_local.errors import DeployFailedError
from zebros_local.identity import LocalIdentity, Person, Realm
from zebros_local.state import StackState

_PATH = "/v1/customers?limit=1"
_TIMEOUT_SECONDS = 30.0
# A silo tenant's registration, or a function's new code, may be seconds old.
_PATIENCE_SECONDS = 20.0


def warm_consumers(state: StackState) -> int:
    """Start every function that reads a stream or a queue, with nothing to do, and return how many.

    Otherwise the first change of a record would wait seconds for the cold starts of all that follow it.
    """
    lambda_ = emulator_client("lambda", state)
    pages = lambda_.get_paginator("list_event_source_mappings").paginate()
    functions = sorted({mapping["FunctionArn"] for page in pages for mapping in page["EventSourceMappings"]})

    def start(function: str) -> None:
        lambda_.invoke(FunctionName=function, Payload=b'{"Records": []}')

    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        list(pool.map(start, functions))
    return len(functions)


def check_api(state: StackState) -> list[str]:
    """Read a page of customers as each demo tenant's first person; return the tenants.

    Raises `DeployFailedError` with the answer when the API does not serve one of them.
    """
    identity = LocalIdentity.of(state)
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
