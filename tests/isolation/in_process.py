"""The services in this process, their doors connected, their events handed on by hand."""

from __future__ import annotations

import hashlib
import importlib
import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from itertools import count
from typing import Any
from urllib.parse import urlencode, urlsplit

import boto3
from events_by_hand import Queue, Stream, as_plain, settle, stored, tables
from in_process_doors import InProcessDoors
from jobs_in_process import SkippingClock, carry_out
from moto.core import DEFAULT_ACCOUNT_ID
from moto.s3.models import s3_backends
from port import SETTINGS, Answer, Call, Caller, Model, media_type
from service_in_process import access_token, create_tables

from zebros_auth.domain.identity import TENANT_ROLES, Person
from zebros_core.bootstrap import ServiceContainer
from zebros_core.bulk.client import bulk_function
from zebros_core.tenancy import TenantContext
from zebros_core.tenancy.registry import Tenant

SERVICES = ("auth", "customers", "pipeline", "activities", "sync", "jobs")
WITH_DOORS = SERVICES[:-1]
"""Those that others call; nobody calls jobs."""
CONSUMERS = {
    "customers": ("history", "search"),
    "pipeline": ("history", "totals"),
    "activities": ("history", "timeline", "people"),
    "sync": ("changes",),
}
"""Those whose derived data the suite looks at."""
_ALONE = {"totals": "totals", "changes": "events"}
"""The module of a consumer that is the only one there."""

_TENANTS = count(1)
_REQUESTS = count(1)


class InProcessService:
    """The port's adapter over containers in this process, by service."""

    pictures_are_cheap = True
    callers_at_once = 1

    def __init__(self, containers: Mapping[str, Any], doors: InProcessDoors) -> None:
        self.containers = containers
        self.container: ServiceContainer = containers["customers"]
        self.auth = containers["auth"]
        self._doors = doors
        self._apps: dict[str, Any] = {}
        self._streams: list[Stream] = []
        self._queues: list[Queue] = []
        for name, container in containers.items():
            routes = importlib.import_module(f"zebros_{name}.handlers.routes").ROUTES
            app = container.http_app(routes)
            for first in {_first_segment(route.path) for route in routes}:
                assert first not in self._apps, f"two services have paths of /v1/{first}"
                self._apps[first] = app
            keys = importlib.import_module(f"zebros_{name}.repositories.keys")
            self._streams.append(Stream(container, getattr(keys, "SCHEMAS", ())))
            self._queues += [_queue(name, container, consumer) for consumer in CONSUMERS.get(name, ())]

    def register(self, model: Model) -> str:
        """Make a new, empty tenant and return its id."""
        id = f"{model}{next(_TENANTS)}"
        registry: Any = self.container.registry
        registry.put(Tenant(id=id, name=id, isolation=model, settings=SETTINGS))
        if model == "silo":
            for name, container in self.containers.items():
                create_tables(container.dynamodb, f"{container.core.table_prefix}-t-{id}", name)
        return id

    def enrol(self, caller: Caller) -> Caller:
        """Make the caller known to the identity provider in memory, under the id that they have."""
        identity: Any = self.auth.identity
        role = next((role for role in caller.roles if role in TENANT_ROLES), "viewer")
        address = f"{caller.user}@{caller.tenant}.example".lower()
        identity.people[caller.user] = Person(
            caller.user, address, caller.user, caller.tenant, caller.team, role, email_verified=True
        )
        return caller

    def call(self, caller: Caller, call: Call) -> Answer:
        """Send a request as the caller."""
        claims = {
            "sub": caller.user,
            "tenant_id": caller.tenant,
            "team": caller.team,
            "realm_access": {"roles": list(caller.roles)},
            "scope": caller.scope or None,
        }
        token = access_token(self.container.clock, claims)
        event = {
            "version": "2.0",
            "rawPath": call.path,
            "rawQueryString": urlencode(call.query),
            "headers": {"authorization": f"Bearer {token}", **media_type(call), **call.headers},
            "requestContext": {
                "requestId": f"r-{next(_REQUESTS)}",
                "stage": "$default",
                "http": {"method": call.method, "path": call.path, "sourceIp": "127.0.0.1"},
            },
            "isBase64Encoded": False,
            **({} if call.body is None else {"body": json.dumps(call.body)}),
        }
        answer = self._apps[_first_segment(call.path)].handler(event, None)
        headers = {name.lower(): value for name, value in (answer.get("headers") or {}).items()}
        return Answer(answer["statusCode"], headers, answer.get("body") or "")

    def upload(self, form: Mapping[str, Any], content: bytes) -> None:
        """Put the file where the form would; moto takes no form of a browser."""
        boto3.client("s3").put_object(
            Bucket=_bucket(form["url"]),
            Key=form["fields"]["key"],
            Body=content,
            ContentType=form["fields"]["Content-Type"],
        )

    def finish(self, caller: Caller, job_id: str) -> None:
        """Carry a job out, and hand on what it has changed."""
        # An undo and an erasure ask what events have told of a tenant.
        self.settle(caller.tenant)
        carry_out(self.containers["jobs"], caller.tenant, job_id)
        self.settle(caller.tenant)

    def settle(self, tenant: str) -> None:
        """Hand what a tenant has changed to the consumers, as stream, bus and queues would have."""
        settle(self._streams, self._queues, tenant)
        for container in self.containers.values():
            trail: Any = container.audit_trail
            for entry in [entry for entry in trail.events if entry.tenant_id == tenant]:
                trail.events.remove(entry)
                self.auth.audit_log(tenant).append(entry)

    def rows(self, tenant: str) -> list[str]:
        """Return every stored row and object of a tenant, and whom the identity provider knows."""
        kept = [
            f"{name} {sorted(as_plain(row.attrs).items())!r}"
            for name, table in tables().items()
            for row in stored(table)
            if row.attrs["tenantId"].value == tenant
        ]
        identity: Any = self.auth.identity
        known = [repr(found) for found in (*identity.people_of(tenant), *identity.clients_of(tenant))]
        return sorted([*kept, *known, *self._objects(tenant)])

    def _objects(self, tenant: str) -> list[str]:
        prefix = f"{self.container.core.table_prefix}-"
        buckets = s3_backends[DEFAULT_ACCOUNT_ID]["aws"].buckets
        return [
            f"{bucket} {name} {hashlib.sha256(object.value).hexdigest()}"
            for bucket, kept in buckets.items()
            if bucket.startswith(prefix)
            for name, object in kept.keys.items()
            if name.startswith(f"{tenant}/")
        ]

    def bulk(self, service: str, payload: Mapping[str, Any]) -> Any:
        """Invoke a bulk door."""
        return self._doors.handlers[service](payload, None)

    def sign(
        self,
        service: str,
        caller: Caller,
        model: Model,
        *,
        audience: str | None = None,
        scopes: frozenset[str] = frozenset(),
        job: str | None = None,
    ) -> str:
        """Sign an internal call, by default for the service's bulk door."""
        context = TenantContext(
            caller.tenant,
            caller.user,
            roles=frozenset(caller.roles),
            scopes=scopes,
            isolation=model,
            team_id=caller.team,
            job_id=job,
        )
        stage = self.container.core.stage
        return self.container.internal_tokens.sign(
            context, audience=audience or bulk_function(service, stage)
        )


@contextmanager
def in_process_service(stage: str) -> Iterator[InProcessService]:
    """Start the services in this process, as of one stage: they share the registry of tenants and call each other."""
    clock = SkippingClock()
    with ExitStack() as stack:
        containers: dict[str, Any] = {}
        for name in SERVICES:
            start = getattr(importlib.import_module(f"{name}_in_process"), f"{name}_service")
            containers[name] = stack.enter_context(start(stage, clock))
            vars(containers[name])["registry"] = containers[SERVICES[0]].registry
        doors = InProcessDoors()
        for name in WITH_DOORS:
            doors.serve(containers[name], importlib.import_module(f"zebros_{name}.handlers.bulk").DOOR)
        doors.connect(*containers.values())
        yield InProcessService(containers, doors)


def _bucket(url: str) -> str:
    """Return the bucket of a form: it is in the host's name or the first of the path."""
    parts = urlsplit(url)
    return parts.path.strip("/").partition("/")[0] or parts.netloc.partition(".")[0]


def _first_segment(path: str) -> str:
    return path.split("/")[2].partition(":")[0]


def _queue(service: str, container: ServiceContainer, name: str) -> Queue:
    """Return a consumer of the service, made as its function makes it but of this container."""
    alone = _ALONE.get(name)
    module: Any = importlib.import_module(f"zebros_{service}.handlers.{alone or 'events'}")
    consumer = module.consumer(container) if alone else module.consumer(container, name)
    return Queue(consumer, consumer._sources, consumer._entities)
