"""What a report is called and what has to be said with its figures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from zebros_jobs.domain.reports.assemble import Assembled
from zebros_jobs.domain.reports.definitions import DEFINITIONS
from zebros_jobs.domain.reports.money import Rates
from zebros_jobs.domain.reports.request import Dimension, ReportKind, ReportParameters

__all__ = ["notes_of", "subtitle_of", "title_of"]

_NOTES: Final[Mapping[ReportKind, tuple[str, ...]]] = {
    ReportKind.SALES: (
        "A deal is in the period in which it was closed. Win rate: deals won of all that were closed.",
        "Days to close: of deals won, from the day on which they were engaged or, without one, made; deals that were"
        " put in after their end have none.",
    ),
    ReportKind.ACTIVITIES: (
        "Made: created in the period. Completed: in the period, whenever made; calls, meetings and so on are completed"
        " ones. Overdue: planned for the period, open still, and their time is over.",
        "On time: completed on the day for which it was planned, or before; the share is of those that were planned.",
    ),
    ReportKind.ACQUISITION: (
        "New customers: created in the period, as far as they are customers still. Growth: new ones of those that"
        " there were before.",
        "First deals: customers whose first deal was won in the period, and what it was worth; days are from their"
        " creation.",
    ),
    ReportKind.CONVERSION: (
        "Conversion rate: of the leads created in the period, those that were converted until now. Conversions in the"
        " period count by their own day, whenever the lead was created.",
    ),
}


_PRODUCTS: Final[Mapping[ReportKind, str]] = {
    ReportKind.SALES: "A deal with several products counts for each, with its value shared out as their amounts are; in"
    " the total it counts once.",
    ReportKind.ACTIVITIES: "Products are those of the deal that an activity is about; with several it counts for each,"
    " in the total once.",
    ReportKind.ACQUISITION: "Products are those of a customer's first deal won; with several it counts for each, in the"
    " total once.",
    ReportKind.CONVERSION: "Products are those of the deal that a lead became; with several it counts for each, in the"
    " total once.",
}


def title_of(asked: ReportParameters) -> str:
    """Return the title: the one that was given, or what the report is about."""
    return asked.title or DEFINITIONS[asked.report].title


def subtitle_of(asked: ReportParameters) -> str:
    """Return what stands below: `2017, by month and team`."""
    kinds = " and ".join(str(each) for each in asked.split)
    about = f"{DEFINITIONS[asked.report].title}, " if asked.title else ""
    return f"{about}{asked.days.label}" + (f", by {kinds}" if kinds else "")


def notes_of(asked: ReportParameters, found: Assembled, rates: Rates) -> tuple[str, ...]:
    """Return what a reader has to know of the figures."""
    notes: list[str] = [*_NOTES[asked.report]]
    if asked.dimension is Dimension.PRODUCT:
        notes.append(_PRODUCTS[asked.report])
    if asked.dimension is Dimension.REGION:
        whose = "the lead" if asked.report is ReportKind.CONVERSION else "the customer"
        if asked.report is ReportKind.CONVERSION and not asked.region_field.startswith("custom."):
            whose = "the customer that the lead became"
        notes.append(
            f"Region: {asked.region_field} of {whose}, as it is now; customers in the trash have none."
        )
    codes = sorted({column.currency for column in found.columns if column.currency is not None})
    foreign = [code for code in codes if code != rates.base_currency and code in rates.rates]
    if foreign:
        listed = ", ".join(
            f"1 {code} = {rates.rates[code].normalize():f} {rates.base_currency}" for code in foreign
        )
        notes.append(f"Amounts are converted at the rates of today: {listed}.")
    if found.missing_rates:
        listed = ", ".join(found.missing_rates)
        notes.append(
            f"There is no rate for {listed}: figures that such amounts are part of cannot be told in"
            f" {rates.base_currency}; see them by currency."
        )
    before = asked.former_days
    if before is not None:
        whole = (
            "" if before.grain is not None or asked.days.grain is None else ", as many days as have passed"
        )
        notes.append(f"Compared with {before.label}{whole}.")
    return tuple(notes)
