"""Changes on their way to a consumer: what one costs against its transactions sent raw, and how soon all are there.

A bus in memory is between a table's stream and the consumer's queue.
"""

from __future__ import annotations

import json
import queue
import statistics
import threading
import time
import uuid
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import boto3

from benchmarks.rows import Row
from benchmarks.sales import opportunities
from benchmarks.world import PREFIX, World
from zebros_core.bootstrap import ServiceContainer
from zebros_core.dynamodb.entity import StoredEntity
from zebros_core.dynamodb.schema import EntitySchema
from zebros_core.messaging import EntityChanged, Operation, StreamPublisher
from zebros_core.messaging.bus import Refused
from zebros_pipeline.repositories.keys import OPPORTUNITIES

BATCH = 100
"""Changes that the queue hands over at once."""
_PATIENCE_SECONDS = 120.0
_WARM_UP = 300
_OF_RAW = 2.0
"""At least half the rate is at most twice the time."""

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]


def created(schema: EntitySchema[Any], record: StoredEntity) -> EntityChanged:
    """Return the event of a record's creation."""
    id = str(getattr(record, schema.id_field))
    return EntityChanged(
        event_id=f"{id}-{record.version}",
        tenant_id=record.tenant_id,
        entity=schema.entity,
        id=id,
        version=record.version,
        operation=Operation.CREATED,
        occurred_at=record.updated_at,
        snapshot=record.model_dump(mode="json", by_alias=True),
    )


def messages(details: Sequence[str], source: str) -> dict[str, Any]:
    """Return what the queue hands over: the bus's envelopes in the queue's."""
    return {
        "Records": [
            {
                "messageId": str(number),
                "body": f'{{"source":"{source}","detail-type":"EntityChanged","detail":{detail}}}',
            }
            for number, detail in enumerate(details)
        ]
    }


def against_raw(
    world: World,
    have: ServiceContainer,
    handler: Handler,
    events: Iterator[EntityChanged],
    *,
    source: str,
    tenants: tuple[str, str],
    warm_up: int,
) -> dict[str, float]:
    """Return the milliseconds that a change takes a consumer (`ours`), and its transactions, sent raw (`raw`): medians.

    Each transaction is caught on its way, and sent again for the other tenant, whose id is as long, by a client as
    everybody makes it. `warm_up` events come first and do not count.
    """
    sent: list[dict[str, Any]] = []

    def note(params: dict[str, Any], **_: Any) -> None:
        sent.append(params)

    client: Any = have.dynamodb
    client.meta.events.register("before-parameter-build.dynamodb.TransactWriteItems", note)
    taken: dict[str, list[float]] = {"ours": [], "raw": []}
    done = 0
    while batch := list(islice(events, BATCH)):
        event = messages([each.to_wire() for each in batch], source)
        sent.clear()
        started = time.perf_counter()
        answer = handler(event, None)
        ours = time.perf_counter() - started
        assert answer == {"batchItemFailures": []}
        again = [_for_tenant(request, *tenants) for request in sent]
        started = time.perf_counter()
        for request in again:
            world.raw.transact_write_items(**request)
        raw = time.perf_counter() - started
        done += len(batch)
        if done > warm_up:
            taken["ours"].append(ours * 1000 / len(batch))
            taken["raw"].append(raw * 1000 / len(batch))
    return {way: statistics.median(each) for way, each in taken.items()}


def rate_row(
    world: World,
    have: ServiceContainer,
    handler: Handler,
    name: str,
    *,
    source: str,
    tenants: tuple[str, str],
    count: int,
) -> Row:
    """Return the row of what so many new opportunities take a consumer, against its transactions sent raw."""
    records = opportunities(tenants[0], _WARM_UP + count, datetime.now(UTC).replace(microsecond=0))
    events = (created(OPPORTUNITIES, record) for record in records)
    taken = against_raw(world, have, handler, events, source=source, tenants=tenants, warm_up=_WARM_UP)
    return Row(name, taken["ours"], taken["raw"], "ms", _OF_RAW, "the same transactions sent raw")


def _for_tenant(request: dict[str, Any], former: str, other: str) -> dict[str, Any]:
    items = json.loads(json.dumps(request["TransactItems"]).replace(former, other))
    return {"TransactItems": items, "ClientRequestToken": str(uuid.uuid4())}


@dataclass
class _Bus:
    """Takes events as the bus does, and hands them over as a queue does."""

    waiting: queue.SimpleQueue[str] = field(default_factory=queue.SimpleQueue[str])

    def put(self, events: Sequence[Any]) -> list[Refused[Any]]:
        for event in events:
            self.waiting.put(event.to_wire())
        return []

    def take(self, most: int) -> list[str]:
        """Wait shortly for an event, and return it with those behind it."""
        taken: list[str] = []
        try:
            taken.append(self.waiting.get(timeout=0.05))
            while len(taken) < most:
                taken.append(self.waiting.get_nowait())
        except queue.Empty:
            pass
        return taken


@dataclass
class Delivery:
    """What is known of changes that are being delivered: how many the consumer has taken."""

    taken: int = 0
    trouble: list[BaseException] = field(default_factory=list[BaseException])

    def wait(self, done: Callable[[], bool]) -> None:
        """Wait until it is done. Raises RuntimeError when that takes two minutes, or something went wrong."""
        ends_at = time.monotonic() + _PATIENCE_SECONDS
        while not done():
            if self.trouble or time.monotonic() > ends_at:
                raise RuntimeError("the changes did not arrive") from next(iter(self.trouble), None)
            time.sleep(0.02)


@contextmanager
def delivering(
    world: World, schema: EntitySchema[Any], have: ServiceContainer, handler: Handler
) -> Generator[Delivery]:
    """Deliver what is written to a table from now on to a consumer's handler, until the block is left.

    `have` is of the service that owns the table, and another one than that which writes.
    """
    over = threading.Event()
    bus = _Bus()
    delivery = Delivery()
    stream = _Stream(world, f"{PREFIX}-{schema.table}")
    publisher = StreamPublisher(
        {schema.table: schema},
        table_prefix=PREFIX,
        bus=bus,  # pyright: ignore[reportArgumentType] - a bus in memory
        snapshots=have.snapshots,
        failures=have.failures,
    )

    def publish() -> None:
        for records in stream.read(over):
            publisher.publish(records)

    def consume() -> None:
        while not over.is_set():
            details = bus.take(BATCH)
            if details:
                answer = handler(messages(details, have.event_source), None)
                if answer != {"batchItemFailures": []}:
                    raise RuntimeError(f"the consumer refused changes: {answer}")
                delivery.taken += len(details)

    def guarded(work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - told by the run itself
            delivery.trouble.append(error)

    threads = [threading.Thread(target=guarded, args=(work,), daemon=True) for work in (publish, consume)]
    for thread in threads:
        thread.start()
    try:
        yield delivery
    finally:
        over.set()
        for thread in threads:
            thread.join()


class _Stream:
    """A table's stream from now on, as Lambda hands it over. A table's stream is read once a run."""

    def __init__(self, world: World, table: str) -> None:
        specification = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
        world.raw.update_table(TableName=table, StreamSpecification=specification)
        self._arn: str = world.raw.describe_table(TableName=table)["Table"]["LatestStreamArn"]
        self._client: Any = boto3.client("dynamodbstreams", endpoint_url=world.engines.dynamodb_url)
        self._iterators = [
            self._client.get_shard_iterator(
                StreamArn=self._arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
            )["ShardIterator"]
            for shard in self._shards()
        ]

    def _shards(self) -> list[dict[str, Any]]:
        description = self._client.describe_stream(StreamArn=self._arn)["StreamDescription"]
        return description["Shards"]

    def read(self, over: threading.Event) -> Iterator[list[dict[str, Any]]]:
        """Return batches of records until told that it is over."""
        while not over.is_set() and self._iterators:
            found = False
            following: list[str] = []
            for iterator in self._iterators:
                answer = self._client.get_records(ShardIterator=iterator, Limit=BATCH)
                if answer.get("NextShardIterator"):
                    following.append(answer["NextShardIterator"])
                records = [{**record, "eventSourceARN": self._arn} for record in answer["Records"]]
                if records:
                    found = True
                    yield records
            self._iterators = following
            if not found:
                time.sleep(0.02)
