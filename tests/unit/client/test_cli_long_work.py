"""What people meet while long work goes on: questions, mistakes, waiting that is broken off, figures to read."""

from __future__ import annotations

import json
import re
from typing import Any

import httpx
import pytest
import typer
import typer.main
from jobs_server import JOB, JobsServer
from scripted_world import World

from zebros.cli import report_table
from zebros.cli.main import app


@pytest.fixture
def server(world: World) -> JobsServer:
    made = JobsServer()
    world.respond = made
    return made


def test_what_is_named_again_in_an_export_is_any_of_it_and_halves_of_a_range_are_one(
    world: World, server: JobsServer
) -> None:
    where = ["tags=a", "tags=b", "tags=a", "size=5", "closeDate=2026-01-01..", "closeDate=..2026-03-31"]
    args = [part for each in where for part in ("--where", each)]
    assert world.run("export", "customer", *args, "--detach").exit_code == 0
    assert server.body("/v1/exports")["filters"] == {
        "tags": ["a", "b"],
        "size": 5,
        "closeDate": {"from": "2026-01-01", "to": "2026-03-31"},
    }


@pytest.mark.parametrize(
    "args",
    [
        ["export", "customer", "--where", "createdAt=2026..", "--where", "createdAt=2025.."],
        ["export", "customer", "--where", "createdAt=2026..", "--where", "createdAt=2025"],
        ["export", "customer", "--where", "createdAt=.."],
        ["export", "customer", "--where", "tags"],
        ["export", "customer", "--to", "customers.pdf"],
        ["privacy", "holds", "create", "--reason", "audit", "--all", "--contact", "c1"],
        ["privacy", "holds", "create", "--reason", "audit"],
        ["privacy", "retention", "--set", "lunchMonths=3"],
        ["reports", "sales", "--by", "colour"],
        ["reports", "sales", "--by", "month", "--by", "week"],
        ["reports", "sales", "--compare", "never"],
        [
            *("reports", "schedules", "create", "Board", "sales", "--mail", "a@b.example"),
            *("--every", "week", "--weekday", "fryday"),
        ],
    ],
    ids=" ".join,
)
def test_no_work_is_begun_for_what_is_wrong(world: World, server: JobsServer, args: list[str]) -> None:
    assert world.run(*args).exit_code == 2
    assert server.paths() == server.paths("PUT") == []


def test_an_export_of_nothing_says_so(world: World, server: JobsServer) -> None:
    server.result, server.files = {"records": 0}, {"customers.csv": b"id\n"}
    result = world.run("export", "customer", "--to", str(world.folder / "all.csv"))
    assert (result.exit_code, "the file has no records" in result.stderr) == (0, True)
    assert "zebros jobs download" not in result.stderr  # it is saved


@pytest.mark.parametrize("command", [["jobs", "watch", JOB], ["backups", "create"], ["export", "customer"]])
def test_whoever_stops_waiting_is_told_that_the_job_goes_on(
    world: World, server: JobsServer, command: list[str]
) -> None:
    world.waits = _Stopping()
    result = world.run(*command)
    assert result.exit_code == 130
    assert "The job goes on" in result.stderr
    assert f"zebros jobs watch {JOB}" in result.stderr
    assert f"zebros jobs cancel {JOB}" in result.stderr
    assert f"/v1/jobs/{JOB}:cancel" not in server.paths()


class _Stopping(list[float]):
    """A person who presses Ctrl+C at the first wait."""

    def append(self, seconds: float, /) -> None:
        raise KeyboardInterrupt


def test_a_lost_network_does_not_lose_the_job(world: World, server: JobsServer) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            raise httpx.ConnectError("no network")
        return server(request)

    world.respond = answer
    result = world.run("backups", "create")
    assert (result.exit_code, f"zebros jobs watch {JOB}" in result.stderr) == (6, True)


@pytest.mark.parametrize(
    ("command", "listed"),
    [
        (["jobs", "show", "x"], "zebros jobs list"),
        (["jobs", "watch", "x"], "zebros jobs list"),
        (["jobs", "download", "x"], "zebros jobs list"),
        (["backups", "restore", "x"], "zebros backups list"),
        (["privacy", "certificate", "x"], "zebros privacy list"),
        (["privacy", "holds", "end", "x"], "zebros privacy holds list"),
        (["reports", "schedules", "pause", "x"], "zebros reports schedules list"),
    ],
    ids=lambda each: " ".join(each) if isinstance(each, list) else "",
)
def test_a_wrong_id_says_where_the_right_ones_are(
    world: World, server: JobsServer, command: list[str], listed: str
) -> None:
    result = world.run(*command)
    assert (result.exit_code, result.stdout, listed in result.stderr) == (4, "", True)


def test_errors_are_json_where_json_is_wanted(world: World, server: JobsServer) -> None:
    result = world.run("jobs", "show", "x", "--json")
    assert (result.exit_code, result.stdout) == (4, "")
    assert json.loads(result.stderr[: result.stderr.rindex("}") + 1])["error"]["exitCode"] == 4


def test_an_import_without_its_file_is_not_waited_for(world: World, server: JobsServer) -> None:
    server.answers["GET", f"/v1/jobs/{JOB}"] = server.job("awaitingFile")
    result = world.run("jobs", "watch", JOB)
    assert (result.exit_code, world.waits) == (7, [])
    assert f"zebros jobs cancel {JOB}" in result.stderr


def test_empty_lists_of_jobs_say_what_to_do(world: World, server: JobsServer) -> None:
    server.answers["GET", "/v1/jobs"] = {"items": [], "nextCursor": None}
    assert "zebros customers import FILE" in world.run("jobs", "list").stderr
    filtered = world.run("jobs", "list", "--state", "running").stderr
    assert ("no such jobs" in filtered, "import FILE" in filtered) == (True, False)
    assert json.loads(world.run("jobs", "list", "--json").stdout) == []


@pytest.mark.parametrize(
    ("outcome", "told"),
    [("nobodyFound", "Nobody was found"), ("partly", f"zebros privacy again {JOB}"), ("done", "")],
)
def test_the_end_of_a_request_says_what_it_means(
    world: World, server: JobsServer, outcome: str, told: str
) -> None:
    server.result = {"outcome": outcome}
    result = world.run("privacy", "erase", "--email", "jo@example.com", "--yes")
    assert result.exit_code == 0
    assert told in result.stderr
    assert ("again" in result.stderr) is (outcome == "partly")


def figures(won: float, former: float | None, *, group: str | None = None) -> dict[str, Any]:
    percent = None if not former else (won - former) * 100 / former
    change = {
        "won": {"absolute": won - (former or 0), "percent": percent},
        "rate": {"absolute": -0.125 if former else None, "percent": None},
        "days": {"absolute": None, "percent": None},
    }
    values = {"won": won, "rate": 0.5, "days": None}
    return {"group": [{"label": group}] if group else [], "values": values, "change": change}


RESULT: dict[str, Any] = {
    "title": "Sales",
    "subtitle": "2026, by quarter",
    "by": ["quarter"],
    "columns": [
        {"key": "won", "label": "Value won", "kind": "money", "currency": "USD"},
        {"key": "rate", "label": "Win rate", "kind": "rate"},
        {"key": "days", "label": "Days to close", "kind": "days"},
    ],
    "rows": [figures(1500, 1000, group="Q1"), figures(750.5, None, group="Q2")],
    "rowCount": 40,
    "totals": figures(2250.5, 1000),
    "missingRates": ["SEK"],
    "notes": ["Compared with 2025."],
}


def test_a_report_shows_the_change_of_what_has_a_former_figure(
    world: World, server: JobsServer, capsys: pytest.CaptureFixture[str]
) -> None:
    report_table.report_table(RESULT)
    told = capsys.readouterr()
    assert told.out.splitlines() == [
        "QUARTER\tVALUE WON\tCHANGE\tWIN RATE\tCHANGE\tDAYS TO CLOSE",
        "Q1\t1,500 USD\t+50.0%\t50.00%\t-12.5 pt\t",
        "Q2\t750.50 USD\t\t50.00%\t\t",
        "total\t2,250.50 USD\t+125.0%\t50.00%\t-12.5 pt\t",
    ]
    assert "the first 2 of 40 rows" in told.err
    assert "Set the rates of SEK" in told.err
    assert "Compared with 2025." in told.err


@pytest.mark.parametrize(
    ("width", "bars", "changes"), [(120, True, True), (64, False, True), (40, False, False)]
)
def test_bars_and_changes_are_shown_where_a_terminal_has_room(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    width: int,
    bars: bool,
    changes: bool,
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    report_table.report_table(RESULT)
    told = capsys.readouterr()
    assert ("█" in told.out, "+50.0%" in told.out) == (bars, changes)
    assert ("Change: Value won +125.0%, Win rate -12.5 pt." in told.err) is not changes
    plain = re.sub(r"\x1b\[[0-9;]*m", "", told.out)
    assert max(len(line) for line in plain.splitlines()) <= width


def _commands(command: Any, name: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], Any]]:
    inner = getattr(command, "commands", None)
    if inner is None:
        return [(name, command)]
    return [found for each, under in inner.items() for found in _commands(under, (*name, each))]


def test_each_command_of_long_work_shows_an_example() -> None:
    groups = {"export", "reports", "privacy", "backups", "jobs", "offline"}
    found = [each for each in _commands(typer.main.get_command(app)) if each[0][0] in groups]
    assert len(found) > 20
    plain = [name for name, command in found if f"zebros {' '.join(name)}" not in (command.epilog or "")]
    assert plain == []


def test_what_a_restore_did_is_told_by_kind(world: World, server: JobsServer) -> None:
    compared = {"lead": {"backup": 3, "tenant": 3, "equal": True}}
    outcomes = {"lead": {"made": 1200, "kept": 3}, "product": {"kept": 2}}
    server.result = {"mode": "missing", "equal": True, "outcomes": outcomes, "comparison": compared}
    told = world.run("backups", "restore", JOB, "--yes").stdout.splitlines()
    lines = [line.split(maxsplit=1) for line in told]
    assert [line for line in lines if line[0] in ("mode", "equal", "lead", "product")] == [
        ["mode", "missing"],
        ["equal", "yes"],
        ["lead", "1,200 made, 3 kept"],
        ["product", "2 kept"],
    ]
