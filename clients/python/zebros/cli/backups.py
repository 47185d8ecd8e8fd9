"""`zebros backups ...`: the whole company, kept and put back."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from zebros.cli.jobs import Detach, JobId, finish, listed_by, tell_job, watch_job
from zebros.cli.options import Yes, examples, one_of
from zebros.cli.output import JsonFlag, ProfileName, moment, print_json, print_table
from zebros.cli.runtime import connect

app = typer.Typer(help="The whole company, kept and put back.", no_args_is_help=True)

MODES = {
    "missing": "puts back the records that are not there any more, and leaves all others as they are",
    "replace": "puts back the records that are not there any more, and makes all that are in the backup as they were",
    "exact": "makes all records as they were, and moves those that the backup does not have to the trash",
}


@app.command(epilog=examples("zebros backups create", "zebros backups create --detach"))
def create(
    ctx: typer.Context, detach: Detach = False, profile: ProfileName = None, json: JsonFlag = False
) -> None:
    """Back everything up, encrypted under the company's own key, and read it back."""
    ctx.meta["zebros.json"] = json
    with connect(ctx, profile) as client:
        started = client.backups.create()
        if detach:
            tell_job(started, as_json=json)
            return
        ended = watch_job(client, started.id)
    finish(ended, as_json=json)


@app.command("list", epilog=examples("zebros backups list"))
def list_(ctx: typer.Context, profile: ProfileName = None, json: JsonFlag = False) -> None:
    """List the backups."""
    ctx.meta["zebros.json"] = json
    with connect(ctx, profile) as client:
        found = list(client.backups.list())
    if json:
        print_json(found)
        return
    rows = [(each["jobId"], each["state"], _made(each["createdAt"]), each["expiresOn"]) for each in found]
    print_table(
        ("id", "state", "made", "kept until"), rows, empty="No backups. Make one: zebros backups create"
    )


@app.command(
    epilog=examples("zebros backups restore BACKUP", "zebros backups restore BACKUP --mode exact --yes")
)
def restore(
    ctx: typer.Context,
    backup: JobId,
    mode: Annotated[
        str,
        typer.Option(
            help="missing: put back what is gone; replace: and what is different; exact: and remove what is new."
        ),
    ] = "missing",
    yes: Yes = False,
    detach: Detach = False,
    profile: ProfileName = None,
    json: JsonFlag = False,
) -> None:
    """Put a backup back."""
    ctx.meta["zebros.json"] = json
    one_of(mode, tuple(MODES), "--mode")
    with listed_by(ctx, "zebros backups list"), connect(ctx, profile) as client:
        if not yes:
            made = client.jobs.get(backup)
            if made.kind != "backup":
                raise typer.BadParameter(f"{backup} is no backup; see: zebros backups list")
            about = f"The backup of {moment(made.created_at)} {MODES[mode]}."
            typer.confirm(f"{about} Go on?", abort=True, err=True)
        started = client.backups.restore(backup, mode=mode)  # pyright: ignore[reportArgumentType]
        if detach:
            tell_job(started, as_json=json)
            return
        ended = watch_job(client, started.id)
    finish(ended, as_json=json)


def _made(text: str) -> str:
    return moment(datetime.fromisoformat(text))
