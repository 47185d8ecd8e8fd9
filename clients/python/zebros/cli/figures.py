"""Figures of the pipeline as tables: stages with bars, months by category, groups by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from zebros.cli.output import bar, money, note, print_table

if TYPE_CHECKING:
    from zebros.client import Client
    from zebros.models import CurrencySum, Forecast, GroupFigures, StageFigures
    from zebros.models.figures import CategoryFigures, ClosingFigures, Converted

__all__ = [
    "figures_table",
    "forecast_table",
    "group_tables",
    "missing_rates",
    "people_and_teams",
    "worth",
]

CATEGORIES = ("closed", "commit", "bestCase", "pipeline", "omitted")


def worth(figures: StageFigures | CategoryFigures | ClosingFigures, base: str) -> str:
    """The sum in the base currency; while a rate is missing, the sums of each currency."""
    return _amounts(figures.converted, figures.values, base, "sum")


def _weighted(figures: StageFigures, base: str) -> str:
    return _amounts(figures.converted, figures.values, base, "weighted")


def _amounts(converted: Converted | None, values: Sequence[CurrencySum], base: str, name: str) -> str:
    if converted is not None:
        return money(getattr(converted, name), base)
    return " + ".join(money(getattr(each, name), each.currency) for each in values)


def figures_table(stages: Sequence[StageFigures], base: str, *, empty: str) -> None:
    """Each stage with its count, its worth and a bar as long as its count."""
    most = max((stage.count for stage in stages), default=0)
    rows = [
        (
            stage.name or stage.stage,
            f"{stage.count:,}",
            worth(stage, base),
            _weighted(stage, base) if stage.kind == "open" else "",
            bar(stage.count / most) if most else "",
        )
        for stage in stages
    ]
    columns = ("stage", "count", "value", "weighted", "")
    print_table(columns, rows, empty=empty, numbers=columns[1:4])


def group_tables(groups: Sequence[GroupFigures], base: str, names: Mapping[str, str], by: str) -> None:
    """A line for each owner or team: open, won and lost, the most won first."""

    def of_kind(group: GroupFigures, kind: str) -> tuple[int, Decimal | None]:
        stages = [stage for stage in group.stages if stage.kind == kind and stage.count]
        sums = [stage.converted.sum or Decimal() for stage in stages if stage.converted is not None]
        count = sum(stage.count for stage in stages)
        # A sum without those whose rate is missing would be a wrong one.
        return count, sum(sums, Decimal()) if len(sums) == len(stages) else None

    kinds = [
        (group, of_kind(group, "won"), of_kind(group, "open"), of_kind(group, "lost")) for group in groups
    ]
    kinds.sort(key=lambda each: (each[1][1] or 0, each[1][0], each[2][0]), reverse=True)
    rows = [
        (
            names.get(group.id or "", group.id or "(none)"),
            f"{won[0]:,}",
            money(won[1], base),
            f"{open_[0]:,}",
            money(open_[1], base),
            f"{lost[0]:,}",
            f"{won[0] / (won[0] + lost[0]):.2%}" if won[0] + lost[0] else "",
        )
        for group, won, open_, lost in kinds
    ]
    columns = (by, "won", "won value", "open", "open value", "lost", "win rate")
    print_table(columns, rows, empty=f"No {by} has opportunities.", numbers=columns[1:])


def forecast_table(found: Forecast) -> None:
    """A line for each month and one for what has no date; a column for each category that has something."""
    lines = [(month.month, month.categories) for month in found.months]
    lines.append(("no date", found.undated.categories))
    used = [
        name
        for name in CATEGORIES
        if any(each.category == name and each.count for _, listed in lines for each in listed)
    ]
    rows: list[list[str]] = []
    for month, listed in lines:
        by_name = {each.category: each for each in listed}
        if month == "no date" and not any(each.count for each in listed):
            continue
        cells = [month]
        for name in used:
            each = by_name.get(name)
            filled = each is not None and each.count > 0
            cells += [f"{each.count:,}", worth(each, found.base_currency)] if filled and each else ["", ""]
        rows.append(cells)
    columns = ["month", *(column for name in used for column in (_words(name), f"{_words(name)} value"))]
    print_table(columns, rows if used else [], empty="Nothing closes in these months.", numbers=columns[1:])


def missing_rates(codes: Sequence[str], base: str) -> None:
    """Say which rates are missing, and how to give them."""
    if codes:
        options = " ".join(f"--rate {code}=..." for code in codes)
        note(
            f"There is no rate from {', '.join(codes)} to {base}: what is in them is shown beside, not added."
            f" Give it with: zebros pipeline currencies set {options}"
        )


def people_and_teams(client: Client, by: str) -> dict[str, str]:
    """What owners or teams are called, as far as you may read them."""
    from zebros.errors import ForbiddenError

    try:
        if by == "team":
            return {team.id: team.name for team in client.teams.list(page_size=200)}
        return {user.id: user.name or user.email or user.id for user in client.users.list(page_size=200)}
    except ForbiddenError:
        return {}


def _words(category: str) -> str:
    return {"bestCase": "best case"}.get(category, category)
