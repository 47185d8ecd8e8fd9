"""A running local stack as suites see it: tenants of every isolation model, their people, and AWS's own APIs.

AWS is reached by localstack-client, so that these suites run against LocalStack as well.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from secrets import token_hex
from typing import Any, TypeVar

import httpx
import pytest
from localstack_client.session import Session

from zebros import Client
from zebros_core.auth.internal import InternalTokens
from zebros_core.clock import SystemClock
from zebros_core.tenancy import TenantContext
from zebros_core.tenancy.context import IsolationName
from zebros_core.tenancy.registry import DynamoDbTenantRegistry, Tenant
from zebros_core.tenancy.silo_tables import SiloTables
from zebros_local.demo_tenants import REGISTRY_TABLE
from zebros_local.deploy import emulator_environ
from zebros_local.identity import LocalIdentity
from zebros_local.settings import REGION, STAGE, LocalSettings
from zebros_local.stack import Stack
from zebros_local.state import StackState

T = TypeVar("T")

MODELS: tuple[IsolationName, ...] = ("pool", "bridge", "silo")
SERVICE = f"zebros-customers-{STAGE}"
"""The service's stack, and what the names of its functions and queues begin with."""
STACKS = tuple(
    f"zebros-{service}-{STAGE}" for service in ("auth", "customers", "pipeline", "activities", "jobs", "sync")
)
"""The stacks in which a tenant may have tables of its own."""
CONSUMERS = ("history", "search", "cache", "followup")
# What a person was promised is asserted where it was promised; this is how long anything may take on a busy machine.
PATIENCE_SECONDS = 90.0


@dataclass(frozen=True)
class Member:
    """Somebody of a tenant, who calls the deployed API with a token of the local issuer."""

    tenant: Tenant
    user: str
    token: str
    http: httpx.Client

    def send(self, method: str, path: str, body: Any = None, **more: Any) -> httpx.Response:
        """Send a request; `more` is httpx's (params, headers)."""
        if body is not None:
            kind = "application/merge-patch+json" if method == "PATCH" else "application/json"
            more["headers"] = {"content-type": kind, **more.get("headers", {})}
            more["content"] = json.dumps(body)
        headers = {"authorization": f"Bearer {self.token}", **more.pop("headers", {})}
        return self.http.request(method, path, headers=headers, **more)

    def get(self, path: str, **params: str) -> httpx.Response:
        """Read something, whatever the answer."""
        return self.send("GET", path, params=params)

    def ask(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
        """Send a request that has to succeed, and return the answer's body."""
        answer = self.send(method, path, body, **more)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def customer(self, name: str | None = None, **fields: Any) -> dict[str, Any]:
        """Create a customer."""
        return self.ask("POST", "/v1/customers", {"companyName": name or unique("Company"), **fields})

    def contact(self, customer_id: str | None = None, **fields: Any) -> dict[str, Any]:
        """Create a contact."""
        return self.ask(
            "POST", "/v1/contacts", {"lastName": unique("Person"), "customerId": customer_id, **fields}
        )

    def found(self, words: str) -> list[str]:
        """Return the ids of the customers that a search by name finds."""
        page = self.ask("GET", "/v1/customers/search", params={"name": words})
        return [item["customerId"] for item in page["items"]]

    def history(self, customer_id: str) -> list[dict[str, Any]]:
        """Return a customer's history, newest first."""
        return self.ask("GET", f"/v1/customers/{customer_id}/history")["items"]


class Deployment:
    """A stack that is up and has the services deployed to it."""

    def __init__(self, state: StackState) -> None:
        self.state = state
        self.identity = LocalIdentity.of(state)
        self.http = httpx.Client(base_url=state.api_url, timeout=60)
        self._session = Session("test", "test", region_name=REGION)
        self._clients: dict[str, Any] = {}
        self._registered: list[Tenant] = []

    def aws(self, service: str) -> Any:
        """Return a boto3 client of one of the stack's AWS services."""
        if service not in self._clients:
            self._clients[service] = self._session.client(service)
        return self._clients[service]

    def register(self, isolation: IsolationName) -> Tenant:
        """Make a new, empty tenant."""
        tenant = Tenant(
            id=f"{isolation}{token_hex(5)}",
            name=f"A {isolation} tenant",
            isolation=isolation,
            settings={"requestsPerSecond": 10_000, "requestBurst": 10_000},
        )
        if isolation == "silo":
            self.silos().provision(tenant.id, STACKS)
        DynamoDbTenantRegistry(self.aws("dynamodb"), REGISTRY_TABLE).put(tenant)
        self._registered.append(tenant)
        return tenant

    def silos(self) -> SiloTables:
        """Return what makes silo tenants' tables."""
        return SiloTables(self.aws("dynamodb"), self.aws("lambda"), self.aws("cloudformation"), STAGE)

    def leave(self) -> None:
        """Remove the tables that were made for tests: each is one more stream for the emulator to read."""
        silos = [tenant for tenant in self._registered if tenant.isolation == "silo"]
        if silos:
            self.settle(*self.queues())
        registry = DynamoDbTenantRegistry(self.aws("dynamodb"), REGISTRY_TABLE)
        for tenant in silos:
            # What comes late for them is then dropped, and nobody looks after them any more.
            registry.put(replace(tenant, status="offboarded", epoch=tenant.epoch + 1))
            self.silos().remove(tenant.id, STACKS)
        self.http.close()

    def member(
        self,
        tenant: Tenant,
        user: str = "admin",
        *,
        roles: Sequence[str] = ("tenant-admin",),
        team: str | None = None,
        token: str | None = None,
    ) -> Member:
        """Return somebody of the tenant, by default its admin."""
        minted = token or self.identity.mint(tenant=tenant.id, sub=user, roles=roles, team=team)
        return Member(tenant, user, minted, self.http)

    def sdk(self, member: Member) -> Client:
        """Return the SDK's client, signed in as this person."""
        return Client(self.state.api_url, token=member.token)

    def variables(self, function: str) -> dict[str, str]:
        """Return the environment that a function of the service was deployed with."""
        configuration = self.aws("lambda").get_function_configuration(FunctionName=f"{SERVICE}-{function}")
        return configuration["Environment"]["Variables"]

    def invoke(self, function: str, payload: Mapping[str, Any]) -> Any:
        """Invoke a function of the service by its name."""
        answer = self.aws("lambda").invoke(FunctionName=f"{SERVICE}-{function}", Payload=json.dumps(payload))
        return json.loads(answer["Payload"].read())

    def sign(
        self, member: Member, *, roles: Sequence[str] = ("tenant-admin",), audience: str = "bulk"
    ) -> str:
        """Sign an internal call as another service would, with the key that both derive from the deployed secret."""
        secret = self.variables("bulk")["CURSOR_SECRET"].encode()
        key = hmac.new(secret, b"internal-calls", hashlib.sha256).digest()
        context = TenantContext(
            member.tenant.id, member.user, roles=frozenset(roles), isolation=member.tenant.isolation
        )
        return InternalTokens(key, SystemClock()).sign(context, audience=f"{SERVICE}-{audience}")

    def table(self, tenant: Tenant, base: str) -> str:
        """Return the name of the table that holds this tenant's records."""
        own = f"t-{tenant.id}-" if tenant.isolation == "silo" else ""
        return f"zebros-{STAGE}-{own}{base}"

    def item(self, tenant: Tenant, base: str, key: Mapping[str, str]) -> dict[str, Any]:
        """Read a record's item as it is stored; `key` holds plain ids, the partition's first."""
        partition, *sort = key.items()
        prefix = f"{tenant.id}#" if tenant.isolation == "bridge" else ""
        stored = {partition[0]: {"S": f"{prefix}{partition[1]}"}, **{name: {"S": id} for name, id in sort}}
        return self.aws("dynamodb").get_item(TableName=self.table(tenant, base), Key=stored)["Item"]

    def queue(self, name: str, service: str = SERVICE) -> str:
        """Return the URL of a queue of the service, or of another one's stack."""
        return self.aws("sqs").get_queue_url(QueueName=f"{service}-{name}")["QueueUrl"]

    def waiting(self, queue_url: str) -> int:
        """Return how many messages a queue holds, those being worked on included."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        answer = self.aws("sqs").get_queue_attributes(QueueUrl=queue_url, AttributeNames=names)
        return sum(int(number) for number in answer["Attributes"].values())

    def queues(self) -> list[str]:
        """Return the URLs of every service's queues, without those of dead letters."""
        urls: list[str] = self.aws("sqs").list_queues().get("QueueUrls", [])
        return [url for url in urls if not url.endswith("-dead-letters")]

    def settle(self, *names: str) -> None:
        """Wait until consumers have done what lies in their queues, by name or URL."""
        urls = [name if "/" in name else self.queue(name) for name in names or CONSUMERS]
        quiet = 0
        deadline = time.monotonic() + PATIENCE_SECONDS
        while quiet < 3:
            assert time.monotonic() < deadline, f"queues still hold messages after {PATIENCE_SECONDS} s"
            quiet = quiet + 1 if not any(self.waiting(url) for url in urls) else 0
            time.sleep(0.2)


def eventually(check: Callable[[], T], *, seconds: float = PATIENCE_SECONDS) -> T:
    """Return what `check` gives as soon as it is true; fail with its last answer after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        value = check()
        if value:
            return value
        assert time.monotonic() < deadline, f"not within {seconds} s; at last: {value!r}"
        time.sleep(0.05)


def unique(name: str) -> str:
    """Return a name that no other test has given."""
    return f"{name} {token_hex(6)}"


@contextmanager
def attached(state: StackState) -> Iterator[Deployment]:
    """Give a running stack to the tests, whose AWS clients can reach nothing else meanwhile."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in emulator_environ(os.environ, state).items():
            patch.setenv(name, value)
        deployment = Deployment(state)
        try:
            yield deployment
        finally:
            deployment.leave()


@contextmanager
def running_stack() -> Iterator[Deployment]:
    """Give the stack of `ZEBROS_LOCAL_DIR`, by default the checkout's; skip where none is up."""
    stack = Stack(LocalSettings.from_environ(os.environ))
    if not stack.running():
        pytest.skip(
            "no local stack is running: start one by `make up`, or run `make test-integration test-e2e`"
        )
    with attached(stack.state) as deployment:
        yield deployment
