"""Import of customers from CSV: read rows, map columns, upsert through batches, report every row."""

from zebros.importing.csv_rows import ImportFileError
from zebros.importing.mapping import ColumnMapping, MappingError
from zebros.importing.run import ImportReport, RejectedRows, import_customers

__all__ = [
    "ColumnMapping",
    "ImportFileError",
    "ImportReport",
    "MappingError",
    "RejectedRows",
    "import_customers",
]
