"""From stream records to events on the bus."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from zebros_core.errors import UnavailableError
from zebros_core.messaging import Operation, Published, parse_entity_changed, replay


def events(world: Any) -> list[Any]:
    return [parse_entity_changed(detail) for detail in world.bus.details]


def only(world: Any) -> Any:
    (event,) = events(world)
    return event


class TestOperations:
    @pytest.mark.parametrize("isolation", ["pool", "bridge", "silo"])
    def test_a_new_record_is_created_with_its_public_fields(
        self, world: Any, make_widget: Any, make_record: Any, isolation: str
    ) -> None:
        new = make_widget(box_id="B1", create_fingerprint="secret", job_id="J1")
        assert world.publisher.publish([make_record(None, new, isolation=isolation)]) == Published(1, 0, 0)
        event = only(world)
        assert (event.operation, event.version, event.changed) == (Operation.CREATED, 1, ())
        assert (event.tenant_id, event.entity, event.id) == ("aurora", "widget", "W1")
        assert (event.actor, event.job, event.occurred_at) == ("user-1", "J1", new.updated_at)
        assert event.snapshot["ownerId"] == "user-1", "without the tenant's prefix"
        assert event.snapshot["boxId"] == "B1"
        assert (
            not {"tenantId", "createFingerprint", "boxKey", "shardKey", "expiresAt"} & event.snapshot.keys()
        )

    def test_an_update_names_what_changed(self, world: Any, make_widget: Any, make_record: Any) -> None:
        new = make_widget(version=2, name="nut", updated_by="user-2", hlc="h2", field_versions={"n": 2})
        world.publisher.publish([make_record(make_widget(), new)])
        event = only(world)
        assert (event.operation, event.changed, event.actor) == (Operation.UPDATED, ("name",), "user-2")
        assert event.previous == {"name": "bolt"}

    def test_tags_have_one_order_before_and_after(
        self, world: Any, make_widget: Any, make_record: Any
    ) -> None:
        tags = [f"tag-{number}" for number in range(9)]
        old = make_widget(tags=frozenset(tags[1:]))
        new = make_widget(version=2, tags=frozenset(tags), hlc="h2", field_versions={"t": 2})
        world.publisher.publish([make_record(old, new)])
        event = only(world)
        assert (event.previous["tags"], event.snapshot["tags"]) == (tags[1:], tags)

    def test_a_tombstone_is_a_delete_and_its_end_a_restore(
        self, world: Any, make_widget: Any, make_record: Any
    ) -> None:
        first = make_widget()
        gone = make_widget(version=2, deleted_at=first.updated_at, deleted_by="user-2")
        back = make_widget(version=3)
        world.publisher.publish([make_record(first, gone), make_record(gone, back)])
        deleted, restored = events(world)
        assert (deleted.operation, deleted.actor, deleted.is_gone) == (Operation.DELETED, "user-2", True)
        assert deleted.snapshot["name"] == "bolt", "what was deleted can be told from the event"
        assert (restored.operation, restored.version, restored.is_gone) == (Operation.RESTORED, 3, False)

    def test_a_move_to_another_parent_wins_over_its_own_removal(
        self, world: Any, make_widget: Any, make_record: Any
    ) -> None:
        old = make_widget(version=4, box_id="B1")
        new = make_widget(version=6, box_id="B2", field_versions={"n": 3, "b": 6})
        world.publisher.publish([make_record(old, None), make_record(None, new)])
        removed, moved = events(world)
        assert (removed.operation, removed.version, removed.snapshot) == (Operation.REMOVED, 5, None)
        assert (moved.operation, moved.version, moved.changed) == (Operation.UPDATED, 6, ("boxId",))

    def test_a_record_put_back_of_which_nothing_was_left_is_restored(
        self, world: Any, make_widget: Any, make_record: Any
    ) -> None:
        new = make_widget(version=6, box_id="B2", field_versions={"n": 6, "b": 3})
        world.publisher.publish([make_record(None, new)])
        event = only(world)
        assert (event.operation, event.version, event.changed) == (Operation.RESTORED, 6, ())
        assert event.snapshot["boxId"] == "B2"

    def test_a_removal_by_the_tables_ttl_is_not_published(
        self, world: Any, make_widget: Any, make_record: Any
    ) -> None:
        gone = make_widget(version=2, deleted_at=make_widget().updated_at, deleted_by="user-1")
        assert world.publisher.publish([make_record(gone, None, ttl=True)]) == Published(0, 1, 0)
        assert world.bus.calls == []

    def test_a_purge_is_published_as_a_removal(self, world: Any, make_widget: Any, make_record: Any) -> None:
        gone = make_widget(version=2, deleted_at=make_widget().updated_at, deleted_by="user-1")
        world.publisher.publish([make_record(gone, None)])
        assert (only(world).operation, only(world).version) == (Operation.REMOVED, 3)

    def test_an_image_whose_version_did_not_rise_is_not_published(
        self, world: Any, make_widget: Any, make_record: Any
    ) -> None:
        assert world.publisher.publish([make_record(make_widget(), make_widget())]) == Published(0, 1, 0)

    def test_the_same_write_has_the_same_event_id(
        self, world: Any, make_widget: Any, make_record: Any
    ) -> None:
        other = make_widget(tenant_id="borealis")
        world.publisher.publish([make_record(None, make_widget())] * 2 + [make_record(None, other)])
        first, second, third = (event.event_id for event in events(world))
        assert first == second != third


class TestPoison:
    @pytest.mark.parametrize(
        ("change", "reason"),
        [
            (
                {"eventSourceARN": "arn:aws:dynamodb:eu-central-1:0:table/other-dev-widgets/stream/x"},
                "malformed-message",
            ),
            (
                {"eventSourceARN": "arn:aws:dynamodb:eu-central-1:0:table/zebros-dev-gadgets/stream/x"},
                "malformed-message",
            ),
            ({"eventSourceARN": "nonsense"}, "malformed-message"),
            ({"eventName": "EXPLODE"}, "malformed-message"),
            ({"dynamodb": None}, "malformed-message"),
            (
                {"dynamodb": {"NewImage": {"tenantId": {"S": "aurora"}, "widgetId": {"X": "?"}}}},
                "malformed-message",
            ),
            ({"dynamodb": {"NewImage": {"widgetId": {"S": "W9"}}}}, "malformed-message"),
            (
                {"dynamodb": {"NewImage": {"tenantId": {"S": "aurora#x"}, "widgetId": {"S": "W9"}}}},
                "malformed-message",
            ),
            (
                {"dynamodb": {"NewImage": {"tenantId": {"S": "aurora"}, "widgetId": {"S": "borealis#W9"}}}},
                "foreign-message",
            ),
            (
                {
                    "dynamodb": {
                        "NewImage": {
                            "tenantId": {"S": "aurora"},
                            "widgetId": {"S": "W9"},
                            "ownerId": {"S": "borealis#user-1"},
                        }
                    }
                },
                "foreign-message",
            ),
            (
                {
                    "dynamodb": {
                        "NewImage": {
                            "tenantId": {"S": "aurora"},
                            "widgetId": {"S": "W9"},
                            "schemaVersion": {"N": "9"},
                        }
                    }
                },
                "malformed-message",
            ),
        ],
    )
    def test_a_bad_record_is_kept_and_the_others_go_on(
        self, world: Any, make_widget: Any, make_record: Any, change: dict[str, Any], reason: str
    ) -> None:
        good = make_record(None, make_widget())
        result = world.publisher.publish([make_record(None, make_widget(widget_id="W9")) | change, good])
        assert result == Published(1, 0, 1)
        assert only(world).id == "W1"
        ((key, body),) = world.bucket.objects.items()
        assert key.startswith("failures/stream/")
        assert json.loads(body)["reason"] == reason

    def test_a_table_of_one_tenant_holds_no_other(
        self, world: Any, make_widget: Any, make_record: Any
    ) -> None:
        record = make_record(None, make_widget(), isolation="silo")
        record["eventSourceARN"] = record["eventSourceARN"].replace("aurora", "borealis")
        assert world.publisher.publish([record]) == Published(0, 0, 1)

    def test_two_images_of_different_tenants_are_poison(
        self, world: Any, make_widget: Any, make_record: Any
    ) -> None:
        record = make_record(make_widget(tenant_id="borealis"), make_widget(version=2))
        assert world.publisher.publish([record]) == Published(0, 0, 1)

    def test_without_a_place_for_the_poison_nothing_is_lost(
        self, world: Any, make_widget: Any, make_record: Any
    ) -> None:
        world.bucket.broken = ConnectionError("no bucket")
        with pytest.raises(ConnectionError):
            world.publisher.publish([make_record(None, make_widget(), eventName="EXPLODE")])

    def test_a_repaired_failure_is_replayed_and_forgotten(
        self, world: Any, make_widget: Any, make_record: Any
    ) -> None:
        good, bad = make_record(None, make_widget()), make_record(None, make_widget(), eventName="EXPLODE")
        world.failures.keep("stream", "bug", {"Records": [good]}, tenant_id="aurora")
        world.publisher.publish([bad])
        world.bucket.objects["failures/stream/lambda.json"] = json.dumps(
            {"requestContext": {}, "payload": json.dumps({"Records": [good]})}
        ).encode()
        world.bucket.objects["failures/other.json"] = b"not json"
        done = replay(world.failures, {"stream": world.publisher.replay})
        assert done.handled == 2
        assert len(done.remaining) == len(world.bucket.objects) == 2
        assert len(world.bus.details) == 2


class TestLargeSnapshots:
    def test_over_200_kb_the_event_carries_a_pointer(
        self, world: Any, make_widget: Any, make_record: Any
    ) -> None:
        world.publisher.publish([make_record(None, make_widget(name="ü" * 110_000))])
        event = only(world)
        assert event.snapshot is None
        assert event.snapshot_ref.key == "aurora/events/widget/W1/1.json"
        assert world.snapshots.snapshot(event)["name"] == "ü" * 110_000
        assert len(world.bus.details[0].encode()) < 1000

    @pytest.mark.parametrize(("before", "kept"), [(150_000, True), (220_000, False)])
    def test_an_update_fits_the_bus_with_what_was_before(
        self, world: Any, make_widget: Any, make_record: Any, before: int, kept: bool
    ) -> None:
        old, new = make_widget(name="a" * before), make_widget(version=2, name="b" * 150_000)
        world.publisher.publish([make_record(old, new)])
        event = only(world)
        assert (event.previous is not None) is kept
        assert world.snapshots.snapshot(event)["name"] == new.name

    def test_a_pointer_to_other_content_is_not_followed(
        self, world: Any, make_widget: Any, make_record: Any
    ) -> None:
        world.publisher.publish([make_record(None, make_widget(name="x" * 210_000))])
        world.bucket.objects["aurora/events/widget/W1/1.json"] += b" "
        with pytest.raises(Exception, match="not the one"):
            world.snapshots.snapshot(only(world))


class TestBus:
    def records(self, count: int, make_widget: Any, make_record: Any, name: str = "bolt") -> list[Any]:
        return [make_record(None, make_widget(widget_id=f"W{n}", name=name)) for n in range(count)]

    def test_a_call_carries_at_most_ten(self, world: Any, make_widget: Any, make_record: Any) -> None:
        world.publisher.publish(self.records(23, make_widget, make_record))
        assert [len(call) for call in world.bus.calls] == [10, 10, 3]

    def test_a_call_carries_at_most_256_kb(self, world: Any, make_widget: Any, make_record: Any) -> None:
        world.publisher.publish(self.records(5, make_widget, make_record, name="x" * 100_000))
        assert [len(call) for call in world.bus.calls] == [2, 2, 1]

    def test_what_the_bus_did_not_take_is_put_again(
        self, world: Any, make_widget: Any, make_record: Any
    ) -> None:
        world.bus.answers = [[None, "ThrottlingException", None, "InternalFailure"]]
        world.publisher.publish(self.records(4, make_widget, make_record))
        assert [[json.loads(e["Detail"])["id"] for e in call] for call in world.bus.calls] == [
            ["W0", "W1", "W2", "W3"],
            ["W1", "W3"],
        ]
        assert len(world.sleeps) == 1 and world.sleeps[0] > 0

    def test_an_entry_that_the_bus_never_takes_is_set_aside(
        self, world: Any, make_widget: Any, make_record: Any
    ) -> None:
        world.bus.answers = [[None, "MalformedDetail"]]
        assert world.publisher.publish(self.records(2, make_widget, make_record)) == Published(1, 0, 1)
        assert len(world.bucket.objects) == 1

    @pytest.mark.parametrize(
        "trouble",
        [
            ClientError({"Error": {"Code": "ThrottlingException"}}, "PutEvents"),
            EndpointConnectionError(endpoint_url="http://x"),
            ["InternalFailure"],
        ],
    )
    def test_a_bus_out_of_reach_raises_so_that_the_batch_comes_again(
        self, world: Any, make_widget: Any, make_record: Any, trouble: Any
    ) -> None:
        world.bus.answers = [trouble] * 5
        with pytest.raises(UnavailableError):
            world.publisher.publish(self.records(1, make_widget, make_record))
        assert len(world.bus.calls) == 5
        assert world.sleeps == sorted(world.sleeps)

    def test_a_refusal_of_the_whole_call_is_raised_at_once(
        self, world: Any, make_widget: Any, make_record: Any
    ) -> None:
        world.bus.answers = [ClientError({"Error": {"Code": "AccessDeniedException"}}, "PutEvents")]
        with pytest.raises(ClientError):
            world.publisher.publish(self.records(1, make_widget, make_record))
        assert len(world.bus.calls) == 1

    def test_the_lambda_entry_never_names_a_failed_item(
        self, world: Any, make_widget: Any, make_record: Any
    ) -> None:
        answer = world.publisher.handler({"Records": self.records(1, make_widget, make_record)}, None)
        assert answer == {"batchItemFailures": []}
