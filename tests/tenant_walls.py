"""What AWS would refuse a request's tenant session, refused in process: no emulator holds sessions to their policies.

Each call that a container makes with a tenant's session is taken apart as IAM does (an action on a table or an index
for each item, with its leading keys) and held against the session's own policy.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import yaml
from botocore.exceptions import ClientError
from policy_evaluator import is_allowed

from zebros_core.bootstrap import ServiceContainer
from zebros_core.tenancy.credentials import SESSION_SECONDS, TenantCredentials

_SERVICES = Path(__file__).parents[1] / "services"
_ACCOUNT = "123456789012"
_WRITES = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
}
_EQUALS = re.compile(r"^\s*\(?\s*(#?\w+)\s*=\s*(:\w+)")


@dataclass
class Walls:
    """The calls that were let through with a tenant's session, and those of the function's own role."""

    allowed: list[tuple[str, str, str]] = field(default_factory=list)
    """(tenant, action, table or table/index)"""
    own: list[tuple[str, str]] = field(default_factory=list)
    """(operation, table) within requests: the registry's and the platform's only, or they would have been refused"""
    answering: bool = False


def raise_walls(container: ServiceContainer, service: str) -> Walls:
    """Give the container sessions of tenants, each held to its policy; a refusal is `AccessDeniedException`."""
    tables: dict[str, Any] = yaml.safe_load((_SERVICES / service / "serverless.yml").read_text())["custom"][
        "tables"
    ]
    tables = {name: table for name, table in tables.items() if not table.get("platform")}
    lookups = tuple(name for name, table in tables.items() if table["key"][0] == "pk")
    core = replace(
        container.core,
        tenant_role_arn=f"arn:aws:iam::{_ACCOUNT}:role/zebros-{service}-test-tenant",
        tenant_tables=tuple(name for name in tables if name not in lookups),
        tenant_lookup_tables=lookups,
    )
    sessions: dict[str, Mapping[str, Any]] = {}

    class Sts:
        def assume_role(self, **request: Any) -> dict[str, Any]:
            token = f"session-{len(sessions)}"
            sessions[token] = request
            ends = container.clock.now() + timedelta(seconds=SESSION_SECONDS)
            keys = {"AccessKeyId": "ASIA", "SecretAccessKey": "s", "SessionToken": token}
            return {"Credentials": {**keys, "Expiration": ends}}

    credentials = TenantCredentials.from_settings(core, container.dynamodb, container.clock)
    vars(credentials)["_make_sts"] = Sts
    vars(container)["tenant_credentials"] = credentials
    walls = Walls()

    def check(request: Any, operation_name: str, **_: Any) -> None:
        body = json.loads(request.data)
        signing = request.context.get("signing", {}).get("request_credentials")
        if signing is None:
            if walls.answering:
                _check_own(walls, operation_name, body, tables)
            return
        session = sessions[signing.token]
        tags = {tag["Key"]: tag["Value"] for tag in session["Tags"]}
        policy = json.loads(session["Policy"])
        for action, name, index, keys in _parts(operation_name, body, tables):
            suffix = f"/index/{index}" if index else ""
            resource = f"arn:aws:dynamodb:{core.aws_region}:{_ACCOUNT}:table/{name}{suffix}"
            if not is_allowed(policy, f"dynamodb:{action}", resource, tags=tags, leading_keys=keys):
                raise _denied(action, f"{tags}, {name}{suffix}, {keys}")
            walls.allowed.append((tags["tenant"], action, f"{name}{suffix}"))

    make_app = container.http_app

    def http_app(routes: Any) -> Any:
        app: Any = make_app(routes)
        handler = app.handler

        def answer(event: Any, context: Any) -> Any:
            walls.answering = True
            try:
                return handler(event, context)
            finally:
                walls.answering = False

        app.handler = answer
        return app

    vars(container)["http_app"] = http_app
    container.dynamodb.meta.events.register("before-sign.dynamodb", check)  # pyright: ignore
    return walls


def _check_own(walls: Walls, operation: str, body: Mapping[str, Any], tables: Mapping[str, Any]) -> None:
    """A request handler's own role has no table of tenants (`as: tenant` in custom.access)."""
    if "TransactItems" in body:
        names = [next(iter(item.values()))["TableName"] for item in body["TransactItems"]]
    else:
        names = list(body.get("RequestItems", ())) or [body["TableName"]]
    for name in names:
        walls.own.append((operation, name))
        if any(name.endswith(f"-{base}") for base in tables):
            raise _denied(operation, f"the function's own role, {name}")


def _denied(operation: str, message: str) -> ClientError:
    return ClientError({"Error": {"Code": "AccessDeniedException", "Message": message}}, operation)


def _parts(
    operation: str, body: Mapping[str, Any], tables: Mapping[str, Any]
) -> Iterator[tuple[str, str, str | None, list[str]]]:
    """The actions of a call: name, table, index, leading keys."""

    def leading(name: str, values: Mapping[str, Any]) -> str:
        base = next(base for base in sorted(tables, key=len, reverse=True) if name.endswith(f"-{base}"))
        return str(values[tables[base]["key"][0]]["S"])

    if operation == "TransactWriteItems":
        for item in body["TransactItems"]:
            ((kind, request),) = item.items()
            name = request["TableName"]
            yield _WRITES[kind], name, None, [leading(name, request.get("Item") or request["Key"])]
    elif operation == "BatchGetItem":
        for name, wanted in body["RequestItems"].items():
            yield operation, name, None, [leading(name, key) for key in wanted["Keys"]]
    elif operation == "Query":
        found = _EQUALS.match(body["KeyConditionExpression"])
        assert found is not None, body["KeyConditionExpression"]
        value = body["ExpressionAttributeValues"][found[2]]["S"]
        yield operation, body["TableName"], body.get("IndexName"), [value]
    else:
        name = body["TableName"]
        yield operation, name, None, [leading(name, body.get("Item") or body["Key"])]
