"""A service in this process: its real handlers and repositories over moto's DynamoDB and S3.

The suites that need a whole service without a stack share it: unit tests, isolation, permissions, API documents.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, TypeVar

import boto3
import cheap_moto
import cheap_rollback
import jwt
import moto_in_turn
import pytest
import yaml
from cryptography.hazmat.primitives.asymmetric import rsa
from moto import mock_aws

from zebros_core.audit import InMemoryAuditTrail
from zebros_core.auth.verifier import TokenVerifier
from zebros_core.bootstrap import ServiceContainer
from zebros_core.cache import InMemoryCache, Layer
from zebros_core.clock import Clock, SystemClock
from zebros_core.observability import NullMetrics
from zebros_core.settings import CoreSettings
from zebros_core.tenancy.registry import InMemoryTenantRegistry

cheap_moto.install()
cheap_rollback.install()
moto_in_turn.install()

ROOT = Path(__file__).parents[1]
ISSUER = "https://identity.test/realms/zebros"
AUDIENCE = "zebros-api"
SIGNING_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
REGION = "eu-central-1"

C = TypeVar("C", bound=ServiceContainer)


class OneKey:
    """The issuer's keys, of which there is one."""

    def key(self, kid: str) -> Any:
        del kid
        return SIGNING_KEY.public_key()


def access_token(clock: Clock, claims: dict[str, Any], *, key: Any = SIGNING_KEY, **header: Any) -> str:
    """Return a token of the issuer with these claims beside the usual ones; a claim of None is left out."""
    now = int(clock.now().timestamp())
    usual = {"iss": ISSUER, "aud": AUDIENCE, "sub": "ada", "iat": now, "exp": now + 900}
    said = {name: value for name, value in {**usual, **claims}.items() if value is not None}
    algorithm = header.pop("alg", "RS256")
    return _signed(json.dumps(said), key, algorithm, json.dumps({"kid": "k1", **header}))


@lru_cache(maxsize=1000)
def _signed(claims: str, key: Any, algorithm: str, header: str) -> str:
    # Most tests call again and again as the same person at the same moment, and a signature takes a millisecond.
    return jwt.encode(json.loads(claims), key, algorithm=algorithm, headers=json.loads(header))


def create_tables(client: Any, prefix: str, service: str) -> None:
    """Make a service's tables as its template declares them; the platform's are not made for one tenant."""
    for name, table in _tables(service).items():
        if table.get("platform") and "-t-" in prefix:
            continue
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
                {
                    "IndexName": index,
                    "KeySchema": _key_schema(keys),
                    "Projection": {"ProjectionType": "ALL"},
                }
                for index, keys in indexes.items()
            ]
        client.create_table(**request)


@cache
def _tables(service: str) -> dict[str, Any]:
    template = yaml.safe_load((ROOT / "services" / service / "serverless.yml").read_text())
    tables: dict[str, Any] = template["custom"]["tables"]
    return tables


def _key_schema(keys: list[str]) -> list[dict[str, str]]:
    return [
        {"AttributeName": key, "KeyType": kind} for key, kind in zip(keys, ("HASH", "RANGE"), strict=False)
    ]


def make_bucket(name: str) -> None:
    """Make a bucket, unless another service of the stage has."""
    s3: Any = boto3.client("s3")
    if name not in {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}:
        s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})


@contextmanager
def service_in_process(
    service: str,
    stage: str,
    build: Callable[[CoreSettings, Clock, Any], C],
    *,
    layers: Mapping[str, Layer] | None = None,
    clock: Clock | None = None,
) -> Iterator[C]:
    """Start a service under a stage. Services of one stage share its buckets, and their doors answer each other.

    `build` makes the service's container of settings, clock and DynamoDB client.
    """
    prefix = f"zebros-{stage}"
    environment = {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": REGION,
    }
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        for name, value in environment.items():
            patch.setenv(name, value)
        for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE", "REDIS_URL"):
            patch.delenv(name, raising=False)
        core = CoreSettings(
            stage=stage,
            table_prefix=prefix,
            event_bus=prefix,
            documents_bucket=f"{prefix}-documents",
            failures_bucket=f"{prefix}-failures",
            oidc_issuer=ISSUER,
            oidc_audience=AUDIENCE,
            service=service,
            cursor_secret="a secret of the tests only, of no worth",
            log_level="CRITICAL",
            permissions_file=str(ROOT / "infrastructure/permissions.json"),
        )
        clock = clock or SystemClock()
        client = boto3.client("dynamodb")
        create_tables(client, prefix, service)
        make_bucket(core.documents_bucket)
        container = build(core, clock, client)
        # What the composition root would build from its settings, in the form that needs no network.
        container.metrics = NullMetrics()
        vars(container)["audit_trail"] = InMemoryAuditTrail()
        vars(container)["registry"] = InMemoryTenantRegistry()
        vars(container)["cache"] = InMemoryCache(dict(layers or {}), clock, sleep=lambda _: None)
        vars(container)["verifier"] = TokenVerifier(OneKey(), clock, issuer=ISSUER, audience=AUDIENCE)
        yield container
