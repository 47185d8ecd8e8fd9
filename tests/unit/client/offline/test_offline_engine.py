"""A device and its server: days without a network, answers that never came, processes that died."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from offline_world import DeviceApi, Server

from zebros.errors import (
    AlreadySyncingError,
    ApiError,
    BadRequestError,
    ConflictError,
    FieldError,
    NotOnDeviceError,
    OfflineError,
    PayloadTooLargeError,
    Problem,
    RateLimitedError,
    ServerError,
    TransportError,
    UnavailableError,
    UploadInterruptedError,
    ValidationError,
)
from zebros.models import Document
from zebros.offline import DeviceWipedError, OfflineStore, SyncEngine
from zebros_core.auth.permissions import Visibility
from zebros_sync.domain.log import Key
from zebros_sync.domain.ports import OwnerOutcome

KEYS: list[Key] = [("customer", f"01JZ8Q5R7N3V4T6W8Y0A2C4E{number:02}") for number in range(20)]
Engines = Callable[..., tuple[SyncEngine, OfflineStore, DeviceApi]]


class KilledError(BaseException):
    """The process is gone."""


@pytest.fixture
def server() -> Server:
    made = Server()
    for number, key in enumerate(KEYS):
        owner = {"ownerId": "ada" if number % 2 else "bo", "teamId": "north"}
        made.owners.write(key, {"companyName": f"Company {number:02}", **owner})
    made.deliver()
    return made


@pytest.fixture
def device(tmp_path: Path, server: Server) -> Iterator[Engines]:
    opened: list[OfflineStore] = []

    def make(name: str = "phone", **facts: Any) -> tuple[SyncEngine, OfflineStore, DeviceApi]:
        store = OfflineStore.open(tmp_path / name, owner="aurora/ada")
        opened.append(store)
        api = DeviceApi(server, **facts)
        engine = SyncEngine(store, api, now=lambda: server.owners.clock.now().astimezone(UTC))
        return engine, store, api

    yield make
    for store in opened:
        store.close()


def held(store: OfflineStore) -> dict[str, Any]:
    return {found.id: found.values["companyName"] for found in store.customers.all()}


def live(server: Server) -> dict[str, Any]:
    return {
        id: record["companyName"]
        for (_, id), record in server.owners.records.items()
        if not record.get("deletedAt")
    }


def settle(server: Server, *engines: SyncEngine) -> None:
    for _ in range(2):
        for engine in engines:
            engine.sync()
            server.deliver()


def test_days_without_a_network_are_made_up_for(server: Server, device: Engines) -> None:
    engine, store, api = device()
    engine.sync()
    assert held(store) == live(server)
    api.online = False
    store.customers.edit(KEYS[0][1], {"companyName": "Edited away"})
    made = store.customers.create({"companyName": "Made away"})
    store.customers.delete(KEYS[1][1])
    with pytest.raises(TransportError):
        engine.sync()
    server.owners.clock.advance(days=3)
    server.owners.write(KEYS[2], {"companyName": "Edited online"})
    server.owners.delete(KEYS[3])
    api.online = True
    report = engine.sync()
    assert (report.pushed, report.rejected, report.resets) == (3, [], [])
    settle(server, engine)
    assert held(store) == live(server)
    assert held(store)[made.id] == "Made away"
    assert KEYS[1][1] not in held(store)
    assert store.queue.count() == 0


def test_two_devices_that_edit_the_same_records_end_alike_and_say_what_was_merged(
    server: Server, device: Engines
) -> None:
    phone, on_phone, _ = device("phone")
    tablet, on_tablet, _ = device("tablet")
    settle(server, phone, tablet)
    for number in range(10):
        server.owners.clock.advance(minutes=1)
        on_phone.customers.edit(KEYS[number][1], {"companyName": f"phone {number}"})
        on_tablet.customers.edit(KEYS[number][1], {"companyName": f"tablet {number}", "note": "both"})
    phone.sync()
    server.owners.clock.advance(minutes=1)
    report = tablet.sync()
    assert len(report.merged) == 10
    server.deliver()
    settle(server, phone, tablet)
    assert held(on_phone) == held(on_tablet) == live(server)
    assert len(server.memory.conflicts) == 10, "each overridden value is kept"


@pytest.mark.parametrize("where", ["before", "after"])
@pytest.mark.parametrize("number", range(1, 4))
def test_killed_at_any_request_it_goes_on_and_nothing_is_lost_or_doubled(
    server: Server, device: Engines, tmp_path: Path, where: str, number: int
) -> None:
    engine, store, api = device()
    engine.sync()
    for key in KEYS[:5]:
        store.customers.edit(key[1], {"companyName": f"mine {key[1][-2:]}"})
    made = store.customers.create({"companyName": "Made once"})
    server.owners.clock.advance(minutes=1)
    for key in KEYS[3:9]:
        server.owners.write(key, {"note": "online"})
    server.deliver()
    requests = [0]

    def die(what: str) -> None:
        requests[0] += 1
        if requests[0] == number:
            raise KilledError

    setattr(api, where, die)
    with pytest.raises(KilledError):
        engine.sync()
        engine.sync()
    store.close()
    again, store, _ = device()
    settle(server, again)
    assert held(store) == live(server)
    names = list(live(server).values())
    assert names.count("Made once") == 1
    assert [held(store)[key[1]] for key in KEYS[:5]] == [f"mine {key[1][-2:]}" for key in KEYS[:5]]
    assert made.id in held(store)


def test_a_trimmed_log_means_starting_anew_and_keeping_what_is_queued(
    server: Server, device: Engines
) -> None:
    engine, store, _ = device()
    engine.sync()
    store.customers.edit(KEYS[0][1], {"companyName": "Kept"})
    server.owners.delete(KEYS[5])
    for number in range(3):
        server.owners.write(KEYS[6], {"note": f"n{number}"})
        server.deliver()
    server.log.trim(before=server.log.head().sequence)
    report = engine.sync()
    assert report.resets == ["logTrimmed"]
    settle(server, engine)
    assert held(store) == live(server)
    assert held(store)[KEYS[0][1]] == "Kept"


def test_records_leave_a_device_whose_user_may_see_less(server: Server, device: Engines) -> None:
    engine, store, api = device()
    engine.sync()
    store.customers.edit(KEYS[0][1], {"companyName": "Edited before"})
    api.visibility = Visibility.OWN
    report = engine.sync()
    assert report.resets == ["visibilityChanged"]
    settle(server, engine)
    own = {id for (_, id), record in server.owners.records.items() if record["ownerId"] == "ada"}
    assert set(held(store)) == own
    assert server.owners.records[KEYS[0]]["companyName"] == "Edited before"


def test_a_deactivated_account_wipes_the_device(server: Server, device: Engines) -> None:
    engine, store, api = device()
    engine.sync()
    store.customers.edit(KEYS[0][1], {"companyName": "x"})
    api.deactivated = True
    with pytest.raises(DeviceWipedError):
        engine.sync()
    assert held(store) == {}
    assert store.queue.count() == 0


def test_what_the_server_refuses_is_told_and_stops_nothing_else(server: Server, device: Engines) -> None:
    engine, store, _ = device()
    engine.sync()
    store.customers.edit(KEYS[0][1], {"nosuch": 1})
    store.customers.edit(KEYS[1][1], {"companyName": "Fine"})
    report = engine.sync()
    assert (report.pushed, len(report.rejected)) == (1, 1)
    assert report.rejected[0].id == KEYS[0][1]
    store.queue.give_up(report.rejected[0].mutation_id)
    settle(server, engine)
    assert held(store) == live(server)


@pytest.mark.parametrize("error", [BadRequestError, PayloadTooLargeError, ValidationError])
def test_a_change_for_which_a_whole_push_is_refused_is_found_and_told_and_the_others_are_sent(
    server: Server, device: Engines, error: type[ApiError]
) -> None:
    engine, store, api = device()
    engine.sync()
    for number in range(7):
        store.customers.edit(KEYS[number][1], {"companyName": f"Edited {number}"})
    bad = store.queue.next(10)[4]
    push = api.push

    def strict(client_id: str, sent_at: datetime, mutations: Sequence[Mapping[str, Any]]) -> Any:
        at = [number for number, each in enumerate(mutations) if each["mutationId"] == bad.mutation_id]
        if at:
            fault = FieldError(
                f"/mutations/{at[0]}/changes/companyName", "too_long", "at most 200 characters"
            )
            raise error(Problem(422, "bad", "Not accepted", errors=(fault,)))
        return push(client_id, sent_at, mutations)

    api.push = strict  # type: ignore[method-assign]
    report = engine.sync()
    assert (report.pushed, [change.mutation_id for change in report.rejected]) == (6, [bad.mutation_id])
    assert report.rejected[0].problem is not None
    assert report.rejected[0].problem["detail"] == "/changes/companyName: at most 200 characters"
    assert store.queue.count() == 0
    store.queue.give_up(bad.mutation_id)
    settle(server, engine)
    assert held(store) == live(server)


def test_what_an_owner_did_not_answer_to_waits_in_its_order_and_is_sent_by_itself(
    server: Server, device: Engines
) -> None:
    engine, store, _ = device()
    engine.sync()
    first, second = KEYS[0][1], KEYS[1][1]
    store.customers.edit(first, {"companyName": "First"})
    store.customers.edit(first, {"companyName": "Then"})
    store.customers.edit(second, {"companyName": "Other"})
    apply = server.owners.apply
    away = OwnerOutcome("rejected", problem={"status": 503, "title": "Unavailable"})

    def answer(mutations: Sequence[Mapping[str, Any]]) -> list[OwnerOutcome]:
        return [away if each["id"] == first else apply([each])[0] for each in mutations]

    server.owners.apply = answer  # type: ignore[method-assign]
    report = engine.sync()
    assert (report.pushed, report.rejected, report.waiting) == (1, [], 2)
    server.owners.apply = apply  # type: ignore[method-assign]
    report = engine.sync()
    assert (report.pushed, report.waiting) == (2, 0)
    settle(server, engine)
    assert held(store)[first] == "Then"
    assert held(store) == live(server)


def test_a_cursor_that_the_server_does_not_take_means_starting_anew(server: Server, device: Engines) -> None:
    engine, store, api = device()
    engine.sync()
    store.customers.edit(KEYS[0][1], {"companyName": "Queued"})
    pull = api.pull

    former = [store.cursor]

    def rotated(cursor: str | None, *, entities: Mapping[str, int] | None = None) -> Mapping[str, Any]:
        if cursor in former:
            former.clear()  # from now on its cursors are sealed with the new key
            fault = FieldError("cursor", "invalid_cursor", "not a cursor of ours")
            raise BadRequestError(Problem(400, "bad-request", "Bad request", errors=(fault,)))
        return pull(cursor, entities=entities)

    api.pull = rotated  # type: ignore[method-assign]
    report = engine.sync()
    assert (report.resets, report.pushed) == (["invalid_cursor"], 1)
    settle(server, engine)
    assert held(store) == live(server)


@pytest.mark.parametrize("value", ["bad \udcff bytes", float("nan"), {"a": object()}])
def test_what_no_request_can_carry_is_refused_when_it_is_written(device: Engines, value: Any) -> None:
    engine, store, _ = device()
    engine.sync()
    with pytest.raises(OfflineError):
        store.customers.edit(KEYS[0][1], {"companyName": value})
    with pytest.raises(OfflineError):
        store.customers.create({"companyName": value})
    assert store.queue.count() == 0
    assert engine.sync().pushed == 0


def test_without_a_network_the_pauses_grow_and_with_one_only_news_are_asked_for(
    server: Server, device: Engines
) -> None:
    engine, _, api = device()
    api.online = False
    pauses: list[float] = []

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 8:
            api.online = True
        if len(pauses) == 20:
            raise KilledError

    reports = engine.follow(every_seconds=1, sleep=sleep)
    assert next(reports).pulled == len(KEYS)
    assert max(pauses[:8]) > 2 or max(pauses[:8]) <= 300
    with pytest.raises(KilledError):
        next(reports)
    assert api.asked.count("push") == 0
    assert api.asked.count("pull") < 20
    assert api.asked.count("head") >= 11


def test_what_changes_while_a_device_that_follows_is_pulling_is_there_after_the_next_look(
    server: Server, device: Engines
) -> None:
    engine, store, api = device()
    reports = engine.follow(every_seconds=1, sleep=lambda seconds: None)
    next(reports)
    pull = api.pull

    def written_meanwhile(cursor: str | None, *, entities: Mapping[str, int] | None = None) -> Any:
        page = pull(cursor, entities=entities)
        if not page["more"]:
            api.pull = pull  # type: ignore[method-assign]
            server.owners.write(KEYS[1], {"companyName": "Meanwhile"})
            server.deliver()
        return page

    api.pull = written_meanwhile  # type: ignore[method-assign]
    server.owners.write(KEYS[0], {"companyName": "Before"})
    server.deliver()
    for _ in range(2):
        next(reports)
    assert held(store) == live(server)


@pytest.mark.parametrize(
    "error",
    [
        AlreadySyncingError("another process"),
        RateLimitedError(Problem(429, "rate-limited", "Too many")),
        ServerError(Problem(500, "internal-error", "Failed")),
        TransportError("no network", outcome_unknown=True),
        UnavailableError(Problem(503, "unavailable", "Busy")),
    ],
    ids=lambda error: type(error).__name__,
)
def test_who_follows_goes_on_after_what_passes(device: Engines, error: Exception) -> None:
    engine, _, api = device()
    failing = [error]
    pauses: list[float] = []

    def fail(what: str) -> None:
        if what == "pull" and failing:
            raise failing.pop()

    api.before = fail
    report = next(engine.follow(every_seconds=1, sleep=pauses.append))
    assert (report.pulled, len(pauses)) == (len(KEYS), 1)


class Documents:
    """Where files go; `fails` is raised by the next sends, one each."""

    def __init__(self) -> None:
        self.announced: dict[str, Document] = {}
        self.sent: dict[str, bytes] = {}
        self.fails: list[BaseException] = []

    def announce(self, customer_id: str, *, idempotency_key: str, **facts: Any) -> Document:
        document = self.announced.get(idempotency_key)
        if document is None:
            document = Document.model_validate(
                {"documentId": f"D{len(self.announced)}", "customerId": customer_id}
                | {"fileName": facts["file_name"], "contentType": facts["content_type"]}
                | {"sizeBytes": facts["size_bytes"], "status": "pending", "kind": "document"}
            )
            self.announced[idempotency_key] = document
        return document

    def resume(self, document_id: str, file: Path, *, progress: Callable[[int, int], None]) -> Document:
        if document_id in self.sent:
            raise ConflictError(Problem(409, "conflict", "The upload has ended"))
        if self.fails:
            raise self.fails.pop(0)
        self.sent[document_id] = file.read_bytes()
        progress(1, 1)
        return next(each for each in self.announced.values() if each.id == document_id)


def test_a_file_goes_after_its_record_once_and_goes_on_where_it_broke_off(
    server: Server, device: Engines, tmp_path: Path
) -> None:
    _, store, api = device()
    documents = Documents()
    engine = SyncEngine(store, api, documents, now=server.owners.clock.now)
    engine.sync()
    made = store.customers.create({"companyName": "With a file"})
    source = tmp_path / "plan.pdf"
    source.write_bytes(b"%PDF plan")
    store.uploads.add(made.id, source, content_type="application/pdf")
    source.unlink()
    documents.fails = [UploadInterruptedError("line", document_id="D0"), KilledError()]
    with pytest.raises(UploadInterruptedError):
        engine.sync()
    assert ("customer", made.id) in server.owners.records, "its record went first"
    with pytest.raises(KilledError):
        engine.sync()
    report = engine.sync()
    assert (report.uploaded, documents.sent, store.uploads.all()) == (1, {"D0": b"%PDF plan"}, [])
    assert list((tmp_path / "phone" / "files").glob("*")) == []


def test_a_file_whose_end_was_not_heard_is_done_and_one_that_is_refused_is_told(
    server: Server, device: Engines, tmp_path: Path
) -> None:
    _, store, api = device()
    documents = Documents()
    engine = SyncEngine(store, api, documents, now=server.owners.clock.now)
    source = tmp_path / "plan.pdf"
    source.write_bytes(b"x")
    heard = store.uploads.add(KEYS[0][1], source, content_type="application/pdf")
    documents.announce(
        KEYS[0][1], idempotency_key=heard.upload_id, file_name="a", content_type="a/b", size_bytes=1
    )
    documents.sent["D0"] = b"x"
    store.uploads.add(KEYS[1][1], source, content_type="application/pdf")
    documents.fails = [ValidationError(Problem(422, "validation", "Too large"))]
    report = engine.sync()
    assert report.uploaded == 1
    (refused,) = store.uploads.all()
    assert (refused.state, refused.problem) == ("rejected", {"detail": "Too large"})
    engine.sync()
    assert len(documents.sent) == 1
    with pytest.raises(NotOnDeviceError):
        store.uploads.get("nosuch")
