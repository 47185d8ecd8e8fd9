"""What an import is asked for: the columns to take, how their cells are read, and what to do about what is there."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from zebros_core.values import Value
from zebros_jobs.domain.imports.cells import date_pattern
from zebros_jobs.domain.imports.source import Dialect, DialectWish

__all__ = [
    "MAX_FILE_BYTES",
    "ColumnMapping",
    "ImportOptions",
    "ImportParameters",
    "ImportedFile",
    "MatchRule",
    "OnDuplicate",
    "OnMissing",
]

MAX_FILE_BYTES: Final = 5 * 1024**3
MAX_TRANSLATIONS: Final = 500

CellText = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)]
ColumnName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
FieldName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]


class MatchRule(StrEnum):
    """By what a row finds the record that is there already."""

    ID = "id"
    """By our own id, as exports give it. Such a row never makes a record."""
    EXTERNAL_ID = "externalId"
    NAME = "name"
    EMAIL = "email"


class OnDuplicate(StrEnum):
    """What happens to a row whose record is there already."""

    UPDATE = "update"
    SKIP = "skip"
    REJECT = "reject"


class OnMissing(StrEnum):
    """What happens to a row that names a record which is not there."""

    REJECT = "reject"
    LEAVE_EMPTY = "leaveEmpty"
    CREATE = "create"


def _date_format(text: str) -> str:
    try:
        date_pattern(text)
    except ValueError as error:
        raise PydanticCustomError(
            "date_format", "not a format of dates such as DD.MM.YYYY, M/D/YY or YYYY-MM-DD HH:mm"
        ) from error
    return text


DateFormat = Annotated[str, StringConstraints(max_length=30), AfterValidator(_date_format)]


class ColumnMapping(Value):
    """Where the cells of a column go.

    An entry without a column gives the same value to every row: its `default`. `translations` say what a text means;
    `default` stands in for an empty cell; a row without a value is refused where one is `required`.
    """

    column: ColumnName | None = None
    field: FieldName
    default: CellText | None = None
    required: bool = False
    translations: Annotated[dict[CellText, CellText], Field(max_length=MAX_TRANSLATIONS)] = Field(
        default_factory=dict[str, str]
    )


class ImportOptions(DialectWish):
    """How a file is read, and what is done with its rows.

    Without `matchBy` rows are recognised by their external id where a column gives one, else as is usual for the
    entity. Where a column is mapped to `id`, a row with an id is that record and no other, whatever `matchBy` says, and
    a row without one goes by the other rules. Where one is mapped to `version`, a row whose record was changed since is
    rejected, unless `overwriteChanges` is set. `allowDuplicates` creates records that have the name or the e-mail of
    another one.
    """

    date_format: Annotated[
        DateFormat | None, Field(description="As in `DD.MM.YYYY`; ISO 8601 is always understood.")
    ] = None
    decimal_style: Annotated[
        Literal["point", "comma"], Field(description="`point` is 1,234.56 and `comma` 1.234,56.")
    ] = "point"
    time_zone: Annotated[
        str | None, Field(max_length=64, description="Of times without a zone; UTC unless given.")
    ] = None
    match_by: Annotated[tuple[MatchRule, ...] | None, Field(max_length=4)] = None
    on_duplicate: Annotated[
        OnDuplicate | None, Field(description="`update` unless given; of people `skip`.")
    ] = None
    allow_duplicates: bool = False
    overwrite_changes: bool = False
    on_missing_reference: OnMissing = OnMissing.REJECT
    role: Annotated[
        Literal["viewer", "sales-rep", "sales-manager", "tenant-admin"],
        Field(description="Of invited people whose row has none."),
    ] = "sales-rep"
    email_domain: Annotated[
        str | None,
        Field(
            pattern=r"^[a-z0-9.-]{4,100}$", description="Gives people without an address first.last@domain."
        ),
    ] = None


class ImportedFile(Value):
    """The file of an import: what was announced, and, once the import has begun, which content it is."""

    name: str
    key: str
    size_bytes: int
    content_type: str
    upload_id: str | None = None
    etag: str | None = None


class ImportParameters(Value):
    """What an import job was asked for. No value of any row is in it, but the texts that the caller gives itself."""

    entity: str
    file: ImportedFile
    mapping: tuple[ColumnMapping, ...] = ()
    options: ImportOptions = ImportOptions.model_construct()
    dialect: Dialect | None = None
    dry_run: bool = False
