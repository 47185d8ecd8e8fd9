"""`zebros ... import`: one command for every kind of record that can be imported. The service does the work."""

# No `from __future__ import annotations` here: the options of each command are made from its kind of record.

import json as json_module
import shutil
import sys
import tempfile
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from zebros.cli.exit_codes import ExitCode
from zebros.cli.import_options import ColumnsOptions, mapping_of
from zebros.cli.jobs import Detach, save_files, tell_job, watch_job
from zebros.cli.options import examples, given, one_of
from zebros.cli.output import JsonFlag, ProfileName, note, print_json, print_table, progress
from zebros.cli.runtime import connect
from zebros.errors import ZebrosError

if TYPE_CHECKING:
    from zebros.client import Client
    from zebros.models import ImportPreview, Job

__all__ = ["add_import", "add_user_import"]

FileName = Annotated[
    str, typer.Argument(metavar="FILE", help="A CSV or XLSX file, or - for CSV on standard input.")
]
Map = Annotated[
    list[str] | None,
    typer.Option(
        "--map", metavar="COLUMN=FIELD,...", help="What the columns are; found out by itself if not given."
    ),
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
Required = Annotated[
    list[str] | None,
    typer.Option("--require", metavar="FIELD", help="Reject rows that have none of this; repeatable."),
]
ErrorsPath = Annotated[
    Path | None, typer.Option("--errors", help="Where rejected rows go; FILE.errors.csv if not given.")
]
Delimiter = Annotated[str | None, typer.Option(help="Found out by itself if not given.")]
Encoding = Annotated[str | None, typer.Option(help="Such as utf-8 or windows-1252; found out by itself.")]
Sheet = Annotated[str | None, typer.Option(help="Of a workbook; the first one if not given.")]
DateFormat = Annotated[str | None, typer.Option(help="Such as DD.MM.YYYY; ISO dates if not given.")]
Decimal = Annotated[str | None, typer.Option("--decimal", help="point (1,234.56) or comma (1.234,56).")]
MatchBy = Annotated[
    str | None,
    typer.Option(
        "--match-by", "--match", help="How a row finds its record: id, externalId, name, email; with commas."
    ),
]
OnDuplicate = Annotated[
    str | None,
    typer.Option("--on-duplicate", help="What becomes of records that are there: update, skip, reject."),
]
OnMissing = Annotated[
    str | None,
    typer.Option(
        "--on-missing", help="Of records that a row names and nobody knows: reject, leaveEmpty, create."
    ),
]
OverwriteChanges = Annotated[
    bool,
    typer.Option(
        "--overwrite-changes", help="Of an edited export: also records that others changed since it was made."
    ),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Read and check every row, write nothing.")]
Preview = Annotated[bool, typer.Option("--preview", help="Show how the first rows are read, and stop.")]
AllowDuplicate = Annotated[
    bool, typer.Option("--allow-duplicate", help="Create even where another has the name or the e-mail.")
]

EXAMPLES: Mapping[str, tuple[str, ...]] = {
    "customer": (
        "zebros customers import accounts.csv --map account=companyName,sector=industry",
        "zebros customers import edited-export.csv --match id --dry-run",
    ),
    "contact": ("zebros contacts import people.xlsx --map 'Surname=lastName,Mail=email,Firm=customer'",),
    "lead": (
        "zebros leads import fair.csv --map 'Surname=lastName,Firm=companyName,Mail=email' --default source=fair",
    ),
    "product": (
        "zebros products import products.csv --map product=name,sales_price=unitPrice --default currency=USD",
    ),
    "opportunity": (
        "zebros opportunities import deals.csv"
        " --map id=externalId,account=customer,agent=owner,product=product,stage=stage,amount=value",
        "zebros opportunities import deals.csv --map id=externalId,name=title,phase=stage"
        " --value 'phase:In talks=negotiation' --default 'lossReason=not recorded'",
    ),
    "activity": ("zebros activities import calls.csv --map id=externalId,what=subject,when=scheduledAt",),
}


@dataclass(frozen=True, slots=True)
class _Request:
    """What was asked for on the command line; `options` by the API's names."""

    entity: str
    file: str
    columns: ColumnsOptions
    options: Mapping[str, Any]
    errors: Path | None
    dry_run: bool
    preview: bool
    detach: bool
    json: bool


def add_import(app: typer.Typer, entity: str, plural: str) -> None:
    """Add `import` for a kind of record to its group."""

    @app.command(
        "import",
        help=f"Import {plural} from a file.\n\n"
        "It can be run again: a row finds the record that it made, and counts as unchanged or updated. It can be taken"
        " back: zebros imports undo.",
        epilog=examples(*EXAMPLES[entity]),
    )
    def import_(
        ctx: typer.Context,
        file: FileName,
        mapping: Map = None,
        external_id_column: ExternalIdColumn = None,
        value: Values = None,
        default: Defaults = None,
        require: Required = None,
        errors: ErrorsPath = None,
        delimiter: Delimiter = None,
        encoding: Encoding = None,
        sheet: Sheet = None,
        date_format: DateFormat = None,
        decimal: Decimal = None,
        match_by: MatchBy = None,
        on_duplicate: OnDuplicate = None,
        on_missing: OnMissing = None,
        allow_duplicate: AllowDuplicate = False,
        overwrite_changes: OverwriteChanges = False,
        dry_run: DryRun = False,
        preview: Preview = False,
        detach: Detach = False,
        profile: ProfileName = None,
        json: JsonFlag = False,
    ) -> None:
        one_of(decimal, ("point", "comma"), "--decimal")
        one_of(on_duplicate, ("update", "skip", "reject"), "--on-duplicate")
        one_of(on_missing, ("reject", "leaveEmpty", "create"), "--on-missing")
        options = given(
            {
                "delimiter": delimiter,
                "encoding": encoding,
                "sheet": sheet,
                "dateFormat": date_format,
                "decimalStyle": decimal,
                "matchBy": match_by.split(",") if match_by else None,
                "onDuplicate": on_duplicate,
                "onMissingReference": on_missing,
                "allowDuplicates": allow_duplicate or None,
                "overwriteChanges": overwrite_changes or None,
            }
        )
        columns = ColumnsOptions.read(mapping, external_id_column, value, default, require)
        asked = _Request(entity, file, columns, options, errors, dry_run, preview, detach, json)
        _import(ctx, profile, asked)


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
        mapping: Map = None,
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
        preview: Preview = False,
        detach: Detach = False,
        profile: ProfileName = None,
        json: JsonFlag = False,
    ) -> None:
        """Invite everybody in a file; teams are made as needed.

        It can be run again: who is here already stays as they are, and counts as unchanged.
        """
        one_of(role, roles, "--role")
        options = given({"delimiter": delimiter, "role": role, "emailDomain": email_domain})
        columns = ColumnsOptions.read(mapping, None, value, default, None)
        _import(
            ctx, profile, _Request("user", file, columns, options, errors, dry_run, preview, detach, json)
        )


def _import(ctx: typer.Context, profile: str | None, asked: _Request) -> None:
    ctx.meta["zebros.json"] = asked.json
    target = _errors_path(asked.file, asked.errors)
    with _source(asked.file) as (source, name), connect(ctx, profile) as client:
        with progress(f"Uploading {name}", source.stat().st_size) as bar:
            job = client.imports.create(
                asked.entity, source, file_name=name, progress=lambda done, total: bar(done, "")
            )
        with _cancelled_unless_started(client, job):
            mapping = mapping_of(asked.columns, lambda: client.imports.preview(job.id, options=asked.options))
            if asked.preview:
                shown = client.imports.preview(job.id, options=asked.options, mapping=mapping)
                _show_preview(shown, asked.json)
                client.jobs.cancel(job.id)
                return
            started = client.imports.start(
                job.id, mapping=mapping, options=asked.options, dry_run=asked.dry_run
            )
        if asked.detach:
            tell_job(started, as_json=asked.json)
            return
        ended = watch_job(client, job.id)
        _tell(client, ended, target, asked)


@contextmanager
def _cancelled_unless_started(client: "Client", job: "Job") -> Generator[None]:
    """Cancel an import that is refused, or left by Ctrl+C, before it starts: it would wait for a day."""
    try:
        yield
    except (ZebrosError, typer.BadParameter, KeyboardInterrupt):
        # Why it was refused is what matters; an import that cannot be cancelled now ends by itself.
        with suppress(ZebrosError):
            client.jobs.cancel(job.id)
        raise


@contextmanager
def _source(file: str) -> Generator[tuple[Path, str]]:
    """The file and its name; standard input is kept in a temporary one, since an upload says its size before."""
    if file != "-":
        path = Path(file)
        if not path.is_file():
            raise typer.BadParameter(f"{file}: no such file", param_hint="FILE")
        _refuse_nothing(path, file)
        yield path, path.name
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "import.csv"
        with path.open("wb") as out:
            shutil.copyfileobj(sys.stdin.buffer, out)
        _refuse_nothing(path, "standard input")
        yield path, path.name


def _refuse_nothing(path: Path, said: str) -> None:
    if path.stat().st_size == 0:
        raise typer.BadParameter(f"{said} is empty", param_hint="FILE")


def _errors_path(file: str, chosen: Path | None) -> Path | None:
    """Where rejected rows go if somebody chose it; never the file that is read."""
    if chosen is None:
        return None
    if file != "-" and chosen.resolve() == Path(file).resolve():
        raise typer.BadParameter("is the file that is imported; name another", param_hint="--errors")
    return chosen


def _tell(client: "Client", job: "Job", target: Path | None, asked: _Request) -> None:
    result = job.result or {}
    saved: Path | None = None
    if job.files and (target is not None or not asked.dry_run):
        folder, named = _beside(asked.file, job.files[0].name, target)
        saved = save_files(client, job.id, folder, named=named)[0]
    if asked.json:
        print_json({**job.to_json(), "errorsFile": str(saved) if saved else None})
    else:
        _tell_people(job, result, asked)
        if saved is not None:
            note(f"The rejected rows are in {saved}: correct them there and import that file.")
        if result.get("writes"):
            note(f"To take this import back: zebros imports undo {job.id}")
    if job.state != "succeeded" or result.get("rejected"):
        partly = bool(result) or job.state == "cancelled"
        raise typer.Exit(ExitCode.PARTIAL if partly else ExitCode.INVALID)


def _tell_people(job: "Job", result: Mapping[str, Any], asked: _Request) -> None:
    if result:
        names = ("created", "updated", "unchanged", "rejected")
        counts = ", ".join(f"{result.get(name, 0)} {name}" for name in names)
        skipped = f", {result['skipped']} skipped" if result.get("skipped") else ""
        typer.echo(f"{counts}{skipped}" + ("; nothing was written" if asked.dry_run else ""))
        if not result.get("rows"):
            note("The file has a header and no rows.")
        for problem in result.get("problems", ()):
            lines = ", ".join(str(line) for line in problem.get("lines", ())[:5])
            note(f"  {problem['count']:,} x {problem['message']} (line {lines})")
    if job.problem is not None:
        note(job.problem.detail)
        for fault in job.problem.errors:
            note("  " + ": ".join(str(fault[key]) for key in ("field", "message") if fault.get(key)))
    elif job.state == "cancelled":
        note("The import was cancelled.")
    if result.get("stoppedAfterLine"):
        kept = "nothing was written" if asked.dry_run else "rows before it are in, and stay so"
        note(f"Stopped after line {result['stoppedAfterLine']}: {kept}.")


def _beside(file: str, made: str, target: Path | None) -> tuple[Path, str]:
    """Folder and name of the file of rejected rows: beside the one that was read, unless somebody chose."""
    if target is not None:
        return target.parent, target.name
    if file == "-":
        return Path(), f"import.errors{Path(made).suffix}"
    source = Path(file)
    return source.parent, f"{source.stem}.errors{Path(made).suffix}"


def _show_preview(preview: "ImportPreview", as_json: bool) -> None:
    if as_json:
        print_json(preview.to_json())
        return
    fields = {each.get("column"): each["field"] for each in preview.mapping}
    rows = [(column.name, fields.get(column.name, "-")) for column in preview.columns]
    print_table(("column", "field"), rows, empty="The file has no columns.")
    for row in preview.rows:
        told = row.get("problem") or json_module.dumps(row.get("record"), ensure_ascii=False)
        note(f"line {row['line']}: {told}")
    if preview.problem:
        note(preview.problem)
