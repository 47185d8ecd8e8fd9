"""`zebros imports ...`: what came of imports, row by row, and taking them back."""

from __future__ import annotations

from typing import Annotated

import typer

from zebros.cli.jobs import Detach, JobId, finish, tell_job, watch_job
from zebros.cli.options import Everything, Limit, examples, one_of, taken
from zebros.cli.output import JsonFlag, ProfileName, note, print_json, print_table
from zebros.cli.runtime import connect

app = typer.Typer(help="What came of imports, and taking them back.", no_args_is_help=True)

OUTCOMES = ("created", "updated", "unchanged", "skipped", "rejected")


@app.command(epilog=examples("zebros imports rows JOB --outcome rejected"))
def rows(
    ctx: typer.Context,
    job: JobId,
    outcome: Annotated[str | None, typer.Option(help=f"One of: {', '.join(OUTCOMES)}.")] = None,
    limit: Limit = 50,
    everything: Everything = False,
    profile: ProfileName = None,
    json: JsonFlag = False,
) -> None:
    """List what became of each row."""
    ctx.meta["zebros.json"] = json
    one_of(outcome, OUTCOMES, "--outcome")
    with connect(ctx, profile) as client:
        found = list(taken(client.imports.rows(job, outcome=outcome), limit, everything))
    if json:
        print_json([row.to_json() for row in found])
        return
    shown = [
        (str(row.line), row.outcome, row.id or "", str((row.problem or {}).get("message", "")))
        for row in found
    ]
    print_table(("line", "outcome", "record", "why"), shown, empty="No such rows.")


@app.command(epilog=examples("zebros imports undo JOB"))
def undo(
    ctx: typer.Context,
    job: JobId,
    detach: Detach = False,
    profile: ProfileName = None,
    json: JsonFlag = False,
) -> None:
    """Take an import back: remove what it made, restore what it changed, keep what was edited since."""
    ctx.meta["zebros.json"] = json
    with connect(ctx, profile) as client:
        started = client.imports.undo(job)
        if detach:
            tell_job(started, as_json=json)
            return
        if not json:
            note("Waiting until the history knows all that the import wrote; then it is taken back.")
        ended = watch_job(client, started.id)
        if not json and (ended.result or {}).get("kept"):
            note("What was edited since the import is kept; the list of it:")
            note(f"  zebros jobs download {ended.id}")
    finish(ended, as_json=json)
