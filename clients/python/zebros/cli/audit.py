"""`zebros audit ...`"""

from __future__ import annotations

from typing import Annotated

import typer

from zebros.cli.options import Everything, Limit, examples, instant, taken
from zebros.cli.output import JsonFlag, ProfileName, moment, print_json, print_table
from zebros.cli.runtime import connect

app = typer.Typer(help="Who did what, or was refused it.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """A group although it has one command: there will be more."""


@app.command(
    "list",
    epilog=examples(
        "zebros audit list --from 2026-11-01 --action permission.refused",
        "zebros audit list --actor USER --all --json",
    ),
)
def list_(
    ctx: typer.Context,
    since: Annotated[
        str | None, typer.Option("--from", metavar="WHEN", help="A day or an instant, UTC if not said.")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--to", metavar="WHEN", help="As --from; what is at it is not shown.")
    ] = None,
    action: Annotated[str | None, typer.Option(help="Such as sign-in or records.exported.")] = None,
    actor: Annotated[str | None, typer.Option(help="Id of a user.")] = None,
    limit: Limit = 50,
    everything: Everything = False,
    profile: ProfileName = None,
    json: JsonFlag = False,
) -> None:
    """List entries of the audit log, newest first; the last 30 days if no time is given."""
    ctx.meta["zebros.json"] = json
    first, last = instant(since, "--from"), instant(until, "--to")
    if first is not None and last is not None and last <= first:
        raise typer.BadParameter("must be after --from", param_hint="--to")
    with connect(ctx, profile) as client:
        listing = client.audit.list(
            from_=first,
            to=last,
            action=action,
            actor=actor,
            page_size=200 if everything else min(limit, 200),
        )
        found = list(taken(listing, limit, everything))
    if json:
        print_json([each.to_json() for each in found])
        return
    rows = [
        (
            moment(each.at),
            each.actor or "",
            each.action,
            each.outcome or "",
            " ".join(part for part in (each.entity, each.record_id) if part),
            ", ".join(f"{name}={value}" for name, value in sorted(each.details.items()) if value is not None),
            each.ip or "",
        )
        for each in found
    ]
    print_table(
        ("when", "who", "action", "outcome", "what", "details", "from"),
        rows,
        empty="No entry matches. Without --from and --to it is the last 30 days.",
    )
