"""What a report reads of other services' records: which tables, and of each record the few columns that it needs.

What a query cannot tell by itself is told here, from the whole record: on which of the tenant's days something was,
how many days it took, whether it was on time. So queries see days and never instants.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from zebros_jobs.domain.reports.money import EXACT
from zebros_jobs.domain.reports.request import Dimension, ReportKind, ReportParameters

__all__ = ["SCHEMA", "Column", "Reading", "Table", "looks_at_products", "shared_out", "tables_of"]

Record = Mapping[str, Any]
"""A record as its owner exports it, by wire names; what is empty is not there."""

AMOUNT: Final = "DECIMAL(30, 15)"
"""Any number of 15 digits."""
_SHARE: Final = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class Reading:
    """As of when and where records are looked at, and which of their fields is called the region."""

    as_of: datetime
    zone: ZoneInfo
    region_field: str
    first: date
    last: date

    def day(self, instant: str | None) -> date | None:
        """Return the tenant's day of an instant."""
        if instant is None:
            return None
        at = datetime.fromisoformat(instant)
        try:
            return at.astimezone(self.zone).date()
        except OverflowError:  # within a day of the calendar's ends
            return at.date()

    def region(self, record: Record) -> str | None:
        """Return the region of a customer, or of a lead by a field of its own; text always."""
        place, _, name = self.region_field.partition(".")
        path = ("custom", name) if place == "custom" else ("contactInfo", place, name)
        value: Any = record
        for part in path:
            value = value.get(part) if isinstance(value, Mapping) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        return None if value is None or value == "" else _text(value)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its name, its type in the queries, and how it is read of a record."""

    name: str
    type: str
    value: Callable[[Record, Reading], Any]


@dataclass(frozen=True, slots=True)
class Table:
    """Records of another service, as queries see them. `keep` tells which of them matter."""

    name: str
    service: str
    entity: str
    columns: tuple[Column, ...]
    keep: Callable[[Record, Reading], bool] = lambda record, reading: True

    @property
    def reads_lines(self) -> bool:
        """Whether the lines of deals are needed beside the records."""
        return any(column in (_SHARES, _PRODUCTS) for column in self.columns)

    def row(self, record: Record, reading: Reading) -> dict[str, Any]:
        """Return the columns of a record as JSON values; what is empty is left out."""
        row: dict[str, Any] = {}
        for column in self.columns:
            value = column.value(record, reading)
            if value is not None:
                row[column.name] = value.isoformat() if isinstance(value, date) else value
        return row


def _plain(name: str, wire: str) -> Column:
    return Column(name, "VARCHAR", lambda record, reading: record.get(wire))


def _amount(record: Record) -> str:
    """Return a value as the text of a decimal: as a number it would pass through a float in the query."""
    return format(Decimal(str(record.get("value") or 0)), "f")


def _days_to_close(record: Record, reading: Reading) -> int | None:
    """Return how many days a won deal took since it was engaged or, where nobody said that, made."""
    if record["outcome"] != "won":
        return None
    begun = (
        date.fromisoformat(record["engageDate"])
        if "engageDate" in record
        else reading.day(record["createdAt"])
    )
    closed = date.fromisoformat(record["closeDate"])
    # A deal that was put in when it was over has not taken any time that can be told.
    return None if begun is None or begun > closed else (closed - begun).days


def _is_closed(record: Record, reading: Reading) -> bool:
    return "closeDate" in record and record["outcome"] != "open"


def _is_closed_in_reach(record: Record, reading: Reading) -> bool:
    return (
        _is_closed(record, reading)
        and reading.first <= date.fromisoformat(record["closeDate"]) <= reading.last
    )


def _is_won(record: Record, reading: Reading) -> bool:
    return _is_closed(record, reading) and record["outcome"] == "won" and "customerId" in record


_OWNERSHIP: Final = (_plain("owner", "ownerId"), _plain("team", "teamId"))
_REGION: Final = Column("region", "VARCHAR", lambda record, reading: reading.region(record))
_INDUSTRY: Final = _plain("industry", "industry")
_CREATED: Final = Column("created_on", "DATE", lambda record, reading: reading.day(record["createdAt"]))

_DEALS: Final = (
    _plain("id", "opportunityId"),
    *_OWNERSHIP,
    _plain("customer", "customerId"),
    _plain("lead", "leadId"),
    _plain("currency", "currency"),
    _plain("outcome", "outcome"),
    Column("value", AMOUNT, lambda record, reading: _amount(record)),
    Column("closed_on", "DATE", lambda record, reading: record["closeDate"]),
    Column("days", "INTEGER", _days_to_close),
)
_SHARES: Final = Column(
    "shares",
    f"STRUCT(product VARCHAR, value {AMOUNT})[]",
    lambda record, reading: (
        [{"product": product, "value": format(part, "f")} for product, part in _shares(record).items()]
        or None
    ),
)
"""What each product has of a deal's value; the deal's lines are read beside it."""
_PRODUCTS: Final = Column(
    "products",
    "VARCHAR[]",
    lambda record, reading: sorted({line["productId"] for line in record.get("lines", ())}) or None,
)
_OF_ONE_DEAL: Final = frozenset({"owner", "team", "outcome", "days", "lead"})
"""What a customer's first deal is not looked at for."""

_ACTIVITIES: Final = (
    _plain("id", "activityId"),
    *_OWNERSHIP,
    _plain("customer", "customerId"),
    _plain("type", "type"),
    _CREATED,
    Column("scheduled_on", "DATE", lambda record, reading: reading.day(record.get("scheduledAt"))),
    Column("completed_on", "DATE", lambda record, reading: reading.day(record.get("completedAt"))),
    Column(
        "overdue",
        "BOOLEAN",
        lambda record, reading: (
            (
                record["status"] == "open"
                and "scheduledAt" in record
                and datetime.fromisoformat(record["scheduledAt"]) < reading.as_of
            )
            or None
        ),
    ),
)

_ABOUT_DEAL: Final = Column(
    "deal",
    "VARCHAR",
    lambda record, reading: record.get("relatedId") if record.get("relatedType") == "opportunity" else None,
)

_LEADS: Final = (
    _plain("id", "leadId"),
    *_OWNERSHIP,
    _plain("source", "source"),
    _INDUSTRY,
    _CREATED,
    Column("converted_on", "DATE", lambda record, reading: reading.day(record.get("convertedAt"))),
    Column("seconds", "BIGINT", lambda record, reading: _seconds_to_convert(record)),
)


_BECAME_CUSTOMER: Final = _plain("customer", "customerId")
_BECAME_DEAL: Final = _plain("deal", "opportunityId")

_SOURCES: Final = Table(
    "sources",
    "pipeline",
    "lead",
    (_plain("id", "leadId"), _plain("customer", "customerId"), _plain("source", "source"), _CREATED),
    lambda record, reading: "source" in record and "convertedAt" in record,
)
"""Where customers and their deals came from: leads that were converted."""

SCHEMA: Final[Mapping[str, Mapping[str, str]]] = {
    "opportunities": {column.name: column.type for column in (*_DEALS, _SHARES, _PRODUCTS)},
    "customers": {"id": "VARCHAR"}
    | {column.name: column.type for column in (*_OWNERSHIP, _REGION, _INDUSTRY, _CREATED)},
    "activities": {column.name: column.type for column in (*_ACTIVITIES, _ABOUT_DEAL)},
    "leads": {column.name: column.type for column in (*_LEADS, _REGION, _BECAME_CUSTOMER, _BECAME_DEAL)},
    "sources": {column.name: column.type for column in _SOURCES.columns},
}
"""Every table that queries know, with all of its columns: what a report does not need is empty."""


def _seconds_to_convert(record: Record) -> int | None:
    if "convertedAt" not in record:
        return None
    taken = datetime.fromisoformat(record["convertedAt"]) - datetime.fromisoformat(record["createdAt"])
    return max(0, int(taken.total_seconds()))


def tables_of(asked: ReportParameters) -> tuple[Table, ...]:
    """Return what a report reads, the largest first."""
    dimension, products = asked.dimension, looks_at_products(asked)
    of_customer = _of_customer(dimension)
    tables: list[Table]
    match asked.report:
        case ReportKind.SALES:
            columns = (*_DEALS, _SHARES) if products else _DEALS
            tables = [Table("opportunities", "pipeline", "opportunity", columns, _is_closed_in_reach)]
            tables += [_customers(*of_customer)] if of_customer else []
        case ReportKind.ACTIVITIES:
            columns = (*_ACTIVITIES, _ABOUT_DEAL) if products else _ACTIVITIES
            tables = [Table("activities", "activities", "activity", columns)]
            tables += [_customers(*of_customer)] if of_customer else []
            tables += [_PRODUCTS_OF_DEALS] if products else []
        case ReportKind.ACQUISITION:
            columns = tuple(column for column in _DEALS if column.name not in _OF_ONE_DEAL)
            columns = (*columns, _PRODUCTS) if products else columns
            tables = [
                Table("opportunities", "pipeline", "opportunity", columns, _is_won),
                _customers(*_OWNERSHIP, _CREATED, *of_customer),
            ]
        case ReportKind.CONVERSION:
            own = asked.region_field.startswith("custom.")
            by_region = dimension is Dimension.REGION
            columns = (
                *_LEADS,
                *((_REGION if own else _BECAME_CUSTOMER,) if by_region else ()),
                *((_BECAME_DEAL,) if products else ()),
            )
            tables = [Table("leads", "pipeline", "lead", columns)]
            tables += [_customers(*of_customer)] if by_region and not own else []
            tables += [_PRODUCTS_OF_DEALS] if products else []
    if asked.report in (ReportKind.SALES, ReportKind.ACQUISITION) and dimension is Dimension.SOURCE:
        tables.append(_SOURCES)
    return tuple(tables)


_PRODUCTS_OF_DEALS: Final = Table(
    "opportunities",
    "pipeline",
    "opportunity",
    (_plain("id", "opportunityId"), _PRODUCTS),
    lambda record, reading: bool(record.get("lineCount")),
)


def _customers(*columns: Column) -> Table:
    return Table("customers", "customers", "customer", (_plain("id", "customerId"), *columns))


def _of_customer(dimension: Dimension | None) -> tuple[Column, ...]:
    """Return the columns of a customer by which its deals, activities and leads are told apart."""
    match dimension:
        case Dimension.REGION:
            return (_REGION,)
        case Dimension.INDUSTRY:
            return (_INDUSTRY,)
        case _:
            return ()


def looks_at_products(asked: ReportParameters) -> bool:
    """Tell whether a report needs to know the products of deals."""
    return asked.dimension is Dimension.PRODUCT or bool(asked.filters.product_ids)


def _shares(deal: Record) -> Mapping[str, Decimal]:
    amounts: dict[str, Decimal] = {}
    for line in deal.get("lines", ()):
        amount = EXACT.multiply(Decimal(str(line["quantity"])), Decimal(str(line.get("unitPrice") or 0)))
        amounts[line["productId"]] = EXACT.add(amounts.get(line["productId"], Decimal(0)), amount)
    return shared_out(Decimal(_amount(deal)), amounts)


def shared_out(value: Decimal, amounts: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """Share a value out as amounts are to each other, evenly where all are nothing, so that the parts sum up to it.

    Parts are rounded to millionths; the largest takes what that leaves.
    """
    if not amounts:
        return {}
    total = sum(amounts.values(), Decimal(0))
    weights = amounts if total else dict.fromkeys(amounts, Decimal(1))
    total = total or Decimal(len(amounts))
    parts = {
        name: EXACT.divide(EXACT.multiply(value, weight), total).quantize(_SHARE, ROUND_HALF_EVEN, EXACT)
        for name, weight in weights.items()
    }
    largest = max(parts, key=lambda name: (weights[name], name))
    parts[largest] = EXACT.subtract(
        value, sum((part for name, part in parts.items() if name != largest), Decimal(0))
    )
    return parts
