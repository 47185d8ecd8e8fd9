"""What records had before an import changed them and the history does not keep: lines of deals, long descriptions.

It is kept in an object for each chunk, written before the chunk is sent and never again: a worker that goes on after
another one has died must not take for former values what the other one had sent already.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from zebros_core.bulk.calls import MAX_READS
from zebros_core.errors import NotFoundError
from zebros_jobs.domain.imports.mapping import RowMapping
from zebros_jobs.use_cases.imports.files import FOLDER, PURPOSE
from zebros_jobs.use_cases.imports.judging import JudgedRow
from zebros_jobs.use_cases.run_job import JobRun

__all__ = ["SIDE_VALUES", "FormerValue", "FormerValues", "SideValue", "former_values"]

_NAME: Final = "former"
_MOST_BYTES: Final = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class SideValue:
    """A value beside a record: the field of a file that replaces it, the verb that gives it, its name."""

    target: str
    verb: str
    name: str


SIDE_VALUES: Final[Mapping[str, SideValue]] = {
    "opportunity": SideValue("product", "lines", "lines"),
    "activity": SideValue("description", "texts", "description"),
}


@dataclass(frozen=True, slots=True)
class FormerValue:
    """What a record had, and what the import gave it instead."""

    id: str
    before: Any
    after: Any


class FormerValues:
    """Keeps them for an undo."""

    def __init__(self, run: JobRun, mapping: RowMapping) -> None:
        self._run = run
        self._entity = mapping.entity
        side = SIDE_VALUES.get(mapping.entity.name)
        self._side = side if side is not None and side.target in mapping.targets else None

    @property
    def is_kept(self) -> bool:
        """Whether the import may replace such a value."""
        return self._side is not None

    def keep(self, rows: Sequence[JudgedRow]) -> None:
        """Keep what the records of these rows have, before they are changed."""
        side = self._side
        after = {
            row.id: row.mutation["changes"][side.name]
            for row in rows
            if side is not None
            and row.id is not None
            and row.mutation is not None
            and side.name in row.mutation["changes"]
        }
        if side is None or not after:
            return
        objects = self._run.objects(PURPOSE)
        key = objects.key(FOLDER, self._run.job_id, _NAME, f"{rows[0].number:010}")
        try:
            objects.head(key)
            return
        except NotFoundError:
            pass
        ids = list(after)
        found: list[list[Any]] = []
        door = self._run.system_door(self._entity.service)
        for start in range(0, len(ids), MAX_READS):
            for item in door.call(side.verb, ids=ids[start : start + MAX_READS])["items"]:
                id = item[self._entity.id_field]
                found.append([id, item[side.name], after[id]])
        data = "".join(f"{json.dumps(each)}\n" for each in found).encode()
        objects.write(key, data, content_type="application/x-ndjson")


def former_values(run: JobRun, job_id: str) -> Iterator[FormerValue]:
    """Give everything that an import has kept; what was erased since is left out."""
    objects, streams = run.objects(PURPOSE), run.streams(PURPOSE)
    prefix = objects.key(FOLDER, job_id, _NAME)
    for key, _ in streams.keys(f"{prefix}/"):
        try:
            data = objects.read(key, max_bytes=_MOST_BYTES)
        except NotFoundError:
            continue
        for line in data.splitlines():
            yield FormerValue(*json.loads(line))
