"""`zebros backups ...`: the whole company, kept and put back."""

from __future__ import annotations

from typing import Annotated

import typer

from zebros.cli.jobs import Detach, JobId, finish, tell_job, watch_job
from zebros.cli.options import Yes, examples, one_of
from zebros.cli.output import JsonFlag, ProfileName, print_json, print_table
from zebros.cli.runtime import connect

app = typer.Typer(help="The whole company, kept and put back.", no_args_is_help=True)

MODES = ("missing", "replace", "exact")


@app.command()
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


@app.command("list")
def list_(ctx: typer.Context, profile: ProfileName = None, json: JsonFlag = False) -> None:
    """List the backups."""
    ctx.meta["zebros.json"] = json
    with connect(ctx, profile) as client:
        found = list(client.backups.list())
    if json:
        print_json(found)
        return
    rows = [(each["jobId"], each["state"], each["createdAt"], each["expiresOn"]) for each in found]
    print_table(
        ("id", "state", "made", "kept until"), rows, empty="No backups. Make one: zebros backups create"
    )


@app.command(epilog=examples("zebros backups restore BACKUP --mode missing"))
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
    one_of(mode, MODES, "--mode")
    if mode != "missing" and not yes:
        typer.confirm("This writes over what is there now. Go on?", abort=True)
    with connect(ctx, profile) as client:
        started = client.backups.restore(backup, mode=mode)  # pyright: ignore[reportArgumentType]
        if detach:
            tell_job(started, as_json=json)
            return
        ended = watch_job(client, started.id)
    finish(ended, as_json=json)
