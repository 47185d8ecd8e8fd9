"""Look at a file before it is imported: how it is written, what its columns may be, its first rows."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from zebros_core.errors import ConflictError, NotFoundError, ValidationError
from zebros_core.storage import ObjectChangedError, ObjectInfo
from zebros_jobs.domain.imports.entities import ENTITIES, ImportedEntity, Reference
from zebros_jobs.domain.imports.mapping import RowMapping
from zebros_jobs.domain.imports.options import ColumnMapping, ImportOptions, ImportParameters, MatchRule
from zebros_jobs.domain.imports.problems import RowProblemError
from zebros_jobs.domain.imports.source import Cell, Dialect, FileProblemError, Row, Table
from zebros_jobs.domain.imports.suggesting import Suggestion, suggest
from zebros_jobs.use_cases.imports.files import (
    announced,
    awaiting_import,
    parameters_of,
    source_of,
    style_of,
    uploads_of,
)
from zebros_jobs.use_cases.workspace import Workspace

__all__ = [
    "Preview",
    "PreviewRow",
    "arrived",
    "checked_mapping",
    "first_rows",
    "open_file",
    "preview_import",
    "suggested_mapping",
]

SAMPLED_ROWS: Final = 100
SHOWN_ROWS: Final = 10


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """One of the first rows: its cells, and, where a mapping fits, the record that they make, or why they make none.

    Records that the row names are not looked up: their texts stand where their ids will.
    """

    line: int
    cells: Sequence[Cell]
    record: dict[str, Any] | None
    problem: str | None


@dataclass(frozen=True, slots=True)
class Preview:
    """What a file looks like. `problem` says why rows behind the last one cannot be read."""

    dialect: Dialect
    sheets: Sequence[str]
    columns: Sequence[str]
    suggestions: Sequence[Suggestion | None]
    mapping: Sequence[ColumnMapping]
    rows: Sequence[PreviewRow]
    problem: str | None


def preview_import(
    workspace: Workspace, job_id: str, options: ImportOptions, mapping: Sequence[ColumnMapping] | None
) -> Preview:
    """Look at the file of an import that has not begun. With a mapping, that is checked, too.

    Raises ConflictError while the file is not there, FileProblemError for one that is no table, MappingError.
    """
    parameters = parameters_of(awaiting_import(workspace, job_id))
    arrived(workspace, parameters)
    entity = ENTITIES[parameters.entity]
    table = open_file(workspace, parameters, options)
    with closing(table):
        samples, problem = first_rows(table)
        definitions = workspace.definitions(entity.name) if entity.custom else ()
        by_id = MatchRule.ID in (options.match_by or ())
        cells = [row.cells for row in samples]
        suggestions = suggest(entity, table.columns, cells, definitions, by_id=by_id)
        chosen = list(mapping) if mapping is not None else suggested_mapping(table.columns, suggestions)
        try:
            read_by = checked_mapping(workspace, entity, table, chosen, options)
        except ValidationError:
            if mapping is not None:
                raise
            read_by = None  # what is suggested need not be enough
        return Preview(
            table.dialect,
            table.sheets,
            table.columns,
            suggestions,
            chosen,
            [_shown(row, read_by) for row in samples[:SHOWN_ROWS]],
            problem,
        )


def arrived(workspace: Workspace, parameters: ImportParameters) -> ObjectInfo:
    """Return what is known of the file. Raises ConflictError while it is not there, or not as it was announced."""
    try:
        return uploads_of(workspace).complete(announced(parameters.file))
    except NotFoundError as error:
        raise ConflictError("the file is not there; its upload has ended without it") from error


def open_file(workspace: Workspace, parameters: ImportParameters, options: ImportOptions) -> Table:
    """Open the file. Raises FileProblemError, ConflictError where it is replaced at this moment."""
    try:
        return workspace.open_table(source_of(workspace, parameters.file), options)
    except (NotFoundError, ObjectChangedError) as error:
        raise ConflictError("the file is being replaced; try again") from error


def checked_mapping(
    workspace: Workspace,
    entity: ImportedEntity,
    table: Table,
    mapping: Sequence[ColumnMapping],
    options: ImportOptions,
) -> RowMapping:
    """Check a mapping against a file and the tenant's own fields. Raises MappingError, ValidationError for a zone."""
    try:
        style = style_of(workspace, options)
    except ValueError as error:
        raise ValidationError.for_field("/options/timeZone", "unknown_time_zone", str(error)) from error
    custom = any(entry.field.startswith("custom.") for entry in mapping)
    definitions = workspace.definitions(entity.name) if custom else ()
    return RowMapping.of(entity, table.columns, mapping, options, style, definitions)


def suggested_mapping(
    columns: Sequence[str], suggestions: Sequence[Suggestion | None]
) -> list[ColumnMapping]:
    """Return the suggestions as a mapping."""
    return [
        ColumnMapping(column=column, field=suggestion.field)
        for column, suggestion in zip(columns, suggestions, strict=True)
        if suggestion is not None
    ]


def first_rows(table: Table) -> tuple[list[Row], str | None]:
    """Return some rows to look at, and why those behind them cannot be read."""
    rows: list[Row] = []
    try:
        rows.extend(islice(table.rows(), SAMPLED_ROWS))
    except FileProblemError as error:
        return rows, error.detail
    return rows, None


def _shown(row: Row, mapping: RowMapping | None) -> PreviewRow:
    if row.fault is not None:
        return PreviewRow(row.line, row.cells, None, row.fault.reason)
    if mapping is None:
        return PreviewRow(row.line, row.cells, None, None)
    try:
        draft = mapping.draft(row.cells)
        named = {target: Reference(text, text) for target, _, text in draft.named}
        return PreviewRow(row.line, row.cells, mapping.complete(draft, named), None)
    except RowProblemError as error:
        return PreviewRow(row.line, row.cells, None, error.problem.reason)
