"""The deployed gateway and the API's document say the same, and browsers may call it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from deployed_stack import Deployment, Member

from zebros_local.settings import CHECKOUT

pytestmark = pytest.mark.e2e

DOCUMENTS = [
    CHECKOUT / "services" / name / "contracts" / "openapi.json"
    for name in ("customers", "pipeline", "activities", "jobs", "sync")
]
NOBODYS_ID = "01JC8Z4T5V6W7X8Y9ZABCDEFGH"
_PARAMETER = re.compile(r"\{[^}]+\}")


def operations(documents: list[Path]) -> list[Any]:
    """Return method and path of every operation, named by its id."""
    return [
        pytest.param(method.upper(), path, id=operation["operationId"])
        for document in documents
        for path, methods in json.loads(document.read_text())["paths"].items()
        for method, operation in methods.items()
        if method in {"get", "put", "post", "patch", "delete"}
    ]


@pytest.mark.parametrize(("method", "path"), operations(DOCUMENTS))
def test_every_documented_operation_reaches_the_service(home: Member, method: str, path: str) -> None:
    answer = home.send(
        method, _PARAMETER.sub(NOBODYS_ID, path), {} if method in {"POST", "PUT", "PATCH"} else None
    )
    assert answer.status_code != 405
    assert answer.status_code < 500
    if not answer.is_success:
        # The gateway's own 404 is {"message": "Not Found"}; the service's says what was not found.
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["requestId"]


@pytest.mark.parametrize(("method", "path"), operations(DOCUMENTS))
def test_no_documented_operation_is_open_to_callers_without_a_token(
    deployment: Deployment, method: str, path: str
) -> None:
    assert deployment.http.request(method, _PARAMETER.sub(NOBODYS_ID, path)).status_code == 401


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_a_browser_is_told_what_it_may_send(deployment: Deployment, method: str) -> None:
    wanted = ["authorization", "content-type", "if-match", "idempotency-key", "x-skip-duplicate-check"]
    answer = deployment.http.options(
        f"/v1/customers/{NOBODYS_ID}",
        headers={
            "origin": "https://app.zebros.example",
            "access-control-request-method": method,
            "access-control-request-headers": ", ".join(wanted),
        },
    )
    assert answer.is_success
    assert answer.headers["access-control-allow-origin"] in ("*", "https://app.zebros.example")
    assert method in answer.headers["access-control-allow-methods"]
    assert set(wanted) <= {
        name.strip() for name in answer.headers["access-control-allow-headers"].lower().split(",")
    }


def test_a_browser_may_read_the_headers_that_clients_need(home: Member) -> None:
    answer = home.send("GET", "/v1/customers", headers={"origin": "https://app.zebros.example"})
    assert answer.is_success
    assert "access-control-allow-origin" in answer.headers
    exposed = answer.headers["access-control-expose-headers"].lower()
    assert all(name in exposed for name in ("etag", "location", "retry-after"))
