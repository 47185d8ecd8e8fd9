"""Imports on the wire."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from zebros_core.file_names import FileName
from zebros_core.http import WireModel
from zebros_core.http.uploads import UploadBody
from zebros_jobs.domain.imports.entities import ENTITIES
from zebros_jobs.domain.imports.options import MAX_FILE_BYTES, ColumnMapping, ImportOptions
from zebros_jobs.domain.imports.outcomes import Outcome, RowOutcome
from zebros_jobs.domain.imports.source import MAX_COLUMNS, Cell, Dialect
from zebros_jobs.handlers.bodies import JobBody
from zebros_jobs.use_cases.get_job import JobView
from zebros_jobs.use_cases.imports.create_import import CreatedImport
from zebros_jobs.use_cases.imports.preview_import import Preview

_FIELDS = "; ".join(f"{entity.name}: {', '.join(entity.targets)}" for entity in ENTITIES.values())

ImportedEntityName = Literal["customer", "contact", "lead", "product", "opportunity", "activity", "user"]
Mapping = Annotated[
    list[ColumnMapping],
    Field(
        max_length=MAX_COLUMNS,
        description="Where columns go; those that are not named are left out. By entity the fields are, beside"
        f" `custom.NAME` of the tenant's own: {_FIELDS}. Records are named by name, external id or id; people by"
        " e-mail address, name or id.",
    ),
]


class NewImportBody(WireModel):
    """A file to be imported, or the file of an earlier import once more: then `fromJobId` alone."""

    entity: ImportedEntityName | None = None
    file_name: FileName | None = None
    size_bytes: Annotated[int | None, Field(ge=1, le=MAX_FILE_BYTES)] = None
    from_job_id: Annotated[str | None, Field(max_length=40)] = None

    @model_validator(mode="after")
    def _one_or_the_other(self) -> Self:
        given = [value is not None for value in (self.entity, self.file_name, self.size_bytes)]
        if any(given) if self.from_job_id is not None else not all(given):
            raise PydanticCustomError(
                "new_import",
                "give entity, fileName and sizeBytes of a new file, or fromJobId of an earlier import",
            )
        return self


class CreatedImportBody(WireModel):
    """An import that waits for its file and its start; `upload` is null where the file is there already."""

    job: JobBody
    upload: UploadBody | None

    @classmethod
    def of(cls, created: CreatedImport, view: JobView) -> CreatedImportBody:
        """Return the body of an import that was created."""
        upload = UploadBody.of(created.ticket) if created.ticket is not None else None
        return cls(job=JobBody.of(view), upload=upload)


class PreviewBody(WireModel):
    """How to look at the file; everything that is left out is found out."""

    options: ImportOptions = ImportOptions()
    mapping: Mapping | None = None


class StartImportBody(WireModel):
    """What to import how. Without a mapping, as `preview` suggests by the names of the columns."""

    mapping: Mapping | None = None
    options: ImportOptions = ImportOptions()
    dry_run: Annotated[bool, Field(description="Read and check everything, write nothing.")] = False


class SuggestionBody(WireModel):
    """The field that a column is thought to hold: it is called so, or it means that, or its values look so."""

    field: str
    because: Literal["name", "synonym", "values"]


class ColumnBody(WireModel):
    """A column of the file. Columns of one name are told apart: the second `name` is called `name (2)`."""

    name: str
    suggestion: SuggestionBody | None


class PreviewRowBody(WireModel):
    """One of the first rows. `record` is what it makes, with the texts of other records' names in place of their ids;
    null without a mapping that fits, or with a `problem`.
    """

    line: int
    cells: list[Cell]
    record: dict[str, Any] | None
    problem: str | None


class ImportPreviewBody(WireModel):
    """What a file looks like. `problem` says why nothing behind the last row can be read."""

    dialect: Dialect
    sheets: list[str]
    columns: list[ColumnBody]
    mapping: list[ColumnMapping]
    rows: list[PreviewRowBody]
    problem: str | None

    @classmethod
    def of(cls, preview: Preview) -> ImportPreviewBody:
        """Return the body of a preview."""
        return cls(
            dialect=preview.dialect,
            sheets=list(preview.sheets),
            columns=[
                ColumnBody(
                    name=name,
                    suggestion=SuggestionBody(field=found.field, because=found.because) if found else None,
                )
                for name, found in zip(preview.columns, preview.suggestions, strict=True)
            ],
            mapping=list(preview.mapping),
            rows=[
                PreviewRowBody(
                    line=row.line,
                    cells=[_printable(cell) for cell in row.cells],
                    record=row.record,
                    problem=row.problem,
                )
                for row in preview.rows
            ],
            problem=preview.problem,
        )


class RowProblemBody(WireModel):
    """Why a row was not imported; `field` is null where it is about the row as a whole."""

    code: str
    field: str | None
    message: str


class ImportRowBody(WireModel):
    """What became of a row. `line` is where it begins in the file; `id` is its record's."""

    row: int
    line: int
    outcome: Outcome
    id: str | None
    problem: RowProblemBody | None

    @classmethod
    def of(cls, row: RowOutcome) -> ImportRowBody:
        """Return the body of a row's outcome."""
        problem = row.problem
        return cls(
            row=row.number,
            line=row.line,
            outcome=row.outcome,
            id=row.id,
            problem=RowProblemBody(
                code=problem.code, field=problem.field or None, message=_printable(problem.reason)
            )
            if problem is not None
            else None,
        )


def _printable(cell: Any) -> Any:
    """Return a cell as JSON can have it: bytes that are no text are shown by a sign that says so."""
    return cell.encode("utf-8", "replace").decode() if isinstance(cell, str) else cell
