"""The pipeline on the command line: its figures, its settings, the dashboard."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from scripted_world import World, problem


def money(total: float, weighted: float = 0, currency: str = "EUR") -> dict[str, Any]:
    return {"currency": currency, "sum": total, "weighted": weighted}


def figures(count: int, total: float, weighted: float = 0, **more: Any) -> dict[str, Any]:
    values = [money(total, weighted)] if count else []
    return {"count": count, "values": values, "converted": {"sum": total, "weighted": weighted}, **more}


STAGES = [
    figures(10, 5000, 1000, stage="talks", name="Talks", kind="open"),
    figures(5, 40_000.5, 40_000.5, stage="won", name="Won", kind="won"),
    figures(0, 0, stage="lost", name="Lost", kind="lost"),
]
VALUE = {
    "asOf": "2026-11-28T08:00:00Z",
    "baseCurrency": "EUR",
    "stages": STAGES,
    "missingRates": [],
    "summary": {
        "openCount": 10,
        "open": {"sum": 5000, "weighted": 1000},
        "wonCount": 5,
        "won": 40_000.5,
        "lostCount": 0,
        "winRate": 1,
    },
}
SETTINGS = {
    "stages": [
        {"key": "talks", "name": "Talks", "kind": "open", "probability": 20, "forecastCategory": "pipeline"},
        {"key": "won", "name": "Won", "kind": "won", "probability": 100, "forecastCategory": "closed"},
        {"key": "lost", "name": "Lost", "kind": "lost", "probability": 0, "forecastCategory": "omitted"},
    ],
    "version": 4,
}


def answer(world: World, *answers: httpx.Response) -> None:
    left = list(answers)
    world.respond = lambda request: left.pop(0) if len(left) > 1 else left[0]


def ok(body: object) -> httpx.Response:
    return httpx.Response(200, json=body)


def test_the_value_is_shown_by_stage_with_bars_and_the_whole(world: World) -> None:
    answer(world, ok(VALUE))
    lines = world.run("pipeline", "value", "--view", "team").stdout.splitlines()
    assert lines[:4] == [
        "STAGE\tCOUNT\tVALUE\tWEIGHTED\t",
        "Talks\t10\t5,000 EUR\t1,000 EUR\t" + "█" * 24,
        "Won\t5\t40,000.50 EUR\t\t" + "█" * 12,
        "Lost\t0\t0 EUR\t\t",
    ]
    told = dict(line.split("  ", 1) for line in lines[5:])
    assert {name: text.strip() for name, text in told.items()} == {
        "open": "10",
        "worth": "5,000 EUR",
        "weighted": "1,000 EUR",
        "won": "5",
        "won value": "40,000.50 EUR",
        "lost": "0",
        "win rate": "100.00%",
        "as of": "2026-11-28T08:00:00Z",
    }
    assert dict(world.requests[0].url.params) == {"view": "team"}


def test_owners_are_called_by_their_names_the_best_first(world: World) -> None:
    group = {"id": "u1", "stages": [figures(1, 10, stage="won", kind="won")]}
    best = {
        "id": "u2",
        "stages": [figures(1, 99, stage="won", kind="won"), figures(1, 5, stage="lost", kind="lost")],
    }
    people = [{"userId": "u2", "name": "Nora North", "email": "n@a.example"}]
    answer(
        world,
        ok({**VALUE, "groups": [group, best, {"id": None, "stages": []}]}),
        ok({"items": people, "nextCursor": None}),
    )
    lines = world.run("pipeline", "value", "--by", "owner").stdout.splitlines()
    assert lines[5:9] == [
        "OWNER\tWON\tWON VALUE\tOPEN\tOPEN VALUE\tLOST\tWIN RATE",
        "Nora North\t1\t99 EUR\t0\t0 EUR\t1\t50.00%",
        "u1\t1\t10 EUR\t0\t0 EUR\t0\t100.00%",
        "(none)\t0\t0 EUR\t0\t0 EUR\t0\t",
    ]


def test_whoever_may_not_read_people_sees_their_ids(world: World) -> None:
    groups = [{"id": "u1", "stages": [figures(1, 10, stage="won", kind="won")]}]
    answer(world, ok({**VALUE, "groups": groups}), problem(403, "forbidden"))
    result = world.run("pipeline", "value", "--by", "owner")
    assert result.exit_code == 0
    assert "u1\t1\t10 EUR" in result.stdout


def test_a_missing_rate_is_told_and_nothing_is_added_up(world: World) -> None:
    mixed = {
        "stage": "talks",
        "name": "Talks",
        "kind": "open",
        "count": 2,
        "values": [money(5, 1), money(7, 2, "CHF")],
        "converted": None,
    }
    summary = {"openCount": 2, "open": None, "wonCount": 0, "won": None, "lostCount": 0, "winRate": None}
    answer(world, ok({**VALUE, "stages": [mixed], "missingRates": ["CHF"], "summary": summary}))
    result = world.run("pipeline", "value")
    assert "Talks\t2\t5 EUR + 7 CHF\t1 EUR + 2 CHF" in result.stdout
    assert "zebros pipeline currencies set --rate CHF=..." in result.stderr
    assert "worth" not in result.stdout


FORECAST = {
    "asOf": "2026-11-28T08:00:00Z",
    "baseCurrency": "EUR",
    "months": [
        {
            "month": "2026-11",
            "categories": [
                figures(2, 10, category="closed"),
                figures(3, 20, category="pipeline"),
                figures(0, 0, category="commit"),
            ],
        },
        {"month": "2026-12", "categories": []},
    ],
    "undated": {"categories": [figures(4, 30, category="pipeline")]},
    "missingRates": [],
}


def test_the_forecast_has_a_line_for_each_month_and_a_column_for_each_category(world: World) -> None:
    answer(world, ok(FORECAST))
    result = world.run("pipeline", "forecast", "--from", "2026-11", "--to", "2026-12")
    assert result.stdout.splitlines() == [
        "MONTH\tCLOSED\tCLOSED VALUE\tPIPELINE\tPIPELINE VALUE",
        "2026-11\t2\t10 EUR\t3\t20 EUR",
        "2026-12\t\t\t\t",
        "no date\t\t\t4\t30 EUR",
    ]


def test_without_months_the_forecast_is_the_services_choice(world: World) -> None:
    answer(world, ok(FORECAST))
    world.run("pipeline", "forecast")
    world.run("pipeline", "forecast", "--from", "2026-11", "--view", "own")
    assert [dict(each.url.params) for each in world.requests] == [{}, {"from": "2026-11", "view": "own"}]


@pytest.mark.parametrize(
    "command",
    [
        ["pipeline", "value", "--by", "stage"],
        ["pipeline", "value", "--view", "mine"],
        ["pipeline", "forecast", "--from", "2026-13"],
        ["pipeline", "forecast", "--from", "November"],
        ["pipeline", "forecast", "--from", "2026-11", "--to", "2026-10"],
        ["pipeline", "stages", "set"],
        ["pipeline", "stages", "set", "--open", "Talks:10"],
        ["pipeline", "stages", "set", "--open", "talks"],
        ["pipeline", "stages", "set", "--open", "talks:101"],
        ["pipeline", "stages", "set", "--open", "talks:10:sure"],
        ["pipeline", "stages", "set", "--won", "won:100"],
        ["pipeline", "stages", "set", "nowhere.json"],
        ["pipeline", "stages", "edit", "talks"],
        ["pipeline", "currencies", "set"],
        ["pipeline", "currencies", "set", "--rate", "USD"],
        ["pipeline", "currencies", "set", "--rate", "USD=0"],
        ["pipeline", "currencies", "set", "--rate", "USD=cheap"],
        ["dashboard", "--view", "mine"],
    ],
    ids=" ".join,
)
def test_bad_input_is_refused_before_anything_is_sent(world: World, command: list[str]) -> None:
    assert world.run(*command).exit_code == 2
    assert world.requests == []


def test_stages_are_shown_and_set_from_options_over_what_was_read(world: World) -> None:
    answer(world, ok(SETTINGS))
    assert world.run("pipeline", "stages").stdout.splitlines()[1] == "talks\tTalks\topen\t20 %\tpipeline"
    world.requests.clear()
    result = world.run(
        *("pipeline", "stages", "set", "--open", "talks=In talks:10", "--open", "last-talks:80"),
        *("--open", "half:50:commit", "--won", "won", "--lost", "lost=Gone"),
    )
    assert result.exit_code == 0
    assert world.requests[-1].headers["if-match"] == '"4"'
    sent = world.sent("/v1/pipeline/stages")[0]["stages"]
    assert [tuple(stage.values()) for stage in sent] == [
        ("talks", "In talks", "open", 10, "pipeline"),
        ("last-talks", "Last talks", "open", 80, "commit"),
        ("half", "Half", "open", 50, "commit"),
        ("won", "Won", "won", 100, "closed"),
        ("lost", "Gone", "lost", 0, "omitted"),
    ]


def test_stages_that_were_printed_can_be_set_again_from_a_file(world: World) -> None:
    answer(world, ok(SETTINGS))
    printed = world.run("pipeline", "stages", "--json").stdout
    file = world.folder / "stages.json"
    file.write_text(printed)
    assert world.run("pipeline", "stages", "set", str(file)).exit_code == 0
    assert world.run("pipeline", "stages", "set", "-", stdin=printed).exit_code == 0
    assert world.sent("/v1/pipeline/stages") == [{"stages": SETTINGS["stages"]}] * 2
    file.write_text("[1]")
    assert world.run("pipeline", "stages", "set", str(file)).exit_code == 2


def test_one_stage_is_edited_and_the_others_stay(world: World) -> None:
    answer(world, ok(SETTINGS))
    world.run("pipeline", "stages", "edit", "talks", "--probability", "30", "--name", "First talks")
    sent = world.sent("/v1/pipeline/stages")[0]["stages"]
    assert (sent[0]["probability"], sent[0]["name"], sent[1:]) == (30, "First talks", SETTINGS["stages"][1:])  # type: ignore[index]
    result = world.run("pipeline", "stages", "edit", "talk", "--probability", "30")
    assert result.exit_code == 2
    assert "talks, won, lost" in " ".join(result.stderr.replace("│", " ").split())


def test_a_stage_in_use_says_how_many(world: World) -> None:
    answer(
        world,
        ok(SETTINGS),
        problem(409, "stage-in-use", detail="The stage talks has 17 opportunities; move them."),
    )
    result = world.run("pipeline", "stages", "set", "--open", "new:1", "--won", "won", "--lost", "lost")
    assert result.exit_code == 5
    assert "17 opportunities" in result.stderr


def test_rates_that_are_not_named_stay_until_the_base_changes(world: World) -> None:
    current = {"baseCurrency": "EUR", "rates": {"USD": 0.92, "GBP": 1.17}, "version": 2}
    answer(world, ok(current))
    world.run(
        "pipeline", "currencies", "set", "--rate", "usd=0.9223", "--rate", "CHF=1.05", "--remove", "GBP"
    )
    result = world.run("pipeline", "currencies", "set", "--base", "usd")
    assert world.sent("/v1/pipeline/currencies") == [
        {"baseCurrency": "EUR", "rates": {"USD": 0.9223, "CHF": 1.05}},
        {"baseCurrency": "USD", "rates": {}},
    ]
    assert "The rates in EUR are gone" in result.stderr
    assert world.run("pipeline", "currencies").stdout.splitlines()[1:] == [
        "EUR\t1\tbase",
        "GBP\t1.17\t",
        "USD\t0.92\t",
    ]


def test_totals_are_verified_step_by_step_and_differences_end_with_1(world: World) -> None:
    difference = {
        "kind": "stage",
        "group": "all",
        "counter": "won",
        "amount": "count",
        "kept": "1",
        "recomputed": "2",
    }
    step = {"phase": "count", "checked": 100, "differing": 0, "differences": [], "done": False}
    first = {**step, "waitSeconds": None, "nextCursor": "n1"}
    waiting = {**step, "phase": "compare", "checked": 0, "waitSeconds": 60.0, "nextCursor": "n2"}
    last = {**step, "checked": 7, "differing": 1, "differences": [difference], "done": True}
    answer(world, ok(first), ok(waiting), ok(last))
    result = world.run("pipeline", "totals", "verify")
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        "107 records checked, 1 counters differ",
        "KIND\tGROUP\tCOUNTER\tAMOUNT\tKEPT\tRECOMPUTED",
        "stage\tall\twon\tcount\t1\t2",
    ]
    assert "zebros pipeline totals rebuild" in result.stderr
    assert world.sent("/v1/pipeline/totals:verify") == [{}, {"cursor": "n1"}, {"cursor": "n2"}]
    assert world.waits == [60.0]
    answer(world, ok({**last, "differing": 0, "differences": []}))
    assert world.run("pipeline", "totals", "rebuild").stdout == "7 records counted\n"
    assert world.run("pipeline", "totals", "verify").stdout == "7 records checked, 0 counters differ\n"


DASHBOARD = {
    "asOf": "2026-11-28T08:00:00Z",
    "baseCurrency": "EUR",
    "pipelineByStage": STAGES,
    "closingThisMonth": figures(3, 900),
    "wonThisMonth": figures(2, 700),
    "overdueActivities": {"today": 1, "days1to7": 4, "days8to30": 0, "over30": 2, "total": 7},
    "newCustomers": {"thisMonth": 5, "last30Days": 9},
    "winRate": 0.6315,
    "missingRates": [],
}


def test_the_dashboard_is_one_screen(world: World) -> None:
    answer(world, ok(DASHBOARD))
    shown = world.run("dashboard").stdout
    for line in (
        "Talks\t10\t5,000 EUR\t1,000 EUR\t" + "█" * 24,
        "still to close  3, 900 EUR",
        "won             2, 700 EUR",
        "new customers   5 (9 in 30 days)",
        "win rate        63.15%",
        "1 to 7 days       4  " + "█" * 24,
        "longer            2  " + "█" * 12,
        "As of 2026-11-28T08:00:00Z",
    ):
        assert line in shown.splitlines()
    assert "8 to 30 days" not in shown
    assert len(shown.splitlines()) <= 24
    assert (
        json.loads(world.run("dashboard", "--json").stdout)["overdueActivities"]
        == DASHBOARD["overdueActivities"]
    )


def test_a_new_tenants_figures_say_what_to_do(world: World) -> None:
    nothing = {**FORECAST, "months": [{"month": "2026-11", "categories": []}], "undated": {"categories": []}}
    answer(world, ok(nothing))
    assert "Nothing closes" in world.run("pipeline", "forecast").stderr
    empty = {"asOf": "2026-11-28T08:00:00Z", "baseCurrency": "EUR", "winRate": None}
    answer(world, ok(empty))
    result = world.run("dashboard")
    assert result.exit_code == 0
    assert "zebros opportunities create" in result.stderr
    assert "Overdue activities\nnone" in result.stdout
