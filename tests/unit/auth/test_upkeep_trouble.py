"""Upkeep when something is wrong: with one person, with one tenant, with the provider, with what strangers sent it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError
from callers import Person
from fake_identity import FakeIdentity

from zebros_auth.bootstrap import Container
from zebros_auth.domain.identity import IdentityUnavailableError, NewPerson, SignInEvent
from zebros_auth.domain.operation import OperationKind
from zebros_auth.handlers import upkeep
from zebros_auth.tenancy_wiring import tenancy_of
from zebros_auth.use_cases.change_user import carry_out
from zebros_auth.use_cases.reconcile_people import differs, finish_changes, reconcile_people
from zebros_core.clock import FixedClock
from zebros_core.errors import UnavailableError, ValidationError
from zebros_core.tenancy.context import PLATFORM_TENANT_ID

NORA = {"email": "nora@aurora.example", "name": "Nora North", "role": "sales-rep"}


def test_a_provider_that_knows_nobody_deactivates_nobody(
    admin: Person, identity: FakeIdentity, container: Container
) -> None:
    identity.people.clear()
    with pytest.raises(UnavailableError):
        reconcile_people(container.system_workspace(admin.tenant, "test"))
    assert admin.get(f"/v1/users/{admin.user}").body["status"] == "active"


def test_a_list_that_was_cut_deactivates_nobody(
    admin: Person, identity: FakeIdentity, container: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = admin.post("/v1/users", NORA).body
    monkeypatch.setattr(identity, "people_of", lambda *_, **__: iter(list(identity.people.values())[:1]))
    assert reconcile_people(container.system_workspace(admin.tenant, "test")).count == 0
    assert admin.get(f"/v1/users/{user['userId']}").body["status"] == "invited"


def test_a_change_under_way_is_not_reconciled_away(
    admin: Person, identity: FakeIdentity, container: Container
) -> None:
    user = admin.post("/v1/users", NORA).body
    identity.fail_next("update_person", IdentityUnavailableError())
    assert admin.patch(f"/v1/users/{user['userId']}", {"role": "viewer"}).status == 503
    assert reconcile_people(container.system_workspace(admin.tenant, "test")).count == 0


def test_of_two_changes_at_once_the_later_one_is_at_the_provider(
    admin: Person, identity: FakeIdentity, container: Container
) -> None:
    user = admin.post("/v1/users", NORA).body
    workspace = container.system_workspace(admin.tenant, "test")
    earlier = workspace.users.get(user["userId"])
    assert admin.patch(f"/v1/users/{user['userId']}", {"role": "viewer"}).status == 200
    carry_out(workspace, earlier)  # whoever was slow
    assert identity.people[user["userId"]].role == "viewer"


def test_one_change_that_cannot_be_finished_keeps_nobody_else_waiting(
    admin: Person, identity: FakeIdentity, container: Container, clock: FixedClock
) -> None:
    users = [admin.post("/v1/users", {**NORA, "email": f"{n}@aurora.example"}).body for n in "ab"]
    for user in users:
        identity.fail_next("update_person", IdentityUnavailableError())
        assert admin.patch(f"/v1/users/{user['userId']}", {"role": "viewer"}).status == 503
    clock.advance(minutes=2)
    identity.fail_next("update_person", ValidationError.for_field("/name", "invalid", "no"))
    assert finish_changes(container.system_workspace(admin.tenant, "test")) == 1
    assert sorted(str(identity.people[user["userId"]].role) for user in users) == ["sales-rep", "viewer"]
    assert finish_changes(container.system_workspace(admin.tenant, "test")) == 1


def test_somebody_who_went_before_their_mail_keeps_nobody_waiting(
    admin: Person, identity: FakeIdentity, container: Container, clock: FixedClock
) -> None:
    identity.fail_next("send_actions", IdentityUnavailableError())
    user = admin.post("/v1/users", NORA).body
    identity.lose(user["userId"])
    clock.advance(minutes=2)
    assert finish_changes(container.system_workspace(admin.tenant, "test")) == 1
    assert admin.get(f"/v1/users/{user['userId']}").body["status"] == "deactivated"


def test_an_address_that_takes_no_mail_holds_up_no_rights_and_is_not_tried_for_ever(
    admin: Person, identity: FakeIdentity, container: Container, clock: FixedClock
) -> None:
    identity.fail_next("send_actions", IdentityUnavailableError(), times=4)
    users = [admin.post("/v1/users", {**NORA, "email": f"{n}@aurora.example"}).body for n in "ab"]
    identity.fail_next("update_person", IdentityUnavailableError())
    assert admin.patch(f"/v1/users/{users[1]['userId']}", {"role": "viewer"}).status == 503
    clock.advance(minutes=2)
    finish_changes(container.system_workspace(admin.tenant, "test"))
    assert identity.people[users[1]["userId"]].role == "viewer"
    assert identity.mails == []
    clock.advance(days=4)
    for _ in range(2):
        finish_changes(container.system_workspace(admin.tenant, "test"))
        clock.advance(minutes=2)
    assert (identity.mails, admin.get(f"/v1/users/{users[0]['userId']}").body["invitedAt"]) == ([], None)
    assert finish_changes(container.system_workspace(admin.tenant, "test")) == 0
    assert admin.post(f"/v1/users/{users[0]['userId']}:invite").status == 200


def test_what_nobody_foresaw_with_one_tenant_stops_no_other_and_is_told(
    both: tuple[Person, Person],
    identity: FakeIdentity,
    container: Container,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(upkeep, "_active_tenants", lambda _: [one.tenant for one in both])
    stray = [
        identity.ensure_person(NewPerson(f"s@{one.tenant}.example", "Stray", one.tenant, "viewer"))
        for one in both
    ]
    identity.fail_next("people_of", RuntimeError("a bug"))
    with pytest.raises(RuntimeError):
        upkeep.run(container, "reconcile-people")
    assert [one.get(f"/v1/users/{s.id}").status for one, s in zip(both, stray, strict=True)].count(200) == 1


def test_names_are_compared_as_the_provider_keeps_them(
    admin: Person, identity: FakeIdentity, container: Container
) -> None:
    user = container.system_workspace(admin.tenant, "test").users.get(admin.user)
    person = identity.people[admin.user]
    assert not differs(
        user.model_copy(update={"name": "Ada  Lovelace"}), replace(person, name="Ada Lovelace")
    )


def test_machines_that_do_not_answer_are_given_up_before_the_gateway_does(
    container: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Any] = []

    def client(name: str, config: Any = None) -> Any:
        made.append(config)
        raise EndpointConnectionError(endpoint_url=name)

    monkeypatch.setattr(container, "client", client)
    with pytest.raises(UnavailableError):
        tenancy_of(container).machines().start(OperationKind.ONBOARDING, "northwind", 1)
    attempts = made[0].retries["total_max_attempts"]
    assert attempts * (made[0].connect_timeout + made[0].read_timeout) < 20


@pytest.fixture
def signs_in(identity: FakeIdentity, clock: FixedClock) -> Callable[..., SignInEvent]:
    def record(**facts: Any) -> SignInEvent:
        event = SignInEvent(
            **{
                "id": f"e-{len(identity.events)}",
                "time": clock.now() - timedelta(seconds=30),
                "type": "CLIENT_LOGIN_ERROR",
                "user_id": None,
                "client_id": None,
                "ip": "192.0.2.1",
                "error": "client_not_found",
                **facts,
            }
        )
        identity.record(event)
        return event

    return record


def test_what_strangers_call_themselves_does_not_stop_the_log(
    admin: Person, identity: FakeIdentity, container: Container, signs_in: Callable[..., SignInEvent]
) -> None:
    for name in ("x" * 255, "a\r\nb\x00", "", "\u202e", f"{admin.tenant}-made-up"):
        signs_in(client_id=name)
    signs_in(type="LOGIN", user_id=admin.user, client_id="zebros-web", error=None)
    assert upkeep.run(container, "collect-sign-ins") == 6
    items = admin.get("/v1/audit").body["items"]
    assert [(item["action"], item["actor"]) for item in items] == [("sign-in", admin.user)]


def test_sign_ins_of_a_tenant_whose_offboarding_failed_are_the_platforms(
    both: tuple[Person, Person],
    container: Container,
    clock: FixedClock,
    signs_in: Callable[..., SignInEvent],
) -> None:
    leaving, staying = both
    tenant = container.registry.get(leaving.tenant)
    container.registry.put(replace(tenant, status="failed", epoch=tenant.epoch + 1))
    dynamodb: Any = container.dynamodb
    for name in dynamodb.list_tables()["TableNames"]:
        if f"-t-{leaving.tenant}-" in name:
            dynamodb.delete_table(TableName=name)
    for one in both:
        signs_in(type="LOGIN", user_id=one.user, client_id="zebros-web", error=None)
    assert upkeep.run(container, "collect-sign-ins") == 2
    assert len(staying.get("/v1/audit").body["items"]) == 1
    begin, end = clock.now() - timedelta(days=1), clock.now()
    found = container.audit_log(PLATFORM_TENANT_ID).page(
        begin, end, action=None, actor=leaving.user, limit=10, cursor=None
    )
    assert len(found.items) == 1
