"""The sales of a real company, brought in by the command and told again: to the unit, and to nobody else.

The data is not the project's: without its folder the story is left out. `make test` takes every 20th opportunity, since
each is followed by seven messages, which take the emulator longer than the writes themselves; `make prove` takes all of
them, which took seven and a half minutes on two busy cores.
"""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from secrets import token_hex
from typing import Any

import pytest
from command_line import Terminal
from company_story import Platform, address, onboard
from deployed_stack import Deployment, eventually

from zebros_core.tenancy.registry import Tenant
from zebros_local.settings import CHECKOUT

pytestmark = pytest.mark.e2e

DATA = (CHECKOUT / "../shared/data/crm-sales-opportunities").resolve()
COUNTS = re.compile(r"(\d+) created, (\d+) updated, (\d+) unchanged, (\d+) rejected")
NAMES = ("Prospecting", "Engaging", "Won", "Lost")
# So long may an import take, and again so long until everything has followed: for each record, and at least. It was a
# quarter of that on two busy cores.
SECONDS_EACH, SECONDS_AT_LEAST = 0.2, 120.0


class Figures:
    """What can be counted in the files: the reference."""

    def __init__(self, rows: list[dict[str, str]]) -> None:
        teams = {row["sales_agent"]: row["regional_office"] for row in rows_of("sales_teams.csv")}
        prices = {row["product"]: int(row["sales_price"]) for row in rows_of("products.csv")}
        prices["GTXPro"] = prices["GTX Pro"]
        won = [row for row in rows if row["deal_stage"] == "Won"]
        self.rows = rows
        self.stages = Counter(row["deal_stage"] for row in rows)
        self.won = sum(int(row["close_value"]) for row in won)
        self.by_team, self.by_agent, self.by_month = Counter[str](), Counter[str](), Counter[str]()
        for row in won:
            self.by_team[teams[row["sales_agent"]]] += int(row["close_value"])
            self.by_agent[row["sales_agent"]] += int(row["close_value"])
            self.by_month[row["close_date"][:7]] += int(row["close_value"])
        # Open ones have no value of their own: theirs is the price of their product.
        self.open = Counter[str]()
        for row in rows:
            if row["deal_stage"] in NAMES[:2]:
                self.open[row["deal_stage"]] += prices[row["product"]]
        self.agents = {row["sales_agent"] for row in rows}
        self.without_customer = sum(not row["account"] for row in rows)
        self.last_close = max(row["close_date"] for row in rows)

    @property
    def win_rate(self) -> str:
        return f"{self.stages['Won'] / (self.stages['Won'] + self.stages['Lost']):.2%}"


def rows_of(name: str) -> list[dict[str, str]]:
    if not DATA.is_dir():
        pytest.skip(f"the optional data folder is not here: {DATA}")
    with (DATA / name).open(newline="", encoding="utf-8") as rows:
        return list(csv.DictReader(rows))


@dataclass(frozen=True)
class Company:
    """A company at whose admin's terminal everything was loaded, and what each import printed."""

    terminal: Terminal
    figures: Figures
    opportunities: Path
    printed: dict[str, str]

    def table(self, *arguments: str) -> list[list[str]]:
        """Run a command; return the cells of each line that it printed, without the header's."""
        lines = self.terminal.succeed(*arguments).splitlines()[1:]
        return [line.split("\t") for line in lines if "\t" in line]

    def shown(self, *arguments: str) -> Any:
        """Run a command; return the JSON that it printed."""
        return json.loads(self.terminal.succeed(*arguments, "--json"))


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(20, id="every 20th opportunity"),
        pytest.param(1, id="all opportunities", marks=pytest.mark.prove),
    ],
)
def company(
    deployment: Deployment, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Company]:
    figures = Figures(rows_of("sales_pipeline.csv")[:: request.param])
    folder = tmp_path_factory.mktemp("terminals")
    opportunities = folder / "sales_pipeline.csv"
    with opportunities.open("w", newline="", encoding="utf-8") as out:
        writer = csv.DictWriter(out, list(figures.rows[0]))
        writer.writeheader()
        writer.writerows(figures.rows)
    platform = Platform(deployment, folder)
    tenant = Tenant(f"sales{token_hex(4)}", "A seller of hardware", "pool")
    platform.operator.succeed(*onboard(tenant))
    terminal = platform.arrive(tenant, address("admin", tenant)).terminal
    patience = max(SECONDS_AT_LEAST, SECONDS_EACH * len(figures.rows))
    made = Company(replace(terminal, patience_seconds=patience), figures, opportunities, {})
    load(made, tenant)
    eventually(lambda: counted(made) == len(figures.rows), seconds=patience)
    yield made
    # Suites that follow wait for the queues only so long as one record takes.
    eventually(lambda: not any(deployment.waiting(url) for url in deployment.queues()), seconds=patience)


def load(company: Company, tenant: Tenant) -> None:
    """Set up the pipeline and import all files, in the order in which they name each other."""
    succeed = company.terminal.succeed
    stages = ("--open", "prospecting:10", "--open", "engaging:50", "--won", "won", "--lost", "lost")
    succeed("pipeline", "stages", "set", *stages)
    succeed("pipeline", "currencies", "set", "--base", "USD")
    people = (
        "users",
        "import",
        str(DATA / "sales_teams.csv"),
        "--email-domain",
        f"{tenant.id}.example",
        "--map",
    )
    accounts, products = str(DATA / "accounts.csv"), str(DATA / "products.csv")
    imports = {
        "agents": (*people, "sales_agent=name,regional_office=team"),
        "managers": (*people, "manager=name,regional_office=team", "--role", "sales-manager"),
        "customers": ("customers", "import", accounts, "--map", "account=companyName,sector=industry"),
        "products": (
            "products",
            "import",
            products,
            "--map",
            "product=name,series=series,sales_price=unitPrice",
        ),
        "opportunities": importing(company.opportunities),
    }
    for name, command in imports.items():
        company.printed[name] = succeed(*command)


def importing(opportunities: Path) -> tuple[str, ...]:
    """Return the command that imports a file of opportunities."""
    mapping = (
        "opportunity_id=externalId,account=customer,sales_agent=owner,product=product,deal_stage=stage,"
        "engage_date=engageDate,close_date=closeDate,close_value=value"
    )
    options = ("--value", "product:GTXPro=GTX Pro", "--default", "lossReason=not recorded")
    return ("opportunities", "import", str(opportunities), "--map", mapping, *options)


def counted(company: Company) -> int:
    return sum(stage["count"] for stage in company.shown("pipeline", "value")["stages"])


def outcome(printed: str) -> tuple[int, ...]:
    found = COUNTS.search(printed)
    assert found is not None, printed
    return tuple(int(number) for number in found.groups())


def usd(amount: int) -> str:
    return f"{amount:,} USD"


def test_the_reference_counts_what_the_data_is_known_to_hold() -> None:
    figures = Figures(rows_of("sales_pipeline.csv"))
    assert figures.stages == {"Won": 4238, "Lost": 2473, "Engaging": 1589, "Prospecting": 500}
    assert (figures.win_rate, figures.won, figures.without_customer) == ("63.15%", 10_005_534, 1425)
    assert figures.by_team == {"West": 3_568_647, "Central": 3_346_293, "East": 3_090_594}
    assert figures.by_agent.most_common(1) == [("Darcel Schlecht", 1_153_214)]
    assert figures.by_month == {
        "2017-03": 1_134_672,
        "2017-04": 721_932,
        "2017-05": 1_025_713,
        "2017-06": 1_338_466,
        "2017-07": 696_932,
        "2017-08": 1_050_059,
        "2017-09": 1_235_264,
        "2017-10": 731_980,
        "2017-11": 938_943,
        "2017-12": 1_131_573,
    }


def test_every_row_of_every_file_is_in(company: Company) -> None:
    assert {name: outcome(printed) for name, printed in company.printed.items()} == {
        "agents": (35, 0, 0, 0),
        "managers": (6, 0, 29, 0),
        "customers": (85, 0, 0, 0),
        "products": (7, 0, 0, 0),
        "opportunities": (len(company.figures.rows), 0, 0, 0),
    }


def test_the_same_rows_again_change_nothing(company: Company, tmp_path: Path) -> None:
    lines = company.opportunities.read_text(encoding="utf-8").splitlines(keepends=True)
    beginning = tmp_path / "sales_pipeline.csv"
    beginning.write_text("".join(lines[:301]), encoding="utf-8")
    assert outcome(company.terminal.succeed(*importing(beginning))) == (0, 0, 300, 0)


def test_the_pipeline_has_what_is_in_the_files(company: Company) -> None:
    figures = company.figures
    shown = {name: (count, value) for name, count, value, *_ in company.table("pipeline", "value")}
    values = {**figures.open, "Won": figures.won, "Lost": 0}
    assert shown == {name: (f"{figures.stages[name]:,}", usd(values[name])) for name in NAMES}
    summary = company.shown("pipeline", "value")["summary"]
    assert (summary["wonCount"], summary["won"]) == (figures.stages["Won"], figures.won)
    assert summary["lostCount"] == figures.stages["Lost"]
    weighted = figures.open["Prospecting"] * 10 + figures.open["Engaging"] * 50
    assert summary["open"] == {"sum": sum(figures.open.values()), "weighted": weighted / 100}
    assert f"{summary['winRate']:.2%}" == figures.win_rate


def test_offices_and_agents_have_their_shares(company: Company) -> None:
    figures = company.figures
    teams = company.table("pipeline", "value", "--by", "team")[len(NAMES) + 1 :]
    assert {row[0]: row[2] for row in teams} == {team: usd(won) for team, won in figures.by_team.items()}
    owners = company.table("pipeline", "value", "--by", "owner")[len(NAMES) + 1 :]
    (best, won), *_ = figures.by_agent.most_common(1)
    assert owners[0][:3:2] == [best, usd(won)]
    assert {row[0] for row in owners} == figures.agents


def test_the_months_have_what_was_won_in_them(company: Company) -> None:
    months = company.table("pipeline", "forecast", "--from", "2017-03", "--to", "2017-12")
    assert {row[0]: row[2] for row in months if row[0] != "no date"} == {
        month: usd(won) for month, won in company.figures.by_month.items()
    }


def test_the_latest_deals_come_first_and_what_the_files_leave_out_is_left_out(company: Company) -> None:
    figures = company.figures
    closed = [row[0] for row in company.table("deals", "recent", "--limit", "30")]
    assert closed == sorted(closed, reverse=True)
    assert closed[0] == figures.last_close
    won = company.shown("deals", "recent", "--won", "--all")
    assert (len(won), sum(each["value"] for each in won)) == (figures.stages["Won"], figures.won)
    open_ = [
        each
        for stage in ("prospecting", "engaging")
        for each in company.shown("deals", "list", "--stage", stage, "--all")
    ]
    assert sum(each["customerId"] is None for each in open_) == figures.without_customer
    assert sum(each["engageDate"] is None for each in open_) == figures.stages["Prospecting"]


def test_the_dashboard_is_a_screen_of_it(company: Company) -> None:
    figures = company.figures

    def told() -> str:
        shown = company.terminal.succeed("dashboard")
        return shown if re.search(r"new customers +85 ", shown) else ""

    shown = eventually(told)
    lines = [
        rf"Won\t{figures.stages['Won']:,}\t{usd(figures.won)}",
        rf"win rate +{re.escape(figures.win_rate)}",
    ]
    for wanted in (*lines, r"won +0$", r"still to close +0$"):
        assert re.search(wanted, shown, re.MULTILINE), shown
    assert len(shown.splitlines()) <= 24


def test_the_figures_are_what_the_records_add_up_to(company: Company) -> None:
    assert company.shown("pipeline", "totals", "verify")["differing"] == 0


def test_the_report_of_2017_is_what_the_files_say_to_the_unit(company: Company, tmp_path: Path) -> None:
    figures = company.figures
    told = company.shown(
        "reports", "sales", "--period", "2017", "--by", "month", "--pdf", "--to", str(tmp_path)
    )
    result = told["result"]
    won = {row["group"][0]["id"]: row["values"]["wonValue"] for row in result["rows"]}
    assert {month: value for month, value in won.items() if value} == figures.by_month
    assert result["totals"]["values"]["wonValue"] == figures.won
    (report,) = tmp_path.glob("*.pdf")
    assert report.read_bytes().startswith(b"%PDF")
    teams = company.shown("reports", "sales", "--period", "2017", "--by", "team")["result"]["rows"]
    assert {row["group"][0]["label"]: row["values"]["wonValue"] for row in teams} == figures.by_team


def test_a_strict_mapping_gives_back_the_rows_without_account_and_a_lenient_one_takes_them(
    company: Company, tmp_path: Path
) -> None:
    figures = company.figures
    source = tmp_path / "strict.csv"
    source.write_bytes(company.opportunities.read_bytes())
    strict = company.terminal.run(*importing(source), "--require", "customer")
    assert strict.returncode == 1, strict.stderr
    rejected = figures.without_customer
    assert outcome(strict.stdout) == (0, 0, len(figures.rows) - rejected, rejected)
    errors = tmp_path / "strict.errors.csv"
    with errors.open(newline="", encoding="utf-8") as rows:
        given_back = list(csv.DictReader(rows))
    assert [row["opportunity_id"] for row in given_back] == [
        row["opportunity_id"] for row in figures.rows if not row["account"]
    ]
    assert outcome(company.terminal.succeed(*importing(errors))) == (0, 0, rejected, 0)


def test_another_company_sees_nothing_of_it(company: Company, deployment: Deployment, tmp_path: Path) -> None:
    stranger = deployment.member(deployment.register("bridge"))
    terminal = Terminal(deployment, tmp_path, {"ZEBROS_TOKEN": stranger.token})
    other = Company(terminal, company.figures, company.opportunities, {})
    one = company.shown("deals", "recent", "--limit", "1")[0]
    assert terminal.run("deals", "show", one["opportunityId"]).returncode == 4
    assert terminal.run("deals", "show", one["externalId"], "--external-id").returncode == 4
    assert counted(other) == 0
    lists: tuple[tuple[str, ...], ...] = (
        ("deals", "list"),
        ("deals", "list", "--owner", one["ownerId"]),
        ("deals", "recent"),
        ("deals", "at-risk"),
        ("products", "list"),
        ("customers", "list"),
    )
    assert [other.shown(*command) for command in lists] == [[]] * len(lists)
    assert other.shown("dashboard")["newCustomers"] == {"thisMonth": 0, "last30Days": 0}
