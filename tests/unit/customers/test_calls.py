"""What a request costs, counted: calls to the database, round trips to Redis, models built, modules imported."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from zebros_core.cache import RedisCache
from zebros_core.cache.redis_connection import SingleConnection
from zebros_customers.bootstrap import Container
from zebros_customers.handlers.routes import ROUTES
from zebros_customers.settings import LAYERS

ROOT = Path(__file__).parents[3]


class CountingTransport:
    """A connection to Redis that counts the commands sent: each waits for its answer, so each is a round trip."""

    def __init__(self, inner: SingleConnection) -> None:
        self._inner = inner
        self.round_trips = 0

    def call(self, *command: str | bytes | int) -> Any:
        self.round_trips += 1
        return self._inner.call(*command)

    def close(self) -> None:
        self._inner.close()


class Counts:
    """The calls to the database and the round trips to Redis within a `with counts:` block."""

    def __init__(self, client: Any, transport: CountingTransport) -> None:
        self._client = client
        self._transport = transport
        self.calls: list[str] = []
        self.round_trips = 0

    def __enter__(self) -> Counts:
        self.calls, self._transport.round_trips = [], 0
        self._client.meta.events.register("before-call.dynamodb", self._note)
        return self

    def __exit__(self, *_: object) -> None:
        self._client.meta.events.unregister("before-call.dynamodb", self._note)
        self.round_trips = self._transport.round_trips

    def _note(self, model: Any, **_: Any) -> None:
        self.calls.append(model.name)


@pytest.fixture(scope="module")
def transport(valkey_url: str) -> Iterator[CountingTransport]:
    connection = SingleConnection(valkey_url, connect_timeout_seconds=2.0, read_timeout_seconds=2.0)
    yield CountingTransport(connection)
    connection.close()


@pytest.fixture(scope="module")
def app(container: Container, transport: CountingTransport) -> Any:
    """The service over a real Valkey; its scripts are known to the server before a test begins to count."""
    cached = Container(container.settings, clock=container.clock, dynamodb=container.dynamodb)
    for name in ("registry", "verifier"):
        vars(cached)[name] = vars(container)[name]
    vars(cached)["cache"] = RedisCache(transport, LAYERS, container.clock)
    return cached.http_app(ROUTES)


@pytest.fixture
def counts(container: Container, transport: CountingTransport) -> Counts:
    return Counts(container.dynamodb, transport)


@pytest.fixture(params=["pool", "bridge", "silo"])
def admin(
    request: pytest.FixtureRequest,
    person: Callable[..., Any],
    tenant: Callable[..., str],
    transport: CountingTransport,
) -> Any:
    """An admin of a tenant of each model, after requests that ran every script of the cache once."""
    admin = person(tenant(request.param))
    first = _create(admin, "First of all")
    transport.call("FLUSHDB")
    admin.get(f"/v1/customers/{first}")
    return admin


def _read_call(admin: Any) -> str:
    return "Query" if admin.tenant.startswith("pool") else "GetItem"


def _create(admin: Any, name: str, **values: Any) -> str:
    answer = admin.post("/v1/customers", {"companyName": name, **values})
    assert answer.status == 201, answer.text
    return answer.body["customerId"]


def test_a_hit_makes_no_call_builds_no_model_and_takes_one_round_trip(
    admin: Any, counts: Counts, monkeypatch: pytest.MonkeyPatch
) -> None:
    id = _create(admin, "Tidewater")
    shown = admin.get(f"/v1/customers/{id}")

    def build(*_: Any, **__: Any) -> Any:
        raise AssertionError("a model was built")

    for way in ("__init__", "model_validate", "model_validate_json", "model_construct", "model_copy"):
        monkeypatch.setattr(BaseModel, way, build)
    with counts:
        answer = admin.get(f"/v1/customers/{id}")
    assert (answer.status, answer.body) == (200, shown.body)
    assert (counts.calls, counts.round_trips) == ([], 1)


def test_a_hit_of_a_list_makes_no_call_and_takes_one_round_trip(admin: Any, counts: Counts) -> None:
    _create(admin, "Tidewater", industry="medical")
    shown = admin.get("/v1/customers", industry="medical")
    with counts:
        answer = admin.get("/v1/customers", industry="medical")
    assert answer.body == shown.body
    assert (counts.calls, counts.round_trips) == ([], 1)


def test_a_miss_is_one_read_and_two_round_trips(
    admin: Any, counts: Counts, transport: CountingTransport
) -> None:
    id = _create(admin, "Tidewater")
    transport.call("FLUSHDB")
    with counts:
        assert admin.get(f"/v1/customers/{id}").status == 200
    assert (counts.calls, counts.round_trips) == ([_read_call(admin)], 2)


def test_a_record_that_is_missing_is_read_once_and_remembered(admin: Any, counts: Counts) -> None:
    path = "/v1/customers/01JC8Z4T5V6W7X8Y9ZABCDEFGH"
    with counts:
        assert admin.get(path).status == 404
    assert (counts.calls, counts.round_trips) == ([_read_call(admin)], 2)
    with counts:
        assert admin.get(path).status == 404
    assert (counts.calls, counts.round_trips) == ([], 1)


@pytest.mark.parametrize(
    ("values", "headers"),
    [
        ({}, {}),
        ({"externalId": "erp-1", "contactInfo": {"email": "hello@tidewater.example"}}, {}),
        ({}, {"Idempotency_Key": "order-66"}),
    ],
    ids=["plain", "with guards", "idempotent"],
)
def test_a_create_is_one_write(
    admin: Any, counts: Counts, values: dict[str, Any], headers: dict[str, str]
) -> None:
    with counts:
        answer = admin.post("/v1/customers", {"companyName": "Tidewater", **values}, **headers)
    assert answer.status == 201
    # The name is guarded against duplicates, so record and guards are one transaction.
    assert counts.calls == ["TransactWriteItems"]
    assert counts.round_trips == 2  # the rate limit, and the new body with the list's generation


def test_an_update_is_one_read_and_one_write(admin: Any, counts: Counts) -> None:
    id = _create(admin, "Tidewater")
    with counts:
        assert admin.patch(f"/v1/customers/{id}", {"tier": "gold"}).status == 200
    assert counts.calls == [_read_call(admin), "PutItem"]


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"owner": "user-1"},
        {"team": "north"},
        {"industry": "medical"},
        {"tier": "gold"},
        {"sort": "name"},
        {"sort": "createdAt"},
    ],
    ids=lambda query: next(iter(query.values()), "all"),
)
def test_a_page_of_a_list_is_one_query(admin: Any, counts: Counts, query: dict[str, str]) -> None:
    for number in range(5):
        _create(admin, f"Tidewater {number}", industry="medical", tier="gold")
    with counts:
        page = admin.get("/v1/customers", limit=2, **query).body
    assert (counts.calls, len(page["items"])) == (["Query"], 2)
    with counts:
        admin.get("/v1/customers", limit=2, cursor=page["nextCursor"], **query)
    assert counts.calls == ["Query"]


def test_contacts_by_e_mail_are_one_query(admin: Any, counts: Counts) -> None:
    admin.post("/v1/contacts", {"lastName": "Vantongeren", "email": "mira@tidewater.example"})
    with counts:
        page = admin.get("/v1/contacts", email="Mira@Tidewater.example").body
    assert (counts.calls, len(page["items"])) == (["Query"], 1)


NOT_AT_START = (
    "aws_xray_sdk",
    "boto3",
    "cryptography.x509",
    "dynamodb_json",
    "jwt",
    "moto",
    "redis",
    "requests",
    "s3transfer",
    "zebros_core.http.openapi",
    "zebros_core.messaging",
    "zebros_core.tenancy.credentials",
    "zebros_customers.contracts",
)


def test_the_http_function_starts_without_what_only_some_requests_need() -> None:
    code = """if True:
        import zebros_customers.handlers.http
        import gc, json, sys
        print(json.dumps([sorted(sys.modules), gc.isenabled()]))
    """
    environment = {
        "STAGE": "dev",
        "TABLE_PREFIX": "zebros-dev",
        "EVENT_BUS": "zebros-dev",
        "DOCUMENTS_BUCKET": "zebros-dev-documents",
        "FAILURES_BUCKET": "zebros-dev-failures",
        "OIDC_ISSUER": "https://identity.test/realms/zebros",
        "OIDC_AUDIENCE": "zebros-api",
        "CURSOR_SECRET": "a secret of the unit tests only",
        "SERVICE": "customers",
        "PERMISSIONS_FILE": str(ROOT / "infrastructure/permissions.json"),
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "AWS_REGION": "eu-central-1",
    }
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    loaded, collecting = json.loads(done.stdout)
    assert [name for name in NOT_AT_START if name in loaded] == []
    assert collecting
