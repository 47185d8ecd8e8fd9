"""The realm file itself: its placeholders, and what must never be loosened in it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from zebros_auth.realm.desired import RealmFileError, load_realm
from zebros_core.auth.permissions import PermissionTable

PERMISSIONS = Path(__file__).parents[3] / "infrastructure" / "permissions.json"
KEYCLOAKS_OWN = {"offline_access", "uma_authorization", "default-roles-zebros"}
PROFILE = "org.keycloak.userprofile.UserProfileProvider"


def _file(folder: Path, content: str) -> Path:
    path = folder / "realm.json"
    path.write_text(content)
    return path


def test_placeholders_are_filled_from_the_environment_or_their_default(tmp_path: Path) -> None:
    path = _file(
        tmp_path, '{"a": "${HOST:http://x:1}/c", "b": "${EMPTY:}", "c": "${client_account}", "d": "${HOST}"}'
    )
    filled = load_realm({"HOST": 'say "hello"\\'}, path)
    assert filled == {"a": 'say "hello"\\/c', "b": "", "c": "${client_account}", "d": 'say "hello"\\'}
    assert load_realm({}, _file(tmp_path, '{"a": "${HOST:http://x:1}/c"}')) == {"a": "http://x:1/c"}


def test_every_missing_value_is_named_at_once(tmp_path: Path) -> None:
    path = _file(tmp_path, '{"a": "${FIRST}", "b": "${SECOND}", "c": "${THIRD:there}"}')
    with pytest.raises(RealmFileError, match="FIRST, SECOND in the environment"):
        load_realm({}, path)


def test_the_administrators_secret_has_no_default() -> None:
    with pytest.raises(RealmFileError, match="ZEBROS_ADMIN_SECRET"):
        load_realm({})


def test_a_damaged_or_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(RealmFileError, match="no JSON"):
        load_realm({}, _file(tmp_path, "{"))
    with pytest.raises(RealmFileError, match="cannot be read"):
        load_realm({}, tmp_path / "nothing.json")


def test_tenant_and_team_are_edited_by_administrators_only_and_nothing_else_is_kept(
    wanted: dict[str, Any],
) -> None:
    profile = json.loads(wanted["components"][PROFILE][0]["config"]["kc.user.profile.config"][0])
    attributes = {attribute["name"]: attribute for attribute in profile["attributes"]}
    assert {"tenant_id", "team", "email", "username"} <= attributes.keys()
    for name, attribute in attributes.items():
        assert attribute["permissions"]["edit"] == ["admin"], name
    assert "unmanagedAttributePolicy" not in profile


def test_no_public_client_signs_in_without_pkce_or_takes_a_password(wanted: dict[str, Any]) -> None:
    for client in wanted["clients"]:
        assert not client["directAccessGrantsEnabled"], client["clientId"]
        assert not client["implicitFlowEnabled"], client["clientId"]
        assert not client["fullScopeAllowed"], client["clientId"]
        if client["publicClient"] and client["enabled"] and client["clientId"] != "account":
            assert client["attributes"]["pkce.code.challenge.method"] == "S256", client["clientId"]
        if client["clientId"].startswith("zebros-"):
            assert not [uri for uri in client["redirectUris"] if "*" in uri], client["clientId"]


def test_lifetimes_and_protection_are_as_promised(wanted: dict[str, Any]) -> None:
    assert wanted["accessTokenLifespan"] == 900
    assert (wanted["revokeRefreshToken"], wanted["refreshTokenMaxReuse"]) == (True, 0)
    assert wanted["bruteForceProtected"]
    assert "length(12)" in wanted["passwordPolicy"]
    assert wanted["verifyEmail"]
    assert wanted["organizationsEnabled"]
    assert wanted["eventsEnabled"]
    assert {"LOGIN", "LOGIN_ERROR", "LOGOUT", "CLIENT_LOGIN"} <= set(wanted["enabledEventTypes"])


def test_the_roles_are_those_of_the_permission_table_and_the_platforms(wanted: dict[str, Any]) -> None:
    permissions = PermissionTable.load(PERMISSIONS.read_text())
    roles = {role["name"] for role in wanted["roles"]["realm"]} - KEYCLOAKS_OWN
    assert roles == set(permissions.roles) | {"platform-admin"}
    let_through = next(each for each in wanted["scopeMappings"] if each["clientScope"] == "zebros-api")
    assert set(let_through["roles"]) == roles
