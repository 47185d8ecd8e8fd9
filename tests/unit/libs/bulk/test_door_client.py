"""The callers' side of bulk doors: portions, pages, and patience with a door that does not answer at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from zebros_core.bulk.calls import MAX_CALL_BYTES
from zebros_core.bulk.client import BulkDoorClient, BulkDoors, LambdaInvoke
from zebros_core.bulk.retries import NO_PATIENCE, DoorRefusedError, Patience
from zebros_core.clock import FixedClock
from zebros_core.errors import (
    ConflictError,
    ForbiddenError,
    PayloadTooLargeError,
    UnavailableError,
    ValidationError,
)
from zebros_core.tenancy import TenantContext

Door = Callable[[Mapping[str, Any]], dict[str, Any]]


@dataclass
class World:
    """A door that a test plays, and a time that passes in pauses only."""

    clock: FixedClock = field(default_factory=FixedClock)
    calls: list[Mapping[str, Any]] = field(default_factory=list[Mapping[str, Any]])
    troubles: list[Any] = field(default_factory=list[Any])
    """What the next calls get instead of an answer, in turn: an error to raise, or a problem to answer with."""
    pauses: list[float] = field(default_factory=list[float])
    now: float = 0.0

    def patience(self, seconds: float) -> Patience:
        def sleep(pause: float) -> None:
            self.pauses.append(pause)
            self.now += pause

        return Patience(self.now + seconds, monotonic=lambda: self.now, sleep=sleep, jitter=lambda: 1.0)

    def door(self, answer: Door, seconds: float | None = None) -> BulkDoorClient:
        def invoke(function: str, payload: Mapping[str, Any]) -> dict[str, Any]:
            assert function == "zebros-widgets-test-bulk"
            self.calls.append(payload)
            if self.troubles:
                trouble = self.troubles.pop(0)
                if isinstance(trouble, Exception):
                    raise trouble
                return {"problem": trouble}
            return answer(payload)

        doors = BulkDoors(invoke, lambda context, audience: "signed", stage="test", clock=self.clock)
        patience = NO_PATIENCE if seconds is None else self.patience(seconds)
        return doors.patient(patience).door("widgets", TenantContext("aurora", "ada"))


@pytest.fixture
def world() -> World:
    return World()


def problem(status: int, code: str = "unavailable") -> dict[str, Any]:
    return {"status": status, "type": f"https://zebros.example/problems/{code}", "detail": "no"}


def applied(call: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "outcomes": [{"mutationId": wish["mutationId"], "outcome": "created"} for wish in call["mutations"]]
    }


def wishes(count: int, **facts: Any) -> list[dict[str, Any]]:
    return [{"mutationId": f"m-{number}", **facts} for number in range(count)]


# -- patience --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "verb", ["export", "read", "changes", "countChanges", "lines", "related", "settings"]
)
def test_a_call_that_was_not_answered_is_repeated_with_growing_pauses(world: World, verb: str) -> None:
    world.troubles = [UnavailableError(), UnavailableError(), problem(503), problem(429, "rate-limited")]
    answer = world.door(lambda call: {"items": [1]}, seconds=60).call(verb)
    assert answer == {"items": [1]}
    assert len(world.calls) == 5
    assert world.pauses == [0.1, 0.2, 0.4, 0.8]


def test_pauses_have_a_longest_and_end_before_the_callers_time_is_over(world: World) -> None:
    world.troubles = [UnavailableError()] * 100
    with pytest.raises(UnavailableError):
        world.door(lambda call: {}, seconds=30).call("read")
    assert max(world.pauses) == 5.0
    assert 25 < sum(world.pauses) < 30


def test_without_patience_there_is_one_attempt(world: World) -> None:
    world.troubles = [UnavailableError()]
    with pytest.raises(UnavailableError):
        world.door(lambda call: {}).call("read")
    assert (len(world.calls), world.pauses) == (1, [])


def test_what_may_not_be_repeated_is_sent_once(world: World) -> None:
    world.troubles = [UnavailableError()]
    with pytest.raises(UnavailableError):
        world.door(lambda call: {}, seconds=60).call("rebuildTotals")
    assert len(world.calls) == 1


@pytest.mark.parametrize(
    ("refusal", "error"),
    [
        (problem(401, "unauthenticated"), DoorRefusedError),
        (problem(500, "internal-error"), DoorRefusedError),
        (problem(403, "forbidden"), ForbiddenError),
        (problem(404, "not-found"), ConflictError),
        (problem(413, "payload-too-large"), PayloadTooLargeError),
        (problem(422, "validation-failed"), ValidationError),
    ],
)
def test_a_refusal_is_not_asked_for_again(
    world: World, refusal: dict[str, Any], error: type[Exception]
) -> None:
    world.troubles = [refusal]
    with pytest.raises(error):
        world.door(lambda call: {}, seconds=60).read("widget", ["a"])
    assert len(world.calls) == 1


def test_each_attempt_is_signed_anew(world: World) -> None:
    signed: list[TenantContext] = []

    def sign(context: TenantContext, audience: str) -> str:
        signed.append(context)
        return f"token {len(signed)}"

    def invoke(function: str, payload: Mapping[str, Any]) -> dict[str, Any]:
        world.calls.append(payload)
        if len(world.calls) < 3:
            raise UnavailableError
        return {"items": []}

    doors = BulkDoors(invoke, sign, stage="test", clock=world.clock).patient(world.patience(10))
    context = TenantContext("aurora", "ada", job_id="job-1")
    assert doors.system_door("widgets", context).read("widget", ["a"]) == []
    assert [call["token"] for call in world.calls] == ["token 1", "token 2", "token 3"]
    assert {context.job_id for context in signed} == {"job-1"}


def test_doors_until_a_moment_repeat_until_then() -> None:
    doors = BulkDoors(lambda function, payload: {}, lambda context, audience: "", stage="test").until(0.0)

    def invoke(function: str, payload: Mapping[str, Any]) -> dict[str, Any]:
        raise UnavailableError

    late = BulkDoors(invoke, lambda context, audience: "", stage="test").until(0.0)
    assert doors.door("widgets", TenantContext("aurora", "ada")).call("read") == {}
    with pytest.raises(UnavailableError):
        late.door("widgets", TenantContext("aurora", "ada")).call("read")


# -- mutations -------------------------------------------------------------------------------------------------


def test_mutations_go_in_portions_of_five_hundred_in_their_order(world: World) -> None:
    outcomes = world.door(applied).apply(wishes(1201))
    assert [len(call["mutations"]) for call in world.calls] == [500, 500, 201]
    assert [outcome["mutationId"] for outcome in outcomes] == [f"m-{number}" for number in range(1201)]
    assert world.door(applied).apply([]) == []


def test_a_portion_of_large_mutations_fits_into_a_call(world: World) -> None:
    world.door(applied).apply(wishes(300, changes={"text": "ä" * 20_000}))
    assert len(world.calls) > 1
    assert max(len(str(call)) for call in world.calls) < MAX_CALL_BYTES


def test_mutations_that_found_no_capacity_are_sent_again_and_the_others_are_not(world: World) -> None:
    def busy_once(call: Mapping[str, Any]) -> dict[str, Any]:
        answer = applied(call)
        if len(world.calls) == 1:
            for outcome in answer["outcomes"][2:]:
                outcome |= {"outcome": "rejected", "problem": problem(503)}
        return answer

    outcomes = world.door(busy_once, seconds=10).apply(wishes(5))
    assert [outcome["outcome"] for outcome in outcomes] == ["created"] * 5
    assert [wish["mutationId"] for wish in world.calls[1]["mutations"]] == ["m-2", "m-3", "m-4"]


def test_mutations_that_find_no_capacity_to_the_end_are_told_as_such(world: World) -> None:
    def busy(call: Mapping[str, Any]) -> dict[str, Any]:
        answer = applied(call)
        answer["outcomes"][-1] |= {"outcome": "rejected", "problem": problem(503)}
        return answer

    outcomes = world.door(busy, seconds=1).apply(wishes(2))
    assert [outcome["outcome"] for outcome in outcomes] == ["created", "rejected"]
    once = world.door(busy).apply(wishes(1))
    assert once[0]["problem"]["status"] == 503


def test_other_refusals_of_mutations_stand(world: World) -> None:
    def refused(call: Mapping[str, Any]) -> dict[str, Any]:
        return {"outcomes": [{"outcome": "rejected", "problem": problem(422)} for _ in call["mutations"]]}

    assert len(world.door(refused, seconds=10).reinstate(wishes(150))) == 150
    assert [len(call["mutations"]) for call in world.calls] == [100, 50]


def test_a_door_that_never_answers_is_an_error_and_no_outcome(world: World) -> None:
    world.troubles = [UnavailableError()] * 100
    with pytest.raises(UnavailableError):
        world.door(applied, seconds=3).apply(wishes(3))


# -- pages -----------------------------------------------------------------------------------------------------


@dataclass
class Shelf:
    """A door that exports widgets by creation, two to a page; `late` come while it is asked."""

    clock: FixedClock
    made: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    late: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    def widget(self, name: str, seconds: float) -> dict[str, Any]:
        at = self.clock.now() + timedelta(seconds=seconds)
        return {"widgetId": name, "createdAt": at.isoformat().replace("+00:00", "Z")}

    def __call__(self, call: Mapping[str, Any]) -> dict[str, Any]:
        since = call.get("since", "")
        found = sorted(
            (one for one in self.made if one["createdAt"] >= since), key=lambda one: one["createdAt"]
        )
        start = int(call.get("cursor", 0))
        page = found[start : start + 2]
        # What the index shows late was there before, and is behind what was read already.
        self.made += self.late
        self.late.clear()
        return {"items": page, "nextCursor": str(start + 2) if start + 2 < len(found) else None}


def test_an_export_gives_every_record_once_and_those_that_the_index_showed_late(world: World) -> None:
    shelf = Shelf(world.clock)
    shelf.made = [shelf.widget(f"old {number}", number - 1000) for number in range(5)]
    shelf.made += [shelf.widget("just now", -1)]
    shelf.late = [shelf.widget("late", -2), shelf.widget("meanwhile", 3)]
    found = [record["widgetId"] for record in world.door(shelf).export_all("widget")]
    assert sorted(found) == sorted({"just now", "late", "meanwhile", *(f"old {n}" for n in range(5))})
    assert found[:5] == [f"old {number}" for number in range(5)]


def test_an_export_of_what_came_since_a_moment_does_not_go_behind_it(world: World) -> None:
    shelf = Shelf(world.clock)
    shelf.made = [shelf.widget("before", -50), shelf.widget("after", -10)]
    since = world.clock.now() - timedelta(seconds=20)
    assert [one["widgetId"] for one in world.door(shelf).export_all("widget", since=since)] == ["after"]
    assert all(call["since"] >= "2025-12-31T23:59:40" for call in world.calls)


def test_counts_of_changes_are_added_up(world: World) -> None:
    def counted(call: Mapping[str, Any]) -> dict[str, Any]:
        place = int(call.get("cursor", 0))
        return {"count": 10 + place, "nextCursor": str(place + 1) if place < 2 else None}

    assert world.door(counted).count_changes("job-1") == 33


def test_changes_and_settings_are_given_page_by_page(world: World) -> None:
    def pages(call: Mapping[str, Any]) -> dict[str, Any]:
        place = int(call.get("cursor", 0))
        return {"items": [place], "nextCursor": str(place + 1) if place < 2 else None}

    assert list(world.door(pages).changes_all("job-1")) == [0, 1, 2]
    assert list(world.door(pages).settings()) == [0, 1, 2]


# -- the function ----------------------------------------------------------------------------------------------


class Payload:
    def __init__(self, text: str) -> None:
        self._text = text

    def read(self) -> bytes:
        return self._text.encode()


@pytest.mark.parametrize(
    "answer",
    [
        {"Payload": Payload('{"errorMessage": "Task timed out"}'), "FunctionError": "Unhandled"},
    ],
)
def test_a_function_that_failed_is_unavailable(answer: dict[str, Any]) -> None:
    class Client:
        def invoke(self, **request: Any) -> dict[str, Any]:
            del request
            return answer

    with pytest.raises(UnavailableError):
        LambdaInvoke(Client)("zebros-widgets-test-bulk", {"verb": "read"})
