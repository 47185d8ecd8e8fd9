"""The records of an export as it asks for them, page by page: which, with what lies beside them and what they name."""

from __future__ import annotations

from typing import Any

from zebros_core.bulk.calls import MAX_READS
from zebros_jobs.domain.export_filters import created_from, record_filter
from zebros_jobs.domain.exports import ExportColumns, ExportParameters
from zebros_jobs.use_cases.exports.names import Names
from zebros_jobs.use_cases.passes import Place, read_page
from zebros_jobs.use_cases.run_job import JobRun

__all__ = ["RecordPages"]


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
        own = read_page(
            self._door,
            self._exported.entity.value,
            place,
            limit=self._page,
            now=self._run.clock.now(),
            since=self._from,
        )
        wanted = [record for record in own if self._matches(record)]
        self._complete(wanted)
        self._names.beside(wanted)
        return wanted

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
