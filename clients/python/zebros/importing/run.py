"""The import itself: rows to operations, outcomes to counts, rejected rows to a file."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TextIO

from zebros.calls.batch import MAX_BODY_BYTES, Operation, size_bytes
from zebros.importing.csv_rows import CsvFile, ImportFileError, Row
from zebros.importing.mapping import ColumnMapping, References
from zebros.models import BatchOutcome

__all__ = ["ImportReport", "RejectedRows", "import_rows"]

LINE_COLUMN = "import_line"
REASON_COLUMN = "import_reason"


class Batches(Protocol):
    """Runs operations lazily, an outcome for each in their order; `client.customers.batch` does."""

    def __call__(self, operations: Iterator[Operation]) -> Iterator[BatchOutcome]: ...


@dataclass(slots=True)
class ImportReport:
    """What became of the rows. `stopped` says why reading ended before the end of the file, if it did."""

    counts: Counter[str] = field(default_factory=Counter[str])
    stopped: str | None = None
    done_chars: int = 0
    """Characters of the file up to the last row that has an outcome, for progress."""
    first_reasons: list[str] = field(default_factory=list[str])

    @property
    def complete(self) -> bool:
        """Whether every row of the file is in."""
        return self.counts["rejected"] == 0 and self.stopped is None

    @property
    def rows(self) -> int:
        return self.counts.total()

    def summary(self) -> str:
        names = ("created", "updated", "unchanged", "rejected")
        return ", ".join(f"{self.counts[name]} {name}" for name in names)


class RejectedRows:
    """The file of rejected rows: the columns as they were, line, reason. Made for the first one."""

    def __init__(self, path: Path | None, file: CsvFile) -> None:
        self.path = path
        self._delimiter = file.delimiter
        # A file of rejected rows can be imported again, and its own rejects must not carry the reasons twice.
        self._kept = [at for at, name in enumerate(file.header) if name not in {LINE_COLUMN, REASON_COLUMN}]
        self._width = len(file.header)
        self._names = [file.header[at] for at in self._kept]
        self._out: TextIO | None = None
        self.count = 0

    def add(self, row: Row, reason: str) -> None:
        self.count += 1
        if self.path is None:
            return
        if self._out is None:
            self._out = self.path.open("w", encoding="utf-8", errors="surrogateescape", newline="")
            self._write([*self._names, LINE_COLUMN, REASON_COLUMN])
        cells = [row.cells[at] if at < len(row.cells) else "" for at in self._kept]
        # Cells beyond the header follow the reason, so that nothing of the row is lost.
        self._write([*cells, str(row.line), reason, *row.cells[self._width :]])

    def close(self) -> None:
        if self._out is not None:
            self._out.close()

    def _write(self, cells: Sequence[str]) -> None:
        if self._out is not None:
            csv.writer(self._out, delimiter=self._delimiter).writerow(cells)


def import_rows(
    file: CsvFile,
    mapping: ColumnMapping,
    *,
    run: Batches | None,
    rejected: RejectedRows,
    references: References | None = None,
    report: ImportReport | None = None,
    on_row: Callable[[ImportReport], None] | None = None,
) -> ImportReport:
    """Upsert every row by its external id, or by what identifies a record of its kind.

    `run=None` is a rehearsal: rows are read and checked, nothing is sent, and good ones count as `checked`.
    The first row of a record wins; a later one of the same key is rejected, since two writes of one record
    in one file would leave to chance which one stays. Errors of whole requests are raised; rows before are
    in, counted in the `report` that was given, and the same import can be run again.
    """
    report = ImportReport() if report is None else report
    pending: dict[int, Row] = {}

    def refuse(row: Row, reason: str) -> None:
        rejected.add(row, reason)
        report.counts["rejected"] += 1
        if len(report.first_reasons) < 5:
            report.first_reasons.append(f"line {row.line}: {reason}")

    def operations() -> Iterator[Operation]:
        seen: dict[str, _Seen] = {}
        index = 0
        try:
            for row in file.rows():
                try:
                    operation = _operation(row, mapping, references, seen)
                except ValueError as error:
                    refuse(row, str(error))
                    continue
                if operation is None:
                    report.counts["unchanged"] += 1
                    continue
                pending[index] = row
                index += 1
                yield operation
        except ImportFileError as error:
            report.stopped = str(error)

    if run is None:
        for _ in operations():
            report.counts["checked"] += 1
        return report
    for outcome in run(operations()):
        row = pending.pop(outcome.index, None)
        if row is None:
            continue
        report.done_chars = row.end
        if outcome.ok:
            report.counts[outcome.outcome] += 1
        else:
            refuse(row, outcome.reason)
        if on_row is not None:
            on_row(report)
    for row in pending.values():
        refuse(row, "the service gave no outcome for this row; import it again")
    return report


@dataclass(frozen=True, slots=True)
class _Seen:
    """A record that an earlier row of the file has named; `data` only where rows may repeat it."""

    line: int
    data: dict[str, Any] | None


def _operation(
    row: Row, mapping: ColumnMapping, references: References | None, seen: dict[str, _Seen]
) -> Operation | None:
    """The row's upsert; None for one that says again what a row before it said.

    Raises ValueError with the reason why the row cannot be sent.
    """
    if row.fault is not None:
        raise ValueError(row.fault)
    entity = mapping.entity
    data = mapping.data(row.cells, references)
    if not _has(data, entity.fields[entity.required].path):
        raise ValueError(entity.missing)
    key = mapping.external_id(row.cells)
    if key is None and entity.identify is not None:
        key = entity.identify(data)
    if key is None:
        raise ValueError("the external id is empty")
    former = seen.get(key)
    if former is not None:
        if former.data == data:
            return None
        differently = ", told differently" if entity.repeats else ""
        raise ValueError(f"the same {entity.name} as line {former.line} of this file{differently}")
    operation = Operation(operation="upsert", externalId=key, data=data)
    if size_bytes(operation) > MAX_BODY_BYTES:
        raise ValueError(f"the row is larger than {MAX_BODY_BYTES:,} bytes")
    seen[key] = _Seen(row.line, data if entity.repeats else None)
    return operation


def _has(data: dict[str, Any], path: tuple[str, ...]) -> bool:
    inner: Any = data
    for step in path:
        inner = inner.get(step) if isinstance(inner, dict) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    return inner is not None
