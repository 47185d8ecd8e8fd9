"""`zebros reports ...`: how sales went, as figures and as documents."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from zebros.cli.jobs import finish, watch_job
from zebros.cli.options import Yes, examples, given, one_of
from zebros.cli.output import JsonFlag, ProfileName, note, print_json, print_table, progress
from zebros.cli.runtime import connect

if TYPE_CHECKING:
    from collections.abc import Mapping

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

Period = Annotated[
    str,
    typer.Option(help="2017, 2017-Q2, 2017-03, 2017-W10, 2017-01-01/2017-03-15, last-month, this-year ..."),
]
By = Annotated[
    list[str] | None,
    typer.Option(
        "--by", help="day, week, month, quarter, year; owner, team, region, product, industry, source, type."
    ),
]
Compare = Annotated[str | None, typer.Option(help="previous, previousYear or none.")]
Recipients = Annotated[
    list[str] | None, typer.Option("--mail", help="Mail it to this person of the company too.")
]


def _add(name: str, about: str) -> None:
    @app.command(name, help=about, epilog=examples(f"zebros reports {name} --period 2017 --by month --pdf"))
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
        result = found.result or {}
        if json:
            print_json(found.to_json())
        else:
            _show(result)

    del report


for _name, _about in REPORTS.items():
    _add(_name, _about)


def _save(client: Client, job: Job, formats: list[str], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for file in client.reports.files(job.id):
        if file.name.rpartition(".")[2] in formats:
            target = folder / Path(file.name).name
            with progress(target.name, file.size_bytes or None) as bar:
                client.jobs.download(file, target, progress=lambda done, total, tell=bar: tell(done, ""))
            note(f"Saved {target}.")


def _show(result: Mapping[str, Any]) -> None:
    note(f"{result.get('title', '')}  {result.get('subtitle', '')}")
    columns: list[dict[str, Any]] = result.get("columns", [])
    labels = [column["label"] for column in columns]
    rows = [_row(row, columns) for row in result.get("rows", [])]
    totals = result.get("totals")
    if totals and rows:
        rows.append(["total", *_row(totals, columns)[1:]])
    heading = " / ".join(result.get("by", [])) or "all"
    print_table((heading, *labels), rows, empty="Nothing happened in this period.", numbers=labels)
    for text in result.get("notes", []):
        note(text)
    for currency in result.get("missingRates", []):
        note(f"There is no rate for {currency}; set one with: zebros pipeline currencies")


def _row(row: Mapping[str, Any], columns: list[dict[str, Any]]) -> list[str]:
    group = " / ".join(str(each["label"]) for each in row.get("group", [])) or "all"
    return [group, *(_figure(row["values"].get(column["key"]), column) for column in columns)]


def _figure(value: float | None, column: Mapping[str, Any]) -> str:
    if value is None:
        return ""
    match column["kind"]:
        case "rate":
            return f"{value:.2%}"
        case "money":
            text = f"{value:,.2f}".removesuffix(".00")
            return f"{text} {column.get('currency') or ''}".strip()
        case "days":
            return f"{value:,.1f}"
        case _:
            return f"{value:,.0f}"


@schedules.command("list")
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
        note(f"Made schedule {made.id}.")


@schedules.command()
def pause(
    ctx: typer.Context,
    schedule: Annotated[str, typer.Argument(show_default=False)],
    resume: Annotated[bool, typer.Option("--resume", help="Let it go on instead.")] = False,
    profile: ProfileName = None,
) -> None:
    """Stop a schedule for a while, or let it go on."""
    with connect(ctx, profile) as client:
        client.reports.schedules.change(schedule, {"paused": not resume})
    note("It goes on." if resume else "Paused.")


@schedules.command()
def delete(
    ctx: typer.Context,
    schedule: Annotated[str, typer.Argument(show_default=False)],
    yes: Yes = False,
    profile: ProfileName = None,
) -> None:
    """End a schedule."""
    if not yes:
        typer.confirm("End this schedule?", abort=True)
    with connect(ctx, profile) as client:
        client.reports.schedules.delete(schedule)
    note("Ended.")
