"""Files of tables for use cases; the library of a format is loaded when a file of that format is made."""

from __future__ import annotations

from collections.abc import Sequence

from zebros_jobs.domain.tables import Book, Column, CsvStyle, FileFormat, Lines

__all__ = ["Files"]


class Files:
    """Makes files of tables (`zebros_jobs.domain.tables.TableFiles`)."""

    def lines(
        self, file_format: FileFormat, columns: Sequence[Column], style: CsvStyle | None = None
    ) -> Lines:
        """Return what writes the rows of CSV or JSON lines."""
        from zebros_jobs.adapters.tables.text_rows import lines_of

        return lines_of(file_format, columns, style)

    def book(self, path: str) -> Book:
        """Return a workbook that is written to a file."""
        from zebros_jobs.adapters.tables.workbook import SheetBook

        return SheetBook(path)
