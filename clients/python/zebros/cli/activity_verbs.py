"""What is done with activities: complete, reopen, end a series, comment; and the timeline of a record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from zebros.cli.activities import ENTITIES, KIND, ActivityId, Zone
from zebros.cli.options import Everything, Limit, examples, instant, one_of, taken
from zebros.cli.output import JsonFlag, ProfileName, moment, note, print_json, print_table
from zebros.cli.record_commands import page_size
from zebros.cli.runtime import connect

if TYPE_CHECKING:
    from zebros.models import TimelineEntry

__all__ = ["app", "timeline"]

app = typer.Typer()

Outcome = Annotated[str | None, typer.Option(help="What came of it.")]


@app.command(epilog=examples("zebros activities complete ACTIVITY --outcome 'wants an offer by Friday'"))
def complete(
    ctx: typer.Context,
    activity: ActivityId,
    outcome: Outcome = None,
    at: Annotated[str | None, typer.Option("--at", help="When it was done; now if not given.")] = None,
    time_zone: Zone = None,
    profile: ProfileName = None,
    json: JsonFlag = False,
) -> None:
    """Say that an activity is done."""
    ctx.meta["zebros.json"] = json
    done_at = instant(at, "--at", time_zone)
    with connect(ctx, profile) as client:
        KIND.print_one(client.activities.complete(activity, outcome=outcome, completed_at=done_at), json)


@app.command()
def reopen(
    ctx: typer.Context, activity: ActivityId, profile: ProfileName = None, json: JsonFlag = False
) -> None:
    """Make an activity open again."""
    ctx.meta["zebros.json"] = json
    with connect(ctx, profile) as client:
        KIND.print_one(client.activities.reopen(activity), json)


@app.command("end-series")
def end_series(
    ctx: typer.Context, activity: ActivityId, profile: ProfileName = None, json: JsonFlag = False
) -> None:
    """End a series with this occurrence; the open ones after it are cancelled."""
    ctx.meta["zebros.json"] = json
    with connect(ctx, profile) as client:
        ended = client.activities.end_series(activity)
    if json:
        print_json(ended.to_json())
    else:
        note(f"Cancelled {len(ended.cancelled)} of series {ended.series_id}.")


@app.command(epilog=examples("zebros activities comment ACTIVITY 'She prefers mornings'"))
def comment(
    ctx: typer.Context,
    activity: ActivityId,
    text: Annotated[
        str | None, typer.Argument(help="None: the comments are shown.", show_default=False)
    ] = None,
    remove: Annotated[str | None, typer.Option(metavar="COMMENT", help="Take this one back.")] = None,
    limit: Limit = 50,
    profile: ProfileName = None,
    json: JsonFlag = False,
) -> None:
    """Say something about an activity, or show what was said."""
    ctx.meta["zebros.json"] = json
    if text is not None and remove is not None:
        raise typer.BadParameter("goes without a text", param_hint="--remove")
    with connect(ctx, profile) as client:
        if remove is not None:
            client.activities.comments.remove(activity, remove)
            note(f"Took comment {remove} back.")
            return
        if text is not None:
            said = client.activities.comments.add(activity, text)
            print_json(said.to_json()) if json else note(f"Said, as comment {said.id}.")
            return
        found = list(taken(client.activities.comments.list(activity), limit, False))
    if json:
        print_json([each.to_json() for each in found])
        return
    rows = [(moment(each.at), each.author_id, each.text, each.id) for each in found]
    print_table(("when", "who", "text", "id"), rows, empty="Nobody has said anything about it.")


def timeline(
    ctx: typer.Context,
    entity: Annotated[
        str, typer.Argument(metavar="ENTITY", help=f"{', '.join(ENTITIES)}.", show_default=False)
    ],
    record: Annotated[str, typer.Argument(metavar="ID", help="The record's id.", show_default=False)],
    limit: Limit = 50,
    everything: Everything = False,
    profile: ProfileName = None,
    json: JsonFlag = False,
) -> None:
    """Show all that happened to a record and about it, newest first."""
    ctx.meta["zebros.json"] = json
    one_of(entity, ENTITIES, "ENTITY")
    with connect(ctx, profile) as client:
        listing = client.activities.timeline(
            entity,  # pyright: ignore[reportArgumentType]
            record,
            page_size=page_size(limit, everything),
        )
        found = list(taken(listing, limit, everything))
    if json:
        print_json([each.to_json() for each in found])
        return
    rows = [
        (moment(each.at), each.entity, _happened(each), each.title, each.actor, each.id) for each in found
    ]
    print_table(("when", "record", "what", "title", "who", "id"), rows, empty="Nothing has happened yet.")


def _happened(entry: TimelineEntry) -> str:
    """The operation, with the fields that it changed."""
    named = f": {', '.join(entry.changed)}" if entry.changed and entry.operation == "updated" else ""
    return f"{entry.operation or entry.kind}{named}"
