"""The four reports: which figures each shows, and how they follow from what its query counts.

The names of facts are those of the columns of the queries (`adapters/reports/sql`).
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from zebros_jobs.domain.reports.measures import (
    Definition,
    Figures,
    Measure,
    MeasureKind,
    Sums,
    average,
    average_money,
    money,
    ratio,
)
from zebros_jobs.domain.reports.money import EXACT, Rates
from zebros_jobs.domain.reports.request import ReportKind

__all__ = ["DEFINITIONS"]

_COUNT, _MONEY, _RATE, _DAYS = (*(MeasureKind.COUNT, MeasureKind.MONEY, MeasureKind.RATE, MeasureKind.DAYS),)
_SECONDS_PER_DAY: Final = Decimal(86_400)


def _sales(sums: Sums, rates: Rates) -> Figures:
    won, lost = sums["won"], sums["lost"]
    return {
        "wonValue": money(sums, "won_value", rates),
        "wonCount": won,
        "lostValue": money(sums, "lost_value", rates),
        "lostCount": lost,
        "winRate": ratio(won, won + lost),
        "averageDeal": average_money(sums, "won_value", won, rates),
        "averageDaysToClose": average(sums["days"], sums["timed"]),
    }


SALES: Final = Definition(
    kind=ReportKind.SALES,
    title="Sales",
    measures=(
        Measure("wonValue", "Value won", _MONEY),
        Measure("wonCount", "Deals won", _COUNT),
        Measure("lostValue", "Value lost", _MONEY, good=-1),
        Measure("lostCount", "Deals lost", _COUNT, good=-1),
        Measure("winRate", "Win rate", _RATE),
        Measure("averageDeal", "Average deal", _MONEY),
        Measure("averageDaysToClose", "Days to close", _DAYS, good=-1),
    ),
    figures=_sales,
    lead="wonValue",
    line="winRate",
    tiles=("wonValue", "wonCount", "winRate", "averageDeal", "averageDaysToClose"),
    money={"won_value": "wonValue", "lost_value": "lostValue"},
)


def _activities(sums: Sums, rates: Rates) -> Figures:
    del rates
    return {
        "made": sums["made"],
        "completed": sums["completed"],
        "overdue": sums["overdue"],
        "onTime": sums["on_time"],
        "onTimeRate": ratio(sums["on_time"], sums["scheduled"]),
        "calls": sums["calls"],
        "meetings": sums["meetings"],
        "tasks": sums["tasks"],
        "notes": sums["notes"],
        "emails": sums["emails"],
    }


ACTIVITIES: Final = Definition(
    kind=ReportKind.ACTIVITIES,
    title="Activities",
    measures=(
        Measure("made", "Made", _COUNT),
        Measure("completed", "Completed", _COUNT),
        Measure("overdue", "Overdue", _COUNT, good=-1),
        Measure("onTime", "On time", _COUNT),
        Measure("onTimeRate", "On time, share", _RATE),
        Measure("calls", "Calls", _COUNT),
        Measure("meetings", "Meetings", _COUNT),
        Measure("tasks", "Tasks", _COUNT),
        Measure("notes", "Notes", _COUNT),
        Measure("emails", "E-mails", _COUNT),
    ),
    figures=_activities,
    lead="completed",
    line="onTimeRate",
    tiles=("made", "completed", "overdue", "onTimeRate"),
)


def _acquisition(sums: Sums, rates: Rates) -> Figures:
    new, before = sums["new"], sums["before"]
    return {
        "newCustomers": new,
        "customers": EXACT.add(before, new),
        "growthRate": ratio(new, before),
        "firstDeals": sums["first_deals"],
        "firstDealValue": money(sums, "first_deal_value", rates),
        "averageDaysToFirstDeal": average(sums["days"], sums["timed"]),
    }


ACQUISITION: Final = Definition(
    kind=ReportKind.ACQUISITION,
    title="Customer acquisition",
    measures=(
        Measure("newCustomers", "New customers", _COUNT),
        Measure("customers", "Customers at the end", _COUNT),
        Measure("growthRate", "Growth", _RATE),
        Measure("firstDeals", "First deals won", _COUNT),
        Measure("firstDealValue", "First-deal value", _MONEY),
        Measure("averageDaysToFirstDeal", "Days to first deal", _DAYS, good=-1),
    ),
    figures=_acquisition,
    lead="newCustomers",
    line="growthRate",
    tiles=("newCustomers", "customers", "growthRate", "firstDeals", "firstDealValue"),
    money={"first_deal_value": "firstDealValue"},
    carried={"before": "new"},
)


def _conversion(sums: Sums, rates: Rates) -> Figures:
    del rates
    seconds, timed = sums["seconds"], sums["timed"]
    return {
        "created": sums["created"],
        "convertedOfCreated": sums["converted_of_created"],
        "conversionRate": ratio(sums["converted_of_created"], sums["created"]),
        "converted": sums["converted"],
        "averageDaysToConvert": average(EXACT.divide(seconds, _SECONDS_PER_DAY), timed),
    }


CONVERSION: Final = Definition(
    kind=ReportKind.CONVERSION,
    title="Lead conversion",
    measures=(
        Measure("created", "Leads created", _COUNT),
        Measure("convertedOfCreated", "Of these converted", _COUNT),
        Measure("conversionRate", "Conversion rate", _RATE),
        Measure("converted", "Conversions", _COUNT),
        Measure("averageDaysToConvert", "Days to convert", _DAYS, good=-1),
    ),
    figures=_conversion,
    lead="created",
    line="conversionRate",
    tiles=("created", "convertedOfCreated", "conversionRate", "converted", "averageDaysToConvert"),
)

DEFINITIONS: Final[Mapping[ReportKind, Definition]] = {
    definition.kind: definition for definition in (SALES, ACTIVITIES, ACQUISITION, CONVERSION)
}
