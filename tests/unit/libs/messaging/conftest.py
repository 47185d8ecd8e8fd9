"""A small entity, its stored images in each isolation model, and fakes of the bus and the bucket."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import Annotated, Any, cast

import pytest

from zebros_core.clock import FixedClock, HybridLogicalClock
from zebros_core.dynamodb.entity import BUSINESS, PERSONAL, StoredEntity
from zebros_core.dynamodb.mapping import encoded, to_item, to_tombstone
from zebros_core.dynamodb.schema import EntitySchema, IndexSpec
from zebros_core.dynamodb.store import DataAccess, TenantStore
from zebros_core.messaging import EventBus, FailureStore, SnapshotStore, StreamPublisher
from zebros_core.tenancy.context import IsolationName, TenantContext

NOW = datetime(2026, 3, 1, 12, 0, 0, 250_000, tzinfo=UTC)
PREFIX = "zebros-dev"
AURORA, BOREALIS = "aurora", "borealis"


class Widget(StoredEntity):
    widget_id: Annotated[str, BUSINESS]
    box_id: Annotated[str | None, BUSINESS] = None
    name: Annotated[str, PERSONAL] = "bolt"
    owner_id: Annotated[str | None, BUSINESS] = None


WIDGETS = EntitySchema(
    entity="widget",
    model=Widget,
    table="widgets",
    id_field="widget_id",
    parent_field="box_id",
    scoped=frozenset({"ownerId", "boxKey"}),
    derived=lambda widget: {"boxKey": widget.box_id} if widget.box_id else {},
    indexes={"owner": IndexSpec("ownerId", "createdAt"), "box": IndexSpec("boxKey", "createdAt")},
    field_codes={"name": "n", "owner_id": "o", "box_id": "b"},
)


def widget(**values: Any) -> Widget:
    """A stored widget of version 1, unless told otherwise."""
    base: dict[str, Any] = {
        "tenant_id": AURORA,
        "widget_id": "W1",
        "created_at": NOW,
        "created_by": "user-1",
        "updated_at": NOW,
        "updated_by": "user-1",
        "hlc": "h1",
        "owner_id": "user-1",
    }
    return Widget(**(base | values))


def store(tenant_id: str, isolation: IsolationName) -> TenantStore:
    clock = FixedClock(NOW)
    access = DataAccess(
        cast(Any, None),
        table_prefix=PREFIX,
        cursor_key=b"k" * 32,
        clock=clock,
        hlc=HybridLogicalClock(clock, "test"),
    )
    return access.bind(TenantContext(tenant_id, "user-1", isolation=isolation))


def image(record: Widget, isolation: IsolationName = "pool") -> dict[str, Any]:
    """The record's item, as the stream shows it."""
    bound = store(record.tenant_id, isolation)
    make = to_tombstone if record.is_deleted else to_item
    return encoded(make(WIDGETS, record, bound))


def stream_record(
    old: Widget | None,
    new: Widget | None,
    *,
    isolation: IsolationName = "pool",
    ttl: bool = False,
    **changes: Any,
) -> dict[str, Any]:
    """A record of the table's stream, as Lambda gives it."""
    present = cast(Widget, new or old)
    table = f"{PREFIX}-widgets" if isolation != "silo" else f"{PREFIX}-t-{present.tenant_id}-widgets"
    images: dict[str, Any] = {"ApproximateCreationDateTime": int(NOW.timestamp()), "SequenceNumber": "1"}
    if old is not None:
        images["OldImage"] = image(old, isolation)
    if new is not None:
        images["NewImage"] = image(new, isolation)
    record: dict[str, Any] = {
        "eventID": "e1",
        "eventName": "REMOVE" if new is None else "INSERT" if old is None else "MODIFY",
        "eventSource": "aws:dynamodb",
        "eventSourceARN": f"arn:aws:dynamodb:eu-central-1:000000000000:table/{table}/stream/2026-03-01T00:00:00.000",
        "dynamodb": images,
    }
    if ttl:
        record["userIdentity"] = {"type": "Service", "principalId": "dynamodb.amazonaws.com"}
    return record | changes


class FakeBus:
    """EventBridge: takes everything, unless `answers` has other plans."""

    def __init__(self) -> None:
        self.calls: list[list[dict[str, Any]]] = []
        self.answers: list[Any] = []

    @property
    def details(self) -> list[str]:
        return [entry["Detail"] for call in self.calls for entry in call]

    def put_events(self, **request: Any) -> dict[str, Any]:
        entries = request["Entries"]
        self.calls.append(entries)
        answer = self.answers.pop(0) if self.answers else [None] * len(entries)
        if isinstance(answer, Exception):
            raise answer
        outcomes = [{"ErrorCode": code, "ErrorMessage": ""} if code else {"EventId": "x"} for code in answer]
        return {"FailedEntryCount": sum(map(bool, answer)), "Entries": outcomes}


class FakeBucket:
    """S3, as far as it is used here; pages of two."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.broken: Exception | None = None

    def put_object(self, **request: Any) -> dict[str, Any]:
        if self.broken is not None:
            raise self.broken
        self.objects[request["Key"]] = request["Body"]
        return {}

    def get_object(self, **request: Any) -> dict[str, Any]:
        return {"Body": io.BytesIO(self.objects[request["Key"]])}

    def delete_object(self, **request: Any) -> dict[str, Any]:
        self.objects.pop(request["Key"], None)
        return {}

    def list_objects_v2(self, **request: Any) -> dict[str, Any]:
        keys = sorted(key for key in self.objects if key.startswith(request["Prefix"]))
        rest = [key for key in keys if key > request.get("ContinuationToken", "")]
        page: dict[str, Any] = {"Contents": [{"Key": key} for key in rest[:2]], "IsTruncated": len(rest) > 2}
        return page | ({"NextContinuationToken": rest[1]} if len(rest) > 2 else {})


class World:
    """A publisher with everything that it talks to."""

    def __init__(self) -> None:
        self.bus, self.bucket = FakeBus(), FakeBucket()
        self.sleeps: list[float] = []
        self.failures = FailureStore(lambda: self.bucket, "failures", FixedClock(NOW))
        self.snapshots = SnapshotStore(lambda: self.bucket, "failures")
        self.publisher = StreamPublisher(
            {"widgets": WIDGETS},
            table_prefix=PREFIX,
            bus=EventBus(
                self.bus, f"{PREFIX}", "zebros.widgets", sleep=self.sleeps.append, jitter=lambda: 0.5
            ),
            snapshots=self.snapshots,
            failures=self.failures,
        )


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def make_widget() -> Any:
    return widget


@pytest.fixture
def make_record() -> Any:
    return stream_record
