"""Open an uploaded file as a table, of whichever format it is: its first bytes tell, not its name."""

from __future__ import annotations

from zebros_jobs.domain.imports.source import DialectWish, SourceFile, Table

__all__ = ["open_table"]

_ZIP = b"PK"


def open_table(source: SourceFile, wish: DialectWish) -> Table:
    """See `OpenTable`."""
    with source.open_at(0) as raw:
        begins_as_zip = raw.read(2) == _ZIP
    if begins_as_zip:
        from zebros_jobs.adapters.import_files.workbook_table import WorkbookTable

        return WorkbookTable(source, wish)
    from zebros_jobs.adapters.import_files.csv_table import CsvTable

    return CsvTable(source, wish)
