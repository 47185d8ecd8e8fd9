"""`zebros ... import`: one command for every kind of record that can be imported."""

# No `from __future__ import annotations` here: the options of each command are made from its entity.

import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO

import typer

from zebros.cli.exit_codes import ExitCode
from zebros.cli.options import examples, one_of
from zebros.cli.output import JsonFlag, ProfileName, note, print_json, progress, spinner
from zebros.cli.runtime import connect
from zebros.errors import ZebrosError
from zebros.importing.entities import CUSTOMERS, LEADS, OPPORTUNITIES, PRODUCTS, ImportedEntity, people

if TYPE_CHECKING:
    from zebros.client import Client
    from zebros.importing.csv_rows import CsvFile
    from zebros.importing.directory import Directory
    from zebros.importing.mapping import ColumnMapping
    from zebros.importing.run import Batches, ImportReport, RejectedRows
    from zebros.models import FieldDefinition

__all__ = ["add_import", "add_user_import"]

# Rows do not depend on each other: while one request waits for the database, others are carried out beside it. More of
# them would only fill the tenant's budget of requests.
BATCHES_AT_ONCE = 4

FileName = Annotated[
    str, typer.Argument(metavar="FILE", help="A CSV file with a header, or - for standard input.")
]
ExternalIdColumn = Annotated[
    str | None, typer.Option(help="The column that identifies a row; as --map COLUMN=externalId.")
]
Values = Annotated[
    list[str] | None,
    typer.Option("--value", metavar="COLUMN:TEXT=OTHER", help="What a text in a column means; repeatable."),
]
Defaults = Annotated[
    list[str] | None,
    typer.Option(
        "--default", metavar="FIELD=VALUE", help="For empty cells, or without a column; repeatable."
    ),
]
ErrorsPath = Annotated[
    Path | None, typer.Option("--errors", help="Where rejected rows go; FILE.errors.csv if not given.")
]
Delimiter = Annotated[str | None, typer.Option(help="Found out by itself if not given.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Read and check every row, send nothing.")]
AllowDuplicate = Annotated[
    bool, typer.Option("--allow-duplicate", help="Create even where another has the name or the e-mail.")
]


def _map_option(entity: ImportedEntity) -> Any:
    known = f"Of {entity.plural}: {', '.join(entity.targets)}."
    return typer.Option("--map", metavar="COLUMN=FIELD,...", help=known)


EXAMPLES: dict[str, tuple[str, ...]] = {
    CUSTOMERS.name: ("zebros customers import accounts.csv --map account=companyName,sector=industry",),
    LEADS.name: (
        "zebros leads import fair.csv --map 'Surname=lastName,Firm=companyName,Mail=email' --default source=fair",
    ),
    PRODUCTS.name: (
        "zebros products import products.csv --map product=name,sales_price=unitPrice --default currency=USD",
    ),
    OPPORTUNITIES.name: (
        "zebros opportunities import deals.csv"
        " --map id=externalId,account=customer,agent=owner,product=product,stage=stage,amount=value",
        "zebros opportunities import deals.csv --map id=externalId,name=title,phase=stage"
        " --value 'phase:In talks=negotiation' --default 'lossReason=not recorded'",
    ),
}


@dataclass(frozen=True, slots=True)
class _Request:
    """What was asked for on the command line."""

    file: str
    mapping: Sequence[str] | None
    external_id_column: str | None
    values: Sequence[str] | None
    defaults: Sequence[str] | None
    errors: Path | None
    delimiter: str | None
    dry_run: bool
    json: bool


def add_import(app: typer.Typer, entity: ImportedEntity, collection: Callable[["Client"], Any]) -> None:
    """Add `import` for a kind of record to its group. `collection` is where its batches go."""

    @app.command(
        "import",
        help=f"Import {entity.plural} from a CSV file.\n\n"
        "It can be run again: a row finds the record that it made, and counts as unchanged or updated.",
        epilog=examples(*EXAMPLES[entity.name]),
    )
    def import_(
        ctx: typer.Context,
        file: FileName,
        mapping: Annotated[list[str] | None, _map_option(entity)] = None,
        external_id_column: ExternalIdColumn = None,
        value: Values = None,
        default: Defaults = None,
        errors: ErrorsPath = None,
        delimiter: Delimiter = None,
        dry_run: DryRun = False,
        allow_duplicate: AllowDuplicate = False,
        profile: ProfileName = None,
        json: JsonFlag = False,
    ) -> None:
        def batches(client: "Client") -> "Batches":
            return lambda operations: collection(client).batch(
                operations, skip_duplicate_check=allow_duplicate, parallel=BATCHES_AT_ONCE
            )

        asked = _Request(file, mapping, external_id_column, value, default, errors, delimiter, dry_run, json)
        _import(ctx, profile, entity, asked, batches)


def add_user_import(app: typer.Typer, roles: Sequence[str]) -> None:
    """Add `import` to the group of users."""

    @app.command(
        "import",
        epilog=examples(
            "zebros users import team.csv --map agent=name,mail=email,office=team --role sales-rep",
            "zebros users import team.csv --map agent=name,office=team --email-domain aurora.example --dry-run",
        ),
    )
    def import_(
        ctx: typer.Context,
        file: FileName,
        mapping: Annotated[list[str] | None, _map_option(people(None))] = None,
        role: Annotated[
            str, typer.Option(help=f"Of those whose row has none: {', '.join(roles)}.")
        ] = "sales-rep",
        email_domain: Annotated[
            str | None, typer.Option(help="Give those without an address first.last@DOMAIN.")
        ] = None,
        value: Values = None,
        default: Defaults = None,
        errors: ErrorsPath = None,
        delimiter: Delimiter = None,
        dry_run: DryRun = False,
        profile: ProfileName = None,
        json: JsonFlag = False,
    ) -> None:
        """Invite everybody in a CSV file; teams are made as needed.

        It can be run again: who is here already stays as they are, and counts as unchanged.
        """

        def invitations(client: "Client") -> "Batches":
            from zebros.importing.invitations import Invitations

            return Invitations(
                client, role=role, parallel=BATCHES_AT_ONCE, on_team=lambda team: note(f"Made team {team}.")
            )

        one_of(role, roles, "--role")
        asked = _Request(file, mapping, None, value, default, errors, delimiter, dry_run, json)
        _import(ctx, profile, people(email_domain), asked, invitations)


def _import(
    ctx: typer.Context,
    profile: str | None,
    entity: ImportedEntity,
    asked: _Request,
    batches: Callable[["Client"], "Batches"],
) -> None:
    from zebros.importing.csv_rows import CsvFile
    from zebros.importing.run import ImportReport, RejectedRows, import_rows

    ctx.meta["zebros.json"] = asked.json
    if asked.delimiter is not None and len(asked.delimiter) != 1:
        raise typer.BadParameter("one character", param_hint="--delimiter")
    pairs = _pairs(asked.mapping)
    with ExitStack() as stack:
        source, size = (sys.stdin.buffer, None) if asked.file == "-" else _opened(asked.file)
        stack.enter_context(source)
        rows = CsvFile(source, delimiter=asked.delimiter)
        client = _client(stack, ctx, profile, entity, asked, [*pairs.values()])
        columns = _columns(entity, rows, pairs, asked, client)
        directory = _directory(client, columns)
        run = batches(client) if client is not None and not asked.dry_run else None
        rejected = RejectedRows(None if run is None else _errors_path(asked.file, asked.errors), rows)
        stack.callback(rejected.close)
        bar = stack.enter_context(progress(f"Importing {Path(asked.file).name}", size))
        report = ImportReport()
        try:
            import_rows(
                rows,
                columns,
                run=run,
                rejected=rejected,
                references=directory,
                report=report,
                on_row=lambda state: bar(state.done_chars, f"{state.rows:,} rows"),
            )
        except ZebrosError:
            note(f"Interrupted: {report.summary()} so far. To go on, run the same command again.")
            raise
        if size is not None:
            bar(size, f"{report.rows:,} rows")
    _tell(report, rejected, asked)


def _client(
    stack: ExitStack,
    ctx: typer.Context,
    profile: str | None,
    entity: ImportedEntity,
    asked: _Request,
    targets: Sequence[str],
) -> "Client | None":
    """A connection, unless it is a rehearsal for which nothing has to be read."""
    named = [*targets, *_assigned(asked.defaults, "--default")]
    reads = any(
        target.startswith("custom.") or (target in entity.fields and entity.fields[target].kind.is_reference)
        for target in named
    )
    # Without --map, columns that are named like fields may name records.
    if asked.dry_run and not reads and targets:
        return None
    if asked.dry_run and not reads and not any(each.kind.is_reference for each in entity.fields.values()):
        return None
    return stack.enter_context(connect(ctx, profile))


def _columns(
    entity: ImportedEntity,
    rows: "CsvFile",
    pairs: dict[str, str],
    asked: _Request,
    client: "Client | None",
) -> "ColumnMapping":
    from zebros.importing.mapping import ColumnMapping, MappingError

    defaults = _assigned(asked.defaults, "--default")
    custom = any(target.startswith("custom.") for target in (*pairs.values(), *defaults))
    try:
        return ColumnMapping.for_header(
            entity,
            rows.header,
            pairs,
            external_id_column=asked.external_id_column,
            defaults=defaults,
            translations=_translations(asked.values),
            definitions=_definitions(client, entity.name) if client is not None and custom else (),
        )
    except MappingError as error:
        raise typer.BadParameter(str(error), param_hint="--map") from error


def _directory(client: "Client | None", columns: "ColumnMapping") -> "Directory | None":
    """The records that cells may name, read before the first row."""
    from zebros.importing.directory import Directory

    if client is None or not columns.references:
        return None
    directory = Directory(client)
    with spinner("Reading what the file names ...") as say:
        directory.read(columns.references, lambda what, count: say(f"Reading {what} ... {count:,}"))
    return directory


def _tell(report: "ImportReport", rejected: "RejectedRows", asked: _Request) -> None:
    summary = (
        f"{report.counts['checked']} rows can be sent, {report.counts['rejected']} rejected; nothing was sent"
        if asked.dry_run
        else report.summary()
    )
    if asked.json:
        print_json(
            {
                **{name: report.counts[name] for name in ("created", "updated", "unchanged", "rejected")},
                **({"checked": report.counts["checked"]} if asked.dry_run else {}),
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


def _assigned(options: Sequence[str] | None, option: str) -> dict[str, str]:
    given: dict[str, str] = {}
    for part in options or ():
        name, equals, value = part.partition("=")
        if not equals or not name.strip() or not value.strip():
            raise typer.BadParameter(f"{part!r} is not FIELD=VALUE, as in currency=USD", param_hint=option)
        given[name.strip()] = value.strip()
    return given


def _translations(options: Sequence[str] | None) -> dict[str, dict[str, str]]:
    meanings: dict[str, dict[str, str]] = {}
    for part in options or ():
        column, colon, rest = part.partition(":")
        text, equals, other = rest.partition("=")
        if not (colon and equals and column.strip() and text.strip()):
            raise typer.BadParameter(
                f"{part!r} is not COLUMN:TEXT=OTHER, as in 'product:GTXPro=GTX Pro'", param_hint="--value"
            )
        meanings.setdefault(column.strip(), {})[text.strip()] = other.strip()
    return meanings


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


def _definitions(client: "Client", entity: str) -> "list[FieldDefinition]":
    return [each for each in client.fields.list(entity=entity) if each.entity == entity]
