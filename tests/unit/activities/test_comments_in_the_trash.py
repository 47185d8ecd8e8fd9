"""Comments on an activity that was deleted are kept as long as it can be brought back, and end after it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest
from activity_records import LONG, activity, contact
from callers import Person
from counted_calls import counted_calls
from personal_traces import Door, make_versioned
from table_changes import TableChanges, queued

from zebros_activities.bootstrap import Container
from zebros_activities.handlers.bulk import DOOR
from zebros_activities.handlers.events import consumer
from zebros_activities.repositories.comments import CommentRepository
from zebros_activities.repositories.keys import LOOKUP_TABLE
from zebros_activities.use_cases import follow_up
from zebros_core.bulk.client import BulkDoorClient
from zebros_core.clock import FixedClock
from zebros_core.dynamodb.operations import write
from zebros_core.messaging import EntityChanged
from zebros_core.privacy.redaction import ERASED
from zebros_core.tenancy import TenantContext

DAY = 24 * 3600
Both = tuple[Person, Person]
Ends = Callable[[Person, str], list[int | None]]


@pytest.fixture
def rows(container: Container, clock: FixedClock) -> Callable[[Person, str, str], list[int | None]]:
    """In how many days the rows of a kind beside an activity end; None for never."""

    def look(person: Person, kind: str, id: str) -> list[int | None]:
        store = container.system_workspace(person.tenant, "test").activities.store
        client: Any = container.dynamodb
        found = client.query(
            TableName=store.table(LOOKUP_TABLE),
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": f"{person.tenant}#{kind}#{id}"}},
        )
        now = int(clock.now().timestamp())
        ends = [row["expiresAt"]["N"] if "expiresAt" in row else None for row in found["Items"]]
        return [None if end is None else (int(end) - now) // DAY for end in ends]

    return look


@pytest.fixture
def ends(rows: Callable[[Person, str, str], list[int | None]]) -> Ends:
    return lambda person, id: rows(person, "comments", id)


@pytest.fixture
def deliver(container: Container) -> Callable[..., int]:
    """Bring changes to `followup`; tells how many come again."""

    def to(*changes: EntityChanged) -> int:
        told = consumer(container, "followup").handler(queued(*changes, source="zebros.activities"))
        return len(told["batchItemFailures"])

    return to


def make(person: Person, comments: int = 3, text: str = "They moved.", **facts: Any) -> str:
    id: str = activity(person, **facts)["activityId"]
    for _ in range(comments):
        assert person.post(f"/v1/activities/{id}/comments", {"text": text}).status == 201
    return id


def delete(person: Person, id: str) -> None:
    assert person.delete(f"/v1/activities/{id}").status == 204


def restore(person: Person, id: str) -> None:
    assert person.post(f"/v1/activities/{id}/restore").status == 200


def texts(person: Person, id: str) -> list[str]:
    return [item["text"] for item in person.get(f"/v1/activities/{id}/comments").body["items"]]


def test_comments_end_when_no_restore_can_be_on_its_way_any_more(
    both: Both, changes: TableChanges, deliver: Callable[..., int], ends: Ends
) -> None:
    one, other = both
    mine, theirs, live = make(one), make(other), make(one)
    changes.take()
    assert other.delete(f"/v1/activities/{mine}").status == 404
    delete(one, mine)
    told = changes.take()
    assert ends(one, mine) == [None] * 3
    one.clock.advance(days=2)
    for _ in range(2):  # late and twice: the end is that of the tombstone
        assert deliver(*told) == 0
        assert ends(one, mine) == [193] * 3
    assert (ends(one, live), ends(other, theirs)) == ([None] * 3, [None] * 3)
    one.clock.advance(days=177)
    restore(one, mine)
    told = changes.take()
    one.clock.advance(days=14)
    assert texts(one, mine) == ["They moved."] * 3, "the event of the restore may be two weeks late"
    assert deliver(*told) == 0
    assert (ends(one, mine), texts(one, mine)) == ([None] * 3, ["They moved."] * 3)
    assert texts(other, theirs) == ["They moved."] * 3


@pytest.mark.parametrize("order", list(permutations(range(3))))
@pytest.mark.parametrize("last", ["delete", "restore"])
def test_the_order_of_events_does_not_matter(
    admin: Person,
    changes: TableChanges,
    deliver: Callable[..., int],
    ends: Ends,
    order: tuple[int, ...],
    last: str,
) -> None:
    id = make(admin)
    if last == "restore":
        delete(admin, id)
    changes.take()
    told: list[EntityChanged] = []
    for step in (delete, restore, delete) if last == "delete" else (restore, delete, restore):
        step(admin, id)
        told += changes.take()
    assert len(told) == 3
    for number in (*order, order[0]):
        assert deliver(told[number]) == 0
        assert ends(admin, id) == [195 if last == "delete" else None] * 3


@pytest.mark.parametrize("first", [delete, restore])
def test_who_is_overtaken_while_they_write_leaves_what_is_asked_for_now(
    admin: Person,
    changes: TableChanges,
    deliver: Callable[..., int],
    ends: Ends,
    monkeypatch: pytest.MonkeyPatch,
    first: Callable[[Person, str], None],
) -> None:
    id = make(admin)
    if first is restore:
        delete(admin, id)
        deliver(*changes.take())
    changes.take()
    first(admin, id)
    told = changes.take()
    end, meanwhile = CommentRepository.end, [restore if first is delete else delete]

    def overtaken(self: Any, *arguments: Any, **more: Any) -> Any:
        if meanwhile:
            meanwhile.pop()(admin, id)
            assert deliver(*changes.take()) == 0
        return end(self, *arguments, **more)

    monkeypatch.setattr(CommentRepository, "end", overtaken)
    assert deliver(*told) == 0
    assert ends(admin, id) == [None if first is delete else 195] * 3


def test_a_call_writes_so_many_and_the_next_goes_on(
    both: Both,
    changes: TableChanges,
    deliver: Callable[..., int],
    ends: Ends,
    container: Container,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one, other = both
    mine, theirs = make(one, 7), make(other, 7)
    changes.take()
    delete(one, mine)
    told = changes.take()
    monkeypatch.setattr(follow_up, "COMMENTS_AT_ONCE", 3)
    monkeypatch.setattr("zebros_activities.repositories.comments.MAX_OPERATIONS", 2)
    for done in (3, 6):
        assert deliver(*told) == 1
        assert ends(one, mine) == [195] * done + [None] * (7 - done)
    assert deliver(*told) == 0
    assert (ends(one, mine), ends(other, theirs)) == ([195] * 7, [None] * 7)
    with counted_calls(container) as made:
        assert deliver(*told) == 0
    assert (made["TransactWriteItems"], made["UpdateItem"]) == (0, 0)


def test_what_it_costs(
    admin: Person, changes: TableChanges, deliver: Callable[..., int], container: Container
) -> None:
    ids = {number: make(admin, number) for number in (0, 60)}
    changes.take()
    for number, id in ids.items():
        delete(admin, id)
        with counted_calls(container) as made:
            assert deliver(*changes.take()) == 0
        assert made["Query"] == (3 if number else 2)
        assert made["TransactWriteItems"] == (1 if number else 0)


def test_a_comment_that_goes_meanwhile_lets_the_event_come_again(
    admin: Person,
    changes: TableChanges,
    deliver: Callable[..., int],
    ends: Ends,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    id = make(admin)
    delete(admin, id)
    deliver(*changes.take())
    restore(admin, id)
    told = changes.take()
    where = f"/v1/activities/{id}/comments"
    first = admin.get(where).body["items"][0]["commentId"]

    def removed(*arguments: Any) -> None:
        monkeypatch.undo()
        assert admin.delete(f"{where}/{first}").status == 204
        write(*arguments)

    monkeypatch.setattr("zebros_activities.repositories.comments.write", removed)
    assert deliver(*told) == 1
    assert deliver(*told) == 0
    assert ends(admin, id) == [None] * 2


def test_comments_put_back_for_a_record_in_the_trash_last_with_it_only(
    both: Both,
    changes: TableChanges,
    deliver: Callable[..., int],
    ends: Ends,
    container: Container,
) -> None:
    one, other = both
    mine, theirs = make(one), make(other)
    context = TenantContext(
        one.tenant, "system:restore", isolation=container.registry.get(one.tenant).isolation
    )
    door: BulkDoorClient = container.bulk_doors.system_door("activities", context)
    (record,) = door.export_all("activity")
    record["comments"] = door.call("comments", ids=[mine])["items"][0]["comments"]
    changes.take()
    delete(one, mine)
    assert deliver(*changes.take()) == 0
    wish = {"mutationId": "r", "entity": "activity", "record": record}
    assert [outcome["outcome"] for outcome in door.reinstate([wish])] == ["restored"]
    assert ends(one, mine) == [195] * 3
    assert deliver(*changes.take()) == 0
    assert (ends(one, mine), ends(other, theirs)) == ([None] * 3, [None] * 3)


@pytest.mark.parametrize("named", ["subject", "beginning", "end of the text", "comment"])
def test_an_erasure_in_the_trash_lets_what_is_beside_end_with_the_new_tombstone(
    both: Both,
    changes: TableChanges,
    deliver: Callable[..., int],
    container: Container,
    rows: Callable[[Person, str, str], list[int | None]],
    named: str,
) -> None:
    one, other = both
    make_versioned(container)
    name = "jane@person.example"
    facts = {
        "subject": f"Ask {name}" if named == "subject" else "Ask",
        "description": {"beginning": f"{name} {LONG}", "end of the text": LONG + name}.get(named, LONG),
    }
    text = f"Ask {name}" if named == "comment" else "They moved."
    mine, theirs = (make(person, 2, text, **facts) for person in both)
    changes.take()
    for person, id in ((one, mine), (other, theirs)):
        delete(person, id)
    told = changes.take()
    assert deliver(*told) == 0
    kept = consumer(container, "history").handler(queued(*told, source="zebros.activities"))
    assert kept == {"batchItemFailures": []}
    one.clock.advance(days=170)
    door = Door(container, DOOR, one.tenant)
    assert door.erase(door.identify(emails=[name]))["done"]
    assert deliver(*changes.take()) == 0
    anew = named in {"subject", "beginning"}  # else the record itself says nothing of her, and is not written
    assert rows(one, "comments", mine) == [195 if anew else 25] * 2
    assert rows(one, "text", mine) == [181 if anew else 11]
    assert (rows(other, "comments", theirs), rows(other, "text", theirs)) == ([25] * 2, [11])
    one.clock.advance(days=100 if anew else 5)
    restore(one, mine)
    assert deliver(*changes.take()) == 0
    shown = one.get(f"/v1/activities/{mine}").body
    assert shown["description"] == facts["description"].replace(name, "[erased]").strip()
    assert shown["subject"] == facts["subject"].replace(name, "[erased]")
    assert texts(one, mine) == [text.replace(name, "[erased]")] * 2
    assert (rows(one, "comments", mine), rows(one, "text", mine)) == ([None] * 2, [None])


def test_erased_comments_on_an_activity_with_the_person_end_with_it_too(
    both: Both, changes: TableChanges, deliver: Callable[..., int], container: Container, ends: Ends
) -> None:
    one, other = both
    make_versioned(container)
    people = [contact(person, None) for person in both]
    mine, theirs = (
        make(person, 2, relatedType="contact", relatedId=id) for person, id in zip(both, people, strict=True)
    )
    changes.take()
    for person, id in ((one, mine), (other, theirs)):
        delete(person, id)
    told = changes.take()
    assert deliver(*told) == 0
    consumer(container, "history").handler(queued(*told, source="zebros.activities"))
    one.clock.advance(days=100)
    door = Door(container, DOOR, one.tenant)
    answer = door.erase(door.identify(contactIds=[people[0]]))
    assert answer["done"]
    outlived = [item for item in answer["kept"] if item["entity"] == "comment"]
    assert [item["until"] for item in outlived] == [f"{one.clock.now() + timedelta(days=15):%Y-%m-%d}"]
    assert (ends(one, mine), ends(other, theirs)) == ([95] * 2, [95] * 2)
    assert deliver(*changes.take()) == 0
    assert (ends(one, mine), ends(other, theirs)) == ([195] * 2, [95] * 2)
    for person, id in ((one, mine), (other, theirs)):
        restore(person, id)
    assert (texts(one, mine), texts(other, theirs)) == ([ERASED] * 2, ["They moved."] * 2)
