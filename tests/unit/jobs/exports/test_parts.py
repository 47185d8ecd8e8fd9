"""Files in parts: what a checkpoint counts is the file, whoever wrote which part, and however late."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from jobs_in_process import JobsWorld

from zebros_core.errors import NotFoundError
from zebros_jobs.domain.job import JobKind
from zebros_jobs.use_cases.parts import Parts
from zebros_jobs.use_cases.run_job import Deadline, JobRun
from zebros_jobs.use_cases.start_job import start_job

Runs = Callable[..., JobRun]


@pytest.fixture
def run_of(world: JobsWorld) -> Runs:
    """Give a worker's hold on a job of a tenant, under a holder's name."""

    def hold(tenant_id: str, holder: str, job_id: str | None = None) -> JobRun:
        workspace = world.jobs.job_workspace(tenant_id, "none")
        job = (
            workspace.jobs.get(job_id)
            if job_id
            else start_job(workspace, JobKind.EXPORT, title="Things", parameters="{}")
        )
        return JobRun(workspace, job, replace(workspace.progress.get(job.id), holder=holder), Deadline())

    return hold


def parts_of(run: JobRun, state: Any = None) -> Parts:
    return Parts(run, "transfers", "exports", state=state)


def content(run: JobRun, parts: Parts, head: bytes = b"") -> bytes:
    key = run.objects("transfers").key("exports", run.job_id, "whole")
    size = parts.join(key, content_type="text/plain", head=head)
    data = run.objects("transfers").read(key, max_bytes=1000)
    assert len(data) == size
    return data


def test_parts_are_put_together_in_their_order_under_the_tenants_own_prefix(
    tenant: Callable[..., str], run_of: Runs
) -> None:
    here, elsewhere = tenant(), tenant()
    run = run_of(here, "1:AAAAAAAAAA")
    parts = parts_of(run)
    keys = [parts.add(data) for data in (b"one ", b"", b"three")]
    assert content(run, parts, b"head ") == b"head one three"
    assert list(parts.keys()) == keys
    assert all(key.startswith(f"{here}/exports/{run.job_id}/parts/0000000") for key in keys)
    assert (parts.count, parts.size_bytes) == (3, 9)
    with pytest.raises(NotFoundError):
        run_of(elsewhere, "1:BBBBBBBBBB").objects("transfers").read(keys[0], max_bytes=9)


def test_a_late_part_of_a_worker_that_lost_its_lease_takes_nobodys_place(
    tenant: Callable[..., str], run_of: Runs
) -> None:
    here = tenant()
    slow = run_of(here, "1:AAAAAAAAAA")
    first = parts_of(slow)
    first.add(b"a")
    state = first.state
    quick = run_of(here, "2:BBBBBBBBBB", slow.job_id)
    second = parts_of(quick, state)
    second.add(b"b")
    second.add(b"c")
    first.add(b"late, and longer")
    third = parts_of(run_of(here, "3:CCCCCCCCCC", slow.job_id), second.state)
    third.add(b"d")
    assert content(quick, third) == b"abcd"
    third.remove()
    prefix = quick.objects("transfers").key("exports", quick.job_id, "parts")
    assert quick.streams("transfers").keys(f"{prefix}/") == [], "the late one, too"


def test_no_parts_are_a_file_with_its_head_only(tenant: Callable[..., str], run_of: Runs) -> None:
    run = run_of(tenant(), "1:AAAAAAAAAA")
    assert content(run, parts_of(run), b"head") == b"head"
    assert list(parts_of(run).keys()) == []
