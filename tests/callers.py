"""Somebody who calls a service that runs in this process, and what they are answered."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from moto.core import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends
from service_in_process import REGION, access_token

from zebros_core.clock import FixedClock


@dataclass
class Answer:
    """A response of the API."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def body(self) -> Any:
        return json.loads(self.text) if self.text else None


@dataclass
class Person:
    """Somebody of a tenant who calls the API."""

    app: Any
    clock: FixedClock
    tenant: str
    user: str = "user-1"
    roles: tuple[str, ...] = ("tenant-admin",)
    team: str | None = "north"
    headers: dict[str, str] = field(default_factory=dict)
    scope: str = ""

    def token(self) -> str:
        return access_token(
            self.clock,
            {
                "sub": self.user,
                "tenant_id": self.tenant,
                "team": self.team,
                "realm_access": {"roles": list(self.roles)},
                **({"scope": self.scope} if self.scope else {}),
            },
        )

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        sent = {"authorization": f"Bearer {self.token()}", **self.headers}
        if body is not None:
            sent["content-type"] = "application/merge-patch+json" if method == "PATCH" else "application/json"
        sent |= {name.lower(): value for name, value in (headers or {}).items()}
        event = {
            "version": "2.0",
            "rawPath": path,
            "rawQueryString": urlencode(query or {}),
            "headers": sent,
            "requestContext": {
                "requestId": "r-1",
                "stage": "$default",
                "http": {"method": method, "path": path, "sourceIp": "127.0.0.1"},
            },
            "isBase64Encoded": False,
        }
        if body is not None:
            event["body"] = body if isinstance(body, str) else json.dumps(body)
        answer = self.app.handler(event, None)
        headers_out = {name.lower(): value for name, value in (answer.get("headers") or {}).items()}
        for name, values in (answer.get("multiValueHeaders") or {}).items():
            headers_out.setdefault(name.lower(), values[0])
        return Answer(answer["statusCode"], headers_out, answer.get("body") or "")

    def get(self, path: str, **query: Any) -> Answer:
        return self.call("GET", path, query=query)

    def post(self, path: str, body: Any = None, **headers: str) -> Answer:
        return self.call("POST", path, body, headers={k.replace("_", "-"): v for k, v in headers.items()})

    def patch(self, path: str, body: Any, **headers: str) -> Answer:
        return self.call("PATCH", path, body, headers={k.replace("_", "-"): v for k, v in headers.items()})

    def put(self, path: str, body: Any, **headers: str) -> Answer:
        return self.call("PUT", path, body, headers={k.replace("_", "-"): v for k, v in headers.items()})

    def delete(self, path: str, **headers: str) -> Answer:
        return self.call("DELETE", path, headers={k.replace("_", "-"): v for k, v in headers.items()})


def empty_tables() -> None:
    """Forget every record, and the tables of single tenants: moto copies everything for a transaction."""
    tables = dynamodb_backends[DEFAULT_ACCOUNT_ID][REGION].tables
    for name in list(tables):
        if "-t-" in name:
            del tables[name]
        else:
            tables[name].items.clear()
