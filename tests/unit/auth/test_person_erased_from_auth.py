"""Somebody who signs in is told and erased: account, record, devices, addresses. Who did what stays, by an id alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from deliveries import connect, deliver, notification
from personal_traces import Door, Traces, make_versioned

from zebros_auth.domain.identity import SignInEvent
from zebros_auth.handlers import audit, upkeep
from zebros_auth.handlers.bulk import DOOR
from zebros_auth.repositories.deliveries import Suppressions
from zebros_core.audit import AuditEvent
from zebros_core.ids import derived_id

IP = "203.0.113.77"


@pytest.fixture(autouse=True)
def _world(container: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    make_versioned(container)
    connect(container)
    monkeypatch.setattr(audit, "container", lambda: container)


def entry(container: Any, tenant: str, actor: str, number: int = 1, **facts: Any) -> AuditEvent:
    given = {"at": container.clock.now() - timedelta(minutes=5), "action": "sign-in", "ip": IP, **facts}
    return AuditEvent(id=derived_id(tenant, actor, str(number)), tenant_id=tenant, actor=actor, **given)


def live(container: Any, somebody: Any) -> dict[str, str]:
    """Let somebody do what people do; return what may not be left of them."""
    tenant, user = somebody.tenant, somebody.user
    known = container.system_workspace(tenant, "test").users.get(user)
    answer = somebody.post("/v1/me/devices", {"platform": "fcm", "token": f"tok-{user}", "name": "Her phone"})
    assert answer.status in {200, 201}, answer.text
    log = container.audit_log(tenant)
    log.append(entry(container, tenant, user))
    log.append(entry(container, tenant, user, 2, at=container.clock.now() - timedelta(days=400)))
    Suppressions(container.system_access(tenant, "test")[1], container.clock).add(
        known.email, "bounced", report=("m-1", "Bounce")
    )
    return {"email": known.email, "name": known.name, "token": f"tok-{user}", "device": "Her phone", "ip": IP}


def erase(container: Any, door: Door, subject: dict[str, Any], **facts: Any) -> dict[str, Any]:
    """Erase to the end, with what recurs every minute."""
    resume: dict[str, Any] | None = None
    kept: list[dict[str, Any]] = []
    while True:
        answer = door.call("erase", subject=subject, requestId="r-1", resume=resume, **facts)
        assert "problem" not in answer, answer
        kept += answer["kept"]
        if answer["done"]:
            return {**answer, "kept": kept}
        resume = answer["resume"]
        container.clock.advance(answer["waitSeconds"])
        workspace = container.system_workspace(door._context.tenant_id, "finish-changes")
        upkeep.finish_changes(workspace)
        upkeep.redact_audit(workspace)


def test_nothing_of_somebody_erased_is_left_but_their_id(
    both: tuple[Any, Any], person: Callable[..., Any], container: Any, identity: Any
) -> None:
    one, two = both
    mine, theirs = person(one.tenant, role="sales-rep"), person(two.tenant, role="sales-rep")
    values = live(container, mine)
    others = live(container, theirs)
    live(container, one)
    traces = Traces(container)
    before = traces.dump(two.tenant)
    door = Door(container, DOOR, one.tenant)
    subject = door.identify(emails=[values["email"]])
    assert subject["userIds"] == [mine.user] and values["name"] in subject["names"]
    items = {(item["store"], item["entity"]): item for item in door.collect(subject)}
    assert items["users", "user"]["classification"]["email"] == "personal"
    assert items["keycloak", "account"]["data"]["name"] == values["name"]
    assert items["auth-lookup", "device"]["data"]["name"] == "Her phone"
    assert items["auth-lookup", "suppression"]["data"]["reason"] == "bounced"
    assert len([item for item in door.collect(subject) if item["entity"] == "entry"]) == 2
    answer = erase(container, door, subject)
    left = traces.of(one.tenant, values["email"], values["name"], values["token"])
    assert left == []
    still = [place for place in traces.of(one.tenant, IP) if mine.user in traces.dump(one.tenant)[place]]
    assert still == []
    assert len(traces.of(one.tenant, IP)) == 2, "that of somebody else stays"
    assert len(traces.of(one.tenant, mine.user)) >= 2, "who did what stays"
    assert traces.dump(two.tenant) == before
    assert others["email"] in json.dumps(theirs.get("/v1/me").body)
    assert identity.person(mine.user) is None and identity.person(theirs.user) is not None
    assert answer["counts"]["audit"] == 2 and answer["counts"]["keycloak"] == 1
    assert {item["entity"] for item in answer["kept"]} == {"idempotency", "notification", "entry", "event"}
    assert door.collect(subject) == []
    # Nobody makes them anew: neither what compares, nor what finishes changes.
    workspace = container.system_workspace(one.tenant, "test")
    assert upkeep.reconcile_people(workspace).count == 0
    assert one.get(f"/v1/users/{mine.user}").status == 404
    # The address is free again.
    invited = one.post("/v1/users", {"email": values["email"], "name": "Somebody New", "role": "viewer"})
    assert invited.status == 201, invited.text


def test_what_comes_late_brings_no_address_back(
    admin: Any, person: Callable[..., Any], container: Any, identity: Any
) -> None:
    mine = person(role="sales-rep")
    values = live(container, mine)
    door = Door(container, DOOR, admin.tenant)
    subject = door.identify(userIds=[mine.user])
    # What is asked once more is done once more.
    erase(container, door, subject)
    erase(container, door, subject)
    late = entry(container, admin.tenant, mine.user, 3)
    for _ in range(2):
        audit._keep(late)
    audit._keep(entry(container, admin.tenant, admin.user, 4, ip="198.51.100.1"))
    identity.record(
        SignInEvent(
            id="late",
            time=container.clock.now() - timedelta(seconds=30),
            type="LOGIN",
            user_id=mine.user,
            client_id="zebros-web",
            ip=IP,
        )
    )
    upkeep.run(container, "collect-sign-ins")
    traces = Traces(container)
    assert traces.of(admin.tenant, *values.values()) == []
    assert traces.of("platform", IP) == []
    assert len(traces.of("platform", mine.user)) == 1
    assert len(traces.of(admin.tenant, "198.51.100.1")) == 1


def test_an_erasure_whose_answers_are_lost_ends_the_same(
    admin: Any, person: Callable[..., Any], container: Any, monkeypatch: pytest.MonkeyPatch, identity: Any
) -> None:
    from zebros_core.errors import UnavailableError
    from zebros_core.privacy import door as library

    mine = person(role="sales-rep")
    values = live(container, mine)
    door = Door(container, DOOR, admin.tenant)
    subject = door.identify(userIds=[mine.user])
    monkeypatch.setattr(library, "_until", lambda seconds: lambda: False)
    identity.fail_next("remove_person", UnavailableError(), after=True)
    resume: dict[str, Any] | None = None
    failed = 0
    while True:
        answer = door.call("erase", subject=subject, requestId="r", resume=resume)
        if "problem" in answer:
            assert answer["problem"]["status"] == 503
            failed += 1
            continue
        assert not any(value in json.dumps(answer["resume"]) for value in values.values())
        if answer["done"]:
            break
        resume = answer["resume"]
        container.clock.advance(answer["waitSeconds"])
        upkeep.redact_audit(container.system_workspace(admin.tenant, "test"))
    assert failed == 1
    assert Traces(container).of(admin.tenant, *values.values()) == []


def test_the_last_administrator_cannot_be_erased(admin: Any, container: Any, identity: Any) -> None:
    door = Door(container, DOOR, admin.tenant)
    before = Traces(container).dump(admin.tenant)
    answer = door.call("erase", subject={"userIds": [admin.user]}, requestId="r")
    assert answer["problem"]["type"].endswith("/last-admin")
    assert Traces(container).dump(admin.tenant) == before
    assert identity.person(admin.user) is not None


def test_another_tenants_people_are_nobody_here(both: tuple[Any, Any], container: Any, identity: Any) -> None:
    one, two = both
    door = Door(container, DOOR, one.tenant)
    before = Traces(container).dump(two.tenant)
    subject = {"userIds": [two.user]}
    assert door.identify(**subject)["emails"] == []
    assert door.collect(subject) == []
    assert "keycloak" not in erase(container, door, subject)["counts"]
    assert identity.person(two.user) is not None
    assert Traces(container).dump(two.tenant) == before


def test_somebody_whom_a_legal_hold_names_stays(
    admin: Any, person: Callable[..., Any], container: Any, identity: Any
) -> None:
    mine = person(role="sales-rep")
    live(container, mine)
    door = Door(container, DOOR, admin.tenant)
    before = door.collect({"userIds": [mine.user]})
    answer = erase(container, door, {"userIds": [mine.user]}, held=[["user", mine.user]])
    assert identity.person(mine.user) is not None
    assert {item["id"] for item in answer["kept"] if item["why"] == "legalHold"} == {mine.user}
    assert admin.get(f"/v1/users/{mine.user}").status == 200
    assert {item["entity"] for item in before} >= {"user", "account", "device", "entry"}


def test_what_waited_in_quiet_hours_about_somebody_erased_is_not_told(admin: Any, container: Any) -> None:
    post = connect(container)
    contact_id = "01JABCDEFGHJKMNPQRSTVWXYZ9"
    waiting = notification(
        container,
        admin.tenant,
        admin.user,
        kind="contact.assigned",
        entity="contact",
        record_id=contact_id,
        params={"name": "Jane Doe"},
    )
    other = notification(container, admin.tenant, admin.user, number=2)
    door = Door(container, DOOR, admin.tenant)
    erase(container, door, {"contactIds": [contact_id]})
    assert deliver(container, waiting) == ["erased"]
    assert deliver(container, other) != ["erased"]
    assert not any("Jane Doe" in mail.content.text for mail in post.mails)


def test_nobody_but_our_own_machinery_may_ask(admin: Any, container: Any) -> None:
    door = Door(container, DOOR, admin.tenant, ())
    for verb, more in {"identify": {}, "collect": {}, "erase": {"requestId": "r"}}.items():
        answer = door.call(verb, subject={"userIds": [admin.user]}, **more)
        assert answer["problem"]["status"] == 403
