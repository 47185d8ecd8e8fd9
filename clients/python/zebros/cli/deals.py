"""How opportunities go on: move, reopen, the stages that they went through, recently closed ones, those at risk."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Annotated

import typer

from zebros.cli.opportunities import KIND, OpportunityId, day
from zebros.cli.options import USER, Everything, Limit, amount, examples, one_of, taken, user_id
from zebros.cli.output import JsonFlag, ProfileName, moment, money, print_json, print_table
from zebros.cli.record_commands import page_size
from zebros.cli.runtime import connect

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from zebros.models import Opportunity

__all__ = ["app"]

app = typer.Typer()

Owner = Annotated[str | None, typer.Option(help=f"Of this user. {USER}")]
Team = Annotated[str | None, typer.Option(help="Of this team.")]
Stage = Annotated[
    str, typer.Argument(help="Key of the stage; see: zebros pipeline stages", show_default=False)
]


@app.command(
    epilog=examples(
        "zebros opportunities move OPPORTUNITY proposal",
        "zebros opportunities move OPPORTUNITY won --value 11800",
        "zebros opportunities move OPPORTUNITY lost --reason 'chose another supplier'",
    )
)
def move(
    ctx: typer.Context,
    opportunity: OpportunityId,
    stage: Stage,
    reason: Annotated[str | None, typer.Option(help="Why it was lost; a lost one needs it.")] = None,
    close_date: Annotated[
        str | None, typer.Option(help="When it was won or lost; today if not given.")
    ] = None,
    value: Annotated[str | None, typer.Option(help="What it is worth now.")] = None,
    profile: ProfileName = None,
    json: JsonFlag = False,
) -> None:
    """Move an opportunity to another stage. A won or lost one has to be reopened first."""
    ctx.meta["zebros.json"] = json
    worth = amount(value, "--value")
    with connect(ctx, profile) as client:
        moved = client.opportunities.move(
            opportunity, stage, loss_reason=reason, close_date=close_date, value=worth
        )
    KIND.print_one(moved, json)


@app.command(epilog=examples("zebros opportunities reopen OPPORTUNITY negotiation"))
def reopen(
    ctx: typer.Context,
    opportunity: OpportunityId,
    stage: Stage,
    profile: ProfileName = None,
    json: JsonFlag = False,
) -> None:
    """Open a won or lost opportunity again, in this stage."""
    ctx.meta["zebros.json"] = json
    with connect(ctx, profile) as client:
        KIND.print_one(client.opportunities.reopen(opportunity, stage), json)


@app.command()
def stages(
    ctx: typer.Context, opportunity: OpportunityId, profile: ProfileName = None, json: JsonFlag = False
) -> None:
    """Show through which stages it went, and how long it was in each."""
    ctx.meta["zebros.json"] = json
    with connect(ctx, profile) as client:
        spans = client.opportunities.stages(opportunity)
    if json:
        print_json([span.to_json() for span in spans])
        return
    rows = [
        (
            span.stage,
            moment(span.entered_at),
            moment(span.left_at) or "now",
            _duration(span.duration_seconds),
            span.actor or "",
        )
        for span in spans
    ]
    print_table(("stage", "from", "to", "for", "who"), rows, empty="No stages are recorded.")


@app.command(
    epilog=examples("zebros deals recent --won", "zebros deals recent --from 2026-11-01 --team north")
)
def recent(
    ctx: typer.Context,
    won: Annotated[bool, typer.Option("--won", help="Won ones only.")] = False,
    lost: Annotated[bool, typer.Option("--lost", help="Lost ones only.")] = False,
    from_: Annotated[str | None, typer.Option("--from", help="Closed on this day or later.")] = None,
    to: Annotated[str | None, typer.Option(help="Closed on this day or before.")] = None,
    owner: Owner = None,
    team: Team = None,
    limit: Limit = 20,
    everything: Everything = False,
    profile: ProfileName = None,
    json: JsonFlag = False,
) -> None:
    """Show what was won and lost, latest first."""
    ctx.meta["zebros.json"] = json
    if won and lost:
        raise typer.BadParameter("leave both out for all", param_hint="--won, --lost")
    with connect(ctx, profile) as client:
        found = client.opportunities.closed(
            outcome="won" if won else "lost" if lost else None,
            from_=from_,
            to=to,
            owner=user_id(client, owner) if owner else None,
            team=team,
            page_size=page_size(limit, everything),
        )
        closed = taken(found, limit, everything)
        if json:
            print_json([each.to_json() for each in closed])
            return
        rows = [
            (
                day(each.close_date),
                each.outcome or "",
                each.title,
                money(each.value, each.currency),
                each.loss_reason or "",
                each.id,
            )
            for each in closed
        ]
    empty = "Nothing was won or lost" + (
        " that matches." if any((won, lost, from_, to, owner, team)) else " yet."
    )
    columns = ("closed", "outcome", "title", "value", "lost because", "id")
    print_table(columns, rows, empty=empty, numbers=("value",))


@app.command(
    "at-risk", epilog=examples("zebros deals at-risk", "zebros deals at-risk --reason idle --days 14")
)
def at_risk(
    ctx: typer.Context,
    reason: Annotated[
        str | None, typer.Option(help="overdue (past its expected close) or idle; both if not given.")
    ] = None,
    days: Annotated[int, typer.Option(min=1, help="Idle is one that nobody changed for so many days.")] = 30,
    owner: Owner = None,
    team: Team = None,
    limit: Limit = 20,
    everything: Everything = False,
    profile: ProfileName = None,
    json: JsonFlag = False,
) -> None:
    """Show open opportunities past their expected close date, and those that nobody has touched for long."""
    ctx.meta["zebros.json"] = json
    one_of(reason, ("overdue", "idle"), "--reason")
    with connect(ctx, profile) as client:
        whose = user_id(client, owner) if owner else None
        listings = (
            (
                each,
                client.opportunities.at_risk(
                    each,
                    idle_days=days if each == "idle" else None,
                    owner=whose,
                    team=team,
                    page_size=page_size(limit, everything),
                ),
            )
            for each in ("overdue", "idle")
            if reason in {None, each}
        )
        told = chain.from_iterable(((why, each) for each in found) for why, found in listings)
        found = list(taken(_once(told), limit, everything))
    if json:
        print_json([{**each.to_json(), "reason": why} for why, each in found])
        return
    rows = [
        (
            why,
            each.title,
            each.stage,
            money(each.value, each.currency),
            day(each.expected_close_date),
            moment(each.active_at),
            each.id,
        )
        for why, each in found
    ]
    print_table(
        ("why", "title", "stage", "value", "expected close", "last change", "id"),
        rows,
        empty=f"Nothing is at risk: no open opportunity is past its date, or idle for {days} days."
        if reason is None
        else f"Nothing is {reason}.",
        numbers=("value",),
    )


def _once(told: Iterable[tuple[str, Opportunity]]) -> Iterator[tuple[str, Opportunity]]:
    """An opportunity that is overdue and idle is told once."""
    seen: set[str] = set()
    for why, each in told:
        if each.id not in seen:
            seen.add(each.id)
            yield why, each


def _duration(seconds: float | None) -> str:
    """A time in the largest unit that it fills, as people say it."""
    if seconds is None:
        return ""
    for size, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= size:
            count = round(seconds / size)
            return f"{count:,} {unit}{'' if count == 1 else 's'}"
    return f"{round(seconds)} s"
