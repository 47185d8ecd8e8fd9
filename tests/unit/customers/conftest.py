"""The customers service in process: real handlers and repositories over moto's DynamoDB and S3, tokens signed here."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from urllib.parse import urlencode

import pytest
from customers_in_process import SERVICE, customers_service
from moto.core import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends
from service_in_process import REGION, access_token, create_tables

from zebros_core.clock import FixedClock
from zebros_core.tenancy.registry import Tenant
from zebros_customers.bootstrap import Container
from zebros_customers.handlers.routes import ROUTES

_NUMBERS = count(1000)


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

    def token(self) -> str:
        return access_token(
            self.clock,
            {
                "sub": self.user,
                "tenant_id": self.tenant,
                "team": self.team,
                "realm_access": {"roles": list(self.roles)},
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


@pytest.fixture
def clock(container: Container) -> FixedClock:
    """The service's clock, which only a test moves on."""
    assert isinstance(container.clock, FixedClock)
    return container.clock


@pytest.fixture(scope="module")
def container() -> Iterator[Container]:
    """The service, once for the tests of a module: each has tenants of its own, so none sees another's records."""
    with customers_service("test", FixedClock()) as made:
        yield made


@pytest.fixture(autouse=True)
def _empty_tables(container: Container) -> Iterator[None]:
    """Forget a test's records and its silo tables: a transaction of moto's copies everything that there is."""
    yield
    tables = dynamodb_backends[DEFAULT_ACCOUNT_ID][REGION].tables
    for name in list(tables):
        if "-t-" in name:
            del tables[name]
        else:
            tables[name].items.clear()


@pytest.fixture(scope="module")
def app(container: Container) -> Any:
    return container.http_app(ROUTES)


@pytest.fixture
def tenant(container: Container) -> Callable[..., str]:
    """Register a new tenant of a model and give its id."""

    def register(model: Any = "pool") -> str:
        id = f"{model}{next(_NUMBERS)}"
        container.registry.put(Tenant(id=id, name=id, isolation=model))
        if model == "silo":
            create_tables(container.dynamodb, f"zebros-test-t-{id}", SERVICE)
        return id

    return register


@pytest.fixture
def person(app: Any, clock: FixedClock, tenant: Callable[..., str]) -> Callable[..., Person]:
    """Make somebody of this test's first tenant, or of the tenant given: `person(roles=("viewer",))`."""
    first: list[str] = []

    def make(of: str | None = None, **facts: Any) -> Person:
        if of is None and not first:
            first.append(tenant())
        return Person(app, clock, of or first[0], **facts)

    return make


@pytest.fixture(params=["pool", "bridge", "silo"])
def both(
    request: pytest.FixtureRequest, person: Callable[..., Person], tenant: Callable[..., str]
) -> tuple[Person, Person]:
    """The admins of two tenants of one isolation model, for each model."""
    return person(tenant(request.param)), person(tenant(request.param))


@pytest.fixture
def admin(person: Callable[..., Person]) -> Person:
    """An admin of a pool tenant."""
    return person()
