"""Comparing a running realm with its file, and repairing what differs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from fake_realm import FakeRealm

from zebros_auth.realm.plan import RealmDriftError, apply, plan

Tamper = Callable[[FakeRealm], object]


def _attribute(there: FakeRealm, name: str) -> dict[str, Any]:
    return next(each for each in there.profile["attributes"] if each["name"] == name)


def _stray_mapper(there: FakeRealm) -> None:
    path = f"/client-scopes/{there.scopes['zebros-api']['id']}/protocol-mappers/models"
    there.post(path, {"name": "stray", "config": {"claim.name": "tenant_id"}})


def _hold_another_role(there: FakeRealm) -> None:
    there.post("/roles/sales-rep/composites", [there.roles["tenant-admin"]])


def _let_a_role_through(there: FakeRealm) -> None:
    path = f"/client-scopes/{there.scopes['profile']['id']}/scope-mappings/realm"
    there.post(path, [there.roles["platform-admin"]])


def _attach_a_scope(there: FakeRealm) -> None:
    client, scope = there.clients["zebros-web"]["id"], there.scopes["realm-administration"]["id"]
    there.put(f"/clients/{client}/default-client-scopes/{scope}", {})


def _promote_the_service_account(there: FakeRealm) -> None:
    account = f"/users/account-of-{there.clients['zebros-admin']['id']}/role-mappings/realm"
    there.post(account, [there.roles["tenant-admin"]])


TAMPERED: dict[str, tuple[Tamper, str]] = {
    "a lifetime": (
        lambda r: r.settings.update(accessTokenLifespan=86_400),
        "accessTokenLifespan is 86400, should be 900",
    ),
    "a protection": (
        lambda r: r.settings.pop("bruteForceProtected"),
        "bruteForceProtected is unset, should be true",
    ),
    "an event type": (
        lambda r: r.settings["enabledEventTypes"].remove("LOGIN_ERROR"),
        "enabledEventTypes is",
    ),
    "an attribute's editors": (
        lambda r: _attribute(r, "tenant_id")["permissions"].update(edit=["admin", "user"]),
        'attribute tenant_id.permissions.edit is ["admin", "user"], should be ["admin"]',
    ),
    "one attribute more": (
        lambda r: r.profile["attributes"].append({"name": "hobby"}),
        "hobby should not be there",
    ),
    "unmanaged attributes": (
        lambda r: r.profile.update(unmanagedAttributePolicy="ENABLED"),
        "unmanaged attributes",
    ),
    "a role removed": (lambda r: r.remove_role("viewer"), "roles: viewer: is missing"),
    "a role in a role": (_hold_another_role, "sales-rep: should not hold tenant-admin"),
    "a scope removed": (lambda r: r.scopes.pop("records:read"), "scopes: records:read: is missing"),
    "a mapper removed": (
        lambda r: r.scopes["zebros-api"]["protocolMappers"].pop(0),
        "mapper 'tenant': is missing",
    ),
    "a mapper changed": (
        lambda r: r.scopes["zebros-api"]["protocolMappers"][0]["config"].update(
            {"user.attribute": "nickname"}
        ),
        'config.user.attribute is "nickname", should be "tenant_id"',
    ),
    "a stray mapper": (_stray_mapper, "mapper 'stray': should not be there"),
    "a role let through": (_let_a_role_through, "profile, roles: should not have platform-admin"),
    "a redirect address": (
        lambda r: r.clients["zebros-web"]["redirectUris"].append("https://evil.example/*"),
        "clients: zebros-web: redirectUris is",
    ),
    "a client without PKCE": (
        lambda r: r.clients["zebros-cli"]["attributes"].pop("pkce.code.challenge.method"),
        'attributes.pkce.code.challenge.method is unset, should be "S256"',
    ),
    "a client removed": (lambda r: r.clients.pop("zebros-mobile"), "clients: zebros-mobile: is missing"),
    "a client's scope": (_attach_a_scope, "zebros-web, default scopes: should not have realm-administration"),
    "the service account's roles": (_promote_the_service_account, "should not have tenant-admin"),
}


def test_a_realm_just_imported_differs_in_nothing(wanted: dict[str, Any], there: FakeRealm) -> None:
    assert plan(wanted, there) == []
    assert apply(wanted, there) == []
    assert there.writes == []


@pytest.mark.parametrize("name", TAMPERED)
def test_what_was_changed_by_hand_is_named_and_repaired(
    wanted: dict[str, Any], there: FakeRealm, name: str
) -> None:
    tamper, told = TAMPERED[name]
    tamper(there)
    there.writes.clear()
    assert any(told in str(each) for each in plan(wanted, there)), [str(each) for each in plan(wanted, there)]
    assert there.writes == [], "a plan has written"
    assert apply(wanted, there)
    assert plan(wanted, there) == []


def test_everything_at_once_is_repaired_in_one_run(wanted: dict[str, Any], there: FakeRealm) -> None:
    for tamper, _ in TAMPERED.values():
        tamper(there)
    apply(wanted, there)
    assert plan(wanted, there) == []


def test_what_the_file_does_not_name_is_left_alone(wanted: dict[str, Any], there: FakeRealm) -> None:
    there.post("/clients", {"clientId": "borealis-integration", "redirectUris": ["https://borealis.example"]})
    there.roles["somebodys-role"] = {"name": "somebodys-role"}
    there.settings["attributes"]["theirs"] = "kept"
    there.settings["accessTokenLifespan"] = 1
    apply(wanted, there)
    assert there.clients["borealis-integration"]["redirectUris"] == ["https://borealis.example"]
    assert "somebodys-role" in there.roles
    assert there.settings["attributes"]["theirs"] == "kept"


def test_one_refused_repair_is_reported_and_stops_no_other(wanted: dict[str, Any], there: FakeRealm) -> None:
    there.settings["accessTokenLifespan"] = 1
    _promote_the_service_account(there)
    there.refused = ["/users/account-of-"]
    with pytest.raises(RealmDriftError) as failure:
        apply(wanted, there)
    assert [each.subject for each in failure.value.left] == ["service-account-zebros-admin, roles"]
    assert "403 Forbidden" in str(failure.value)
    assert there.settings["accessTokenLifespan"] == 900


def test_no_secret_is_compared_or_told(wanted: dict[str, Any], there: FakeRealm) -> None:
    there.settings["smtpServer"].update(password="**********", host="elsewhere")
    there.clients["zebros-admin"].pop("secret")
    told = " ".join(str(each) for each in plan(wanted, there))
    assert "smtpServer.host" in told
    assert "of-the-mail-server" not in told
    assert "of-the-test" not in told
    apply(wanted, there)
    assert there.settings["smtpServer"]["password"] == "of-the-mail-server"
