"""`zebros reports ...`: how sales went, as figures and as documents."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from zebros.cli.jobs import finish, listed_by, watch_job
from zebros.cli.options import Yes, examples, given, one_of
from zebros.cli.output import JsonFlag, ProfileName, moment, note, print_json, print_table, progress
from zebros.cli.report_table import report_table
from zebros.cli.runtime import connect

if TYPE_CHECKING:
    from zebros.client import Client
    from zebros.models import Job

app = typer.Typer(help="How sales went.", no_args_is_help=True)
schedules = typer.Typer(help="Reports that are made and mailed at their times.", no_args_is_help=True)
app.add_typer(schedules, name="schedules")

REPORTS = {
    "sales": "Sales by period: value and number won and lost, win rate, average deal.",
    "activities": "Activities by user: made, completed, overdue.",
    "acquisition": "New customers by period, and their growth.",
    "conversion": "Leads: created, converted, and how long that took.",
}
FORMATS = ("pdf", "xlsx", "csv", "json")
GRAINS = ("day", "week", "month", "quarter", "year")
SPLITS = (*GRAINS, "owner", "team", "region", "product", "industry", "source", "type")
COMPARISONS = ("previous", "previousYear", "none")
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
LISTED = "zebros reports schedules list"

Period = Annotated[
    str,
    typer.Option(help="2017, 2017-Q2, 2017-03, 2017-W10, 2017-01-01/2017-03-15, last-month, this-year ..."),
]
By = Annotated[
    list[str] | None,
    typer.Option("--by", help=f"{', '.join(SPLITS)}; a step of time and another may be given together."),
]
Compare = Annotated[str | None, typer.Option(help=f"With the period before: {', '.join(COMPARISONS)}.")]
Recipients = Annotated[
    list[str] | None, typer.Option("--mail", help="Mail it to this person of the company too.")
]


def _add(name: str, about: str) -> None:
    @app.command(
        name,
        help=about,
        epilog=examples(
            f"zebros reports {name} --period last-month --by owner",
            f"zebros reports {name} --period 2017 --by quarter --by team --pdf --to reports/",
        ),
    )
    def report(
        ctx: typer.Context,
        period: Period = "this-year",
        by: By = None,
        compare: Compare = None,
        pdf: Annotated[bool, typer.Option("--pdf", help="Save it as a PDF.")] = False,
        xlsx: Annotated[bool, typer.Option("--xlsx", help="Save it as a workbook.")] = False,
        csv: Annotated[bool, typer.Option("--csv", help="Save it as CSV.")] = False,
        to: Annotated[Path, typer.Option(file_okay=False, help="Save into this folder.")] = Path(),
        mail: Recipients = None,
        fresh: Annotated[
            bool, typer.Option("--fresh", help="Make it anew, though it was asked a moment ago.")
        ] = False,
        profile: ProfileName = None,
        json: JsonFlag = False,
    ) -> None:
        ctx.meta["zebros.json"] = json
        _check(by, compare)
        formats = [kind for kind, wanted in (("pdf", pdf), ("xlsx", xlsx), ("csv", csv)) if wanted]
        options: dict[str, Any] = given(
            {
                "by": by,
                "compare": compare,
                "formats": [*formats, "json"],
                "recipients": mail,
                "fresh": fresh or None,
            }
        )
        with connect(ctx, profile) as client:
            started = client.reports.create(name, period, **options)
            ended = started if started.has_ended else watch_job(client, started.id)
            if ended.state != "succeeded":
                finish(ended, as_json=json)
            found = client.reports.get(ended.id)
            _save(client, ended, formats, to)
        if json:
            print_json(found.to_json())
        else:
            report_table(found.result or {})

    del report


for _name, _about in REPORTS.items():
    _add(_name, _about)


def _check(by: list[str] | None, compare: str | None) -> None:
    for name in by or ():
        one_of(name, SPLITS, "--by")
    if by and (len(by) > 2 or len(by) == len({*by} & {*GRAINS}) > 1):
        raise typer.BadParameter("one step of time, one other, or one of each", param_hint="--by")
    one_of(compare, COMPARISONS, "--compare")


def _save(client: Client, job: Job, formats: list[str], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for file in client.reports.files(job.id):
        if file.name.rpartition(".")[2] in formats:
            target = folder / Path(file.name).name
            with progress(target.name, file.size_bytes or None) as bar:
                client.jobs.download(file, target, progress=lambda done, total, tell=bar: tell(done, ""))
            note(f"Saved {target}.")


@schedules.command("list", epilog=examples(LISTED))
def list_(ctx: typer.Context, profile: ProfileName = None, json: JsonFlag = False) -> None:
    """List the schedules of reports."""
    ctx.meta["zebros.json"] = json
    with connect(ctx, profile) as client:
        found = list(client.reports.schedules.list())
    if json:
        print_json([each.to_json() for each in found])
        return
    rows = [
        (
            each.id,
            each.name,
            str(each.report.get("report", "")),
            f"{each.recurrence.get('every', '')} {each.recurrence.get('at', '')}",
            ", ".join(each.recipients),
            "paused" if each.paused else "",
        )
        for each in found
    ]
    empty = "No schedules. Make one with: zebros reports schedules create NAME sales --every week --at 08:00 --mail ..."
    print_table(("id", "name", "report", "when", "to", ""), rows, empty=empty)


@schedules.command(
    epilog=examples(
        "zebros reports schedules create Board sales --period last-month --every month --day 1 --at 07:00"
        " --mail ada@aurora.example"
    )
)
def create(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(show_default=False)],
    report: Annotated[str, typer.Argument(help=f"One of: {', '.join(REPORTS)}.", show_default=False)],
    mail: Annotated[list[str], typer.Option("--mail", help="To this person of the company; repeatable.")],
    period: Period = "last-month",
    by: By = None,
    every: Annotated[str, typer.Option(help="day, week or month.")] = "month",
    at: Annotated[str, typer.Option(help="Local time, such as 08:00.")] = "08:00",
    weekday: Annotated[
        list[str] | None, typer.Option(help="Of a weekly one, repeatable; monday if not given.")
    ] = None,
    day: Annotated[
        str | None, typer.Option(help="Of a monthly one: 1 (if not given) to 28, or last.")
    ] = None,
    time_zone: Annotated[str | None, typer.Option(help="The company's if not given.")] = None,
    format: Annotated[list[str] | None, typer.Option("--format", help="pdf, xlsx, csv; repeatable.")] = None,
    profile: ProfileName = None,
    json: JsonFlag = False,
) -> None:
    """Have a report made and mailed at its times."""
    ctx.meta["zebros.json"] = json
    one_of(report, tuple(REPORTS), "REPORT")
    one_of(every, ("day", "week", "month"), "--every")
    _check(by, None)
    for name in weekday or ():
        one_of(name, WEEKDAYS, "--weekday")
    for kind in format or ():
        one_of(kind, FORMATS[:3], "--format")
    if every == "month":
        day = day or "1"
    if every == "week":
        weekday = weekday or ["monday"]
    recurrence = given(
        {
            "every": every,
            "at": at,
            "weekdays": weekday or None,
            "day": int(day) if day and day.isdigit() else day,
            "timeZone": time_zone,
        }
    )
    asked = given({"report": report, "period": period, "by": by, "formats": format or ["pdf"]})
    with connect(ctx, profile) as client:
        made = client.reports.schedules.create(name, report=asked, recurrence=recurrence, recipients=mail)
    if json:
        print_json(made.to_json())
    else:
        due = f" It is due first at {moment(made.next_due_at)}." if made.next_due_at else ""
        note(f"Made schedule {made.id}.{due}")


@schedules.command(
    epilog=examples(
        "zebros reports schedules pause SCHEDULE", "zebros reports schedules pause SCHEDULE --resume"
    )
)
def pause(
    ctx: typer.Context,
    schedule: Annotated[str, typer.Argument(show_default=False)],
    resume: Annotated[bool, typer.Option("--resume", help="Let it go on instead.")] = False,
    profile: ProfileName = None,
) -> None:
    """Stop a schedule for a while, or let it go on."""
    with listed_by(ctx, LISTED), connect(ctx, profile) as client:
        client.reports.schedules.change(schedule, {"paused": not resume})
    note("It goes on." if resume else "Paused.")


@schedules.command(epilog=examples("zebros reports schedules delete SCHEDULE"))
def delete(
    ctx: typer.Context,
    schedule: Annotated[str, typer.Argument(show_default=False)],
    yes: Yes = False,
    profile: ProfileName = None,
) -> None:
    """End a schedule."""
    if not yes:
        typer.confirm("End this schedule?", abort=True, err=True)
    with listed_by(ctx, LISTED), connect(ctx, profile) as client:
        client.reports.schedules.delete(schedule)
    note("Ended.")
