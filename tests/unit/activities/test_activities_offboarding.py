"""A tenant leaves: all that is kept of it here goes, and its neighbour's is as it was, to the byte."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from activity_records import LONG, activity, contact
from callers import Person
from leaving_tenant import rows_of
from service_in_process import make_bucket
from table_changes import TableChanges

from zebros_activities.handlers import offboarding
from zebros_activities.use_cases.keep_activity_history import keep_activity_history
from zebros_activities.use_cases.keep_reminder import keep_reminder
from zebros_activities.use_cases.keep_timeline import keep_timeline
from zebros_core.tenancy import TenantContext
from zebros_core.tenancy.offboarding import OFFBOARDING_SCOPE


@pytest.fixture
def door(container: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    make_bucket(container.core.failures_bucket)
    monkeypatch.setattr(offboarding.DOOR, "_container", lambda: container)
    monkeypatch.setitem(vars(container), "current_registry", container.registry)

    def call(tenant: str, verb: str, **members: Any) -> Any:
        token = container.internal_tokens.sign(
            TenantContext(tenant, "root", scopes=frozenset({OFFBOARDING_SCOPE})),
            audience="zebros-activities-test-offboarding",
        )
        return offboarding.handler({"verb": verb, "token": token, **members}, None)

    yield call


def rows(container: Any, tenant: str) -> list[str]:
    """Every stored row of a tenant."""
    return rows_of(container, tenant, ("activities", "activities-lookup"))


def test_a_leaving_tenant_leaves_nothing_behind_and_its_neighbour_as_it_was(
    both: tuple[Person, Person], container: Any, changes: TableChanges, door: Any
) -> None:
    one, two = both
    for person in both:
        people = {"contactIds": [contact(person, None)]}
        made = activity(
            person,
            description=LONG,
            participants=people,
            scheduledAt="2026-03-04T10:00:00Z",
            reminderMinutes=5,
        )
        person.post(f"/v1/activities/{made['activityId']}/comments", {"text": "They moved."})
        activity(person, externalId="cal-1")
    for change in changes.take():
        workspace = container.system_workspace(change.tenant_id, "test")
        keep_activity_history(workspace, change)
        keep_timeline(workspace, change)
        keep_reminder(workspace, change.id)
    neighbour = rows(container, two.tenant)
    assert len(neighbour) == len(rows(container, one.tenant)) > 8
    known = container.registry.get(one.tenant)
    container.registry.put(replace(known, status="offboarding", epoch=known.epoch + 1))
    resume: Any = None
    for _ in range(100):
        answer = door(one.tenant, "eraseTenant", resume=resume)
        resume = json.loads(json.dumps(answer.get("resume")))
        if answer.get("done"):
            break
    assert answer["done"], answer
    assert rows(container, one.tenant) == []
    assert rows(container, two.tenant) == neighbour
