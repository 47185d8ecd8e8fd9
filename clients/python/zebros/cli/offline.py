"""`zebros offline ...`: work on a copy on this machine, and sync it when there is a network."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from zebros.cli import offline_conflicts
from zebros.cli.exit_codes import ExitCode
from zebros.cli.offline_conflicts import short
from zebros.cli.offline_store import FolderOption, open_store
from zebros.cli.options import Everything, Limit, Yes, examples, named_values, one_of, taken
from zebros.cli.output import (
    JsonFlag,
    ProfileName,
    note,
    print_json,
    print_record,
    print_table,
    progress,
)
from zebros.cli.runtime import connect, runtime_of

if TYPE_CHECKING:
    from zebros.offline import LocalRecord, SyncReport

app = typer.Typer(help="Work without a network, on a copy on this machine.", no_args_is_help=True)
# Without a name, their commands join those of the group.
app.add_typer(offline_conflicts.app)

ENTITIES = ("customer", "contact", "lead", "product", "opportunity", "activity", "user")
EntityArgument = Annotated[str, typer.Argument(help=f"One of: {', '.join(ENTITIES)}.", show_default=False)]
IdArgument = Annotated[str, typer.Argument(help="The record's id.", show_default=False)]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="FIELD=VALUE", help="A field as in JSON; may be given several times."),
]
NEVER = "Nothing is on this machine yet. Get it with: zebros offline sync"


@app.command(epilog=examples("zebros offline sync", "zebros offline sync --follow"))
def sync(
    ctx: typer.Context,
    follow: Annotated[bool, typer.Option("--follow", help="Go on syncing until stopped.")] = False,
    every: Annotated[
        float, typer.Option("--every", min=1, help="Seconds between two looks, with --follow.")
    ] = 5,
    folder: FolderOption = None,
    profile: ProfileName = None,
    json: JsonFlag = False,
) -> None:
    """Send what was done here, get what was done elsewhere, and send files."""
    from zebros.offline import SyncEngine

    ctx.meta["zebros.json"] = json
    with (
        open_store(ctx, folder, profile) as store,
        connect(ctx, profile) as client,
        progress("Syncing", None) as bar,
    ):
        engine = SyncEngine(
            store,
            client.sync,
            client.documents,
            on_progress=lambda at: bar(
                at.done, f"{at.step} {at.done:,}" + (f" of {at.total:,}" if at.total else "")
            ),
        )
        reports = (
            engine.follow(every_seconds=every, sleep=runtime_of(ctx).sleep) if follow else [engine.sync()]
        )
        refused = 0
        for report in reports:
            _tell(report, as_json=json)
            refused = len(report.rejected)
    if refused:
        raise typer.Exit(ExitCode.PARTIAL)


def _tell(report: SyncReport, *, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "pushed": report.pushed,
                "merged": report.merged,
                "conflicts": report.conflicts,
                "rejected": [{**change.to_json(), "problem": change.problem} for change in report.rejected],
                "waiting": report.waiting,
                "pulled": report.pulled,
                "uploaded": report.uploaded,
                "resets": report.resets,
                "tooOldFor": dict(report.too_old_for),
            }
        )
        return
    print_record(
        [
            ("sent", _counted(report.pushed, "change")),
            ("received", _counted(report.pulled, "record")),
            ("files", f"{report.uploaded:,} sent" if report.uploaded else None),
            ("merged", f"{len(report.merged):,} with changes of others" if report.merged else None),
            (
                "overridden",
                f"{_counted(report.lost_fields, 'field')} of yours by later ones"
                if report.lost_fields
                else None,
            ),
            ("to decide", f"{len(report.conflicts):,}" if report.conflicts else None),
            ("refused", f"{len(report.rejected):,}" if report.rejected else None),
            ("waiting", f"{report.waiting:,}" if report.waiting else None),
        ]
    )
    for reason in report.resets:
        note(f"Everything was fetched anew: {_REASONS.get(reason, reason)}.")
    for entity in report.too_old_for:
        note(f"This version of zebros cannot read {entity} records any more; update it.")
    if report.lost_fields or report.conflicts:
        note("Look at both sides: zebros offline conflicts")
    if report.waiting:
        note("A part of the server does not answer; what waits for it is sent with the next sync.")
    for change in report.rejected:
        detail = (change.problem or {}).get("detail", "")
        note(f"{change.entity} {change.id}: {detail}")
        note(
            f"  zebros offline retry {change.mutation_id}   or   zebros offline give-up {change.mutation_id}"
        )


_REASONS = {
    "logTrimmed": "this copy was older than what the server remembers",
    "visibilityChanged": "your role or team is another one",
    "aheadOfLog": "the server's log begins anew",
    "schemaChanged": "this version of zebros reads more than the one before",
    "invalid_cursor": "the server does not know where this copy was",
}


@app.command("list", epilog=examples("zebros offline list customer --search acme"))
def list_(
    ctx: typer.Context,
    entity: EntityArgument,
    search: Annotated[str, typer.Option(help="Only those whose name has this text.")] = "",
    limit: Limit = 50,
    everything: Everything = False,
    folder: FolderOption = None,
    profile: ProfileName = None,
    json: JsonFlag = False,
) -> None:
    """List records of this machine; those with changes that are not sent are marked."""
    ctx.meta["zebros.json"] = json
    one_of(entity, ENTITIES, "ENTITY")
    with open_store(ctx, folder, profile) as store:
        found = list(taken(store.records(entity).all(search=search), limit, everything))
        synced = store.cursor is not None
    if json:
        print_json([_json(record) for record in found])
        return
    rows = [(each.id, each.name, str(each.version or "new"), "*" * bool(each.pending)) for each in found]
    empty = "No such records on this machine." if synced else NEVER
    print_table(("id", "name", "version", "unsent"), rows, empty=empty)


@app.command(epilog=examples("zebros offline show customer ID"))
def show(
    ctx: typer.Context,
    entity: EntityArgument,
    id: IdArgument,
    folder: FolderOption = None,
    profile: ProfileName = None,
    json: JsonFlag = False,
) -> None:
    """Show a record as it is here."""
    ctx.meta["zebros.json"] = json
    one_of(entity, ENTITIES, "ENTITY")
    with open_store(ctx, folder, profile) as store:
        found = store.records(entity).get(id)
    _show(found, as_json=json)


@app.command(
    epilog=examples(
        "zebros offline edit customer ID --set industry=medical",
        "zebros offline edit customer ID --tag fair --untag cold",
    )
)
def edit(
    ctx: typer.Context,
    entity: EntityArgument,
    id: IdArgument,
    values: SetOption = None,
    tag: Annotated[list[str] | None, typer.Option("--tag", help="Add a tag.")] = None,
    untag: Annotated[list[str] | None, typer.Option("--untag", help="Remove a tag.")] = None,
    folder: FolderOption = None,
    profile: ProfileName = None,
    json: JsonFlag = False,
) -> None:
    """Change a record here; it is sent with the next sync."""
    ctx.meta["zebros.json"] = json
    one_of(entity, ENTITIES, "ENTITY")
    changes: dict[str, Any] = dict(named_values(values, "--set"))
    if tag or untag:
        changes["tags"] = {"add": tag or [], "remove": untag or []}
    if not changes:
        raise typer.BadParameter("say what to change, with --set FIELD=VALUE, --tag or --untag")
    with open_store(ctx, folder, profile) as store:
        found = store.records(entity).edit(id, changes)
    _show(found, as_json=json)


@app.command(epilog=examples("zebros offline create customer --set 'companyName=Harbour Works'"))
def create(
    ctx: typer.Context,
    entity: EntityArgument,
    values: SetOption = None,
    folder: FolderOption = None,
    profile: ProfileName = None,
    json: JsonFlag = False,
) -> None:
    """Make a record here; it is sent with the next sync, under the id that it has now."""
    ctx.meta["zebros.json"] = json
    one_of(entity, ENTITIES, "ENTITY")
    if not values:
        raise typer.BadParameter("say what it is, with --set FIELD=VALUE")
    with open_store(ctx, folder, profile) as store:
        found = store.records(entity).create(named_values(values, "--set"))
    _show(found, as_json=json)


@app.command(epilog=examples("zebros offline delete contact ID"))
def delete(
    ctx: typer.Context,
    entity: EntityArgument,
    id: IdArgument,
    folder: FolderOption = None,
    profile: ProfileName = None,
) -> None:
    """Delete a record here; it is deleted for everybody with the next sync, unless others edited it meanwhile."""
    one_of(entity, ENTITIES, "ENTITY")
    with open_store(ctx, folder, profile) as store:
        store.records(entity).delete(id)
    note("Deleted here. To send it: zebros offline sync")


@app.command(epilog=examples("zebros offline attach CUSTOMER offer.pdf"))
def attach(
    ctx: typer.Context,
    customer: Annotated[str, typer.Argument(help="Id of the customer.", show_default=False)],
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, show_default=False)],
    folder: FolderOption = None,
    profile: ProfileName = None,
) -> None:
    """Keep a file for a customer; it is uploaded with the next sync, after its customer."""
    import mimetypes

    media_type = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    with open_store(ctx, folder, profile) as store:
        store.uploads.add(customer, file, content_type=media_type)
    note(f"{file.name} waits for the next sync.")


@app.command(epilog=examples("zebros offline status"))
def status(
    ctx: typer.Context,
    folder: FolderOption = None,
    profile: ProfileName = None,
    json: JsonFlag = False,
) -> None:
    """Show what is on this machine, and what is not sent."""
    ctx.meta["zebros.json"] = json
    with open_store(ctx, folder, profile) as store:
        records = {entity: store.records(entity).count() for entity in ENTITIES}
        waiting = store.queue.count()
        refused = store.queue.rejected()
        files = store.uploads.all()
        synced = store.cursor is not None
    if json:
        print_json(
            {
                "records": records,
                "waiting": waiting,
                "rejected": [{**change.to_json(), "problem": change.problem} for change in refused],
                "files": [{"fileName": each.file_name, "state": each.state} for each in files],
                "synced": synced,
            }
        )
        return
    if not synced:
        note(NEVER)
    print_record([(entity, f"{count:,}") for entity, count in records.items() if count])
    print_record(
        [
            ("to send", f"{_counted(waiting, 'change')}, {_counted(len(files), 'file')}"),
            ("refused", f"{len(refused):,}"),
        ]
    )
    for change in refused:
        note(f"{change.mutation_id}  {change.entity} {change.id}: {(change.problem or {}).get('detail', '')}")


@app.command(epilog=examples("zebros offline retry CHANGE"))
def retry(
    ctx: typer.Context,
    change: Annotated[
        str, typer.Argument(help="Of a refused change, as shown by status.", show_default=False)
    ],
    folder: FolderOption = None,
    profile: ProfileName = None,
) -> None:
    """Send a refused change once more with the next sync."""
    with open_store(ctx, folder, profile) as store:
        store.queue.retry(change)
    note("It is sent with the next sync.")


@app.command("give-up", epilog=examples("zebros offline give-up CHANGE"))
def give_up(
    ctx: typer.Context,
    change: Annotated[
        str, typer.Argument(help="Of a refused change, as shown by status.", show_default=False)
    ],
    folder: FolderOption = None,
    profile: ProfileName = None,
) -> None:
    """Forget a refused change; the record here is the server's again."""
    with open_store(ctx, folder, profile) as store:
        store.queue.give_up(change)
    note("Forgotten.")


@app.command(epilog=examples("zebros offline wipe"))
def wipe(
    ctx: typer.Context,
    yes: Yes = False,
    folder: FolderOption = None,
    profile: ProfileName = None,
) -> None:
    """Remove everything of this copy from this machine, what was not sent included."""
    with open_store(ctx, folder, profile) as store:
        waiting = store.queue.count()
        if not yes:
            question = (
                f"Not sent yet, and lost by this: {_counted(waiting, 'change')}. Go on?"
                if waiting
                else "Remove the copy?"
            )
            typer.confirm(question, abort=True, err=True)
        store.wipe()
    note("Removed.")


def _counted(count: int, thing: str) -> str:
    return f"{count:,} {thing}" if count == 1 else f"{count:,} {thing}s"


def _json(record: LocalRecord) -> dict[str, Any]:
    return {
        "entity": record.entity,
        "id": record.id,
        "version": record.version,
        "pending": record.pending,
        "values": dict(record.values),
    }


def _show(record: LocalRecord, *, as_json: bool) -> None:
    if as_json:
        print_json(_json(record))
        return
    print_record([("id", record.id), *((name, short(value)) for name, value in record.values.items())])
    if record.pending:
        note(f"Not sent yet: {_counted(record.pending, 'change')}. Send it with: zebros offline sync")
