"""The memory and time of the worker that imports a file, in a process of its own.

`python -m benchmarks.import_files ROWS [--send]` is that process. A file of customers is made on disk and imported:
it is read, converted, judged, its outcomes and rejected rows are written. One row in a thousand is bad. Without
`--send` it is a dry run, which only validates. With it the rows go to the owner's door as JSON. The door is no service:
it answers at once that none of the records is there, and that each was created. So the worker alone is measured.
Prints rows, seconds of processor time, microseconds a row, and the peak of memory.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, BinaryIO, cast

from benchmarks.measuring import peak_megabytes
from benchmarks.rows import Row
from zebros_core.bulk.client import BulkDoorClient, BulkDoors
from zebros_core.tenancy import TenantContext
from zebros_jobs.adapters.import_files.opening import open_table
from zebros_jobs.adapters.import_files.rejected_files import RejectedFiles
from zebros_jobs.adapters.scratch import SqliteSeenRows
from zebros_jobs.domain.imports.options import ColumnMapping, ImportedFile, ImportOptions, ImportParameters
from zebros_jobs.use_cases.imports.work import ImportWork
from zebros_jobs.use_cases.run_job import JobRun

LIMIT_MEGABYTES = 200.0
_SIZES: tuple[tuple[int, str, tuple[str, ...]], ...] = (
    (10_000, "all sent", ("--send",)),
    (1_000_000, "validated only", ()),
)

COLUMNS = {
    "nr": "externalId",
    "account": "companyName",
    "sector": "industry",
    "mail": "email",
    "phone": "phone",
    "web": "website",
    "city": "city",
    "zip": "postalCode",
    "country": "country",
    "tags": "tags",
}


def customers(rows: int, *, good: bool = False) -> Iterator[bytes]:
    """Give the lines of a file of customers: one in a thousand has no name, unless all are to be `good`."""
    yield (",".join(COLUMNS) + "\n").encode()
    for number in range(rows):
        name = "" if number % 1000 == 999 and not good else f"Company {number:07d}"
        yield (
            f"C-{number:07d},{name},retail,hello{number}@company.example,+31 30 555 0199,"
            f"https://company.example,Utrecht,3511 AA,Netherlands,trade-fair;newsletter\n"
        ).encode()


@dataclass
class _Objects:
    """Objects in a folder."""

    folder: Path
    written: dict[str, int] = field(default_factory=dict[str, int])

    def key(self, *parts: str) -> str:
        return "/".join(("tenant", *parts))

    def write(self, key: str, body: bytes, *, content_type: str) -> None:
        self.written[key] = len(body)
        path = self.folder / key.replace("/", "_")
        path.write_bytes(body)

    def read(self, key: str, *, max_bytes: int) -> bytes:
        del max_bytes
        return (self.folder / key.replace("/", "_")).read_bytes()

    def open(self, key: str, *, start: int = 0, etag: str | None = None) -> BinaryIO:
        file = (self.folder / key.replace("/", "_")).open("rb")
        file.seek(start)
        return file


def _answer(function: str, payload: Mapping[str, Any]) -> dict[str, Any]:
    """Answer as a door does behind which no record is."""
    del function
    call = json.loads(json.dumps(payload))
    if call["verb"] == "find":
        return {"items": []}
    assert call["verb"] == "apply", call["verb"]
    outcomes = [
        {"mutationId": each["mutationId"], "outcome": "created", "id": each["mutationId"], "version": 1}
        for each in call["mutations"]
    ]
    return json.loads(json.dumps({"outcomes": outcomes}))


@dataclass
class _Run:
    """A job's run that keeps its checkpoint."""

    objects_: _Objects
    job: Any
    checkpoint: Mapping[str, Any] | None = None
    job_id: str = "01K00000000000000000IMPRT1"
    is_over: bool = False
    saves: int = 0

    def __post_init__(self) -> None:
        self.tenant = SimpleNamespace(id="tenant", settings={})
        self.progress = SimpleNamespace(holder="1:01K00000000000000000WORKER", worked=True)
        self.workspace = SimpleNamespace(
            open_table=open_table,
            streams=self.streams,
            tenant=lambda: self.tenant,
            settings=SimpleNamespace(batches_at_once=2, batch_rows=500),
        )

    def objects(self, purpose: str) -> _Objects:
        return self.objects_

    def streams(self, purpose: str) -> _Objects:
        return self.objects_

    def door(self, service: str) -> BulkDoorClient:
        doors = BulkDoors(_answer, lambda context, *, audience: "signed", stage="bench")
        return doors.door(service, TenantContext("tenant", "usr-1001"))

    def save(self, checkpoint: Mapping[str, Any], **_: Any) -> None:
        self.checkpoint = json.loads(json.dumps(checkpoint))
        self.saves += 1


def rows(say: Callable[[str], None]) -> list[Row]:
    """Return the peak of memory at each size, against the limit."""
    measured: list[Row] = []
    for many, way, arguments in _SIZES:
        say(f"importing {many:,} rows, {way}")
        command = [sys.executable, "-m", "benchmarks.import_files", str(many), *arguments]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        taken: dict[str, float] = json.loads(done.stdout)
        name = f"peak memory of an import's worker, {many:,} rows, {way}"
        measured.append(Row(name, taken["peakMegabytes"], LIMIT_MEGABYTES, "MB", 1.0, "the limit"))
    return measured


def measure(rows: int, *, send: bool = False) -> dict[str, float]:
    """Import a file of so many rows, as a dry run unless they are to be sent, and say what that took."""
    with tempfile.TemporaryDirectory(prefix="import-") as folder:
        objects = _Objects(Path(folder))
        key = objects.key("imports", "source")
        path = Path(folder) / key.replace("/", "_")
        with path.open("wb") as out:
            out.writelines(customers(rows))
        parameters = ImportParameters(
            entity="customer",
            file=ImportedFile(
                name="customers.csv", key=key, size_bytes=path.stat().st_size, content_type="text/csv"
            ),
            mapping=tuple(ColumnMapping(column=column, field=target) for column, target in COLUMNS.items()),
            options=ImportOptions(),
            dry_run=not send,
        )
        run = _Run(objects, SimpleNamespace(parameters=parameters.model_dump_json(by_alias=True)))
        begun = time.process_time()
        ImportWork(SqliteSeenRows, RejectedFiles()).carry_out(cast(JobRun, run))
        seconds = time.process_time() - begun
        done = run.checkpoint["tally"]["counts"] if run.checkpoint else {}
        assert done.get("created", 0) + done.get("rejected", 0) == rows, done
    return {
        "rows": rows,
        "cpuSeconds": round(seconds, 2),
        "microsecondsARow": round(seconds / rows * 1e6, 1),
        "peakMegabytes": round(peak_megabytes(), 1),
    }


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]), send="--send" in sys.argv[2:])))
