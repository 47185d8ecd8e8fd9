"""The role table: who may do what, on whose records."""

from __future__ import annotations

import pytest

from zebros_core.auth import PermissionTable, Visibility, can_see, visibility_key
from zebros_core.errors import ForbiddenError
from zebros_core.tenancy import TenantContext

TABLE = PermissionTable.load(
    """{"roles": {
        "admin":  {"widget": {"read": "all", "write": "all", "delete": "all"}},
        "lead":   {"widget": {"read": "all", "write": "team"}},
        "member": {"widget": {"read": "team", "write": "own"}},
        "viewer": {"widget": {"read": "all"}, "gadget": {"read": "own"}}
    }}"""
)


def somebody(
    *roles: str, user: str = "u1", team: str | None = "north", tenant: str = "aurora"
) -> TenantContext:
    return TenantContext(tenant_id=tenant, user_id=user, roles=frozenset(roles), team_id=team)


def test_the_widest_of_several_roles_counts():
    assert TABLE.check(somebody("member", "lead"), "widget", "write") is Visibility.TEAM
    assert TABLE.check(somebody("lead", "member", "admin"), "widget", "write") is Visibility.ALL


@pytest.mark.parametrize(
    ("roles", "entity", "action"),
    [
        ((), "widget", "read"),
        (("stranger",), "widget", "read"),
        (("viewer",), "widget", "write"),
        (("admin",), "gadget", "read"),
    ],
)
def test_what_is_not_granted_is_refused(roles, entity, action):
    with pytest.raises(ForbiddenError):
        TABLE.check(somebody(*roles), entity, action)


@pytest.mark.parametrize(
    ("visibility", "owner", "team", "seen"),
    [
        ("all", None, None, True),
        ("all", "u2", "south", True),
        ("team", "u2", "north", True),
        ("team", "u2", "south", False),
        ("team", "u1", "south", True),
        ("team", None, None, False),
        ("own", "u1", "south", True),
        ("own", "u2", "north", False),
        ("own", None, None, False),
    ],
)
def test_a_record_is_seen_by_its_own_owner_and_team(visibility, owner, team, seen):
    assert can_see(Visibility(visibility), somebody(), owner, team) is seen


def test_somebody_without_a_team_does_not_see_records_without_one():
    assert not can_see(Visibility.TEAM, somebody(team=None), None, None)


def test_lists_are_shared_within_all_within_a_team_and_with_nobody():
    assert visibility_key(Visibility.ALL, somebody()) == "all"
    assert visibility_key(Visibility.TEAM, somebody(user="u1")) == visibility_key(
        Visibility.TEAM, somebody(user="u2")
    )
    assert visibility_key(Visibility.TEAM, somebody(team=None)) == "own:u1"
    assert visibility_key(Visibility.OWN, somebody(user="u1")) != visibility_key(
        Visibility.OWN, somebody(user="u2")
    )


def test_the_explanation_names_the_role_that_gives_the_most():
    explained = TABLE.explain(somebody("member", "viewer"))

    assert explained["widget"]["read"] == {"visibility": "all", "role": "viewer"}
    assert explained["widget"]["write"] == {"visibility": "own", "role": "member"}
    assert explained["gadget"]["read"] == {"visibility": "own", "role": "viewer"}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[]", "roles"),
        ("{}", "roles"),
        ('{"roles": {"admin": {"widget": {"read": "everything"}}}}', "'admin' on 'widget'"),
        ('{"roles": {"admin": {"widget": ["read"]}}}', "'admin' on 'widget'"),
    ],
)
def test_a_wrong_table_is_refused_with_the_place(text, complaint):
    with pytest.raises(ValueError, match=complaint):
        PermissionTable.load(text)


@pytest.mark.parametrize(
    ("scopes", "action", "allowed"),
    [
        ((), "write", True),
        (("openid", "profile"), "write", True),
        (("records:read",), "read", True),
        (("records:read",), "write", False),
        (("records:write",), "read", False),
        (("records:write",), "merge", True),
        (("records:read", "records:delete"), "delete", True),
        (("records:write",), "delete", False),
        (("records:everything",), "read", False),
    ],
)
def test_scopes_of_records_narrow_what_the_role_allows(scopes, action, allowed):
    table = PermissionTable.load(
        '{"roles": {"admin": {"widget": {"read": "all", "write": "all", "delete": "all", "merge": "all"}}}}'
    )
    program = TenantContext(
        tenant_id="aurora", user_id="p1", roles=frozenset({"admin"}), scopes=frozenset(scopes)
    )
    assert (table.granted(program, "widget", action) is not None) is allowed
    assert (action in table.explain(program).get("widget", {})) is allowed
    if not allowed:
        with pytest.raises(ForbiddenError, match="scopes"):
            table.check(program, "widget", action)
