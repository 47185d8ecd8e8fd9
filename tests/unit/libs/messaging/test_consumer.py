"""From a queue's batch to a handler."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws

from zebros_core.clock import SystemClock
from zebros_core.messaging import (
    Consumer,
    DynamoDbAppliedVersions,
    EntityChanged,
    InMemoryAppliedVersions,
    MalformedMessageError,
    parse_entity_changed,
    replay,
)


def detail(version: int = 1, *, id: str = "W1", tenant: str = "aurora", **changes: Any) -> dict[str, Any]:
    return {
        "schemaVersion": 1,
        "eventId": f"{tenant}-{id}-{version}",
        "tenantId": tenant,
        "entity": "widget",
        "id": id,
        "version": version,
        "operation": "updated",
        "occurredAt": "2026-03-01T12:00:00.000Z",
    } | changes


def message(
    message_id: str, *args: Any, outer: dict[str, Any] | None = None, **values: Any
) -> dict[str, Any]:
    body = {"source": "zebros.widgets", "detail-type": "EntityChanged", "detail": detail(*args, **values)}
    return {"messageId": message_id, "body": json.dumps(body | (outer or {}))}


def consumer(handle: Any = None, **options: Any) -> Consumer:
    return Consumer(handle, name="history", source="zebros.widgets", **options)


def failed(answer: dict[str, list[dict[str, str]]]) -> list[str]:
    return [item["itemIdentifier"] for item in answer["batchItemFailures"]]


def test_each_event_reaches_the_handler() -> None:
    seen: list[EntityChanged] = []
    answer = consumer(seen.append).handler({"Records": [message("a", id="W1"), message("b", id="W2")]})
    assert (failed(answer), [change.id for change in seen]) == ([], ["W1", "W2"])


def test_only_the_newest_event_of_a_record_is_handled() -> None:
    seen: list[EntityChanged] = []
    records = [message("a", 3), message("b", 1), message("c", 2), message("d", 2, tenant="borealis")]
    assert failed(consumer(seen.append).handler({"Records": records})) == []
    assert [(change.tenant_id, change.version) for change in seen] == [("aurora", 3), ("borealis", 2)]


def test_without_folding_every_version_comes_in_order() -> None:
    seen: list[EntityChanged] = []
    records = [message("a", 3), message("b", 1), message("c", 2)]
    consumer(seen.append, fold=False).handler({"Records": records})
    assert [change.version for change in seen] == [1, 2, 3]


def test_one_records_trouble_sends_back_that_record_alone() -> None:
    def handle(change: EntityChanged) -> None:
        if change.id == "W2":
            raise TimeoutError

    records = [
        message("a", id="W1"),
        message("b", 1, id="W2"),
        message("c", 2, id="W2"),
        message("d", id="W3"),
    ]
    assert failed(consumer(handle).handler({"Records": records})) == ["b", "c"]


@pytest.mark.parametrize(
    "record",
    [
        {"messageId": "x"},
        {"messageId": "x", "body": "nonsense"},
        {"messageId": "x", "body": "[]"},
        message("x", outer={"source": "zebros.other"}),
        message("x", outer={"detail-type": "Other"}),
        message("x", outer={"detail": "text"}),
        message("x", 0),
    ],
)
def test_poison_goes_to_the_dead_letters_or_where_it_can_be_replayed(record: Any, world: Any) -> None:
    seen: list[EntityChanged] = []
    batch = {"Records": [record, message("good")]}
    assert failed(consumer(seen.append).handler(batch)) == ["x"]
    assert failed(consumer(seen.append, poison=world.failures).handler(batch)) == []
    assert len(seen) == 2
    assert len(world.bucket.objects) == 1


def test_poison_found_by_the_handler_is_kept_and_replayed_after_a_repair(world: Any) -> None:
    broken = True
    seen: list[EntityChanged] = []

    def handle(change: EntityChanged) -> None:
        if broken:
            raise MalformedMessageError
        seen.append(change)

    subject = consumer(handle, poison=world.failures)
    assert failed(subject.handler({"Records": [message("a", 1), message("b", 2)]})) == []
    assert replay(world.failures, {"history": subject.replay}).handled == 0
    broken = False
    assert replay(world.failures, {"history": subject.replay}).handled == 2
    assert sorted(change.version for change in seen) == [1, 2]
    assert world.bucket.objects == {}


def test_poison_that_cannot_be_kept_stays_in_the_queue(world: Any) -> None:
    world.bucket.broken = ConnectionError("no bucket")
    subject = consumer(lambda change: None, poison=world.failures)
    assert failed(subject.handler({"Records": [{"messageId": "x", "body": "nonsense"}]})) == ["x"]


def test_other_entities_are_acknowledged_unread() -> None:
    seen: list[EntityChanged] = []
    subject = consumer(seen.append, entities=frozenset({"gadget"}))
    assert failed(subject.handler({"Records": [message("a")]})) == []
    assert seen == []


class TestBatches:
    def test_a_tenants_events_come_together_and_fail_together(self) -> None:
        seen: list[list[tuple[str, str]]] = []

        def handle(changes: Sequence[EntityChanged]) -> None:
            seen.append([(change.tenant_id, change.id) for change in changes])
            if changes[0].tenant_id == "borealis":
                raise TimeoutError

        records = [message("a", id="W1"), message("b", id="W1", tenant="borealis"), message("c", id="W2")]
        assert failed(consumer(handle_batch=handle).handler({"Records": records})) == ["b"]
        assert seen == [[("aurora", "W1"), ("aurora", "W2")], [("borealis", "W1")]]

    def test_poison_in_a_batch_is_found_by_trying_each_record_alone(self, world: Any) -> None:
        seen: list[str] = []

        def handle(changes: Sequence[EntityChanged]) -> None:
            if any(change.id == "W2" for change in changes):
                raise MalformedMessageError
            seen.extend(change.id for change in changes)

        records = [message(id, id=id) for id in ("W1", "W2", "W3")]
        assert failed(consumer(handle_batch=handle).handler({"Records": records})) == ["W2"]
        assert seen == ["W1", "W3"]

    def test_either_way_of_handling_is_given_not_both(self) -> None:
        for options in ({}, {"handle": print, "handle_batch": print}):
            with pytest.raises(ValueError):
                consumer(**options)


@given(st.data())
def test_late_doubled_and_reordered_events_end_in_the_newest_state(data: Any) -> None:
    """What a consumer keeps is the newest version of each record, whatever order and however often events come."""
    ids = [("aurora", "W1"), ("aurora", "W2"), ("borealis", "W1")]
    sent = [(tenant, id, version) for tenant, id in ids for version in range(1, 5)]
    queue = data.draw(st.permutations(sent + data.draw(st.lists(st.sampled_from(sent), max_size=8))))
    kept: dict[tuple[str, str], int] = {}
    outages = data.draw(st.lists(st.booleans(), max_size=10))

    def handle(change: EntityChanged) -> None:
        if outages and outages.pop():
            raise TimeoutError
        kept[change.tenant_id, change.id] = change.version

    subject = consumer(handle, applied=InMemoryAppliedVersions())
    waiting = [message(str(n), v, id=id, tenant=tenant) for n, (tenant, id, v) in enumerate(queue)]
    while waiting:
        size = data.draw(st.integers(1, 10))
        batch, waiting = waiting[:size], waiting[size:]
        again = failed(subject.handler({"Records": batch}))
        waiting += [record for record in batch if record["messageId"] in again]
    assert kept == dict.fromkeys(ids, 4)


class TestAppliedVersionsInATable:
    @pytest.fixture
    def client(self, monkeypatch: pytest.MonkeyPatch) -> Any:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.setenv(name, "test")
        with mock_aws():
            client = boto3.client("dynamodb", region_name="eu-central-1")
            for name in ("shared", "silo"):
                client.create_table(
                    TableName=name,
                    KeySchema=[
                        {"AttributeName": "pk", "KeyType": "HASH"},
                        {"AttributeName": "sk", "KeyType": "RANGE"},
                    ],
                    AttributeDefinitions=[
                        {"AttributeName": "pk", "AttributeType": "S"},
                        {"AttributeName": "sk", "AttributeType": "S"},
                    ],
                    BillingMode="PAY_PER_REQUEST",
                )
            yield client

    def test_only_a_newer_version_is_due_and_an_older_note_changes_nothing(self, client: Any) -> None:
        applied = DynamoDbAppliedVersions(client, lambda tenant: "shared", "history", SystemClock())
        first, second = (parse_entity_changed(json.dumps(detail(version))) for version in (1, 2))
        assert applied.is_newer(first)
        applied.record(second)
        applied.record(first)
        assert not applied.is_newer(first)
        assert not applied.is_newer(second)

    def test_tenants_and_consumers_are_apart(self, client: Any) -> None:
        def table(tenant: str) -> str:
            return "silo" if tenant == "borealis" else "shared"

        applied = DynamoDbAppliedVersions(client, table, "history", SystemClock())
        applied.record(parse_entity_changed(json.dumps(detail(5))))
        assert applied.is_newer(parse_entity_changed(json.dumps(detail(1, tenant="borealis"))))
        other = DynamoDbAppliedVersions(client, table, "search", SystemClock())
        assert other.is_newer(parse_entity_changed(json.dumps(detail(1))))
        (item,) = client.scan(TableName="shared")["Items"]
        assert item["pk"]["S"].startswith("aurora#")
        assert "expiresAt" in item
