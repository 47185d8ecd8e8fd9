"""Throttling, lost answers and what DynamoDB leaves unprocessed: stubs, because no emulator does any of
it.
"""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, ReadTimeoutError
from widget_world import Widget, WidgetRepository, World

from zebros_core.dynamodb import DynamoDbCalls
from zebros_core.errors import DuplicateError, UnavailableError, VersionMismatchError


class Timeline:
    """Time that passes only by sleeping."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def calls(self, jitter: float = 1.0, budget_seconds: float = 5.0) -> DynamoDbCalls:
        return DynamoDbCalls(
            budget_seconds=budget_seconds, sleep=self.sleep, monotonic=lambda: self.now, jitter=lambda: jitter
        )


class Troubled:
    """The real client, with trouble before or after the calls it is told of."""

    def __init__(
        self, client: Any, *, before: list[Exception] | None = None, after: list[Exception] | None = None
    ) -> None:
        self._client = client
        self.before, self.after = before or [], after or []
        self.made = 0

    def __getattr__(self, name: str) -> Any:
        def call(**request: Any) -> Any:
            self.made += 1
            if self.before:
                raise self.before.pop(0)
            answer = getattr(self._client, name)(**request)
            if self.after:
                raise self.after.pop(0)
            return answer

        return call


def client_error(code: str, **more: Any) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": ""}, **more}, "Operation")


def cancelled(*codes: str) -> ClientError:
    return client_error(
        "TransactionCanceledException", CancellationReasons=[{"Code": code} for code in codes]
    )


TRANSIENT = [
    client_error("ProvisionedThroughputExceededException"),
    client_error("ThrottlingException"),
    client_error("InternalServerError"),
    ReadTimeoutError(endpoint_url="x"),
    ConnectTimeoutError(endpoint_url="x"),
]


def test_transient_trouble_is_waited_out_with_growing_jitter(world: World) -> None:
    time, client = Timeline(), Troubled(world.client, before=list(TRANSIENT))
    widgets = WidgetRepository(world.access_with(client, calls=time.calls()).bind(world.store().context))
    assert widgets.find("W1") is None
    assert time.slept == [0.025, 0.05, 0.1, 0.2, 0.4]


def test_full_jitter_may_wait_for_nothing(world: World) -> None:
    time, client = Timeline(), Troubled(world.client, before=list(TRANSIENT))
    widgets = WidgetRepository(
        world.access_with(client, calls=time.calls(jitter=0)).bind(world.store().context)
    )
    assert widgets.find("W1") is None
    assert sum(time.slept) == 0


def test_lasting_trouble_ends_at_the_deadline(world: World) -> None:
    time = Timeline()
    client = Troubled(world.client, before=[client_error("ThrottlingException") for _ in range(100)])
    access = world.access_with(client, calls=time.calls())
    with pytest.raises(UnavailableError) as caught:
        WidgetRepository(access.bind(world.store().context, deadline=1.5)).find("W1")
    assert time.now <= 1.5
    assert caught.value.retry_after_seconds > 0
    with pytest.raises(UnavailableError):
        WidgetRepository(access.bind(world.store().context)).find("W1")
    assert time.now <= 6.5


def test_other_errors_are_not_retried(world: World) -> None:
    client = Troubled(world.client, before=[client_error("AccessDeniedException")])
    with pytest.raises(ClientError):
        WidgetRepository(world.access_with(client).bind(world.store().context)).find("W1")
    assert client.made == 1


def test_a_write_whose_answer_was_lost_is_recognised(world: World) -> None:
    time = Timeline()
    client = Troubled(world.client)
    widgets = WidgetRepository(world.access_with(client, calls=time.calls()).bind(world.store().context))
    client.after = [ReadTimeoutError(endpoint_url="x")]
    widget = widgets.add(Widget(widget_id="W1", name="Gear"))
    client.after = [ReadTimeoutError(endpoint_url="x")]
    saved = widgets.save(widget.model_copy(update={"name": "Cog"}), previous=widget)
    client.after = [ReadTimeoutError(endpoint_url="x")]
    tombstone = widgets.remove(saved)
    assert widgets.get_any("W1") == tombstone
    with pytest.raises(VersionMismatchError):
        widgets.restore(tombstone.model_copy(update={"version": 2}))


def test_a_transaction_in_conflict_is_tried_again_but_not_a_refused_one(world: World) -> None:
    time = Timeline()
    client = Troubled(
        world.client, before=[cancelled("None", "TransactionConflict"), cancelled("ThrottlingError", "None")]
    )
    widgets = WidgetRepository(world.access_with(client, calls=time.calls()).bind(world.store().context))
    widgets.add(Widget(widget_id="W1", name="Gear", external_id="x"))
    made = client.made
    with pytest.raises(DuplicateError):
        widgets.add(Widget(widget_id="W2", name="Gear", external_id="x"))
    assert (made, client.made) == (3, 4)


def test_a_repeated_transaction_has_the_same_token(world: World) -> None:
    tokens: list[str] = []

    class Recording(Troubled):
        def transact_write_items(self, **request: Any) -> Any:
            tokens.append(request["ClientRequestToken"])
            return self.__getattr__("transact_write_items")(**request)

    client = Recording(world.client, before=[client_error("ThrottlingException")])
    widgets = WidgetRepository(
        world.access_with(client, calls=Timeline().calls()).bind(world.store().context)
    )
    widgets.add(Widget(widget_id="W1", name="Gear", external_id="x"))
    widgets.add(Widget(widget_id="W2", name="Gear", external_id="y"))
    assert tokens[0] == tokens[1] != tokens[2]


class Stingy:
    """A client that processes at most two keys of a batch; ``never`` leaves everything unprocessed."""

    def __init__(self, client: Any, *, never: bool = False) -> None:
        self._client, self._never = client, never
        self.asked: list[int] = []

    def batch_get_item(self, **request: Any) -> Any:
        ((table, wanted),) = request["RequestItems"].items()
        keys = wanted["Keys"]
        self.asked.append(len(keys))
        if self._never:
            return {"Responses": {}, "UnprocessedKeys": request["RequestItems"]}
        answer = self._client.batch_get_item(RequestItems={table: {**wanted, "Keys": keys[:2]}})
        rest = {table: {**wanted, "Keys": keys[2:]}} if keys[2:] else {}
        return {"Responses": answer["Responses"], "UnprocessedKeys": rest}


def test_unprocessed_keys_are_asked_for_again(world: World) -> None:
    ids = [
        WidgetRepository(world.store()).add(Widget(widget_id=f"W{n}", name="n")).widget_id for n in range(5)
    ]
    time, client = Timeline(), Stingy(world.client)
    widgets = WidgetRepository(world.access_with(client, calls=time.calls()).bind(world.store().context))
    assert set(widgets.batch_get(ids)) == set(ids)
    assert client.asked == [5, 3, 1]
    assert time.slept == [0.025, 0.05]


def test_keys_that_stay_unprocessed_end_at_the_deadline(world: World) -> None:
    time, client = Timeline(), Stingy(world.client, never=True)
    widgets = WidgetRepository(world.access_with(client, calls=time.calls()).bind(world.store().context))
    with pytest.raises(UnavailableError):
        widgets.batch_get(["W1"])
    assert time.now <= 5
