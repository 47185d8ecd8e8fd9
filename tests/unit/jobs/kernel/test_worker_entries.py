"""The worker as its state machine and a container call it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from counting_work import Counting

from zebros_core.tenancy import TenantContext
from zebros_jobs import task
from zebros_jobs.bootstrap import Container
from zebros_jobs.domain.job import Job, JobKind
from zebros_jobs.handlers import worker
from zebros_jobs.use_cases.start_job import start_job


@pytest.fixture
def work(container: Container, monkeypatch: pytest.MonkeyPatch) -> Counting:
    made = Counting()
    monkeypatch.setattr(worker, "container", lambda: container)
    monkeypatch.setattr(worker, "work_of", lambda kind: made)
    return made


@pytest.fixture
def job(container: Container, tenant: Callable[..., str]) -> tuple[str, Job]:
    here = tenant()
    context = TenantContext(here, "user-1", roles=frozenset({"tenant-admin"}))
    return here, start_job(container.workspace(context), JobKind.EXPORT, title="", parameters="{}")


def ask(step: str, tenant_id: str, job_id: str, context: Any = None) -> dict[str, Any]:
    event = {"step": step, "kind": "export", "tenantId": tenant_id, "jobId": job_id, "attempt": "1"}
    return worker.handler(event, context)


def test_a_machine_gets_an_outcome_and_how_long_to_wait(work: Counting, job: tuple[str, Job]) -> None:
    here, made = job
    assert ask("prepare", here, made.id) == {"outcome": "small", "waitSeconds": 0}
    assert ask("work", here, made.id) == {"outcome": "done", "waitSeconds": 0}


def test_a_function_stops_before_its_time_is_over(work: Counting, job: tuple[str, Job]) -> None:
    here, made = job

    class Context:
        def get_remaining_time_in_millis(self) -> int:
            return 60_500

    ask("prepare", here, made.id)
    work.at = lambda run, number: None
    answer = ask("work", here, made.id, Context())
    assert answer["outcome"] in {"done", "again"}


def test_a_job_that_is_gone_and_a_tenant_that_has_left_end_the_machine(
    work: Counting, job: tuple[str, Job]
) -> None:
    here, made = job
    assert ask("prepare", here, "01JZ8Q5R7N3V4T6W8Y0A2C4E99")["outcome"] == "failed"
    assert ask("prepare", "nobody99", made.id)["outcome"] == "failed"


def test_another_tenants_job_looks_gone(
    work: Counting, job: tuple[str, Job], tenant: Callable[..., str]
) -> None:
    assert ask("work", tenant(), job[1].id)["outcome"] == "failed"
    assert work.counted == []


def test_a_step_that_there_is_not_is_an_error(work: Counting, job: tuple[str, Job]) -> None:
    with pytest.raises(ValueError, match="no step"):
        ask("dance", *[job[0], job[1].id])


def test_a_task_does_the_work_and_its_status_says_whether_it_goes_on(
    work: Counting, job: tuple[str, Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    here, made = job
    monkeypatch.setattr(task.signal, "signal", lambda number, handle: None)
    environ = {"ZEBROS_TENANT_ID": here, "ZEBROS_JOB_ID": made.id, "ZEBROS_JOB_KIND": "export"}
    ask("prepare", here, made.id)
    assert task.main(environ) == 0
    assert work.counted == [0, 1, 2, 3, 4]


def test_a_task_that_is_told_to_end_stops_at_a_checkpoint(
    work: Counting, job: tuple[str, Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    here, made = job
    told: list[Any] = []
    monkeypatch.setattr(task.signal, "signal", lambda number, handle: told.append(handle))
    work.at = lambda run, number: told[0](15, None) if number == 2 else None
    environ = {"ZEBROS_TENANT_ID": here, "ZEBROS_JOB_ID": made.id, "ZEBROS_JOB_KIND": "export"}
    ask("prepare", here, made.id)
    assert task.main(environ) == 75
    assert work.counted == [0, 1, 2]
    assert made.kind == JobKind.EXPORT
