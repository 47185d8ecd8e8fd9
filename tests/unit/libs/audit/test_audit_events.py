"""An entry of the audit log: from a context to the bus, and from a queue to whoever keeps it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import jsonschema
import pytest
from botocore.exceptions import ClientError

from zebros_core.audit import (
    AUDIT_DETAIL_TYPE,
    AuditConsumer,
    AuditEvent,
    BusAuditTrail,
    audit_json_schema,
    new_audit_event,
    parse_audit_recorded,
)
from zebros_core.clock import FixedClock
from zebros_core.errors import UnavailableError
from zebros_core.messaging import EventBus, MalformedMessageError
from zebros_core.tenancy import PlatformContext, SystemContext, TenantContext

NOW = datetime(2026, 3, 1, 12, 0, 0, 250_000, tzinfo=UTC)
CLOCK = FixedClock(NOW)


def event(tenant: str = "aurora", **facts: Any) -> AuditEvent:
    return new_audit_event(TenantContext(tenant, "ada"), "records.exported", clock=CLOCK, **facts)


class Bus:
    """EventBridge, which takes what it gets unless told otherwise."""

    def __init__(self, answer: Any = None) -> None:
        self.answer = answer
        self.entries: list[dict[str, Any]] = []

    def put_events(self, **request: Any) -> dict[str, Any]:
        if isinstance(self.answer, Exception):
            raise self.answer
        self.entries += request["Entries"]
        return {"Entries": [{"ErrorCode": self.answer} if self.answer else {} for _ in request["Entries"]]}

    def trail(self) -> BusAuditTrail:
        return BusAuditTrail(
            lambda: EventBus(self, "zebros-test", "zebros.widgets", attempts=2, sleep=lambda _: None)
        )


def message(id: str, found: AuditEvent, **outer: Any) -> dict[str, Any]:
    body = {
        "source": "zebros.widgets",
        "detail-type": AUDIT_DETAIL_TYPE,
        "detail": json.loads(found.to_wire()),
    }
    return {"messageId": id, "body": json.dumps({**body, **outer})}


@pytest.mark.parametrize(
    ("who", "tenant", "actor"),
    [
        (TenantContext("aurora", "ada"), "aurora", "ada"),
        (SystemContext("aurora", "retention"), "aurora", "system:retention"),
        (PlatformContext("root"), "platform", "root"),
    ],
)
def test_an_entry_says_who_did_it_in_whose_log(who: Any, tenant: str, actor: str) -> None:
    found = new_audit_event(who, "records.exported", clock=CLOCK, details={"records": 7})
    assert (found.tenant_id, found.actor, found.at, found.outcome) == (tenant, actor, NOW, "done")
    assert parse_audit_recorded(found.to_wire()) == found
    assert '"at":"2026-03-01T12:00:00.250Z"' in found.to_wire()


def test_an_administrator_of_the_platform_writes_into_the_log_of_the_tenant_that_it_is_about() -> None:
    root = PlatformContext("root")
    assert new_audit_event(root, "tenant.suspended", clock=CLOCK, tenant_id="aurora").tenant_id == "aurora"
    with pytest.raises(ValueError, match="no other's"):
        event(tenant_id="borealis")


def test_the_schema_is_what_is_sent() -> None:
    sent = json.loads(event(entity="customer", record_id="C1", ip="192.0.2.1", details={"a": None}).to_wire())
    jsonschema.Draft202012Validator(audit_json_schema()).validate(sent)


@pytest.mark.parametrize(
    "wrong",
    [
        {"tenantId": "no#tenant"},
        {"tenantId": None},
        {"action": "Records Exported"},
        {"outcome": "maybe"},
        {"at": "2026-03-01"},
        {"details": {"a": {"nested": 1}}},
        {"details": {"a": 1.5}},
        {"details": {f"a{n}": n for n in range(21)}},
        {"details": {"a": "x" * 513}},
        {"schemaVersion": 2},
        {"more": 1},
        {"actor": ""},
    ],
)
def test_what_is_no_entry_is_poison(wrong: dict[str, Any]) -> None:
    with pytest.raises(MalformedMessageError):
        parse_audit_recorded({**json.loads(event().to_wire()), **wrong})


def test_entries_go_to_the_bus_under_their_own_name() -> None:
    bus = Bus()
    bus.trail().record(event())
    (entry,) = bus.entries
    assert (entry["DetailType"], entry["Source"]) == ("AuditRecorded", "zebros.widgets")
    assert json.loads(entry["Detail"])["tenantId"] == "aurora"


@pytest.mark.parametrize(
    "answer",
    [
        "ThrottlingException",
        "NotAuthorizedForSource",
        ClientError({"Error": {"Code": "AccessDenied"}}, "PutEvents"),
    ],
)
def test_what_the_bus_does_not_take_is_not_taken_for_recorded(answer: Any) -> None:
    with pytest.raises(UnavailableError, match="audit log"):
        Bus(answer).trail().record(event())


def test_no_client_is_made_before_the_first_entry() -> None:
    made: list[int] = []

    def bus() -> EventBus:
        made.append(1)
        return EventBus(Bus(), "zebros-test", "zebros.widgets")

    trail = BusAuditTrail(bus)
    assert made == []
    trail.record(event())
    trail.record(event("borealis"))
    assert made == [1]


def test_a_consumer_gets_every_entry_of_several_sources_once_each_and_nothing_else() -> None:
    kept: dict[tuple[str, ...], AuditEvent] = {}

    def keep(found: AuditEvent) -> None:
        kept.setdefault(found.key, found)

    subject = AuditConsumer(keep, name="audit", source=["zebros.widgets", "zebros.gadgets"])
    first, second = event(), event("borealis")
    batch = [
        message("a", first),
        message("b", second, source="zebros.gadgets"),
        message("c", first),
        message("d", first, source="somebody.else"),
        message("e", first, **{"detail-type": "EntityChanged"}),
    ]
    answer = subject.handler({"Records": batch})
    assert [failure["itemIdentifier"] for failure in answer["batchItemFailures"]] == ["d", "e"]
    assert sorted(kept) == sorted([first.key, second.key])


def test_one_tenants_trouble_sends_back_its_own_entries_alone() -> None:
    def keep(found: AuditEvent) -> None:
        if found.tenant_id == "aurora":
            raise TimeoutError

    subject = AuditConsumer(keep, name="audit", source="zebros.widgets")
    answer = subject.handler({"Records": [message("a", event()), message("b", event("borealis"))]})
    assert [failure["itemIdentifier"] for failure in answer["batchItemFailures"]] == ["a"]
