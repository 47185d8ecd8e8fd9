"""The service in this process, its events handed on by hand."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from typing import Any
from urllib.parse import urlencode

import boto3
from customers_in_process import SERVICE, customers_service
from moto.core import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends
from port import UNLIMITED, Answer, Call, Caller, Model, media_type
from service_in_process import REGION, access_token, create_tables

from zebros_core.messaging.changes import ChangeReader
from zebros_core.tenancy import TenantContext
from zebros_core.tenancy.registry import Tenant
from zebros_customers.bootstrap import Container
from zebros_customers.handlers import bulk
from zebros_customers.handlers.routes import ROUTES
from zebros_customers.repositories.keys import CONTACTS, CUSTOMERS
from zebros_customers.use_cases.index_name import index_name
from zebros_customers.use_cases.keep_history import keep_history

_NUMBERS = count(1)


class InProcessService:
    """The port's adapter over a container in this process."""

    def __init__(self, container: Container) -> None:
        self.container = container
        self._app = container.http_app(ROUTES)
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
        return id

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
        answer = self._app.handler(event, None)
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

    def _publish(self, reader: ChangeReader[Any], item: Mapping[str, Any]) -> None:
        record = {
            "eventName": "INSERT",
            "dynamodb": {"NewImage": item, "ApproximateCreationDateTime": 1_760_000_000},
        }
        change = reader.read(record, None)
        if change is None:
            return
        keep_history(self.container.system_workspace(change.tenant_id, "history"), change)
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
        return json.dumps(sorted(kept))

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
        return self.container.internal_tokens.sign(
            context, audience=audience or self.container.settings.bulk_function
        )


@contextmanager
def in_process_service(stage: str) -> Iterator[InProcessService]:
    """Start the service in this process."""
    with customers_service(stage) as container:
        yield InProcessService(container)
