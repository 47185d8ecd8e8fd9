"""A report as it is kept: columns, rows, the whole, and the comparison with the former period."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Final, Literal

from zebros_core.values import Value
from zebros_jobs.domain.reports.measures import MeasureKind
from zebros_jobs.domain.reports.request import ReportKind

__all__ = [
    "MAX_SHOWN",
    "Change",
    "FilterLabel",
    "GroupKey",
    "ReportColumn",
    "ReportPeriod",
    "ReportResult",
    "ReportRow",
]

Numbers = dict[str, Decimal | None]
"""Figures by the keys of columns; None where there is nothing to tell: a share of nothing, a missing rate."""


class ReportPeriod(Value):
    """Days of the tenant's calendar, both included, and the instants from which and until before which they are."""

    id: str
    label: str
    first: date
    last: date
    begins_at: datetime
    ends_at: datetime


class ReportColumn(Value):
    """A column of figures. `currency` is that of money. `good`: 1 where more is better, -1 where less is, or 0."""

    key: str
    label: str
    kind: MeasureKind
    currency: str | None = None
    good: Literal[-1, 0, 1] = 1


class GroupKey(Value):
    """What a row is about: a step of time, or an owner, a team, …; `id` is None for records without one."""

    by: str
    id: str | None
    label: str
    short_label: str | None = None


class Change(Value):
    """A figure less the former one, and the same in percent of the former one; None where that cannot be said."""

    absolute: Decimal | None
    percent: Decimal | None


class ReportRow(Value):
    """Figures of one group, those of the former period, and what has changed; None without a comparison."""

    group: tuple[GroupKey, ...] = ()
    values: Numbers
    former: Numbers | None = None
    change: dict[str, Change] | None = None


class FilterLabel(Value):
    """A filter for people: `Owner` and the names."""

    label: str
    values: tuple[str, ...]


class ReportResult(Value):
    """A report. `totals` is the whole, in which every record counts once; `lead` the column that it is about.

    `row_count` is how many rows there are; what is kept to be looked at has the first `MAX_SHOWN`, files have all.
    """

    report: ReportKind
    title: str
    subtitle: str
    tenant: str
    period: ReportPeriod
    former_period: ReportPeriod | None
    time_zone: str
    by: tuple[str, ...]
    filters: tuple[FilterLabel, ...] = ()
    base_currency: str
    missing_rates: tuple[str, ...] = ()
    generated_at: datetime
    lead: str
    line: str | None
    tiles: tuple[str, ...]
    columns: tuple[ReportColumn, ...]
    rows: tuple[ReportRow, ...] = ()
    row_count: int
    totals: ReportRow
    notes: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether there was nothing to report on."""
        return not any(
            value for key, value in self.totals.values.items() if value is not None and key not in STANDING
        )

    def shown(self) -> ReportResult:
        """Return the report with as many rows as are looked at in one go, and as an answer has room for."""
        most = min(MAX_SHOWN, MAX_SHOWN_CELLS // len(self.columns))
        return self.model_copy(update={"rows": self.rows[:most]})

    def column(self, key: str) -> ReportColumn:
        """Return the column of this key."""
        return next(column for column in self.columns if column.key == key)


MAX_SHOWN: Final = 2_000
MAX_SHOWN_CELLS: Final = 20_000
"""A figure takes about 100 bytes with the former one and its change, and an answer of Lambda is 6 MB at most."""
STANDING: Final = frozenset({"customers"})
"""Figures of what there was already, which a period without any event has, too."""
