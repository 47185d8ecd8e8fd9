"""The services in this process, their events handed on by hand."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from typing import Any
from urllib.parse import urlencode

import boto3
from auth_in_process import SERVICE as AUTH_SERVICE
from auth_in_process import auth_service
from customers_in_process import SERVICE, customers_service
from moto.core import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends
from port import UNLIMITED, Answer, Call, Caller, Model, media_type
from service_in_process import REGION, access_token, create_tables

from zebros_auth.bootstrap import Container as AuthContainer
from zebros_auth.domain.identity import TENANT_ROLES, Person
from zebros_auth.handlers.routes import ROUTES as AUTH_ROUTES
from zebros_core.messaging.changes import ChangeReader
from zebros_core.records.history_events import keep_history
from zebros_core.tenancy import TenantContext
from zebros_core.tenancy.registry import Tenant
from zebros_customers.bootstrap import Container
from zebros_customers.handlers import bulk
from zebros_customers.handlers.routes import ROUTES
from zebros_customers.repositories.keys import BY_ENTITY, CONTACTS, CUSTOMERS
from zebros_customers.use_cases.index_name import index_name

_NUMBERS = count(1)
_OF_AUTH = {route.path.split("/")[2] for route in AUTH_ROUTES}


class InProcessService:
    """The port's adapter over containers in this process: customers, and auth for its own paths."""

    def __init__(self, container: Container, auth: AuthContainer) -> None:
        self.container = container
        self.auth = auth
        self._app = container.http_app(ROUTES)
        self._auth_app = auth.http_app(AUTH_ROUTES)
        self._tables = [container.settings.core.table_prefix]

    def register(self, model: Model) -> str:
        """Make a new, empty tenant and return its id."""
        id = f"{model}{next(_NUMBERS)}"
        registry: Any = self.container.registry
        registry.put(Tenant(id=id, name=id, isolation=model, settings=UNLIMITED))
        if model == "silo":
            own = f"{self.container.settings.core.table_prefix}-t-{id}"
            create_tables(self.container.dynamodb, own, SERVICE)
            self._tables.append(own)
            create_tables(self.auth.dynamodb, f"{self.auth.core.table_prefix}-t-{id}", AUTH_SERVICE)
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
        }
        token = access_token(self.container.clock, claims)
        event = {
            "version": "2.0",
            "rawPath": call.path,
            "rawQueryString": urlencode(call.query),
            "headers": {"authorization": f"Bearer {token}", **media_type(call), **call.headers},
            "requestContext": {
                "requestId": f"r-{next(_NUMBERS)}",
                "stage": "$default",
                "http": {"method": call.method, "path": call.path, "sourceIp": "127.0.0.1"},
            },
            "isBase64Encoded": False,
            **({} if call.body is None else {"body": json.dumps(call.body)}),
        }
        app = self._auth_app if call.path.split("/")[2].partition(":")[0] in _OF_AUTH else self._app
        answer = app.handler(event, None)
        headers = {name.lower(): value for name, value in (answer.get("headers") or {}).items()}
        return Answer(answer["statusCode"], headers, answer.get("body") or "")

    def upload(self, form: Mapping[str, Any], content: bytes) -> None:
        """Put the file where the form would; moto takes no form of a browser."""
        boto3.client("s3").put_object(
            Bucket=self.container.settings.core.documents_bucket,
            Key=form["fields"]["key"],
            Body=content,
            ContentType=form["fields"]["Content-Type"],
        )

    def settle(self) -> None:
        """Hand every record's present state to the consumers, as the table's stream would have."""
        for prefix in self._tables:
            for schema in (CUSTOMERS, CONTACTS):
                reader: ChangeReader[Any] = ChangeReader(schema)
                for item in self.container.dynamodb.scan(TableName=f"{prefix}-{schema.table}")["Items"]:
                    self._publish(reader, item)
        for container in (self.container, self.auth):
            trail: Any = container.audit_trail
            while trail.events:
                entry = trail.events.pop()
                self.auth.audit_log(entry.tenant_id).append(entry)

    def _publish(self, reader: ChangeReader[Any], item: Mapping[str, Any]) -> None:
        record = {
            "eventName": "INSERT",
            "dynamodb": {"NewImage": item, "ApproximateCreationDateTime": 1_760_000_000},
        }
        change = reader.read(record, None)
        if change is None:
            return
        keep_history(self.container.system_workspace(change.tenant_id, "history").history, BY_ENTITY, change)
        if change.entity == "customer":
            index_name(self.container.system_workspace(change.tenant_id, "search"), change)

    def rows(self, tenant: str) -> str:
        """Return every stored row of a tenant."""
        tables = dynamodb_backends[DEFAULT_ACCOUNT_ID][REGION].tables
        # Tables with a sort key keep rows by sort key below the partition key.
        kept = [
            (name, json.dumps(row.to_json()["Attributes"], sort_keys=True, default=repr))
            for name, table in tables.items()
            for rows in table.items.values()
            for row in (rows.values() if isinstance(rows, dict) else [rows])
            if row.attrs["tenantId"].value == tenant
        ]
        identity: Any = self.auth.identity
        known = [repr(found) for found in (*identity.people_of(tenant), *identity.clients_of(tenant))]
        return json.dumps([*sorted(kept), *sorted(known)])

    def bulk(self, payload: Mapping[str, Any]) -> Any:
        """Invoke the bulk door."""
        with_container = bulk._container
        bulk._container = lambda: self.container  # type: ignore[assignment]
        try:
            return bulk.handler(payload, None)
        finally:
            bulk._container = with_container

    def sign(self, caller: Caller, model: Model, *, audience: str | None = None) -> str:
        """Sign an internal call, by default for the bulk door."""
        context = TenantContext(
            caller.tenant, caller.user, roles=frozenset(caller.roles), isolation=model, team_id=caller.team
        )
        return self.container.internal_tokens.sign(context, audience=audience or self.container.bulk_function)


@contextmanager
def in_process_service(stage: str) -> Iterator[InProcessService]:
    """Start the services in this process, which share the registry of tenants."""
    with customers_service(stage) as container, auth_service(f"{stage}a") as auth:
        vars(auth)["registry"] = container.registry
        yield InProcessService(container, auth)
