"""The API held against its own document by made-up requests: no 5xx, no undocumented status, answers of their schemas.

The requests are the same in every run.
"""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Callable, Iterable, Iterator
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

from customers_in_process import customers_service
from service_in_process import access_token

from zebros_core.clock import SystemClock
from zebros_core.tenancy.registry import Tenant
from zebros_customers.contracts import CONTRACTS
from zebros_customers.handlers.routes import ROUTES

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
        start_response(f"{answer['statusCode']} Answered", list((answer.get("headers") or {}).items()))
        return [(answer.get("body") or "").encode()]


@pytest.fixture(scope="module")
def api() -> Iterator[Any]:
    """The committed document, bound to the service in this process."""
    with customers_service("schemathesis") as container:
        unlimited = {"requestsPerSecond": 100_000, "requestBurst": 100_000}
        container.registry.put(Tenant(id="aurora", name="Aurora", settings=unlimited))  # type: ignore[attr-defined]
        gateway = Gateway(container.http_app(ROUTES))
        yield schemathesis.openapi.from_wsgi("/openapi.json", app=_with_document(gateway))


def _with_document(gateway: Gateway) -> Any:
    document = (CONTRACTS.folder / "openapi.json").read_bytes()

    def app(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/openapi.json":
            start_response("200 OK", [("Content-Type", "application/json")])
            return [document]
        return gateway(environ, start_response)

    return app


_DOCUMENT = json.loads((CONTRACTS.folder / "openapi.json").read_text(encoding="utf-8"))
OPERATIONS = [(method, path) for path, methods in _DOCUMENT["paths"].items() for method in methods]


@pytest.mark.parametrize(("method", "path"), OPERATIONS, ids=[f"{m} {p}" for m, p in OPERATIONS])
def test_answers_are_those_that_the_document_promises(api: Any, method: str, path: str) -> None:
    claims = {"tenant_id": "aurora", "team": "north", "realm_access": {"roles": ["tenant-admin"]}}
    token = access_token(SystemClock(), claims)

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=api[path][method.upper()].as_strategy())
    def check(case: Any) -> None:
        case.headers["Authorization"] = f"Bearer {token}"
        case.call_and_validate(checks=CHECKS)

    check()
