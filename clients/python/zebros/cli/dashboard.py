"""`zebros dashboard`: the day on one screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from zebros.cli.figures import figures_table, missing_rates, worth
from zebros.cli.options import one_of
from zebros.cli.output import JsonFlag, ProfileName, bar, moment, note, print_json, print_record
from zebros.cli.pipeline import VIEWS, ViewOption
from zebros.cli.runtime import connect

if TYPE_CHECKING:
    from zebros.models import Dashboard, OverdueActivities
    from zebros.models.figures import ClosingFigures

__all__ = ["dashboard"]


def dashboard(
    ctx: typer.Context, view: ViewOption = None, profile: ProfileName = None, json: JsonFlag = False
) -> None:
    """The day on one screen: the pipeline by stage, what closes and was won this month, what is overdue."""
    ctx.meta["zebros.json"] = json
    one_of(view, VIEWS, "--view")
    with connect(ctx, profile) as client:
        found = client.pipeline.dashboard(view=view)  # pyright: ignore[reportArgumentType]
    if json:
        print_json(found.to_json())
        return
    _print(found)


def _print(found: Dashboard) -> None:
    typer.secho("Pipeline", bold=True)
    figures_table(
        found.pipeline_by_stage,
        found.base_currency,
        empty="There are no stages.",
    )
    if not any(stage.count for stage in found.pipeline_by_stage):
        note("No opportunities yet. Add one: zebros opportunities create TITLE --value 1000")
    typer.echo()
    typer.secho("This month", bold=True)
    print_record(
        [
            ("still to close", _count_and_worth(found.closing_this_month, found.base_currency)),
            ("won", _count_and_worth(found.won_this_month, found.base_currency)),
            (
                "new customers",
                f"{found.new_customers.this_month:,} ({found.new_customers.last30_days:,} in 30 days)",
            ),
            ("win rate", None if found.win_rate is None else f"{found.win_rate:.2%}"),
        ]
    )
    typer.echo()
    typer.secho("Overdue activities", bold=True)
    _print_overdue(found.overdue_activities)
    typer.echo()
    if found.as_of is not None:
        typer.echo(f"As of {moment(found.as_of)}")
    missing_rates(found.missing_rates, found.base_currency)


def _count_and_worth(figures: ClosingFigures, base: str) -> str:
    value = worth(figures, base)
    return f"{figures.count:,}" + (f", {value}" if value and figures.count else "")


def _print_overdue(overdue: OverdueActivities) -> None:
    if overdue.total == 0:
        typer.echo("none")
        return
    buckets = [
        ("since today", overdue.today),
        ("1 to 7 days", overdue.days1to7),
        ("8 to 30 days", overdue.days8to30),
        ("longer", overdue.over30),
    ]
    most = max(count for _, count in buckets) or 1
    pairs = [(name, f"{count:>6,}  {bar(count / most)}") for name, count in buckets if count]
    print_record([*pairs, ("all", f"{overdue.total:>6,}  see: zebros activities overdue")])
