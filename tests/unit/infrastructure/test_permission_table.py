"""The one role table: complete, accepted by the library, and a narrower role never holds more than a wider one."""

import json
from itertools import pairwise
from pathlib import Path

import pytest

from zebros_core.auth.permissions import PermissionTable

FILE = Path(__file__).resolve().parents[3] / "infrastructure/permissions.json"
ROLES = json.loads(FILE.read_text())["roles"]
WIDTH = {None: 0, "own": 1, "team": 2, "all": 3}
WIDEST_FIRST = ("tenant-admin", "sales-manager", "sales-rep")
RECORDS = {"customer", "contact", "document"}
ENTITIES = RECORDS | {"field", "user", "team", "integration", "audit"}


def width(role: str, entity: str, action: str) -> int:
    return WIDTH[ROLES[role][entity].get(action)]


def test_the_library_reads_the_table() -> None:
    assert set(PermissionTable.load(FILE.read_bytes()).roles) == set(ROLES)


def test_every_role_says_something_about_every_entity() -> None:
    assert set(ROLES) == {*WIDEST_FIRST, "viewer"}
    for entities in ROLES.values():
        assert set(entities) == ENTITIES


def test_an_administrator_may_do_everything_to_everything() -> None:
    granted = {visibility for actions in ROLES["tenant-admin"].values() for visibility in actions.values()}
    assert granted == {"all"}
    for entity, actions in ROLES["tenant-admin"].items():
        if entity == "audit":
            assert set(actions) == {"read"}, "nobody writes the log by hand"
        else:
            # People are deactivated, not deleted.
            assert {"read", "write"} | ({"delete"} if entity != "user" else set()) <= set(actions)


@pytest.mark.parametrize(("wide", "narrow"), list(pairwise(WIDEST_FIRST)))
def test_a_narrower_role_never_sees_or_changes_more(wide: str, narrow: str) -> None:
    for entity, actions in ROLES[narrow].items():
        for action in actions:
            assert width(narrow, entity, action) <= width(wide, entity, action), (entity, action)


def test_nobody_changes_what_they_cannot_read() -> None:
    for role, entities in ROLES.items():
        for entity, actions in entities.items():
            for action in actions:
                assert width(role, entity, action) <= width(role, entity, "read"), (role, entity, action)


def test_only_administrators_see_the_log_and_the_integrations() -> None:
    for role in ("sales-manager", "sales-rep", "viewer"):
        assert ROLES[role]["audit"] == ROLES[role]["integration"] == {}


def test_a_viewer_only_reads() -> None:
    assert {action for actions in ROLES["viewer"].values() for action in actions} == {"read"}


def test_a_representative_reads_the_teams_records_and_changes_their_own() -> None:
    for entity in RECORDS:
        assert ROLES["sales-rep"][entity] == {"read": "team", "write": "own", "delete": "own"}
