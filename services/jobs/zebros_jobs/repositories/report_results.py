"""Results of reports: in the reports bucket, and by what was asked, so that the same is not made twice."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from zebros_core.clock import Clock
from zebros_core.dynamodb.lookup import LookupTable
from zebros_core.storage import ObjectStore
from zebros_jobs.domain.reports.result import ReportResult

__all__ = ["FRESH", "KeptAnswer", "ReportAnswers", "ReportResults"]

PURPOSE: Final = "reports"
FRESH: Final = timedelta(minutes=15)
"""For so long the same report is answered with the one that there is."""
_MAX_BYTES: Final = 64 * 1024 * 1024


class ReportResults:
    """One tenant's results, as objects of their jobs."""

    def __init__(self, objects: ObjectStore) -> None:
        self._objects = objects

    def key(self, job_id: str, name: str) -> str:
        """Return the key of an object of a report."""
        return self._objects.key("reports", job_id, name)

    def put(self, job_id: str, result: ReportResult, *, name: str = "result.json.gz") -> None:
        """Keep a result."""
        text = result.model_dump_json(by_alias=True)
        body = gzip.compress(text.encode(), compresslevel=6, mtime=0)
        self._objects.write(self.key(job_id, name), body, content_type="application/gzip")

    def get(self, job_id: str, *, name: str = "result.json.gz") -> ReportResult:
        """Return a result. Raises NotFoundError when there is none."""
        body = self._objects.read(self.key(job_id, name), max_bytes=_MAX_BYTES)
        return ReportResult.model_validate_json(gzip.decompress(body))

    def remove(self, job_id: str, *, name: str) -> None:
        """Delete an object of a report; none there is as good."""
        self._objects.delete(self.key(job_id, name))


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """Which job has made a report, when, and as which files."""

    job_id: str
    at: datetime
    formats: frozenset[str]


class ReportAnswers:
    """One tenant's reports by what was asked; a row of the lookup table for each, for as long as it is fresh."""

    def __init__(self, lookup: LookupTable, clock: Clock) -> None:
        self._lookup = lookup
        self._clock = clock

    def put(self, sameness: str, job_id: str, formats: frozenset[str]) -> None:
        """Note that a job has made the report."""
        row = {"job": job_id, "at": self._clock.now().isoformat(), "formats": sorted(formats)}
        self._lookup.put(("reportanswers", sameness), "-", row, ttl_seconds=int(FRESH.total_seconds()))

    def find(self, sameness: str) -> KeptAnswer | None:
        """Return which job has made the report a short while ago, if one has."""
        row = self._lookup.get(("reportanswers", sameness), "-")
        if row is None:
            return None
        return KeptAnswer(row["job"], datetime.fromisoformat(row["at"]), frozenset(row["formats"]))
