"""Two kinds of records over an in-process DynamoDB: widgets (one key) and parts of widgets (a key with a
parent).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Annotated, Any

import cheap_rollback
import moto_in_turn
from moto.dynamodb.models import dynamodb_backends
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from zebros_core.clock import FixedClock, HybridLogicalClock
from zebros_core.dynamodb import (
    BUSINESS,
    PERSONAL,
    SYSTEM,
    DataAccess,
    EntitySchema,
    IndexSpec,
    Page,
    Repository,
    StoredEntity,
    TableSpec,
    TenantStore,
    create_client,
)
from zebros_core.settings import CoreSettings
from zebros_core.tenancy import IsolationName, TenantContext

cheap_rollback.install()
moto_in_turn.install()

PREFIX = "zebros-dev"
REGION = "eu-central-1"
LOOKUP = "widgets-lookup"
TENANTS = ("aurora", "borealis")


class Maker(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)

    full_name: Annotated[str | None, PERSONAL] = None
    city: Annotated[str | None, PERSONAL] = None


class Widget(StoredEntity):
    widget_id: Annotated[str, SYSTEM]
    name: Annotated[str, BUSINESS, Field(min_length=1, max_length=2000)]
    colour: Annotated[str | None, BUSINESS] = None
    owner_id: Annotated[str | None, BUSINESS] = None
    price: Annotated[Decimal | None, BUSINESS] = None
    maker: Annotated[Maker | None, PERSONAL] = None
    note: Annotated[str | None, BUSINESS] = "none yet"


WIDGETS = EntitySchema(
    entity="widget",
    model=Widget,
    table="widgets",
    id_field="widget_id",
    scoped=frozenset({"ownerId", "colour"}),
    derived=lambda widget: {"nameKey": widget.name.casefold()},
    indexes={
        "created": IndexSpec("shardKey", "createdAt", sharded=True),
        "name": IndexSpec("tenantId", "nameKey"),
        "owner": IndexSpec("ownerId", "createdAt"),
        "colour": IndexSpec("colour", "createdAt"),
    },
    field_codes={"name": "n", "colour": "c", "owner_id": "o", "price": "p", "maker": "m", "note": "no"},
    lookup_table=LOOKUP,
)


class WidgetRepository(Repository[Widget]):
    schema = WIDGETS

    def page_by_created(self, *, limit: int = 50, cursor: str | None = None, **options: Any) -> Page[Widget]:
        return self._page(
            "created", None, limit=limit, cursor=cursor, query_name="widgets-by-created", **options
        )

    def page_by_name(self, *, limit: int = 50, cursor: str | None = None, **options: Any) -> Page[Widget]:
        return self._page("name", None, limit=limit, cursor=cursor, query_name="widgets-by-name", **options)

    def page_by_owner(
        self, owner: str, *, limit: int = 50, cursor: str | None = None, **options: Any
    ) -> Page[Widget]:
        return self._page(
            "owner", owner, limit=limit, cursor=cursor, query_name="widgets-by-owner", **options
        )


class Part(StoredEntity):
    part_id: Annotated[str, SYSTEM]
    widget_id: Annotated[str | None, BUSINESS] = None
    name: Annotated[str, BUSINESS] = "bolt"


PARTS = EntitySchema(
    entity="part",
    model=Part,
    table="parts",
    id_field="part_id",
    parent_field="widget_id",
    scoped=frozenset({"widgetKey"}),
    derived=lambda part: {"nameKey": part.name, **({"widgetKey": part.widget_id} if part.widget_id else {})},
    indexes={
        "created": IndexSpec("shardKey", "createdAt", sharded=True),
        "widget": IndexSpec("widgetKey", "nameKey"),
    },
    field_codes={"widget_id": "w", "name": "n"},
    lookup_table=LOOKUP,
)


class PartRepository(Repository[Part]):
    schema = PARTS

    def page_by_widget(self, widget_id: str, *, limit: int = 50, cursor: str | None = None) -> Page[Part]:
        return self._page("widget", widget_id, limit=limit, cursor=cursor, query_name="parts-by-widget")


class World:
    """The tables of every model, a clock that stands still, and the names of the calls made."""

    def __init__(self) -> None:
        settings = CoreSettings(
            stage="dev",
            table_prefix=PREFIX,
            event_bus="b",
            documents_bucket="d",
            failures_bucket="f",
            oidc_issuer="https://issuer.example",
            oidc_audience="a",
            service="widgets",
        )
        self.client: Any = create_client(settings)
        self.calls: list[str] = []
        specs = [WIDGETS.table_spec, PARTS.table_spec, TableSpec(LOOKUP, "pk", "sk", {})]
        for prefix in (PREFIX, *(f"{PREFIX}-t-{tenant}" for tenant in TENANTS)):
            for spec in specs:
                create_table(self.client, f"{prefix}-{spec.base}", spec)
        self.client.meta.events.register("before-call.dynamodb", self._note)
        self.reset()

    def reset(self) -> None:
        """Empties every table and starts the clock anew: a hundred times faster than new tables."""
        for accounts in dynamodb_backends.values():
            for table in accounts[REGION].tables.values():
                table.items.clear()
        self.clock = FixedClock()
        self.access = self.access_with(self.client)
        self.calls.clear()

    def access_with(self, client: Any, **options: Any) -> DataAccess:
        return DataAccess(
            client,
            table_prefix=PREFIX,
            cursor_key=b"k" * 32,
            clock=self.clock,
            hlc=HybridLogicalClock(self.clock),
            **options,
        )

    def _note(self, model: Any, **_: Any) -> None:
        self.calls.append(model.name)

    def store(self, tenant: str = "aurora", isolation: IsolationName = "pool", **options: Any) -> TenantStore:
        return self.access.bind(TenantContext(tenant, f"user-of-{tenant}", isolation=isolation, **options))

    @contextmanager
    def counted(self) -> Iterator[list[str]]:
        """The calls made inside."""
        self.calls.clear()
        made: list[str] = []
        yield made
        made.extend(self.calls)

    def rows(self, table: str) -> list[dict[str, Any]]:
        """Everything in a shared table, as DynamoDB has it: for tests only."""
        return self.client.scan(TableName=f"{PREFIX}-{table}")["Items"]


def create_table(client: Any, name: str, spec: TableSpec) -> None:
    def keys(partition: str, sort: str | None) -> list[dict[str, str]]:
        both = [(partition, "HASH"), *([(sort, "RANGE")] if sort else [])]
        return [{"AttributeName": attribute, "KeyType": kind} for attribute, kind in both]

    attributes = {spec.partition, *([spec.sort] if spec.sort else [])}
    for index in spec.indexes.values():
        attributes |= {index.partition, index.sort}
    indexes = [
        {"IndexName": n, "KeySchema": keys(i.partition, i.sort), "Projection": {"ProjectionType": "ALL"}}
        for n, i in spec.indexes.items()
    ]
    client.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=keys(spec.partition, spec.sort),
        AttributeDefinitions=[{"AttributeName": a, "AttributeType": "S"} for a in sorted(attributes)],
        **({"GlobalSecondaryIndexes": indexes} if indexes else {}),
    )
