"""Exports of any size in the same memory: against a door that makes records up, and objects that are files."""

from __future__ import annotations

import resource
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from jobs_in_process import JobsWorld
from objects_on_disk import ObjectsOnDisk

from zebros_core.storage import ObjectStore, ObjectStreams
from zebros_jobs.adapters.tables.files import Files
from zebros_jobs.domain.export_entities import ExportedEntity
from zebros_jobs.domain.exports import ExportParameters
from zebros_jobs.domain.job import JobKind
from zebros_jobs.domain.tables import FileFormat
from zebros_jobs.use_cases.exports.work import ExportWork
from zebros_jobs.use_cases.run_job import Deadline, open_run
from zebros_jobs.use_cases.start_job import start_job

MEBIBYTE = 1024 * 1024


class MadeUp:
    """A door with so many customers, all of them old."""

    def __init__(self, count: int) -> None:
        self._count = count

    def call(self, verb: str, **fields: Any) -> dict[str, Any]:
        assert verb == "fields"
        return {"items": []}

    def export(
        self, entity: str, *, limit: int, cursor: str | None, since: datetime | None = None
    ) -> dict[str, Any]:
        if since is not None:
            return {"items": [], "nextCursor": None}
        first = int(cursor or 0)
        last = min(first + limit, self._count)
        return {
            "items": [self._record(number) for number in range(first, last)],
            "nextCursor": str(last) if last < self._count else None,
        }

    def _record(self, number: int) -> dict[str, Any]:
        return {
            "customerId": f"01JC8Z4T5V6W7X8Y9Z{number:08}",
            "companyName": f"Customer number {number}",
            "contactInfo": {"email": f"c{number}@example.com", "address": {"city": "Essen"}},
            "ownerId": "user-1",
            "tags": ["a", "b"],
            "createdAt": "2020-01-01T00:00:00Z",
            "updatedAt": "2020-01-01T00:00:00Z",
            "version": number,
        }


@pytest.fixture
def export_many(
    world: JobsWorld, tenant: Callable[..., str], tmp_path: Path
) -> Callable[..., tuple[int, Path]]:
    """Export so many made-up records; give the rows, and the folder of the objects."""

    def run(count: int, file_format: FileFormat, **options: int) -> tuple[int, Path]:
        here = tenant()
        s3 = ObjectsOnDisk(tmp_path)
        parameters = ExportParameters(entity=ExportedEntity.CUSTOMER, format=file_format)
        own = world.jobs.system_workspace(here, "test")
        job = start_job(
            own, JobKind.EXPORT, title="Many", parameters=parameters.model_dump_json(by_alias=True)
        )
        door: Any = MadeUp(count)
        workspace = replace(
            world.jobs.job_workspace(here, job.id),
            door=lambda service, context: door,
            system_door=lambda service: door,
            objects=lambda purpose: ObjectStore(lambda: s3, purpose, here),  # type: ignore[arg-type]
            streams=lambda purpose: ObjectStreams(lambda: s3, purpose, here),
        )
        work = ExportWork(Files(), **options)
        held = open_run(workspace, job, Deadline())
        assert held is not None
        with held:
            work.carry_out(held)
            result = work.finalize(held)
        return result.summary["records"], tmp_path

    return run


@pytest.mark.parametrize("file_format", list(FileFormat))
def test_memory_does_not_grow_with_the_records(
    export_many: Callable[..., tuple[int, Path]], file_format: FileFormat
) -> None:
    export_many(10, file_format)
    peaks = []
    size = 0
    for count in (500, 4_000):
        tracemalloc.start()
        rows, folder = export_many(count, file_format, page=100, part_bytes=64 * 1024)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert rows == count
        size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    # A file of less than a piece of an upload, 8 MiB, is held until its end, and a second time while it is sent.
    assert peaks[1] < peaks[0] + 2 * size + MEBIBYTE, (peaks, size)


@pytest.mark.prove
@pytest.mark.parametrize("file_format", [FileFormat.CSV, FileFormat.XLSX])
def test_a_million_records_take_little_memory(
    export_many: Callable[..., tuple[int, Path]], file_format: FileFormat
) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    rows, _ = export_many(1_000_000, file_format)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    assert rows == 1_000_000
    assert grown < 100, f"{grown:.0f} MiB more"
