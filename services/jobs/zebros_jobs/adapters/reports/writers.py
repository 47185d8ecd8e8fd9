"""Reports as files; the library of a format is loaded when a file of that format is written."""

from __future__ import annotations

from typing import BinaryIO

from zebros_jobs.adapters.tables.text_rows import CsvLines
from zebros_jobs.adapters.tables.texts import json_text
from zebros_jobs.domain.reports.request import ReportFormat
from zebros_jobs.domain.reports.result import ReportResult
from zebros_jobs.domain.reports.tables import columns_of, rows_of

__all__ = ["FileWriters"]


class FileWriters:
    """Writes reports (`zebros_jobs.domain.reports.ports.Writers`)."""

    def write(self, form: ReportFormat, result: ReportResult, out: BinaryIO) -> None:
        """Write a report in a format; the same report gives the same bytes."""
        match form:
            case ReportFormat.CSV:
                lines = CsvLines(columns_of(result))
                out.write(lines.head())
                for cells in rows_of(result):
                    out.write(lines.row(cells))
            case ReportFormat.JSON:
                # Decimals are written out: a reader who takes them for floats loses what a float cannot hold, not we.
                out.write(json_text(result.model_dump(by_alias=True)).encode() + b"\n")
            case ReportFormat.XLSX:
                from zebros_jobs.adapters.reports.workbook import write_workbook

                write_workbook(result, out)
            case ReportFormat.PDF:
                from zebros_jobs.adapters.reports.pdf.document import write_document

                write_document(result, out)
