"""The API held against its own document by made-up requests: no 5xx, no undocumented status, answers of their schemas.

The requests are the same in every run.
"""

from __future__ import annotations

import base64
import gzip
import json
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

sys.path.insert(0, str(Path(__file__).parents[1]))

from activities_in_process import activities_service
from auth_in_process import auth_service
from customers_in_process import customers_service
from in_process_doors import InProcessDoors
from jobs_in_process import jobs_service
from pipeline_in_process import pipeline_service
from service_in_process import access_token
from sync_in_process import sync_service
from tenancy_world import Machines

from zebros_activities.contracts import CONTRACTS as ACTIVITIES_CONTRACTS
from zebros_activities.handlers.bulk import DOOR as ACTIVITIES_DOOR
from zebros_activities.handlers.routes import ROUTES as ACTIVITIES_ROUTES
from zebros_auth.bootstrap import Container as AuthContainer
from zebros_auth.contracts import CONTRACTS as AUTH_CONTRACTS
from zebros_auth.domain.identity import Person
from zebros_auth.handlers.bulk import DOOR as AUTH_DOOR
from zebros_auth.handlers.routes import ROUTES as AUTH_ROUTES
from zebros_core.clock import SystemClock
from zebros_core.tenancy.registry import Tenant
from zebros_customers.contracts import CONTRACTS
from zebros_customers.handlers.bulk import DOOR as CUSTOMERS_DOOR
from zebros_customers.handlers.routes import ROUTES
from zebros_jobs.contracts import CONTRACTS as JOBS_CONTRACTS
from zebros_jobs.handlers.routes import ROUTES as JOBS_ROUTES
from zebros_pipeline.contracts import CONTRACTS as PIPELINE_CONTRACTS
from zebros_pipeline.handlers.bulk import DOOR as PIPELINE_DOOR
from zebros_pipeline.handlers.routes import ROUTES as PIPELINE_ROUTES
from zebros_sync.contracts import CONTRACTS as SYNC_CONTRACTS
from zebros_sync.handlers.routes import ROUTES as SYNC_ROUTES

pytestmark = pytest.mark.contract

EXAMPLES = 12
CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
)
StartResponse = Callable[[str, list[tuple[str, str]]], Any]


class Gateway:
    """The app behind WSGI: what the gateway makes of a request, and of the answer."""

    def __init__(self, app: Any) -> None:
        self._app = app

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        length = int(environ.get("CONTENT_LENGTH") or 0)
        body = environ["wsgi.input"].read(length) if length else b""
        # WSGI carries the decoded path as latin-1; the gateway hands it on as text.
        path = environ["PATH_INFO"].encode("latin-1").decode("utf-8", "replace")
        headers = {
            name.removeprefix("HTTP_").replace("_", "-").lower(): value
            for name, value in environ.items()
            if name.startswith("HTTP_")
        }
        if environ.get("CONTENT_TYPE"):
            headers["content-type"] = environ["CONTENT_TYPE"]
        method = environ["REQUEST_METHOD"]
        event = {
            "version": "2.0",
            "rawPath": path,
            "rawQueryString": environ.get("QUERY_STRING", ""),
            "headers": headers,
            "requestContext": {
                "requestId": "r-1",
                "stage": "$default",
                "http": {"method": method, "path": path, "sourceIp": "127.0.0.1"},
            },
            "body": base64.b64encode(body).decode(),
            "isBase64Encoded": True,
        }
        answer = self._app.handler(event, None)
        sent = {name.lower(): value for name, value in (answer.get("headers") or {}).items()}
        content = (answer.get("body") or "").encode()
        if answer.get("isBase64Encoded"):
            content = base64.b64decode(content)
        if sent.pop("content-encoding", None) == "gzip":
            # What reads the answers here is no browser, and unpacks nothing.
            content = gzip.decompress(content)
        start_response(f"{answer['statusCode']} Answered", list(sent.items()))
        return [content]


SERVICES = {
    "auth": (auth_service, AUTH_ROUTES, AUTH_CONTRACTS),
    "customers": (customers_service, ROUTES, CONTRACTS),
    "pipeline": (pipeline_service, PIPELINE_ROUTES, PIPELINE_CONTRACTS),
    "activities": (activities_service, ACTIVITIES_ROUTES, ACTIVITIES_CONTRACTS),
    "jobs": (jobs_service, JOBS_ROUTES, JOBS_CONTRACTS),
    "sync": (sync_service, SYNC_ROUTES, SYNC_CONTRACTS),
}
DOORS = {
    "auth": AUTH_DOOR,
    "customers": CUSTOMERS_DOOR,
    "pipeline": PIPELINE_DOOR,
    "activities": ACTIVITIES_DOOR,
}


@pytest.fixture(scope="module")
def apis() -> Iterator[dict[str, Any]]:
    """Each service's committed document, bound to the service in this process; they reach each other's doors."""
    with ExitStack() as stack:
        made: dict[str, Any] = {}
        doors = InProcessDoors()
        known = Person("ada", "ada@aurora.example", "Ada", "aurora", "north", "tenant-admin")
        for name, (start, routes, contracts) in SERVICES.items():
            container = stack.enter_context(start("schema"))
            if name in DOORS:
                doors.serve(container, DOORS[name])
            doors.connect(container)
            if isinstance(container, AuthContainer):
                container.identity.people["ada"] = known  # type: ignore[attr-defined]
                machines = Machines()
                vars(container)["tenancy"] = replace(container.tenancy, machines=lambda found=machines: found)
            unlimited = {"requestsPerSecond": 100_000, "requestBurst": 100_000}
            container.registry.put(Tenant(id="aurora", name="Aurora", settings=unlimited))  # type: ignore[attr-defined]
            gateway = Gateway(container.http_app(routes))
            document = (contracts.folder / "openapi.json").read_bytes()
            made[name] = schemathesis.openapi.from_wsgi(
                "/openapi.json", app=_with_document(gateway, document)
            )
        yield made


def _with_document(gateway: Gateway, document: bytes) -> Any:
    def app(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/openapi.json":
            start_response("200 OK", [("Content-Type", "application/json")])
            return [document]
        return gateway(environ, start_response)

    return app


def operations() -> Iterator[tuple[str, str, str, bool]]:
    """Give service, method, path, and whether it is the platform's, of every operation."""
    for name, (_, _, contracts) in SERVICES.items():
        document = json.loads((contracts.folder / "openapi.json").read_text(encoding="utf-8"))
        for path, methods in document["paths"].items():
            for method, described in methods.items():
                yield name, method, path, described.get("x-access") == "platform"


@pytest.mark.parametrize(
    ("service", "method", "path", "platform"),
    [pytest.param(*found, id=f"{found[1]} {found[2]}") for found in operations()],
)
def test_answers_are_those_that_the_document_promises(
    apis: dict[str, Any], service: str, method: str, path: str, platform: bool
) -> None:
    person = {"tenant_id": "aurora", "team": "north", "realm_access": {"roles": ["tenant-admin"]}}
    token = access_token(
        SystemClock(), {"realm_access": {"roles": ["platform-admin"]}} if platform else person
    )

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=apis[service][path][method.upper()].as_strategy())
    def check(case: Any) -> None:
        case.headers["Authorization"] = f"Bearer {token}"
        case.call_and_validate(checks=CHECKS)

    check()
