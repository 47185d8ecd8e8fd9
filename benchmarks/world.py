"""Services in this process over the run's servers: tables, tenants, tokens, callers and data."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlencode

import boto3
import jwt
import yaml
from botocore.config import Config
from cryptography.hazmat.primitives.asymmetric import rsa

from benchmarks.engines import CHECKOUT, Engines
from zebros_core.auth.jwks import JwksClient
from zebros_core.auth.verifier import TokenVerifier
from zebros_core.bootstrap import ServiceContainer
from zebros_core.clock import SystemClock
from zebros_core.dynamodb.codec import encode
from zebros_core.dynamodb.lookup import LookupTable
from zebros_core.dynamodb.mapping import to_item
from zebros_core.dynamodb.schema import EntitySchema
from zebros_core.settings import CoreSettings
from zebros_core.tenancy import SystemContext
from zebros_core.tenancy.isolation import isolation_model
from zebros_core.tenancy.registry import Tenant
from zebros_customers.bootstrap import Container
from zebros_customers.domain.customer import Customer
from zebros_customers.domain.names import search_words
from zebros_customers.domain.values import Address, ContactInfo
from zebros_customers.repositories.keys import CUSTOMERS, LOOKUP_TABLE
from zebros_customers.settings import Settings

PREFIX = "zebros-bench"
SERVICES = ("auth", "customers", "pipeline", "activities", "sync", "jobs")
ISSUER = "https://identity.bench.example/realms/zebros"
_AUDIENCE = "zebros-api"
_FIRST = datetime(2026, 1, 1, 8, tzinfo=UTC)
_BATCH = 25
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "bench",
    "AWS_SECRET_ACCESS_KEY": "bench",
    "AWS_DEFAULT_REGION": "eu-central-1",
}
"""The environment in which clients are made: the run's servers take any credentials, and none are looked for."""

WORDS = ("Tidewater", "Birchwood", "Sunvalley", "Northgate")
INDUSTRIES = ("medical", "textile", "finance", "telecom")
TIERS = ("gold", "zinc")
OWNERS = ("usr-1001", "usr-1002", "usr-1003", "usr-1004")
TEAMS = ("north", "south")

C = TypeVar("C", bound=ServiceContainer)


class SigningKey:
    """A real RSA key: signs the tokens of the run, and is served as a JWK set."""

    def __init__(self) -> None:
        self._private = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def token(self, tenant_id: str, user: str = OWNERS[0], role: str = "tenant-admin") -> str:
        """Return an access token that is good for an hour, as large as Keycloak's are."""
        now = int(time.time())
        claims = {
            "iss": ISSUER,
            "aud": [_AUDIENCE, "account"],
            "sub": user,
            "typ": "Bearer",
            "iat": now,
            "exp": now + 3600,
            "jti": "5c0c1a5e-3c0e-4c0f-9a63-5d2c4e4ac0de",
            "sid": "b3c3a1a2-0c59-4e2a-9f0f-9d7a1f0a7b11",
            "azp": "zebros-web",
            "scope": "openid profile email",
            "tenant_id": tenant_id,
            "team": TEAMS[0],
            "realm_access": {"roles": [role]},
            "email": "somebody@company.example",
        }
        return jwt.encode(claims, self._private, algorithm="RS256", headers={"kid": "bench"})

    def jwks(self) -> bytes:
        """Return the public key as the issuer would serve it."""
        numbers = self._private.public_key().public_numbers()

        def text(number: int) -> str:
            raw = number.to_bytes((number.bit_length() + 7) // 8, "big")
            return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()

        key = {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "bench"}
        return json.dumps({"keys": [{**key, "n": text(numbers.n), "e": text(numbers.e)}]}).encode()


def core_settings(engines: Engines, *, redis_url: str = "", service: str = "customers") -> CoreSettings:
    """Return the settings of a service over the run's servers."""
    return CoreSettings(
        stage="local",
        table_prefix=PREFIX,
        event_bus=PREFIX,
        documents_bucket=f"{PREFIX}-documents",
        failures_bucket=f"{PREFIX}-failures",
        oidc_issuer=ISSUER,
        oidc_audience=_AUDIENCE,
        service=service,
        cursor_secret="a secret of the benchmarks only",  # noqa: S106
        redis_url=redis_url,
        permissions_file=str(CHECKOUT / "infrastructure" / "permissions.json"),
        aws_endpoint_url=engines.dynamodb_url,
    )


class World:
    """What all groups of a run share. `raw` is a client as everybody makes it: the baseline."""

    def __init__(self, engines: Engines) -> None:
        self.engines = engines
        self.signing = SigningKey()
        self.raw: Any = boto3.client("dynamodb", endpoint_url=engines.dynamodb_url)
        for name in SERVICES:
            create_tables(self.raw, CHECKOUT / "services" / name / "serverless.yml", PREFIX)

    def container(self, *, cached: bool, dynamodb: Any = None) -> Container:
        """Return the service with or without the cache; everything is real but where the keys are fetched from.

        `dynamodb` is a client to take instead of the service's own.
        """
        settings = core_settings(self.engines, redis_url=self.engines.redis_url if cached else "")
        return self.trusting(Container(Settings(settings), dynamodb=dynamodb))

    def trusting(self, container: C) -> C:
        """Return a service's container that takes the run's tokens."""
        keys = JwksClient(self.signing.jwks, SystemClock())
        verifier = TokenVerifier(keys, SystemClock(), issuer=ISSUER, audience=_AUDIENCE)
        vars(container)["verifier"] = verifier
        return container

    @cached_property
    def patient(self) -> Any:
        """A client that waits as long as it takes: over large partitions the emulator is slow."""
        config = Config(read_timeout=300, retries={"total_max_attempts": 1}, parameter_validation=False)
        return boto3.client("dynamodb", endpoint_url=self.engines.dynamodb_url, config=config)

    @cached_property
    def uncached(self) -> Container:
        """The service without a cache."""
        return self.container(cached=False)

    def tenant(self, id: str, model: Any) -> str:
        """Register a tenant that no rate limit holds back; a silo gets its tables."""
        settings = {"requestsPerSecond": 1_000_000, "requestBurst": 1_000_000}
        self.uncached.registry.put(Tenant(id=id, name=id, isolation=model, settings=settings))
        if model == "silo":
            path = CHECKOUT / "services" / "customers" / "serverless.yml"
            create_tables(self.raw, path, f"{PREFIX}-t-{id}")
        return id

    def load(self, tenant_id: str, count: int) -> list[str]:
        """Store `count` customers of a tenant, and the words of their names; return the ids, oldest first.

        The items are those of the repositories, written in batches: what is measured later is reading them.
        """
        tenant = self.uncached.registry.get(tenant_id)
        context = SystemContext(tenant_id, "bench", isolation=tenant.isolation)
        store = self.uncached.access.bind(context)
        lookup = LookupTable(store, LOOKUP_TABLE)
        ids: list[str] = []
        rows: list[tuple[str, Mapping[str, Any]]] = []
        for customer in customers(tenant_id, count):
            ids.append(customer.customer_id)
            rows.append((store.table(CUSTOMERS.table), encode(to_item(CUSTOMERS, customer, store))))
            for word in search_words(customer.company_name):
                put = lookup.put_op(("word", word[0]), f"{word}#{customer.customer_id}", {})
                rows.append((put.request["TableName"], put.request["Item"]))
            while len(rows) >= _BATCH:
                self._put(rows[:_BATCH])
                del rows[:_BATCH]
        if rows:
            self._put(rows)
        return ids

    def load_records(self, tenant_id: str, schema: EntitySchema[Any], records: Iterable[Any]) -> None:
        """Store records of a tenant as their repository would, in batches."""
        tenant = self.uncached.registry.get(tenant_id)
        store = self.uncached.access.bind(SystemContext(tenant_id, "bench", isolation=tenant.isolation))
        table = store.table(schema.table)
        items = ((table, encode(to_item(schema, record, store))) for record in records)
        while batch := list(islice(items, _BATCH)):
            self._put(batch)

    def _put(self, rows: Sequence[tuple[str, Mapping[str, Any]]]) -> None:
        requests: dict[str, list[Any]] = {}
        for table, item in rows:
            requests.setdefault(table, []).append({"PutRequest": {"Item": item}})
        while requests:
            requests = self.patient.batch_write_item(RequestItems=requests).get("UnprocessedItems") or {}


def customers(tenant_id: str, count: int) -> Iterator[Customer]:
    """Yield customers, each as large as the next, so that units can be compared between sizes."""
    for number in range(count):
        at = _FIRST + timedelta(seconds=number)
        yield Customer(
            tenant_id=tenant_id,
            customer_id=f"01K0000000{number:016d}",
            company_name=f"{WORDS[number % 4]} {number:06d}",
            industry=INDUSTRIES[number // 4 % 4],
            tier=TIERS[number % 2],
            owner_id=OWNERS[number // 16 % 4],
            team_id=TEAMS[number // 2 % 2],
            contact_info=ContactInfo(
                email=f"hello{number:06d}@company.example",
                phone="+31 30 555 0199",
                website="https://company.example",
                address=Address(city="Utrecht", postal_code="3511 AA", country="Netherlands"),
            ),
            tags=frozenset({"trade-fair", "newsletter"}),
            hlc=f"{number:020d}-bench",
            created_at=at,
            updated_at=at,
            created_by=OWNERS[0],
            updated_by=OWNERS[0],
        )


def create_tables(client: Any, template: Path, prefix: str) -> None:
    """Make the tables that a service's template declares."""
    for name, table in yaml.safe_load(template.read_text())["custom"]["tables"].items():
        indexes = table.get("indexes", {})
        attributes = {*table["key"], *(attribute for keys in indexes.values() for attribute in keys)}
        request: dict[str, Any] = {
            "TableName": f"{prefix}-{name}",
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": a, "AttributeType": "S"} for a in sorted(attributes)],
            "KeySchema": _key_schema(table["key"]),
        }
        if indexes:
            request["GlobalSecondaryIndexes"] = [
                {"IndexName": index, "KeySchema": _key_schema(keys), "Projection": {"ProjectionType": "ALL"}}
                for index, keys in indexes.items()
            ]
        client.create_table(**request)


def _key_schema(keys: list[str]) -> list[dict[str, str]]:
    return [
        {"AttributeName": key, "KeyType": kind} for key, kind in zip(keys, ("HASH", "RANGE"), strict=False)
    ]


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody of a tenant who calls the API through the handler, as the gateway would."""

    app: Any
    token: str

    def event(
        self,
        method: str,
        path: str,
        body: Any = None,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """Return the gateway's event (payload format 2.0)."""
        sent = {"authorization": f"Bearer {self.token}", "accept": "application/json", **(headers or {})}
        event: dict[str, Any] = {
            "version": "2.0",
            "rawPath": path,
            "rawQueryString": urlencode(query or {}),
            "headers": sent,
            "requestContext": {
                "requestId": "bench",
                "stage": "$default",
                "http": {"method": method, "path": path, "sourceIp": "127.0.0.1"},
            },
            "isBase64Encoded": False,
        }
        if body is not None:
            sent["content-type"] = "application/merge-patch+json" if method == "PATCH" else "application/json"
            event["body"] = json.dumps(body)
        return event

    def send(self, event: Mapping[str, Any]) -> Any:
        """Return the body of the answer. Raises RuntimeError for a refusal: a benchmark asks for what it may."""
        answer = self.app.handler(event, None)
        if answer["statusCode"] >= 400:
            raise RuntimeError(f"{event['rawPath']}: {answer['statusCode']} {answer.get('body')}")
        return json.loads(answer["body"]) if answer.get("body") else None

    def call(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """Send a request and return the body of the answer."""
        return self.send(self.event(method, path, body, query))


def isolated_key(model: str, tenant_id: str, id: str) -> str:
    """Return the partition key of a record in a model."""
    return isolation_model(model).partition_key(tenant_id, id)  # pyright: ignore[reportArgumentType]
