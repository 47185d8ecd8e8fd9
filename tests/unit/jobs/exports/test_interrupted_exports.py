"""Exports that are killed, cancelled, paused, or overtaken by others' writes: the file is as if they had not been."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from callers import Person
from jobs_in_process import JobsWorld, carry_out, step
from killing import KilledError, Killer
from openpyxl import load_workbook

from zebros_core.clock import FixedClock
from zebros_core.errors import UnavailableError
from zebros_jobs.adapters.tables.files import Files
from zebros_jobs.domain.job import Job, JobState
from zebros_jobs.use_cases.exports.work import ExportWork
from zebros_jobs.use_cases.parts import Parts
from zebros_jobs.use_cases.run_job import Deadline, JobRun

Fill = Callable[..., list[str]]
Content = Callable[[str, Job], bytes]


@pytest.fixture
def killer(world: JobsWorld, monkeypatch: pytest.MonkeyPatch) -> Killer:
    """Kill before and after each call of a door, each part, each checkpoint, and the finished file."""
    killer = Killer()
    killer.watch(world, monkeypatch, (Parts, "add"), (Parts, "join"), (Parts, "remove"), (JobRun, "save"))
    return killer


def small() -> ExportWork:
    return ExportWork(Files(), page=2, part_bytes=1)


def start(person: Callable[..., Person], tenant_id: str, **body: Any) -> str:
    answer = person(tenant_id).post(
        "/v1/exports", {"entity": "customer", "fields": ["companyName", "tier"], **body}
    )
    assert answer.status == 202, answer.text
    return answer.body["jobId"]


def sorted_lines(data: bytes, format: str) -> list[Any]:
    if format == "xlsx":
        return sorted(load_workbook(io.BytesIO(data)).active.iter_rows(values_only=True), key=str)
    return sorted(data.splitlines())


@pytest.mark.parametrize("every", [pytest.param(1, marks=pytest.mark.prove), 8])
@pytest.mark.parametrize("format", ["csv", "xlsx"])
def test_killed_anywhere_the_file_is_the_same(
    every: int,
    world: JobsWorld,
    tenant: Callable[..., str],
    fill: Fill,
    content: Content,
    clock: FixedClock,
    person: Callable[..., Person],
    killer: Killer,
    format: str,
) -> None:
    here = tenant()
    fill(here, "customer", [{"companyName": f"Old {n}"} for n in range(3)])
    clock.advance(3600)
    fill(here, "customer", [{"companyName": "New"}])
    killer.begin()
    whole = carry_out(world.jobs, here, start(person, here, format=format), work=small())
    expected = sorted_lines(content(here, whole), format)
    assert len(expected) == 5
    points = killer.count
    assert points > 20
    # The rows are written as those of CSV are; the workbook is made at the end.
    first = 1 if format == "csv" else points - 8
    for point in list(killer.points(every, first=first)):
        job_id = start(person, here, format=format)
        killer.begin(at=point)
        died = False
        while True:
            try:
                job = carry_out(world.jobs, here, job_id, work=small())
                break
            except KilledError:
                died = True
                clock.advance(world.jobs.settings.lease.total_seconds() + 1)
        # With the clock that goes on, all records become older ones, which takes a page less.
        assert died or point > points - 5, point
        assert job.state is JobState.SUCCEEDED
        assert sorted_lines(content(here, job), format) == expected, point
        assert job.result == whole.result
        prefix = f"{here}/exports/{job_id}/"
        kept = world.jobs.job_workspace(here, job_id).streams("transfers").keys(prefix)
        assert [key for key, _ in kept] == [f"{prefix}file.{format}"], "no part is left"


def test_paused_after_every_page_it_is_the_same_file(
    world: JobsWorld,
    tenant: Callable[..., str],
    fill: Fill,
    content: Content,
    person: Callable[..., Person],
) -> None:
    here = tenant()
    fill(here, "customer", [{"companyName": f"C {n}"} for n in range(7)])
    job_id = start(person, here)
    work = ExportWork(Files(), page=2)
    assert step(world.jobs, here, job_id, "prepare", work=work) == "small"
    deadline = Deadline()
    deadline.stop()
    turns = 0
    while step(world.jobs, here, job_id, "work", work=work, deadline=deadline) == "again":
        turns += 1
    assert turns > 4
    job = carry_out(world.jobs, here, job_id, work=work)
    assert len(content(here, job).splitlines()) == 8


def test_cancelled_it_gives_no_file_and_says_how_far_it_came(
    world: JobsWorld, tenant: Callable[..., str], fill: Fill, person: Callable[..., Person]
) -> None:
    here = tenant()
    fill(here, "customer", [{"companyName": f"C {n}"} for n in range(7)])
    job_id = start(person, here)
    pages: list[Any] = []

    def cancel(service: str, call: Mapping[str, Any]) -> None:
        if call["verb"] == "export" and call["limit"] == 2:
            pages.append(call)
            if len(pages) == 3:
                assert person(here).post(f"/v1/jobs/{job_id}:cancel").status == 200

    world.doors.before = cancel
    job = carry_out(world.jobs, here, job_id, work=small())
    assert (job.state, job.files) == (JobState.CANCELLED, ())
    assert '"records": 4' in str(job.result) or '"records": 6' in str(job.result)
    prefix = f"{here}/exports/{job_id}/"
    assert world.jobs.job_workspace(here, job_id).streams("transfers").keys(prefix) == []


def test_cancelled_when_its_file_is_ready_it_gives_none_either(
    world: JobsWorld,
    tenant: Callable[..., str],
    fill: Fill,
    person: Callable[..., Person],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    here = tenant()
    fill(here, "customer", [{"companyName": "C"}])
    job_id = start(person, here)
    join = Parts.join

    def cancelled(self: Parts, *args: Any, **options: Any) -> int:
        assert person(here).post(f"/v1/jobs/{job_id}:cancel").status == 200
        return join(self, *args, **options)

    monkeypatch.setattr(Parts, "join", cancelled)
    job = carry_out(world.jobs, here, job_id, work=small())
    assert (job.state, job.files) == (JobState.CANCELLED, ())


def test_what_is_made_and_changed_meanwhile_is_in_it_once(
    world: JobsWorld,
    tenant: Callable[..., str],
    fill: Fill,
    content: Content,
    clock: FixedClock,
    person: Callable[..., Person],
) -> None:
    here, elsewhere = tenant(), tenant()
    ids = fill(here, "customer", [{"companyName": f"Old {n}"} for n in range(6)])
    clock.advance(3600)
    job_id = start(person, here, fields=["customerId", "companyName"])
    made: list[str] = []
    pages: list[Any] = []

    def meddle(service: str, call: Mapping[str, Any]) -> None:
        if call["verb"] != "export" or call["limit"] != 2:
            return
        pages.append(call)
        number = len(pages)
        hook, world.doors.before = world.doors.before, lambda service, call: None
        if number <= 5:
            clock.advance(1)
            made.extend(fill(here, "customer", [{"companyName": f"Meanwhile {number}"}]))
            fill(elsewhere, "customer", [{"companyName": "Theirs"}])
        world.doors.before = hook

    world.doors.before = meddle
    job = carry_out(world.jobs, here, job_id, work=small())
    rows = [line.split(",") for line in content(here, job).decode().splitlines()[1:]]
    assert sorted(id for id, _ in rows) == sorted([*ids, *made])
    assert not [name for _, name in rows if name == "Theirs"]


def test_an_export_ends_however_fast_records_are_made(
    world: JobsWorld,
    tenant: Callable[..., str],
    fill: Fill,
    content: Content,
    clock: FixedClock,
    person: Callable[..., Person],
) -> None:
    here = tenant()
    fill(here, "customer", [{"companyName": f"Old {n}"} for n in range(4)])
    job_id = start(person, here)
    calls: list[Any] = []

    def flood(service: str, call: Mapping[str, Any]) -> None:
        if call["verb"] == "export" and call["limit"] == 2:
            calls.append(call)
            hook, world.doors.before = world.doors.before, lambda service, call: None
            clock.advance(20)
            fill(here, "customer", [{"companyName": f"Flood {len(calls)} {n}"} for n in range(3)])
            world.doors.before = hook

    world.doors.before = flood
    job = carry_out(world.jobs, here, job_id, work=small())
    assert job.state is JobState.SUCCEEDED
    assert len(calls) < 30
    names = [line.split(b",")[0] for line in content(here, job).splitlines()[1:]]
    assert len(set(names)) == len(names)
    assert {b"Old 0", b"Old 1", b"Old 2", b"Old 3"} <= set(names)


def test_a_door_that_does_not_answer_is_for_the_machine_to_try_again(
    world: JobsWorld,
    tenant: Callable[..., str],
    fill: Fill,
    content: Content,
    person: Callable[..., Person],
) -> None:
    here = tenant()
    fill(here, "customer", [{"companyName": "C"}])
    job_id = start(person, here)
    assert step(world.jobs, here, job_id, "prepare") == "small"

    def down(service: str, call: Mapping[str, Any]) -> None:
        raise UnavailableError

    world.doors.before = down
    with pytest.raises(UnavailableError):
        step(world.jobs, here, job_id, "work")
    world.doors.before = lambda service, call: None
    assert len(content(here, carry_out(world.jobs, here, job_id)).splitlines()) == 2
