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
RECORDS = {"customer", "contact", "document", "lead", "opportunity", "activity"}
"""What has an owner and a team of its own."""
SHARED = {
    *("product", "pipeline", "dashboard", "template", "field", "user", "team", "integration", "audit"),
    *("report", "privacy", "backup", "sync"),
}
"""What the tenant has in common, or nobody owns as they own a record."""
DEEDS = {"email": {"send"}, "import": {"write"}}
"""What is done and not kept, with what an administrator may do: there is nothing to read, or it is read as a job."""
ENTITIES = RECORDS | SHARED | {"job"} | set(DEEDS)
LIMITS = {
    **{
        "audit": {"read"},
        "dashboard": {"read"},
        "pipeline": {"read", "write"},
        "user": {"read", "write", "export"},
    },
    **{"job": {"read"}, **{entity: {"read", "write"} for entity in ("report", "privacy", "backup", "sync")}},
}
"""What even an administrator does no more with: the log, the metrics, jobs and what devices are served from are written
by us, a tenant has its stages always, people are deactivated, and what a job has made goes by itself."""


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
    for entity in ENTITIES - set(DEEDS) - set(LIMITS):
        assert {"read", "write", "delete"} <= set(ROLES["tenant-admin"][entity]), entity
    for entity, actions in (LIMITS | DEEDS).items():
        assert set(ROLES["tenant-admin"][entity]) == actions


@pytest.mark.parametrize(("wide", "narrow"), list(pairwise(WIDEST_FIRST)))
def test_a_narrower_role_never_sees_or_changes_more(wide: str, narrow: str) -> None:
    for entity, actions in ROLES[narrow].items():
        for action in actions:
            assert width(narrow, entity, action) <= width(wide, entity, action), (entity, action)


def test_nobody_changes_what_they_cannot_read() -> None:
    for role, entities in ROLES.items():
        for entity in ENTITIES - set(DEEDS):
            for action in entities[entity]:
                assert width(role, entity, action) <= width(role, entity, "read"), (role, entity, action)


def test_only_administrators_see_the_log_the_integrations_requests_of_persons_and_backups() -> None:
    for role in ("sales-manager", "sales-rep", "viewer"):
        for entity in ("audit", "integration", "privacy", "backup"):
            assert ROLES[role][entity] == {}, (role, entity)


def test_others_than_administrators_see_their_own_jobs_only() -> None:
    for role in ("sales-manager", "sales-rep", "viewer"):
        assert ROLES[role]["job"] == {"read": "own"}


def test_a_viewer_only_reads() -> None:
    assert {action for actions in ROLES["viewer"].values() for action in actions} == {"read"}


def test_a_representative_reads_the_teams_records_and_changes_their_own() -> None:
    for entity in RECORDS:
        changes = dict.fromkeys(("write", "delete"), "own")
        changes |= {"convert": "own"} if entity == "lead" else {}
        assert ROLES["sales-rep"][entity] == {"read": "team", **changes}
    assert ROLES["sales-rep"]["email"] == {"send": "own"}


def test_what_nobody_owns_is_granted_on_all_of_it_or_not_at_all() -> None:
    # The dashboard is of the records that somebody may see, and so is not among them.
    for role in ROLES:
        for entity in SHARED - {"dashboard", "user"}:
            assert set(ROLES[role][entity].values()) <= {"all"}, (role, entity)


def test_the_sales_process_is_set_by_administrators_alone() -> None:
    for role in ("sales-manager", "sales-rep", "viewer"):
        assert set(ROLES[role]["pipeline"]) == {"read"}
        assert "write" not in ROLES[role]["product"]
