"""What the API shows of the totals."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Annotated

from pydantic import Field, PlainSerializer, WithJsonSchema

from zebros_core.http.wire import Instant, WireModel
from zebros_pipeline.domain.dashboard import Dashboard
from zebros_pipeline.domain.forecast import Forecast
from zebros_pipeline.domain.generations import Difference, Phase
from zebros_pipeline.domain.stages import ForecastCategory, StageKind
from zebros_pipeline.domain.totals import Figures, GroupValue, StageFigures, Summary, Worth
from zebros_pipeline.use_cases.get_dashboard import DashboardNow
from zebros_pipeline.use_cases.get_forecast import ForecastNow
from zebros_pipeline.use_cases.get_pipeline_value import ValueNow


def _number(amount: Decimal) -> int | float:
    """Return a JSON number: whole amounts of any length as they are, others in the 15 digits that a float has."""
    return int(amount) if amount == amount.to_integral_value() else float(amount)


Sum = Annotated[
    Decimal, PlainSerializer(_number, when_used="json"), WithJsonSchema({"type": "number", "minimum": 0})
]
Month = Annotated[str, Field(pattern=r"^\d{4}-(0[1-9]|1[0-2])$", examples=["2026-01"])]


class WorthBody(WireModel):
    """A sum, and the same weighted by probability: that of each opportunity, or else of its stage."""

    sum: Sum
    weighted: Sum

    @classmethod
    def of(cls, worth: Worth | None) -> "WorthBody | None":
        """Return the body of a sum, or None for one that cannot be told."""
        return None if worth is None else cls(sum=worth.sum, weighted=worth.weighted)


class CurrencyWorthBody(WireModel):
    """What is in one currency."""

    currency: str
    sum: Sum
    weighted: Sum


class FiguresBody(WireModel):
    """What some opportunities are worth together: by currency, and in the base currency; `converted` is null where a
    rate is missing.
    """

    count: int
    values: list[CurrencyWorthBody]
    converted: WorthBody | None

    @classmethod
    def of(cls, figures: Figures) -> "FiguresBody":
        """Return the body of figures."""
        return cls(count=figures.count, values=_values(figures), converted=WorthBody.of(figures.converted))


class StageFiguresBody(FiguresBody):
    """A stage and what is in it."""

    stage: str
    name: str
    kind: StageKind

    @classmethod
    def of_stage(cls, stage: StageFigures) -> "StageFiguresBody":
        """Return the body of a stage."""
        return cls(
            stage=stage.key,
            name=stage.name,
            kind=stage.kind,
            count=stage.figures.count,
            values=_values(stage.figures),
            converted=WorthBody.of(stage.figures.converted),
        )


class GroupBody(WireModel):
    """What an owner or a team has; `id` is null for opportunities without a team. Empty stages are left out."""

    id: str | None
    stages: list[StageFiguresBody]

    @classmethod
    def of(cls, group: GroupValue) -> "GroupBody":
        """Return the body of a group."""
        return cls(id=group.id, stages=_stages(group.stages))


class SummaryBody(WireModel):
    """How it goes on the whole, in the base currency. `winRate` is won to won and lost, from 0 to 1."""

    open_count: int
    open: WorthBody | None
    won_count: int
    won: Sum | None
    lost_count: int
    win_rate: Sum | None

    @classmethod
    def of(cls, summary: Summary) -> "SummaryBody":
        """Return the body of a summary."""
        return cls(
            open_count=summary.open_count,
            open=WorthBody.of(summary.open),
            won_count=summary.won_count,
            won=summary.won,
            lost_count=summary.lost_count,
            win_rate=summary.win_rate,
        )


class PipelineValueBody(WireModel):
    """The pipeline by stage. `asOf` is the newest change in it, null where there was none yet."""

    as_of: Instant | None
    base_currency: str
    stages: list[StageFiguresBody]
    groups: list[GroupBody] | None
    missing_rates: list[str]
    summary: SummaryBody

    @classmethod
    def of(cls, now: ValueNow, *, grouped: bool) -> "PipelineValueBody":
        """Return the body of the pipeline's value."""
        value = now.value
        return cls(
            as_of=now.as_of,
            base_currency=now.currencies.base_currency,
            stages=_stages(value.stages),
            groups=[GroupBody.of(group) for group in value.groups] if grouped else None,
            missing_rates=list(value.missing_rates),
            summary=SummaryBody.of(value.summary),
        )


class CategoryFiguresBody(FiguresBody):
    """What a month has of a forecast category."""

    category: ForecastCategory


class ForecastMonthBody(WireModel):
    """What closes in a month; empty categories are left out."""

    month: Month
    categories: list[CategoryFiguresBody]


class UndatedBody(WireModel):
    """Open opportunities without an expected close date."""

    categories: list[CategoryFiguresBody]


class ForecastBody(WireModel):
    """What closes in each month: open opportunities by their category, won ones as `closed`."""

    as_of: Instant | None
    base_currency: str
    months: list[ForecastMonthBody]
    undated: UndatedBody
    missing_rates: list[str]

    @classmethod
    def of(cls, now: ForecastNow) -> "ForecastBody":
        """Return the body of a forecast."""
        found: Forecast = now.forecast
        return cls(
            as_of=now.as_of,
            base_currency=now.currencies.base_currency,
            months=[
                ForecastMonthBody(month=month.month, categories=_categories(month.categories.items()))
                for month in found.months
            ],
            undated=UndatedBody(categories=_categories(found.undated.items())),
            missing_rates=list(found.missing_rates),
        )


class OverdueBody(WireModel):
    """Open activities by the day on which they were due; those of today may still have time."""

    today: int
    days1to7: Annotated[int, Field(alias="days1to7")]
    days8to30: Annotated[int, Field(alias="days8to30")]
    over30: int
    total: int


class NewCustomersBody(WireModel):
    """Live customers by the day on which they were made, today included."""

    this_month: int
    last_30_days: int


class DashboardBody(WireModel):
    """The day's figures; days and months are those of the tenant's time zone."""

    as_of: Instant | None
    base_currency: str
    pipeline_by_stage: list[StageFiguresBody]
    closing_this_month: FiguresBody
    overdue_activities: OverdueBody
    new_customers: NewCustomersBody
    won_this_month: FiguresBody
    win_rate: Sum | None
    missing_rates: list[str]

    @classmethod
    def of(cls, now: DashboardNow) -> "DashboardBody":
        """Return the body of a dashboard."""
        found: Dashboard = now.dashboard
        return cls(
            as_of=now.as_of,
            base_currency=now.currencies.base_currency,
            pipeline_by_stage=_stages(found.pipeline.stages),
            closing_this_month=FiguresBody.of(found.closing_this_month),
            overdue_activities=OverdueBody(
                today=found.overdue.today,
                days1to7=found.overdue.days_1_to_7,
                days8to30=found.overdue.days_8_to_30,
                over30=found.overdue.over_30,
                total=found.overdue.total,
            ),
            new_customers=NewCustomersBody(
                this_month=found.new_customers.this_month, last_30_days=found.new_customers.last_30_days
            ),
            won_this_month=FiguresBody.of(found.won_this_month),
            win_rate=found.pipeline.summary.win_rate,
            missing_rates=list(found.missing_rates),
        )


class TotalsRequest(WireModel):
    """Where to go on; without a cursor a run is begun, or the one under way is joined."""

    cursor: Annotated[str | None, Field(max_length=1024)] = None


class DifferenceBody(WireModel):
    """An amount that is not what the records add up to: `group` is whose, `counter` and `amount` say which."""

    kind: str
    group: str
    counter: str
    amount: str
    kept: str
    recomputed: str


class TotalsRunBody(WireModel):
    """What a call has done: `checked` live records were read by it.

    Go on with `nextCursor` until `done`; with `waitSeconds` not before, since nothing is done until then.
    `differences` (at most 50 counters) come with the answer that is `done`, `differing` says how many counters differ.
    """

    phase: Phase
    checked: int
    differing: int
    differences: list[DifferenceBody]
    wait_seconds: float | None
    next_cursor: str | None
    done: bool


def differences_of(found: Iterable[Difference]) -> list[DifferenceBody]:
    """Return the body of each amount that differs."""
    return [
        DifferenceBody(
            kind=difference.counter.kind.value,
            group=difference.counter.by.value,
            counter=difference.counter.sort,
            amount=name,
            kept=kept,
            recomputed=recomputed,
        )
        for difference in found
        for name, (kept, recomputed) in difference.amounts.items()
    ]


def _stages(stages: Iterable[StageFigures]) -> list[StageFiguresBody]:
    return [StageFiguresBody.of_stage(stage) for stage in stages]


def _categories(found: Iterable[tuple[ForecastCategory, Figures]]) -> list[CategoryFiguresBody]:
    return [
        CategoryFiguresBody(
            category=category,
            count=figures.count,
            values=_values(figures),
            converted=WorthBody.of(figures.converted),
        )
        for category, figures in found
    ]


def _values(figures: Figures) -> list[CurrencyWorthBody]:
    return [
        CurrencyWorthBody(currency=code, sum=worth.sum, weighted=worth.weighted)
        for code, worth in figures.values.items()
    ]
