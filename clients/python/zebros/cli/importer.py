"""`zebros customers import`"""

from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from zebros.cli.exit_codes import ExitCode
from zebros.cli.output import JsonFlag, ProfileName, note, print_json, progress
from zebros.cli.runtime import connect
from zebros.errors import ZebrosError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zebros.client import Client
    from zebros.importing import ImportReport, RejectedRows
    from zebros.models import FieldDefinition


def import_(
    ctx: typer.Context,
    file: Annotated[
        str, typer.Argument(help="A CSV file with a header, or - for standard input.", show_default=False)
    ],
    mapping: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            metavar="COLUMN=FIELD,...",
            help="Of customers: companyName, industry, tier, ownerId, teamId, externalId, tags, email,"
            " phone, website, street, city, region, postalCode, country, custom.NAME.",
        ),
    ] = None,
    external_id_column: Annotated[
        str | None, typer.Option(help="The column that identifies a customer; its name does if not given.")
    ] = None,
    errors: Annotated[
        Path | None, typer.Option("--errors", help="Where rejected rows go; FILE.errors.csv if not given.")
    ] = None,
    delimiter: Annotated[str | None, typer.Option(help="Found out by itself if not given.")] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Read and check every row, send nothing.")
    ] = False,
    allow_duplicate: Annotated[
        bool, typer.Option("--allow-duplicate", help="Create even where another customer has the name.")
    ] = False,
    profile: ProfileName = None,
    json: JsonFlag = False,
) -> None:
    """Import customers from a CSV file.

    It can be run again: a row finds the customer that it made, and counts as unchanged or updated.
    """
    from zebros.importing import ColumnMapping, ImportReport, MappingError, RejectedRows, import_customers
    from zebros.importing.csv_rows import CsvFile

    ctx.meta["zebros.json"] = json
    if delimiter is not None and len(delimiter) != 1:
        raise typer.BadParameter("one character", param_hint="--delimiter")
    pairs = _pairs(mapping)
    with ExitStack() as stack:
        source, size = (sys.stdin.buffer, None) if file == "-" else _opened(file)
        stack.enter_context(source)
        rows = CsvFile(source, delimiter=delimiter)
        needs_fields = any(target.startswith("custom.") for target in pairs.values())
        client = stack.enter_context(connect(ctx, profile)) if needs_fields or not dry_run else None
        try:
            columns = ColumnMapping.for_header(
                rows.header,
                pairs,
                external_id_column=external_id_column,
                definitions=_definitions(client) if client is not None and needs_fields else (),
            )
        except MappingError as error:
            raise typer.BadParameter(str(error), param_hint="--map") from error
        rejected = RejectedRows(None if dry_run else _errors_path(file, errors), rows)
        stack.callback(rejected.close)
        bar = stack.enter_context(progress(f"Importing {Path(file).name}", size))
        customers = client.customers if client is not None else None
        report = ImportReport()
        try:
            import_customers(
                rows,
                columns,
                run=None
                if dry_run or customers is None
                else lambda operations: customers.batch(operations, skip_duplicate_check=allow_duplicate),
                rejected=rejected,
                report=report,
                on_row=lambda state: bar(state.done_chars, f"{state.rows:,} rows"),
            )
        except ZebrosError:
            note(f"Interrupted: {report.summary()} so far. To go on, run the same command again.")
            raise
        if size is not None:
            bar(size, f"{report.rows:,} rows")
    _tell(report, rejected, dry_run=dry_run, json=json)


def _tell(report: ImportReport, rejected: RejectedRows, *, dry_run: bool, json: bool) -> None:
    summary = (
        f"{report.counts['checked']} rows can be sent, {report.counts['rejected']} rejected; nothing was sent"
        if dry_run
        else report.summary()
    )
    if json:
        print_json(
            {
                **{name: report.counts[name] for name in ("created", "updated", "unchanged", "rejected")},
                **({"checked": report.counts["checked"]} if dry_run else {}),
                "errorsFile": str(rejected.path) if rejected.count and rejected.path else None,
                "stopped": report.stopped,
            }
        )
    else:
        typer.echo(summary)
        if report.rows == 0 and report.stopped is None:
            note("The file has a header and no rows.")
    for reason in report.first_reasons:
        note(f"  {reason}")
    if rejected.count and rejected.path is not None:
        note(f"The rejected rows are in {rejected.path}: correct them there and import that file.")
    if report.stopped is not None:
        note(f"Stopped: {report.stopped}. Correct the file and import it again; rows that are in stay so.")
    if not report.complete:
        raise typer.Exit(ExitCode.PARTIAL)


def _pairs(options: Sequence[str] | None) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for part in (piece for option in options or () for piece in option.split(",")):
        # A column's name may contain an equals sign; a field's cannot.
        column, equals, target = part.rpartition("=")
        if not equals or not column.strip() or not target.strip():
            raise typer.BadParameter(
                f"{part!r} is not COLUMN=FIELD, as in account=companyName", param_hint="--map"
            )
        if column.strip() in pairs:
            raise typer.BadParameter(f"column {column.strip()!r} is mapped twice", param_hint="--map")
        pairs[column.strip()] = target.strip()
    return pairs


def _opened(file: str) -> tuple[BinaryIO, int]:
    path = Path(file)
    try:
        return path.open("rb"), path.stat().st_size
    except OSError as error:
        raise typer.BadParameter(f"{file}: {error.strerror}", param_hint="FILE") from error


def _errors_path(file: str, chosen: Path | None) -> Path:
    """Beside the file that is read, and never the same one."""
    if file == "-":
        return chosen or Path("import.errors.csv")
    source = Path(file)
    target = chosen or source.with_name(f"{source.stem}.errors.csv")
    if target.resolve() == source.resolve():
        raise typer.BadParameter("is the file that is imported; name another", param_hint="--errors")
    return target


def _definitions(client: Client) -> list[FieldDefinition]:
    return [each for each in client.fields.list(entity="customer") if each.entity == "customer"]
