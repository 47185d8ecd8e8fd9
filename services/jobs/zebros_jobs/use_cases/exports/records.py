"""The records of an export, page by page, each once: from the first to the last, whatever happens meanwhile.

Two passes over the owner's index of records by creation. The first takes those made before the export began, less a
minute, in which the index may be late; the second those made since, until a minute after it begins, so that it ends
however much is being made. A record's time of creation never changes: each is in one pass only, and nothing has to be
remembered of those already given. Each is read strongly when its page comes: it is given as it is then.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from zebros_core.bulk.calls import MAX_READS
from zebros_jobs.domain.export_filters import created_from, record_filter
from zebros_jobs.domain.exports import ExportColumns, ExportParameters
from zebros_jobs.use_cases.exports.names import Names
from zebros_jobs.use_cases.run_job import JobRun

__all__ = ["Pass", "Place", "RecordPages"]

_INDEX_LAG: Final = timedelta(minutes=1)


class Pass(StrEnum):
    """Which records are read."""

    OLDER = "older"
    NEWER = "newer"
    OVER = "over"


@dataclass(slots=True)
class Place:
    """Where an export is in its records: in which pass, behind which page.

    `split` divides the passes by the records' creation, `until` ends the second. `seen` records were looked at.
    """

    at: Pass
    cursor: str | None
    split: datetime
    until: datetime | None = None
    seen: int = 0

    @classmethod
    def first(cls, now: datetime) -> Place:
        """Return the beginning of an export that begins now."""
        return cls(Pass.OLDER, None, now - _INDEX_LAG)

    @classmethod
    def of(cls, state: Mapping[str, Any]) -> Place:
        """Return the place that a checkpoint says."""
        return cls(
            Pass(state["at"]),
            state["cursor"],
            datetime.fromisoformat(state["split"]),
            datetime.fromisoformat(state["until"]) if state["until"] else None,
            state["seen"],
        )

    @property
    def state(self) -> dict[str, Any]:
        """Return the place as JSON values."""
        return {
            "at": self.at.value,
            "cursor": self.cursor,
            "split": self.split.isoformat(),
            "until": self.until.isoformat() if self.until else None,
            "seen": self.seen,
        }

    @property
    def end(self) -> datetime:
        """Return the instant from which on records are not of the present pass."""
        return self.split if self.until is None else self.until

    def has(self, created_at: datetime) -> bool:
        """Tell whether a record made then is of the present pass."""
        return created_at < self.end and (self.at is Pass.OLDER or self.split <= created_at)


class RecordPages:
    """Reads what an export asks for, with the rights of its requester."""

    def __init__(
        self, run: JobRun, parameters: ExportParameters, columns: ExportColumns, *, page: int
    ) -> None:
        self._run = run
        self._exported = parameters.exported
        self._door = run.door(self._exported.service)
        self._matches = record_filter(self._exported, parameters.filters)
        self._from = created_from(parameters.filters)
        self._columns = columns
        self._names = Names(run, columns.names)
        self._page = page

    def next(self, place: Place) -> list[dict[str, Any]]:
        """Return those records of the next page that are wanted, and move the place behind the page."""
        since = place.split if place.at is Pass.NEWER else None
        if self._from is not None:
            since = self._from if since is None else max(since, self._from)
        page = self._door.export(
            self._exported.entity.value, limit=self._page, cursor=place.cursor, since=since
        )
        made = [(datetime.fromisoformat(record["createdAt"]), record) for record in page["items"]]
        own = [record for created_at, record in made if place.has(created_at)]
        place.seen += len(own)
        place.cursor = page["nextCursor"]
        # The oldest come first: behind a page of none but younger ones are none of this pass.
        beyond = bool(made) and all(created_at >= place.end for created_at, _ in made)
        if place.cursor is None or beyond:
            self._turn(place)
        wanted = [record for record in own if self._matches(record)]
        self._complete(wanted)
        self._names.beside(wanted)
        return wanted

    def _turn(self, place: Place) -> None:
        place.cursor = None
        if place.at is Pass.OLDER:
            place.at, place.until = Pass.NEWER, self._run.clock.now() + _INDEX_LAG
        else:
            place.at = Pass.OVER

    def _complete(self, records: list[dict[str, Any]]) -> None:
        """Add what the owner keeps beside the record: whole descriptions, the lines of a deal."""
        if self._columns.wants("description"):
            cut = [record for record in records if record.get("descriptionAt") is not None]
            self._side(cut, "texts", "description")
        if self._columns.wants("lines"):
            self._side([record for record in records if record.get("lineCount")], "lines", "lines")

    def _side(self, records: list[dict[str, Any]], verb: str, field: str) -> None:
        # The requester was given the records themselves just now, perhaps by a right to export and none to read.
        door = self._run.system_door(self._exported.service)
        id_field = self._exported.id_field
        for start in range(0, len(records), MAX_READS):
            some = {record[id_field]: record for record in records[start : start + MAX_READS]}
            for item in door.call(verb, ids=list(some))["items"]:
                some[item[id_field]][field] = item[field]
