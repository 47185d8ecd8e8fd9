"""Operations of the platform × roles of a tenant: nobody of a tenant gets in, and each attempt is recorded."""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from api_document import PlatformOperation, platform_operations
from deployed import DeployedService
from port import MODELS, Call, Caller, Model
from service_in_process import access_token

from zebros_core.auth import PLATFORM_ADMIN
from zebros_core.tenancy.registry import Tenant

OPERATIONS = platform_operations()
ROLES = (
    *json.loads((Path(__file__).parents[2] / "infrastructure/permissions.json").read_text())["roles"],
    PLATFORM_ADMIN,
    "none",
)
_PARAMETER = re.compile(r"\{\w+\}")

pytestmark = pytest.mark.isolation


@pytest.fixture(scope="module")
def services() -> Iterator[dict[str, Any]]:
    """The services that have such operations, each in this process, by name."""
    with ExitStack() as stack:
        made: dict[str, Any] = {}
        for name in sorted({operation.service for operation in OPERATIONS}):
            start = getattr(importlib.import_module(f"{name}_in_process"), f"{name}_service")
            container = stack.enter_context(start("platform"))
            routes = importlib.import_module(f"zebros_{name}.handlers.routes").ROUTES
            for model in MODELS:
                container.registry.put(Tenant(id=f"{model}own", name=model, isolation=model))
            made[name] = SimpleNamespace(container=container, app=container.http_app(routes))
        yield made


def call_of(operation: PlatformOperation) -> Call:
    """Return the call. It needs no sense: who is calling is settled before what they send is read."""
    body = {} if operation.method in ("POST", "PUT", "PATCH") else None
    return Call(operation.method, _PARAMETER.sub("aurora", operation.path), body)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("operation", OPERATIONS, ids=[operation.id for operation in OPERATIONS])
def test_no_role_of_a_tenant_opens_an_operation_of_the_platform(
    services: dict[str, Any], operation: PlatformOperation, role: str, model: Model
) -> None:
    service, call = services[operation.service], call_of(operation)
    trail = service.container.audit_trail
    trail.events.clear()
    claims = {
        "sub": "mallory",
        "tenant_id": f"{model}own",
        "realm_access": {"roles": [] if role == "none" else [role]},
    }
    event = {
        "version": "2.0",
        "rawPath": call.path,
        "rawQueryString": "",
        "headers": {
            "authorization": f"Bearer {access_token(service.container.clock, claims)}",
            "content-type": "application/json",
        },
        "requestContext": {
            "requestId": "r-1",
            "stage": "$default",
            "http": {"method": call.method, "path": call.path, "sourceIp": "127.0.0.1"},
        },
        "isBase64Encoded": False,
        "body": None if call.body is None else json.dumps(call.body),
    }
    answer = service.app.handler(event, None)
    assert answer["statusCode"] == 403, answer
    assert [(found.tenant_id, found.actor, found.action) for found in trail.events] == [
        (f"{model}own", "mallory", "permission.refused")
    ]


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("operation", OPERATIONS, ids=[operation.id for operation in OPERATIONS])
def test_nor_on_the_deployed_stack(
    deployed: DeployedService, operation: PlatformOperation, role: str, deployed_tenant: str
) -> None:
    caller = Caller(deployed_tenant, user="mallory", roles=() if role == "none" else (role,))
    answer = deployed.call(caller, call_of(operation))
    # Keycloak gives somebody without any role a token for nothing, which the gateway refuses.
    assert answer.status == 403 or (role == "none" and answer.status == 401), answer.text


@pytest.fixture(scope="module")
def deployed_tenant(deployed: DeployedService) -> str:
    return deployed.register("pool")
