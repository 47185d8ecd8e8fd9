"""People: exported, named beside ids, and in backups, through the real door of the auth service."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable

import pytest
from callers import Person
from jobs_in_process import JobsWorld, carry_out

from zebros_auth.domain.team import TeamDraft
from zebros_auth.use_cases.manage_teams import put_team
from zebros_core.tenancy import TenantContext
from zebros_jobs.domain.job import Job, JobState

Export = Callable[..., Job]


@pytest.fixture
def staffed(world: JobsWorld, tenant: Callable[..., str]) -> Callable[..., str]:
    """Give a tenant with a team and somebody in it."""

    def make(model: str) -> str:
        here = tenant(model)
        workspace = world.auth.system_workspace(here, "test")
        put_team(workspace, TeamDraft(team_id="north", name=f"North of {here}"))
        context = TenantContext(
            here,
            "user-1",
            roles=frozenset({"tenant-admin"}),
            team_id="north",
            isolation=world.jobs.registry.get(here).isolation,
        )
        person = {"email": f"ada@{here}.example", "name": "Ada", "role": "sales-rep", "teamId": "north"}
        wish = {"mutationId": "m-1", "entity": "user", "operation": "create", "changes": person}
        (outcome,) = world.jobs.bulk_doors.door("auth", context).apply([wish])
        assert outcome["outcome"] == "created", outcome
        return here

    return make


@pytest.mark.parametrize("model", ["silo", "bridge", "pool"])
def test_people_are_exported_and_backed_up_with_their_teams(
    world: JobsWorld,
    staffed: Callable[..., str],
    export: Export,
    content: Callable[[str, Job], bytes],
    person: Callable[..., Person],
    model: str,
) -> None:
    here, elsewhere = staffed(model), staffed(model)
    job = export(here, {"entity": "user", "fields": ["name", "email", "role", "teamId", "teamName"]})
    (row,) = csv.DictReader(io.StringIO(content(here, job).decode()))
    assert row == {
        "name": "Ada",
        "email": f"ada@{here}.example",
        "role": "sales-rep",
        "teamId": "north",
        "teamName": f"North of {here}",
    }
    assert elsewhere not in content(here, job).decode()
    backup_id = person(here).post("/v1/backups").body["jobId"]
    backup = carry_out(world.jobs, here, backup_id)
    assert backup.state is JobState.SUCCEEDED, backup.problem
    holds = json.loads(backup.result or "")["contents"]
    assert (holds["user"], holds["settings-auth"]) == (1, 1)
    restore_id = person(here).post(f"/v1/backups/{backup_id}:restore", {"mode": "replace"}).body["jobId"]
    restored = carry_out(world.jobs, here, restore_id)
    assert restored.state is JobState.SUCCEEDED, restored.problem
    assert json.loads(restored.result or "")["equal"]
