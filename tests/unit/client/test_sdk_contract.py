"""What the SDK sends to the auth service, held against the service's own API document."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import jsonschema
import pytest
from account_calls import CALLS, NAMES

from zebros import Client
from zebros.models import (
    AuditEntry,
    Device,
    IdentityProvider,
    Integration,
    Me,
    Model,
    Operation,
    OperationStep,
    Permission,
    Preferences,
    Team,
    Tenant,
    User,
)

DOCUMENT = json.loads(
    (Path(__file__).parents[3] / "services" / "auth" / "contracts" / "openapi.json").read_text(
        encoding="utf-8"
    )
)


def operation_of(method: str, path: str) -> dict[str, Any] | None:
    for template, operations in DOCUMENT["paths"].items():
        if re.fullmatch(re.sub(r"\\\{\w+\\\}", "[^/:]+", re.escape(template)), path):
            return operations.get(method.lower())
    return None


@pytest.mark.parametrize(("call", "method", "target", "body"), CALLS, ids=NAMES)
def test_each_call_is_in_the_document(
    call: Callable[[Client], object], method: str, target: str, body: Any
) -> None:
    parts = urlsplit(target)
    operation = operation_of(method, parts.path)
    assert operation is not None, f"{method} {parts.path} is not in the document"
    known = {each["name"] for each in operation.get("parameters", []) if each["in"] == "query"}
    assert {name for name, _ in parse_qsl(parts.query)} <= known
    if body is not None:
        content = operation["requestBody"]["content"]
        schema = content["application/merge-patch+json" if method == "PATCH" else "application/json"][
            "schema"
        ]
        jsonschema.validate(body, {**schema, "components": DOCUMENT["components"]})


def test_no_operation_of_the_document_is_left_out() -> None:
    called = {id(operation_of(method, urlsplit(target).path)) for _, method, target, _ in CALLS}
    left_out = {
        operation["operationId"]
        for operations in DOCUMENT["paths"].values()
        for method, operation in operations.items()
        if method in {"get", "post", "put", "patch", "delete"} and id(operation) not in called
    }
    assert left_out == set()


@pytest.mark.parametrize(
    ("model", "schema"),
    [
        (AuditEntry, "AuditEntryBody"),
        (Device, "DeviceBody"),
        (IdentityProvider, "IdentityProviderBody"),
        (Integration, "NewIntegrationBody"),
        (Me, "MeBody"),
        (Operation, "OperationBody"),
        (OperationStep, "Step"),
        (Permission, "PermissionBody"),
        (Preferences, "Preferences"),
        (Team, "TeamBody"),
        (Tenant, "TenantBody"),
        (User, "UserBody"),
    ],
)
def test_each_member_of_an_answer_has_its_field(model: type[Model], schema: str) -> None:
    fields = {field.serialization_alias or field.alias for field in model.model_fields.values()}
    members = set(DOCUMENT["components"]["schemas"][schema]["properties"])
    assert members <= fields
