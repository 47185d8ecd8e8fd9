"""The queue of the totals: events come late, twice, out of order, from three services, and some are not events."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from callers import Person
from totals_in_memory import InMemoryTotals
from totals_world import Counting, Sales, event_of, messages

from zebros_core.errors import ConflictError, UnavailableError
from zebros_core.messaging import EntityChanged, Operation
from zebros_core.storage import LazyS3Client
from zebros_pipeline.bootstrap import Container
from zebros_pipeline.domain.contribution import EVERYBODY, Amount, Kind, Share
from zebros_pipeline.domain.generations import Change, RecordKey, TotalsState, Transaction
from zebros_pipeline.handlers.totals import consumer
from zebros_pipeline.use_cases.count_change import count_changes


@pytest.fixture
def counting(container: Container) -> Counting:
    return Counting(container)


def summary(person: Person) -> Any:
    return person.get("/v1/pipeline/value").body["summary"]


def versions(container: Container, person: Person) -> list[EntityChanged]:
    """The events of a deal that was created, moved twice and won."""
    path = f"/v1/opportunities/{person.post('/v1/opportunities', {'title': 'A', 'value': 5}).body['opportunityId']}"
    events = [event_of(container, person.tenant, "opportunity", path[-26:])]
    for stage in ("proposal", "negotiation", "won"):
        assert person.post(f"{path}/move", {"stage": stage}).status == 200
        events.append(event_of(container, person.tenant, "opportunity", path[-26:]))
    return events


@pytest.mark.parametrize("order", [(3, 2, 1, 0), (0, 3, 1, 2), (3, 3, 0), (1, 0, 3, 2, 1)])
def test_the_newest_version_counts_in_whatever_order_events_come(
    container: Container, admin: Person, counting: Counting, order: tuple[int, ...]
) -> None:
    events = versions(container, admin)
    for number in order:
        counting.deliver(events[number])
    assert summary(admin)["wonCount"] == 1 and summary(admin)["openCount"] == 0


def test_a_batch_with_all_versions_counts_the_newest_once(
    container: Container, admin: Person, counting: Counting
) -> None:
    events = versions(container, admin)
    counting.deliver(*events, *reversed(events))
    assert summary(admin)["wonCount"] == 1 and summary(admin)["won"] == 5


def test_the_removal_of_a_moved_record_loses_against_the_move(admin: Person, counting: Counting) -> None:
    sales = Sales(admin, counting)
    path = sales.deal(value=5)
    created = counting.sent[0]
    moved = created.model_copy(update={"version": 3})
    removed = created.model_copy(
        update={"version": 2, "operation": Operation.REMOVED, "snapshot": None, "event_id": f"{path}-removed"}
    )
    for order in ((removed, moved), (moved, removed), (removed,), (created,)):
        counting.deliver(*order)
        assert summary(admin)["openCount"] == 1, order


def test_batches_of_many_records_and_tenants_are_counted_whole(
    container: Container, person: Callable[..., Person], tenant: Callable[..., str], counting: Counting
) -> None:
    people = [person(tenant()), person(tenant("bridge"))]
    events = []
    for one in people:
        for number in range(24):
            draft = {
                "title": "A",
                "value": 1,
                "ownerId": f"rep-{number % 7}",
                "stage": ("proposal", "won")[number % 2],
            }
            id = one.post("/v1/opportunities", draft).body["opportunityId"]
            events.append(event_of(container, one.tenant, "opportunity", id))
    assert counting.deliver(*events) == []
    for one in people:
        assert (summary(one)["openCount"], summary(one)["wonCount"]) == (12, 12)
        assert len(one.get("/v1/pipeline/value", groupBy="owner").body["groups"]) == 7


def test_what_is_not_counted_is_acknowledged_and_what_is_no_event_goes_its_own_way(
    container: Container, admin: Person, counting: Counting
) -> None:
    Sales(admin, counting).deal(value=5)
    good = counting.sent[0]
    contact = good.model_copy(update={"entity": "contact"})
    broken = good.model_copy(update={"id": "01JC8Z4T5V6W7X8Y9ZABCDEFGH", "snapshot": {"stage": "won"}})
    newer = good.model_copy(update={"version": 2, "snapshot": {**(good.snapshot or {}), "value": 6}})
    batch = messages([contact, broken, newer])
    batch["Records"].append(
        {"messageId": "elsewhere", "body": json.dumps({"source": "aws.s3", "detail": {}})}
    )
    answer = consumer(container).handler(batch, None)
    assert sorted(failed["itemIdentifier"] for failed in answer["batchItemFailures"]) == ["elsewhere", "m-1"]
    assert summary(admin)["open"]["sum"] == 6, "the others of the batch are counted all the same"


def test_a_snapshot_that_lies_in_the_bucket_is_followed(
    container: Container, admin: Person, counting: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    Sales(admin, counting).deal(value=5)
    newer = counting.sent[0].model_copy(
        update={
            "version": 2,
            "snapshot": {**(counting.sent[0].snapshot or {}), "value": 8, "title": "x" * 210_000},
        }
    )
    kept: dict[str, bytes] = {}

    class Bucket:
        def put_object(self, *, Key: str, Body: bytes, **_: Any) -> None:
            kept[Key] = Body

        def get_object(self, *, Key: str, **_: Any) -> dict[str, Any]:
            class Content:
                def read(self) -> bytes:
                    return kept[Key]

            return {"Body": Content()}

    monkeypatch.setattr(LazyS3Client, "__call__", lambda self: Bucket())
    pointed = container.snapshots.outlined(newer)
    assert pointed.snapshot is None and len(kept) == 1
    assert counting.deliver(pointed) == []
    assert summary(admin)["open"]["sum"] == 8


def test_a_tenant_that_leaves_gets_no_totals_any_more(
    container: Container, admin: Person, counting: Counting
) -> None:
    Sales(admin, counting).deal(value=5)
    event = counting.sent[0].model_copy(update={"version": 2})
    registered = container.registry.get(admin.tenant)
    container.registry.put(type(registered)(**{**_facts(registered), "status": "offboarding"}))
    assert counting.deliver(event) == []
    totals = container.system_workspace(admin.tenant, "test").totals
    key = RecordKey("opportunity", event.id)
    assert totals.known([1], [key])[1, key].version == 1


def _facts(tenant: Any) -> dict[str, Any]:
    return {name: getattr(tenant, name) for name in tenant.__slots__}


def _change(number: int) -> Change:
    share = Share(Kind.VALUE, (EVERYBODY,), "EUR", "won", {Amount.COUNT: Decimal(1)})
    return Change(RecordKey("opportunity", f"r{number}"), 1, (share,))


def test_a_lost_race_is_tried_again_from_what_is_there_then() -> None:
    totals, waits = InMemoryTotals(), []
    totals.before_commit = lambda: count_changes(totals, [_change(1), _change(2)], wait=waits.append)
    count_changes(totals, [_change(1), _change(3)], wait=waits.append)
    counters = totals.group(1, Kind.VALUE, EVERYBODY)
    assert counters[0].numbers == {"won.count": 3} and waits == [1]


def test_who_loses_again_and_again_gives_up_and_the_queue_brings_it_again() -> None:
    class Busy(InMemoryTotals):
        def commit(self, transaction: Transaction, state: TotalsState) -> None:
            raise ConflictError

    waits: list[int] = []
    with pytest.raises(UnavailableError):
        count_changes(Busy(), [_change(1)], wait=waits.append)
    assert waits == list(range(1, 10))
