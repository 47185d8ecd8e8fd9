"""The audit log: what gets into it, once, and who reads it."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from callers import Person
from fake_identity import FakeIdentity

from zebros_auth.bootstrap import Container
from zebros_auth.domain.identity import SignInEvent
from zebros_auth.handlers import upkeep
from zebros_auth.use_cases.note_change import entry_of
from zebros_core.audit import AuditConsumer, AuditEvent, InMemoryAuditTrail
from zebros_core.clock import FixedClock
from zebros_core.messaging import EntityChanged, Operation


def entry(tenant: str, number: int, at: datetime, action: str = "records.exported") -> AuditEvent:
    return AuditEvent(id=f"e{number:04d}", tenant_id=tenant, at=at, actor="user-1", action=action)


def test_entries_are_read_newest_first_across_months_by_the_tenants_admins_only(
    both: tuple[Person, Person], container: Container, clock: FixedClock
) -> None:
    admin, other = both
    log = container.audit_log(admin.tenant)
    now = clock.now()
    for number in range(7):
        log.append(entry(admin.tenant, number, now - timedelta(days=20 * number)))
    since = (now - timedelta(days=200)).isoformat()
    ids: list[str] = []
    query: dict[str, Any] = {"from": since, "limit": 2}
    while True:
        page = admin.get("/v1/audit", **query).body
        ids += [item["id"] for item in page["items"]]
        if page["nextCursor"] is None:
            break
        query["cursor"] = page["nextCursor"]
    assert ids == [f"e{number:04d}" for number in range(7)]
    assert len(admin.get("/v1/audit").body["items"]) == 2
    assert other.get("/v1/audit", **{"from": since}).body["items"] == []
    query["cursor"] = admin.get("/v1/audit", **{"from": since, "limit": 2}).body["nextCursor"]
    assert other.get("/v1/audit", **query).status == 400


def test_an_entry_that_comes_twice_is_there_once(admin: Person, container: Container) -> None:
    message = entry(admin.tenant, 1, container.clock.now())
    body = json.dumps(
        {
            "source": "zebros.customers",
            "detail-type": "AuditRecorded",
            "detail": json.loads(message.to_wire()),
        }
    )

    def keep(event: AuditEvent) -> None:
        container.audit_log(event.tenant_id).append(event)

    consumer = AuditConsumer(
        keep,
        name="audit",
        source=container.settings.event_sources,
    )
    batch = {"Records": [{"messageId": "1", "body": body}, {"messageId": "2", "body": body}]}
    assert consumer.handler(batch) == {"batchItemFailures": []}
    assert [item["id"] for item in admin.get("/v1/audit").body["items"]] == ["e0001"]


def test_filters_find_an_action_and_an_actor(admin: Person, container: Container, clock: FixedClock) -> None:
    log = container.audit_log(admin.tenant)
    log.append(entry(admin.tenant, 1, clock.now()))
    log.append(entry(admin.tenant, 2, clock.now(), action="sign-in"))
    assert [item["id"] for item in admin.get("/v1/audit", action="sign-in").body["items"]] == ["e0002"]
    assert admin.get("/v1/audit", actor="nobody").body["items"] == []


@pytest.mark.parametrize("role", ["sales-manager", "sales-rep", "viewer"])
def test_the_log_is_for_administrators(person: Callable[..., Person], role: str) -> None:
    assert person(role=role).get("/v1/audit").status == 403


@pytest.mark.parametrize(
    "query",
    [
        {"from": "2026-01-01T00:00:00"},
        {"from": "2020-01-01T00:00:00Z"},
        {"from": "2026-02-01T00:00:00Z", "to": "2026-01-01T00:00:00Z"},
        {"cursor": "1999-01.abc"},
        {"cursor": "nonsense"},
        {"action": "DROP TABLE"},
    ],
)
def test_a_span_or_cursor_that_makes_no_sense_is_refused(admin: Person, query: dict[str, str]) -> None:
    assert admin.get("/v1/audit", **query).status == 400


def test_a_refusal_is_recorded_with_who_was_refused_what(
    person: Callable[..., Person], trail: InMemoryAuditTrail
) -> None:
    rep = person(role="sales-rep")
    rep.post("/v1/users", {"email": "x@a.example", "name": "X", "role": "tenant-admin"})
    refusal = next(event for event in trail.events if event.outcome == "refused")
    assert (refusal.tenant_id, refusal.actor, refusal.entity) == (rep.tenant, rep.user, "user")


def test_an_escalation_is_recorded(person: Callable[..., Person], trail: InMemoryAuditTrail) -> None:
    manager = person(role="sales-manager")
    refused = manager.post("/v1/users", {"email": "x@a.example", "name": "X", "role": "tenant-admin"})
    assert refused.status == 403
    assert [event.actor for event in trail.events if event.outcome == "refused"] == [manager.user]


def changed(tenant: str, **facts: Any) -> EntityChanged:
    given = {
        "event_id": "ev-1",
        "tenant_id": tenant,
        "entity": "user",
        "id": "user-9",
        "version": 2,
        "operation": Operation.UPDATED,
        "actor": "user-1",
        "occurred_at": FixedClock().now(),
        "snapshot": {"role": "tenant-admin", "status": "active"},
        "previous": {"role": "viewer"},
        "changed": ("role",),
    }
    return EntityChanged(**{**given, **facts})


def test_a_change_of_role_is_an_entry_with_before_and_after() -> None:
    found = entry_of(changed("aurora"))
    assert found is not None
    assert (found.action, found.record_id) == ("user.changed", "user-9")
    assert found.details == {"role": "tenant-admin", "roleBefore": "viewer"}
    assert entry_of(changed("aurora")) == found


def test_a_change_of_preferences_is_none() -> None:
    assert entry_of(changed("aurora", changed=("preferences",), previous={})) is None


def test_somebody_new_is_an_entry() -> None:
    found = entry_of(changed("aurora", operation=Operation.CREATED, version=1, changed=(), previous=None))
    assert found is not None
    assert (found.action, found.details["role"]) == ("user.added", "tenant-admin")


def test_sign_ins_reach_the_log_of_the_persons_tenant_once(
    both: tuple[Person, Person], identity: FakeIdentity, container: Container, clock: FixedClock
) -> None:
    admin, other = both
    identity.signed_in(admin.user, clock.now() - timedelta(minutes=1))
    assert upkeep.run(container, "collect-sign-ins") == 1
    clock.advance(seconds=60)
    assert upkeep.run(container, "collect-sign-ins") == 0
    found = admin.get("/v1/audit", action="sign-in").body["items"]
    assert [item["actor"] for item in found] == [admin.user]
    assert other.get("/v1/audit", action="sign-in").body["items"] == []


def test_our_own_looks_at_the_provider_are_no_sign_ins(
    admin: Person, identity: FakeIdentity, container: Container, clock: FixedClock
) -> None:
    at = clock.now() - timedelta(minutes=1)
    identity.record(SignInEvent("ev-1", at, "CLIENT_LOGIN", "service-1", "zebros-admin", None))
    identity.record(SignInEvent("ev-2", at, "CLIENT_LOGIN", "service-2", f"{admin.tenant}-shop", "192.0.2.7"))
    assert upkeep.run(container, "collect-sign-ins") == 1
    found = admin.get("/v1/audit", action="integration.signed-in").body["items"]
    assert [(item["details"]["client"], item["ip"]) for item in found] == [
        (f"{admin.tenant}-shop", "192.0.2.7")
    ]


def test_a_task_that_does_not_exist_is_an_error(container: Container) -> None:
    with pytest.raises(ValueError, match="no such task"):
        upkeep.run(container, "sweep")
