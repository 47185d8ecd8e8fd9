"""Reading what a report needs: records of their owners, page by page, as small rows in parts.

It reads through the owners' doors with our machinery's rights: whoever may see reports at all sees the whole tenant's
figures, whatever single records they may see. What is kept of a record are the columns that the query looks at.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from zebros_core.bulk.calls import MAX_READS
from zebros_core.bulk.client import BulkDoorClient
from zebros_jobs.domain.reports.spooling import Reading, Table
from zebros_jobs.use_cases.parts import Parts
from zebros_jobs.use_cases.passes import Pass, Place, read_page
from zebros_jobs.use_cases.run_job import JobRun

__all__ = ["PURPOSE", "SpoolState", "fetch", "read_tables", "remove_parts"]

PURPOSE: Final = "reports"
PAGE: Final = 1000
PAGES_OF_A_PART: Final = 10
PART_BYTES: Final = 4 * 1024 * 1024
_CHUNK: Final = 1024 * 1024


@dataclass(slots=True)
class SpoolState:
    """The checkpoint of the reading: which table is next, where in it, how many records were seen, and the parts."""

    table: int
    place: Place | None
    seen: int
    parts: dict[str, Any]

    @classmethod
    def of(cls, kept: Mapping[str, Any] | None) -> SpoolState:
        """Return what a checkpoint says; the beginning without one."""
        if kept is None:
            return cls(0, None, 0, {})
        place = Place.of(kept["place"]) if kept["place"] else None
        return cls(kept["table"], place, kept["seen"], dict(kept["parts"]))

    def json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {
            "table": self.table,
            "place": self.place.state if self.place is not None else None,
            "seen": self.seen,
            "parts": self.parts,
        }


def read_tables(run: JobRun, tables: Sequence[Table], reading: Reading, *, page: int = PAGE) -> None:
    """Read every table, from the checkpoint on; a checkpoint follows every part."""
    state = SpoolState.of((run.checkpoint or {}).get("spool"))
    while state.table < len(tables):
        _read_table(run, tables[state.table], reading, state, page)


def _read_table(run: JobRun, table: Table, reading: Reading, state: SpoolState, page: int) -> None:
    parts = parts_of(run, table, state)
    place = state.place or Place.first(run.clock.now())
    door = run.system_door(table.service)
    while place.at is not Pass.OVER:
        lines: list[bytes] = []
        size = 0
        for _ in range(PAGES_OF_A_PART):
            read = read_page(door, table.entity, place, limit=page, now=run.clock.now())
            records = [each for each in read if table.keep(each, reading)]
            if table.reads_lines:
                _put_lines(door, records)
            for record in records:
                line = json.dumps(table.row(record, reading), separators=(",", ":")).encode() + b"\n"
                lines.append(line)
                size += len(line)
            if place.at is Pass.OVER or size >= PART_BYTES or run.is_over:
                break
        if lines:
            parts.add(
                gzip.compress(b"".join(lines), compresslevel=1, mtime=0), content_type="application/gzip"
            )
        state.parts[table.name] = parts.state
        state.place = place
        if place.at is Pass.OVER:
            state.table, state.place, state.seen = state.table + 1, None, state.seen + place.seen
        done = state.seen + (state.place.seen if state.place is not None else 0)
        run.save({"spool": state.json()}, done=done, note=f"reading {table.name}")


def _put_lines(door: BulkDoorClient, records: Sequence[dict[str, Any]]) -> None:
    with_lines = [record for record in records if record.get("lineCount")]
    for start in range(0, len(with_lines), MAX_READS):
        some = {record["opportunityId"]: record for record in with_lines[start : start + MAX_READS]}
        for item in door.call("lines", ids=list(some))["items"]:
            some[item["opportunityId"]]["lines"] = item["lines"]


def parts_of(run: JobRun, table: Table, state: SpoolState) -> Parts:
    """Return the parts of a table."""
    return Parts(run, PURPOSE, "reports", name=f"parts-{table.name}", state=state.parts.get(table.name))


def fetch(run: JobRun, table: Table, state: SpoolState, folder: Path) -> list[Path]:
    """Bring the parts of a table into a folder; return their paths."""
    streams = run.streams(PURPOSE)
    paths: list[Path] = []
    for number, key in enumerate(parts_of(run, table, state).keys()):
        path = folder / f"{table.name}-{number:06}.jsonl.gz"
        with streams.open(key) as reader, path.open("wb") as out:
            while chunk := reader.read(_CHUNK):
                out.write(chunk)
        paths.append(path)
    return paths


def remove_parts(run: JobRun, tables: Sequence[Table], state: SpoolState) -> None:
    """Delete what was read: the figures are all that is kept."""
    for table in tables:
        parts_of(run, table, state).remove()
