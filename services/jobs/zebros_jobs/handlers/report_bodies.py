"""Reports and their schedules as the API shows them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import Field, PlainSerializer, WithJsonSchema

from zebros_core.http import Instant, WireModel
from zebros_jobs.domain.job import JobState
from zebros_jobs.domain.reports.measures import MeasureKind
from zebros_jobs.domain.reports.numbers import number
from zebros_jobs.domain.reports.request import MAX_RECIPIENTS, ReportKind, ReportRequest
from zebros_jobs.domain.reports.result import ReportPeriod, ReportResult, ReportRow
from zebros_jobs.domain.reports.schedule import Every, Recurrence, Weekday
from zebros_jobs.use_cases.reports.get_report import ReportView
from zebros_jobs.use_cases.reports.schedules import ScheduleView

Figure = Annotated[
    Decimal | None,
    PlainSerializer(number, when_used="json"),
    WithJsonSchema({"anyOf": [{"type": "number"}, {"type": "null"}]}),
]


class ReportBody(ReportRequest):
    """What to report. `recipients` get it by mail: people of the company, by id or address, who may see reports."""

    recipients: Annotated[
        tuple[Annotated[str, Field(min_length=1, max_length=254)], ...], Field(max_length=MAX_RECIPIENTS)
    ] = ()
    fresh: Annotated[
        bool, Field(description="Make it anew, even if the same report was made a moment ago.")
    ] = False

    def request(self) -> ReportRequest:
        """Return the report alone."""
        return ReportRequest.model_construct(
            **{name: getattr(self, name) for name in ReportRequest.model_fields}
        )


class PeriodBody(WireModel):
    """Days of the company's calendar, both included, and as instants: from the first on, before the second."""

    id: str
    label: str
    first: date
    last: date
    begins_at: Instant
    ends_at: Instant

    @classmethod
    def of(cls, period: ReportPeriod) -> PeriodBody:
        """Return the body of a period."""
        return cls(**dict(period))


class ColumnBody(WireModel):
    """A figure of each row. Money is in `currency`; a rate is a share (0.25 is 25 %)."""

    key: str
    label: str
    kind: MeasureKind
    currency: str | None


class GroupBody(WireModel):
    """What a row is about; `id` is null for records without one."""

    by: str
    id: str | None
    label: str


class ChangeBody(WireModel):
    """A figure less the former one; in percent of that, null where there was nothing."""

    absolute: Figure
    percent: Figure


class RowBody(WireModel):
    """Figures by the keys of the columns, those of the former period, and what has changed."""

    group: list[GroupBody]
    values: dict[str, Figure]
    former: dict[str, Figure] | None
    change: dict[str, ChangeBody] | None

    @classmethod
    def of(cls, row: ReportRow) -> RowBody:
        """Return the body of a row."""
        change = row.change
        return cls(
            group=[GroupBody(by=each.by, id=each.id, label=each.label) for each in row.group],
            values=row.values,
            former=row.former,
            change=None
            if change is None
            else {
                key: ChangeBody(absolute=each.absolute, percent=each.percent) for key, each in change.items()
            },
        )


class ResultBody(WireModel):
    """A report that is made. `rows` are the first of `rowCount`, at most 2,000; files have all."""

    title: str
    subtitle: str
    period: PeriodBody
    former_period: PeriodBody | None
    time_zone: str
    by: list[str]
    base_currency: str
    missing_rates: list[str]
    generated_at: Instant
    columns: list[ColumnBody]
    rows: list[RowBody]
    row_count: int
    totals: RowBody
    notes: list[str]

    @classmethod
    def of(cls, result: ReportResult) -> ResultBody:
        """Return the body of a result."""
        return cls(
            title=result.title,
            subtitle=result.subtitle,
            period=PeriodBody.of(result.period),
            former_period=PeriodBody.of(result.former_period) if result.former_period is not None else None,
            time_zone=result.time_zone,
            by=list(result.by),
            base_currency=result.base_currency,
            missing_rates=list(result.missing_rates),
            generated_at=result.generated_at,
            columns=[
                ColumnBody(key=each.key, label=each.label, kind=each.kind, currency=each.currency)
                for each in result.columns
            ],
            rows=[RowBody.of(row) for row in result.rows],
            row_count=result.row_count,
            totals=RowBody.of(result.totals),
            notes=list(result.notes),
        )


class ReportAnswerBody(WireModel):
    """A report; `result` is null until its job has succeeded."""

    job_id: str
    report: ReportKind
    state: JobState
    result: ResultBody | None

    @classmethod
    def of(cls, view: ReportView, report: ReportKind) -> ReportAnswerBody:
        """Return the body of a report."""
        result = None if view.result is None else ResultBody.of(view.result)
        return cls(job_id=view.job.id, report=report, state=view.job.state, result=result)


class RecurrenceBody(WireModel):
    """When: `at` on the clock in the time zone, which is the company's where none is given."""

    every: Every
    at: str
    weekdays: list[Weekday]
    day: int | Literal["last"] | None
    time_zone: str | None

    @classmethod
    def of(cls, recurrence: Recurrence) -> RecurrenceBody:
        """Return the body of a recurrence."""
        return cls(**{**dict(recurrence), "weekdays": list(recurrence.weekdays)})


class PausedBody(WireModel):
    """Why nothing is made, and since when."""

    reason: Literal["byRequest", "ownerLeft", "ownerLacksPermission"]
    at: Instant


class LastRunBody(WireModel):
    """The last report: when it was due, and its job."""

    due_at: Instant
    job_id: str


class ScheduleBody(WireModel):
    """A schedule. `recipients` are ids of users; it runs with the rights that `ownerId` has at the time."""

    schedule_id: str
    name: str
    report: dict[str, Any]
    recurrence: RecurrenceBody
    recipients: list[str]
    owner_id: str
    paused: PausedBody | None
    last_run: LastRunBody | None
    next_due_at: Instant | None
    time_zone: str
    version: int
    created_at: Instant
    created_by: str
    updated_at: Instant
    updated_by: str

    @classmethod
    def of(cls, view: ScheduleView) -> ScheduleBody:
        """Return the body of a schedule."""
        schedule = view.schedule
        paused, last = schedule.paused, schedule.last_run
        plain = (
            "schedule_id",
            "name",
            "owner_id",
            "version",
            "created_at",
            "created_by",
            "updated_at",
            "updated_by",
        )
        return cls(
            **{name: getattr(schedule, name) for name in plain},
            report=schedule.report.model_dump(mode="json", by_alias=True),
            recurrence=RecurrenceBody.of(schedule.recurrence),
            recipients=list(schedule.recipients),
            paused=None if paused is None else PausedBody(reason=paused.reason, at=paused.at),
            last_run=None if last is None else LastRunBody(due_at=last.due_at, job_id=last.job_id),
            next_due_at=view.next_due_at,
            time_zone=view.time_zone,
        )
