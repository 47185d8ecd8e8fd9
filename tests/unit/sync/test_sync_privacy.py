"""A person who is in copies, conflicts and attempts of pushes is told of all of it, and erased from all of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from callers import Person
from personal_traces import Door, Traces, make_versioned
from sync_in_process import SyncWorld

from zebros_activities.handlers.bulk import DOOR as ACTIVITIES_DOOR
from zebros_core.clock import FixedClock
from zebros_core.errors import UnavailableError
from zebros_core.privacy.marks import ERASED_VERSION
from zebros_customers.handlers.bulk import DOOR as CUSTOMERS_DOOR
from zebros_pipeline.handlers.bulk import DOOR as PIPELINE_DOOR
from zebros_sync.domain.conflict import ConflictState
from zebros_sync.domain.log import State
from zebros_sync.handlers.bulk import DOOR
from zebros_sync.use_cases.append_changes import append_states

JANE = "jane.roe@example.com"
NAMES = ("jane roe", "roe jane", "roe, jane")
SECRETS = (JANE, *NAMES, "allergic", "ill since May")
Tenants = Callable[..., str]
People = Callable[..., Person]


@pytest.fixture(scope="module", autouse=True)
def _versioned(world: SyncWorld) -> None:
    make_versioned(world.sync)


@pytest.fixture(autouse=True)
def _accounts(world: SyncWorld) -> Iterator[None]:
    """The service of the people, who are all gone by now."""
    world.doors.handlers["auth"] = lambda call, context: {"items": []}
    yield
    del world.doors.handlers["auth"]


@dataclass
class Life:
    """What a tenant has of Jane: ids, and the mutations of her that a device holds yet."""

    contact: str
    customer: str
    call: str
    subject: dict[str, Any]
    held_up: list[dict[str, Any]]


@pytest.fixture
def live(
    world: SyncWorld,
    tenant: Tenants,
    person: People,
    clock: FixedClock,
    deliver: Callable[[], int],
) -> Callable[..., Life]:
    """Let devices and colleagues write about Jane until she is in everything that sync keeps."""

    def write(here: str, service: str, entity: str, **changes: Any) -> str:
        workspace = world.sync.system_workspace(here, "test")
        door = world.sync.bulk_doors.system_door(service, workspace.context)
        number = next(numbers)
        wish = {"mutationId": f"w-{number}", "entity": entity, "operation": "create", "changes": changes}
        (outcome,) = door.apply([wish])
        assert outcome["outcome"] == "created", outcome
        return str(outcome["id"])

    def change(here: str, service: str, entity: str, id: str, **changes: Any) -> None:
        workspace = world.sync.system_workspace(here, "test")
        door = world.sync.bulk_doors.system_door(service, workspace.context)
        wish = {
            "mutationId": f"w-{next(numbers)}",
            "entity": entity,
            "id": id,
            "operation": "update",
            "changes": changes,
        }
        assert door.apply([wish])[0]["outcome"] == "updated"

    numbers = iter(range(10_000))

    def make(here: str) -> Life:
        customer = write(here, "customers", "customer", companyName="ACME")
        jane = {"firstName": "Jane", "lastName": "Roe", "email": JANE}
        contact = write(here, "customers", "contact", customerId=customer, **jane)
        call = write(
            here,
            "activities",
            "activity",
            type="call",
            subject="Ring back",
            description="She is ill since May.",
            relatedType="customer",
            relatedId=customer,
            participants={"contactIds": [contact]},
        )
        deliver()
        device = person(here)
        clock.advance(minutes=10)
        change(here, "customers", "customer", customer, industry="pumps of Jane Roe")
        change(here, "customers", "contact", contact, position="Head of pumps")
        change(here, "activities", "activity", call, description="She is allergic.")
        now = clock.now().isoformat()

        def edit(number: int, entity: str, id: str, **changes: Any) -> dict[str, Any]:
            return {
                "mutationId": f"m-{number}",
                "entity": entity,
                "id": id,
                "operation": "update",
                "baseVersion": 1,
                "changes": changes,
                "changedAt": now,
            }

        edits = [
            edit(1, "customer", customer, industry="Ask Roe, Jane"),
            edit(2, "contact", contact, position="Jane Roe, chief"),
            edit(3, "activity", call, description="She is ill since May, and allergic."),
        ]
        answer = device.post("/v1/sync/push", {"clientId": "phone", "sentAt": now, "mutations": edits})
        assert [each["outcome"] for each in answer.body["outcomes"]] == ["conflict"] * 3, answer.text

        def away(service: str, sent: Mapping[str, Any]) -> None:
            if sent["verb"] == "apply":
                raise UnavailableError

        world.doors.before = away
        held_up = [
            edit(11, "customer", customer, tier="gold", companyName="ACME for Jane Roe"),
            edit(12, "contact", contact, position="Roe, Jane"),
        ]
        held_up[0]["baseVersion"] = held_up[1]["baseVersion"] = 2
        answer = device.post("/v1/sync/push", {"clientId": "phone", "sentAt": now, "mutations": held_up})
        assert [each["outcome"] for each in answer.body["outcomes"]] == ["rejected"] * 2, answer.text
        world.doors.before = lambda service, sent: None
        subject = {"contactIds": [contact], "emails": [JANE], "names": ["Jane Roe", "Roe Jane"]}
        return Life(contact, customer, call, subject, held_up)

    return make


@pytest.fixture
def here(tenant: Tenants) -> str:
    return tenant("pool", syncStrategies={"default": "manual"})


def traces(world: SyncWorld) -> Traces:
    return Traces(world.sync, world.customers, world.pipeline, world.activities)


def kept_by_sync(world: SyncWorld, tenant_id: str, *texts: str) -> list[str]:
    return [place for place in traces(world).of(tenant_id, *texts) if "-sync-" in place]


def erase_at_the_owners(world: SyncWorld, tenant_id: str, subject: dict[str, Any]) -> None:
    for container, door in (
        (world.pipeline, PIPELINE_DOOR),
        (world.customers, CUSTOMERS_DOOR),
        (world.activities, ACTIVITIES_DOOR),
    ):
        Door(container, door, tenant_id).erase(subject)


@pytest.mark.parametrize("events", ["in time", "late"])
def test_an_erased_person_is_in_no_copy_no_conflict_and_no_attempt(
    world: SyncWorld,
    here: str,
    tenant: Tenants,
    live: Callable[..., Life],
    deliver: Callable[[], int],
    person: People,
    events: str,
) -> None:
    elsewhere = tenant("pool", syncStrategies={"default": "manual"})
    mine, theirs = live(here), live(elsewhere)
    if events == "in time":
        deliver()
    assert len(kept_by_sync(world, here, *SECRETS)) >= 5
    before = traces(world).dump(elsewhere)
    told = Door(world.sync, DOOR, here).collect(mine.subject)
    kinds = {(item["store"], item["entity"]) for item in told}
    assert {("sync-states", "contact"), ("sync-log", "conflict"), ("sync-log", "attempt")} <= kinds
    assert all(item["classification"].keys() for item in told)

    erase_at_the_owners(world, here, mine.subject)
    if events == "in time":
        deliver()
    answer = Door(world.sync, DOOR, here).erase(mine.subject)
    assert answer["counts"]["sync-log"] >= 5
    assert answer["kept"] == []
    assert kept_by_sync(world, here, *SECRETS) == []
    assert traces(world).of(here, *SECRETS) == []
    left = Door(world.sync, DOOR, here).collect(mine.subject)
    assert not any(secret in json.dumps(left).lower() for secret in SECRETS)

    assert traces(world).dump(elsewhere) == before
    deliver()  # what was late
    assert kept_by_sync(world, here, *SECRETS) == []
    assert len(kept_by_sync(world, elsewhere, *SECRETS)) >= 5
    # The copies are what the owners have, and the contact is removed from devices.
    page = person(here).post("/v1/sync/pull", {}).body
    records = {change["id"]: change["record"] for change in page["changes"]}
    assert mine.contact not in records
    assert records[mine.customer]["industry"] == "pumps of [erased]"
    del theirs


def test_what_a_device_brings_of_an_erased_person_is_refused_and_not_kept(
    world: SyncWorld, here: str, live: Callable[..., Life], person: People, clock: FixedClock
) -> None:
    mine = live(here)
    erase_at_the_owners(world, here, mine.subject)
    Door(world.sync, DOOR, here).erase(mine.subject)
    now = clock.now().isoformat()
    edits = [
        {**mine.held_up[1], "mutationId": "n-1", "changes": {"position": "Jane Roe again"}, "changedAt": now},
        {
            **mine.held_up[1],
            "mutationId": "n-2",
            "operation": "create",
            "changes": {"customerId": mine.customer, "firstName": "Jane", "lastName": "Roe"},
        },
        {**mine.held_up[1], "mutationId": "n-3", "operation": "delete", "changes": {}},
    ]
    body = {"clientId": "phone", "sentAt": now, "mutations": edits}
    outcomes = person(here).post("/v1/sync/push", body).body["outcomes"]
    assert [each["outcome"] for each in outcomes] == ["rejected", "rejected", "applied"]
    assert outcomes[0]["problem"]["status"] == 404
    assert kept_by_sync(world, here, *SECRETS) == []


def test_an_attempt_that_was_forgotten_is_merged_anew(
    world: SyncWorld, here: str, live: Callable[..., Life], person: People, clock: FixedClock
) -> None:
    mine = live(here)
    erase_at_the_owners(world, here, mine.subject)
    Door(world.sync, DOOR, here).erase(mine.subject)
    body = {"clientId": "phone", "sentAt": clock.now().isoformat(), "mutations": mine.held_up}
    outcomes = person(here).post("/v1/sync/push", body).body["outcomes"]
    assert [each["outcome"] for each in outcomes] == ["merged", "rejected"]


def test_a_conflict_that_was_open_is_settled_as_the_server_has_it_only_where_its_values_are_gone(
    world: SyncWorld, here: str, live: Callable[..., Life]
) -> None:
    mine = live(here)
    erase_at_the_owners(world, here, mine.subject)
    Door(world.sync, DOOR, here).erase(mine.subject)
    devices = world.sync.system_workspace(here, "test").devices
    found = {each.entity: each for each in devices.page_conflicts(limit=10, cursor=None).items}
    assert found.keys() == {"customer", "activity"}
    assert found["customer"].state is ConflictState.OPEN
    assert found["customer"].fields["industry"].device == "Ask [erased]"
    assert found["activity"].state is ConflictState.SETTLED
    assert found["activity"].fields["description"].device == "erased"


def test_no_event_brings_back_a_copy_of_an_erased_person(
    world: SyncWorld, here: str, live: Callable[..., Life]
) -> None:
    mine = live(here)
    log = world.sync.system_workspace(here, "test").log
    late = State("contact", mine.contact, 40, False, None, None, json.dumps({"firstName": "Jane Roe"}))
    erase_at_the_owners(world, here, mine.subject)
    Door(world.sync, DOOR, here).erase(mine.subject)
    assert append_states(log, [late]) == 0
    assert log.states([late.key])[late.key].version == ERASED_VERSION


def test_any_call_may_be_repeated(world: SyncWorld, here: str, live: Callable[..., Life]) -> None:
    mine = live(here)
    erase_at_the_owners(world, here, mine.subject)
    door = Door(world.sync, DOOR, here)
    first = door.call("erase", subject=mine.subject, requestId="r")
    assert (first["done"], first["waitSeconds"] > 0) == (False, True)
    assert first == {**door.call("erase", subject=mine.subject, requestId="r"), **first}
    door.erase(mine.subject, request="r")
    dump = traces(world).dump(here)
    assert door.erase(mine.subject, request="r")["counts"] == {}
    assert traces(world).dump(here) == dump
    refused = door.call("erase", subject=mine.subject, requestId="r", resume={"place": {"step": "other"}})
    assert refused["problem"]["status"] == 400


def test_what_a_hold_keeps_is_kept_and_said(world: SyncWorld, here: str, live: Callable[..., Life]) -> None:
    mine = live(here)
    held = [("contact", mine.contact)]
    for container, door in ((world.pipeline, PIPELINE_DOOR), (world.customers, CUSTOMERS_DOOR)):
        Door(container, door, here).erase(mine.subject, held=held)
    door = Door(world.sync, DOOR, here)
    answer = door.erase(mine.subject, held=held)
    kept = {(item["store"], item["entity"]) for item in answer["kept"]}
    assert kept >= {("sync-states", "contact"), ("sync-log", "conflict"), ("sync-log", "attempt")}
    left = door.left_beside({**mine.subject, "names": []}, answer["kept"])
    assert all(item["entity"] != "contact" for item in left)
    states = world.sync.system_workspace(here, "test").log.states([("contact", mine.contact)])
    assert states["contact", mine.contact].record()["email"] == JANE


def test_a_colleagues_clients_are_told_and_forgotten(
    world: SyncWorld, here: str, live: Callable[..., Life]
) -> None:
    live(here)
    subject = {"userIds": ["user-1"]}
    door = Door(world.sync, DOOR, here)
    told = [item["id"] for item in door.collect(subject) if item["entity"] == "client"]
    assert told == ["user-1.phone"]
    door.erase(subject)
    assert [item for item in door.collect(subject) if item["entity"] == "client"] == []
    assert kept_by_sync(world, here, "user-1.phone") == []
    states = world.sync.system_workspace(here, "test").log.states([("user", "user-1")])
    assert states["user", "user-1"].gone


@pytest.mark.parametrize("verb", ["identify", "collect", "erase"])
def test_only_our_machinery_is_told(world: SyncWorld, here: str, verb: str) -> None:
    fields = {"requestId": "r"} if verb == "erase" else {}
    for scopes in ((), ("bulk",)):
        answer = Door(world.sync, DOOR, here, scopes).call(verb, subject={"emails": [JANE]}, **fields)
        assert answer["problem"]["status"] == 403, answer


def test_nothing_is_written_exported_or_found_by_this_door(world: SyncWorld, here: str) -> None:
    door = Door(world.sync, DOOR, here)
    assert door.call("export", entity="customer")["problem"]["status"] == 422
    wish = {"mutationId": "m", "entity": "customer", "operation": "create", "changes": {}}
    assert "problem" in door.call("apply", mutations=[wish])
