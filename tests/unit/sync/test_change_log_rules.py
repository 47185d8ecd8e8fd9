"""The log is dense and the states are the newest, however events come; pulls miss nothing and give no record twice."""

from __future__ import annotations

import json
import random

import pytest
from sync_in_memory import InMemoryLog, InMemoryOwners

from zebros_core.auth.permissions import Visibility
from zebros_core.tenancy import TenantContext
from zebros_sync.domain.cursor import DeltaCursor, FullCursor, PullCursor, ResetReason, cursor_of
from zebros_sync.domain.log import Key, State, document_of
from zebros_sync.domain.sight import Sight
from zebros_sync.use_cases.append_changes import append_changes
from zebros_sync.use_cases.pull_changes import PulledPage, pull_changes


def sight(visibility: Visibility = Visibility.ALL, user: str = "ada", team: str | None = "north") -> Sight:
    return Sight(TenantContext("aurora", user, team_id=team), {"customer": visibility})


def customer(number: int) -> Key:
    return "customer", f"c{number:04}"


def pull(
    log: InMemoryLog, who: Sight, cursor: PullCursor | None, held: dict[Key, int], *, most_bytes: int = 2000
) -> PulledPage:
    """Pull until there is no more, into what a device holds."""
    while True:
        page = pull_changes(log, who, cursor, schema=1, most_bytes=most_bytes)
        assert page.reset is None, page.reset
        keys = [state.key for state in page.records]
        assert len(set(keys)) == len(keys), "each record once a page"
        held |= {state.key: state.version for state in page.records}
        for key, _ in page.removed:
            held.pop(key, None)
        cursor = page.cursor
        if not page.more:
            return page


def test_events_in_any_order_twice_and_late_leave_the_newest_of_each_record() -> None:
    owners, log, chance = InMemoryOwners(), InMemoryLog(), random.Random(7)
    for number in range(200):
        owners.write(customer(number % 40), {"name": f"n{number}"})
        if number % 17 == 0:
            owners.delete(customer(number % 40))
    events = owners.published * 2
    chance.shuffle(events)
    while events:
        size = chance.randint(1, 30)
        append_changes(log, events[:size])
        events = events[size:]
    entries = [entry for segment in log.segments(1, most=1000) for entry in segment.entries]
    assert len(entries) == log.head().sequence, "dense"
    states = log.states(owners.records)
    for key, record in owners.records.items():
        assert (states[key].version, states[key].gone) == (record["version"], bool(record.get("deletedAt")))
    before = log.head()
    append_changes(log, owners.published)
    assert log.head() == before, "what was there appends nothing"


def test_appenders_that_race_leave_no_gap_and_no_double() -> None:
    owners, log = InMemoryOwners(), InMemoryLog()
    for number in range(20):
        owners.write(customer(number), {"name": "a"})
    other = [*owners.published[10:]]

    def rival() -> None:
        if other:
            portion, other[:] = other[:3], other[3:]
            log.before_append, former = (lambda: None), log.before_append
            append_changes(log, portion)
            log.before_append = former

    log.before_append = rival
    for number in range(0, 20, 4):
        append_changes(log, owners.published[number : number + 4])
    entries = [entry.key for segment in log.segments(1, most=1000) for entry in segment.entries]
    assert sorted(entries) == [customer(number) for number in range(20)]


def test_what_takes_several_segments_is_looked_at_anew_when_others_append_between_them() -> None:
    owners, log = InMemoryOwners(), InMemoryLog()
    for number in range(250):
        owners.write(customer(number), {"name": "a"})
    first = [*owners.published]
    for number in range(100, 200, 3):
        owners.write(customer(number), {"name": "b"})
    newer = owners.published[250:]
    asked = 0

    def rival() -> None:
        nonlocal asked
        asked += 1
        if asked == 2:
            append_changes(log, newer)

    log.before_append = rival
    new = append_changes(log, first)
    entries = [entry for segment in log.segments(1, most=1000) for entry in segment.entries]
    assert len(entries) == log.head().sequence == new + len(newer) == 250
    assert {state.key: state.version for state in log.states(owners.records).values()} == {
        key: record["version"] for key, record in owners.records.items()
    }


@pytest.mark.parametrize("most_bytes", [1, 500, 10_000_000])
def test_a_full_sync_while_others_write_ends_with_what_is_there(most_bytes: int) -> None:
    owners, log = InMemoryOwners(), InMemoryLog()
    for number in range(100):
        owners.write(customer(number), {"name": "a"})
    append_changes(log, owners.published)
    held: dict[Key, int] = {}
    cursor: PullCursor | None = None
    number = 0
    while True:
        page = pull_changes(log, sight(), cursor, schema=1, most_bytes=most_bytes)
        held |= {state.key: state.version for state in page.records}
        for key, _ in page.removed:
            held.pop(key, None)
        cursor = page.cursor
        if not page.more:
            break
        if number < 30:
            done = len(owners.published)
            owners.write(customer(number * 3), {"name": f"b{number}"})
            owners.delete(customer(number * 3 + 1))
            owners.write(customer(200 + number), {"name": "new"})
            append_changes(log, owners.published[done:])
            number += 1
    live = {key: record["version"] for key, record in owners.records.items() if not record.get("deletedAt")}
    assert held == live


def test_a_delta_gives_changes_only_and_removals() -> None:
    owners, log = InMemoryOwners(), InMemoryLog()
    for number in range(50):
        owners.write(customer(number), {"name": "a"})
    append_changes(log, owners.published)
    held: dict[Key, int] = {}
    cursor = pull(log, sight(), None, held).cursor
    done = len(owners.published)
    owners.write(customer(1), {"name": "b"})
    owners.delete(customer(2))
    append_changes(log, owners.published[done:])
    page = pull_changes(log, sight(), cursor, schema=1, most_bytes=10_000)
    assert [state.key for state in page.records] == [customer(1)]
    assert page.removed == ((customer(2), 2),)
    again = pull_changes(log, sight(), page.cursor, schema=1, most_bytes=10_000)
    assert (again.records, again.removed, again.more) == ((), (), False)


def test_what_moves_out_of_sight_arrives_as_a_removal_and_what_comes_into_it_as_a_record() -> None:
    owners, log = InMemoryOwners(), InMemoryLog()
    mine, theirs = customer(1), customer(2)
    owners.write(mine, {"name": "a", "ownerId": "ada"})
    owners.write(theirs, {"name": "a", "ownerId": "bo"})
    append_changes(log, owners.published)
    own = sight(Visibility.OWN)
    held: dict[Key, int] = {}
    cursor = pull(log, own, None, held).cursor
    assert list(held) == [mine]
    done = len(owners.published)
    owners.write(mine, {"ownerId": "bo"})
    owners.write(theirs, {"ownerId": "ada"})
    append_changes(log, owners.published[done:])
    pull(log, own, cursor, held)
    assert list(held) == [theirs]


def test_a_cursor_that_cannot_go_on_says_why() -> None:
    owners, log = InMemoryOwners(), InMemoryLog()
    for number in range(10):
        owners.write(customer(number), {"name": "a"})
        append_changes(log, owners.published[-1:])
    cursor = DeltaCursor(sight().fingerprint, 1, 3)

    def reason(who: Sight, cursor: PullCursor, schema: int = 1) -> ResetReason | None:
        return pull_changes(log, who, cursor, schema=schema, most_bytes=1000).reset

    assert reason(sight(), cursor) is None
    log.trim(before=8)
    assert reason(sight(), cursor) is ResetReason.LOG_TRIMMED
    assert reason(sight(), DeltaCursor(sight().fingerprint, 1, 99)) is ResetReason.AHEAD_OF_LOG
    assert (
        reason(sight(Visibility.TEAM), DeltaCursor(sight().fingerprint, 1, 9))
        is ResetReason.VISIBILITY_CHANGED
    )
    assert (
        reason(sight(team="south"), FullCursor(sight().fingerprint, 1, 9)) is ResetReason.VISIBILITY_CHANGED
    )
    assert reason(sight(), DeltaCursor(sight().fingerprint, 1, 9), schema=2) is ResetReason.SCHEMA_CHANGED


@pytest.mark.parametrize("text", ["plain", "größer", "字" * 40, "🦓"])
def test_the_size_of_a_state_is_of_its_bytes_whatever_its_letters(text: str) -> None:
    state = State("customer", "c1", 1, False, None, None, document_of({"name": text}))
    assert state.size_bytes == len(state.document.encode()) + 100


def test_records_that_grew_since_they_were_appended_together_come_on_several_pages() -> None:
    owners, log = InMemoryOwners(), InMemoryLog()
    for number in range(90):
        owners.write(customer(number), {"name": "a"})
    append_changes(log, owners.published)
    cursor: PullCursor | None = DeltaCursor(sight().fingerprint, 1, 0)
    for number in range(90):
        owners.write(customer(number), {"name": "n" * 2000})
    append_changes(log, owners.published[90:])
    first = pull_changes(log, sight(), cursor, schema=1, most_bytes=10_000)
    largest = max(state.size_bytes for state in first.records)
    held: dict[Key, int] = {}
    pages = 0
    while True:
        page = pull_changes(log, sight(), cursor, schema=1, most_bytes=10_000)
        assert sum(state.size_bytes for state in page.records) < 10_000 + largest
        held |= {state.key: state.version for state in page.records}
        pages += 1
        assert page.cursor is not None
        cursor = cursor_of(json.loads(json.dumps(page.cursor.to_json())))
        assert cursor == page.cursor
        if not page.more:
            break
    assert held == {customer(number): 2 for number in range(90)}
    assert pages > 15
