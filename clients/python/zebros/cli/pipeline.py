"""`zebros pipeline ...`: what lies in which stage, the forecast, and how both are set up."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

import typer

from zebros.cli.exit_codes import ExitCode
from zebros.cli.figures import (
    figures_table,
    forecast_table,
    group_tables,
    missing_rates,
    people_and_teams,
)
from zebros.cli.options import examples, one_of
from zebros.cli.output import (
    JsonFlag,
    ProfileName,
    money,
    note,
    print_json,
    print_record,
    print_table,
    spinner,
)
from zebros.cli.pipeline_settings import currencies, stages
from zebros.cli.runtime import connect

if TYPE_CHECKING:
    from zebros.calls.pipeline import TotalsVerb
    from zebros.models import PipelineValue, TotalsStep

app = typer.Typer(help="How sales go.", no_args_is_help=True)
totals = typer.Typer(help="Count the figures again.", no_args_is_help=True)
app.add_typer(stages, name="stages")
app.add_typer(currencies, name="currencies")
app.add_typer(totals, name="totals")

VIEWS = ("all", "team", "own")
_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")

ViewOption = Annotated[
    str | None,
    typer.Option("--view", help="all, team or own; as much as you may see if not given."),
]


@app.command(epilog=examples("zebros pipeline value", "zebros pipeline value --by team"))
def value(
    ctx: typer.Context,
    by: Annotated[str | None, typer.Option("--by", help="owner or team.")] = None,
    view: ViewOption = None,
    profile: ProfileName = None,
    json: JsonFlag = False,
) -> None:
    """Show what lies in which stage: how many, worth what, and weighted by probability."""
    ctx.meta["zebros.json"] = json
    one_of(by, ("owner", "team"), "--by")
    one_of(view, VIEWS, "--view")
    with connect(ctx, profile) as client:
        found = client.pipeline.value(
            view=view,  # pyright: ignore[reportArgumentType]
            group_by=by,  # pyright: ignore[reportArgumentType]
        )
        names = people_and_teams(client, by) if by and not json else {}
    if json:
        print_json(found.to_json())
        return
    figures_table(found.stages, found.base_currency, empty="The pipeline is empty.")
    if found.groups is not None:
        typer.echo()
        group_tables(found.groups, found.base_currency, names, by or "")
    typer.echo()
    _tell_summary(found)
    missing_rates(found.missing_rates, found.base_currency)


def _tell_summary(found: PipelineValue) -> None:
    summary, currency = found.summary, found.base_currency
    open_ = summary.open
    print_record(
        [
            ("open", f"{summary.open_count:,}"),
            ("worth", open_ and money(open_.sum, currency)),
            ("weighted", open_ and money(open_.weighted, currency)),
            ("won", f"{summary.won_count:,}"),
            ("won value", money(summary.won, currency)),
            ("lost", f"{summary.lost_count:,}"),
            ("win rate", None if summary.win_rate is None else f"{summary.win_rate:.2%}"),
            ("as of", found.as_of and found.as_of.isoformat(timespec="seconds").replace("+00:00", "Z")),
        ]
    )


@app.command(
    epilog=examples("zebros pipeline forecast", "zebros pipeline forecast --from 2026-10 --to 2027-03")
)
def forecast(
    ctx: typer.Context,
    from_: Annotated[
        str | None, typer.Option("--from", help="A month such as 2026-11; this one if not given.")
    ] = None,
    to: Annotated[str | None, typer.Option(help="The last month; five after the first if not given.")] = None,
    view: ViewOption = None,
    profile: ProfileName = None,
    json: JsonFlag = False,
) -> None:
    """Show what closes in which month, by forecast category; what was won counts as closed."""
    ctx.meta["zebros.json"] = json
    one_of(view, VIEWS, "--view")
    first, last = _month(from_, "--from"), _month(to, "--to")
    if first is not None and last is not None and last < first:
        raise typer.BadParameter("is before --from", param_hint="--to")
    with connect(ctx, profile) as client:
        found = client.pipeline.forecast(first, last, view=view)  # pyright: ignore[reportArgumentType]
    if json:
        print_json(found.to_json())
        return
    forecast_table(found)
    missing_rates(found.missing_rates, found.base_currency)


@totals.command(epilog=examples("zebros pipeline totals verify"))
def verify(ctx: typer.Context, profile: ProfileName = None, json: JsonFlag = False) -> None:
    """Compare the figures with the records, and show every difference; ends with 1 where there is one."""
    _count(ctx, profile, json, "verify")


@totals.command(epilog=examples("zebros pipeline totals rebuild"))
def rebuild(ctx: typer.Context, profile: ProfileName = None, json: JsonFlag = False) -> None:
    """Make the figures anew from the records. The old ones are shown until it is done."""
    _count(ctx, profile, json, "rebuild")


def _count(ctx: typer.Context, profile: str | None, json: bool, verb: TotalsVerb) -> None:
    ctx.meta["zebros.json"] = json
    doing = "Comparing" if verb == "verify" else "Counting"
    with connect(ctx, profile) as client, spinner(f"{doing} ...") as say:

        def tell(step: TotalsStep) -> None:
            wait = step.wait_seconds or 0
            # A difference may be a change whose event is on its way: the service looks again after a minute.
            again = f", looking again in {wait:.0f} s" if wait > 1 else ""
            say(f"{doing} ... {step.checked:,} records{again}")

        totals = client.pipeline.totals
        done = (totals.verify if verb == "verify" else totals.rebuild)(on_step=tell)
    if json:
        print_json(done.to_json())
    elif verb == "rebuild":
        typer.echo(f"{done.checked:,} records counted")
    else:
        typer.echo(f"{done.checked:,} records checked, {done.differing:,} counters differ")
        columns = list(done.differences[0]) if done.differences else []
        if columns:
            rows = [[str(each.get(name, "")) for name in columns] for each in done.differences]
            print_table(columns, rows, empty="")
    if verb == "verify" and done.differing:
        note("To make the figures anew from the records: zebros pipeline totals rebuild")
        raise typer.Exit(ExitCode.PARTIAL)


def _month(text: str | None, option: str) -> str | None:
    if text is not None and not _MONTH.fullmatch(text):
        raise typer.BadParameter(f"{text!r} is not a month such as 2026-11", param_hint=option)
    return text
