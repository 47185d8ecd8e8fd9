"""The customers service in process: real handlers and repositories over moto's DynamoDB and S3, tokens signed here."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import boto3
import jwt
import pytest
import yaml
from cryptography.hazmat.primitives.asymmetric import rsa
from moto import mock_aws

from zebros_core.auth.verifier import TokenVerifier
from zebros_core.cache import InMemoryCache
from zebros_core.clock import FixedClock
from zebros_core.settings import CoreSettings
from zebros_core.tenancy.registry import InMemoryTenantRegistry, Tenant
from zebros_customers.bootstrap import Container
from zebros_customers.handlers.routes import ROUTES
from zebros_customers.settings import LAYERS, Settings

ROOT = Path(__file__).parents[3]
ISSUER = "https://identity.test/realms/zebros"
BUCKET = "zebros-test-documents"
_NUMBERS = count(1000)
_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


class _Keys:
    def key(self, kid: str) -> Any:
        return _KEY.public_key()


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
        now = int(self.clock.now().timestamp())
        claims = {
            "iss": ISSUER,
            "aud": "zebros-api",
            "sub": self.user,
            "exp": now + 900,
            "tenant_id": self.tenant,
            "team": self.team,
            "realm_access": {"roles": list(self.roles)},
        }
        return jwt.encode(claims, _KEY, algorithm="RS256", headers={"kid": "k1"})

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


def create_tables(client: Any, prefix: str) -> None:
    """Make the tables as the service's template declares them."""
    template = yaml.safe_load((ROOT / "services/customers/serverless.yml").read_text())
    for name, table in template["custom"]["tables"].items():
        indexes = table.get("indexes", {})
        attributes = {*table["key"], *(attribute for keys in indexes.values() for attribute in keys)}
        schema = lambda keys: [  # noqa: E731
            {"AttributeName": key, "KeyType": kind}
            for key, kind in zip(keys, ("HASH", "RANGE"), strict=False)
        ]
        request: dict[str, Any] = {
            "TableName": f"{prefix}-{name}",
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": a, "AttributeType": "S"} for a in sorted(attributes)],
            "KeySchema": schema(table["key"]),
        }
        if indexes:
            request["GlobalSecondaryIndexes"] = [
                {"IndexName": index, "KeySchema": schema(keys), "Projection": {"ProjectionType": "ALL"}}
                for index, keys in indexes.items()
            ]
        client.create_table(**request)


@pytest.fixture
def clock(container: Container) -> FixedClock:
    """The service's clock, which only a test moves on."""
    assert isinstance(container.clock, FixedClock)
    return container.clock


@pytest.fixture(scope="session")
def container() -> Iterator[Container]:
    """The service, once for all tests: each has tenants of its own, so none sees another's records."""
    environment = {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "eu-central-1",
    }
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        for name, value in environment.items():
            patch.setenv(name, value)
        for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE", "REDIS_URL"):
            patch.delenv(name, raising=False)
        core = CoreSettings(
            stage="test",
            table_prefix="zebros-test",
            event_bus="zebros-test",
            documents_bucket=BUCKET,
            failures_bucket="zebros-test-failures",
            oidc_issuer=ISSUER,
            oidc_audience="zebros-api",
            service="customers",
            cursor_secret="a secret of the unit tests only",
            log_level="ERROR",
            permissions_file=str(ROOT / "infrastructure/permissions.json"),
        )
        clock = FixedClock()
        client = boto3.client("dynamodb")
        create_tables(client, "zebros-test")
        boto3.client("s3").create_bucket(
            Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
        )
        made = Container(Settings(core), clock=clock, dynamodb=client)
        # What the composition root would build from its settings, in the form that needs no network.
        vars(made)["registry"] = InMemoryTenantRegistry()
        vars(made)["cache"] = InMemoryCache(LAYERS, clock, sleep=lambda _: None)
        vars(made)["verifier"] = TokenVerifier(_Keys(), clock, issuer=ISSUER, audience="zebros-api")
        yield made


@pytest.fixture(scope="session")
def app(container: Container) -> Any:
    return container.http_app(ROUTES)


@pytest.fixture
def tenant(container: Container) -> Callable[..., str]:
    """Register a new tenant of a model and give its id."""

    def register(model: Any = "pool") -> str:
        id = f"{model}{next(_NUMBERS)}"
        container.registry.put(Tenant(id=id, name=id, isolation=model))
        if model == "silo":
            create_tables(container.dynamodb, f"zebros-test-t-{id}")
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
