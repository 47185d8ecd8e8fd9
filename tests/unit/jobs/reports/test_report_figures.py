"""Every figure of every report against plain arithmetic over the same records, whatever these are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reports_of_records import EUROS, by_group, report_of

from zebros_core.currencies import minor_digits
from zebros_jobs.domain.reports.assemble import change_of
from zebros_jobs.domain.reports.money import Rates
from zebros_jobs.domain.reports.spooling import shared_out

QUICK = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
RATES = Rates(
    base_currency="EUR", rates={"USD": Decimal("0.9137"), "JPY": Decimal("0.0061"), "KWD": Decimal(3)}
)
FIRST, LAST = date(2017, 2, 20), date(2017, 4, 10)
PERIOD = f"{FIRST}/{LAST}"
BEFORE = (date(2017, 1, 1), date(2017, 2, 19))

Record = dict[str, Any]


# -- plain arithmetic ----------------------------------------------------------------------------------------------


def rounded(number: Fraction | None, digits: int) -> Decimal | None:
    if number is None:
        return None
    # Enough digits that no half is met or missed by the division.
    exact = Decimal(number.numerator).quantize(Decimal(1)) / 1 if number.denominator == 1 else None
    if exact is not None:
        return exact.quantize(Decimal(1).scaleb(-digits))
    scaled = number * 10**digits
    floor = scaled.numerator // scaled.denominator
    rest = scaled - floor
    up = rest > Fraction(1, 2) or (rest == Fraction(1, 2) and floor % 2 == 1)
    return Decimal(floor + up).scaleb(-digits)


def ratio(part: int, whole: int) -> Decimal | None:
    return rounded(Fraction(part, whole), 4) if whole else None


def mean(values: Sequence[Fraction | int], digits: int = 1) -> Decimal | None:
    return rounded(sum(map(Fraction, values), Fraction()) / len(values), digits) if values else None


def exact(value: Any) -> Fraction:
    return Fraction(Decimal(str(value or 0)))


def in_base(amounts: Iterable[tuple[str, Fraction]], rates: Rates) -> Fraction | None:
    total = Fraction()
    for code, amount in amounts:
        if code != rates.base_currency and code not in rates.rates and amount:
            return None
        total += amount * (1 if code == rates.base_currency else Fraction(rates.rates.get(code, Decimal())))
    return total


def local(instant: str, zone: str) -> date:
    return datetime.fromisoformat(instant).astimezone(ZoneInfo(zone)).date()


def grouped(
    records: Iterable[Record], group: Callable[[Record], Any], day: Callable[[Record], date | None], span: Any
) -> dict[Any, list[Record]]:
    found: dict[Any, list[Record]] = defaultdict(list)
    for record in records:
        on = day(record)
        if on is not None and span[0] <= on <= span[1]:
            found[group(record)].append(record)
    return found


# -- records -------------------------------------------------------------------------------------------------------

owners = st.sampled_from(["ada", "bob", "o'neil", "=cmd()"])
teams = st.sampled_from([None, "north", "south"])
# Few days, most of them at the ends of the periods, so that much falls on one day and much on the next.
EDGES = [
    FIRST - timedelta(days=1),
    FIRST,
    FIRST + timedelta(days=1),
    date(2017, 3, 12),
    date(2017, 3, 26),
    LAST,
]
days = st.one_of(
    st.sampled_from([*EDGES, LAST + timedelta(days=1), BEFORE[0]]),
    st.dates(date(2016, 12, 25), date(2017, 4, 20)),
)
# Midnight is at another moment in each zone.
moments = st.one_of(
    st.sampled_from([0, 1, 86_399_999, 43_200_000, 5 * 3_600_000, 13 * 3_600_000]), st.integers(0, 86_399_999)
)
instants = st.builds(
    lambda day, at: (
        (datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(milliseconds=at))
        .isoformat(timespec="milliseconds")
        .replace("+00:00", "Z")
    ),
    days,
    moments,
)
amounts = st.one_of(
    st.none(),
    st.integers(0, 10**6),
    st.just(999_999_999_999_999),
    st.just(0.000000000000001),
    st.decimals(0, 10**9, places=2).map(float),
)
names = st.sampled_from([None, "a", "b", "ß", "名"])


def without_none(record: Record) -> Record:
    return {name: value for name, value in record.items() if value is not None}


@st.composite
def deals(draw: st.DrawFn) -> list[Record]:
    made: list[Record] = []
    for number in range(draw(st.integers(0, 25))):
        outcome = draw(st.sampled_from(["won", "won", "lost", "open"]))
        made.append(
            without_none(
                {
                    "opportunityId": f"deal-{number}",
                    "ownerId": draw(owners),
                    "teamId": draw(teams),
                    "customerId": draw(st.sampled_from([None, "c-0", "c-1", "c-2", "gone"])),
                    "leadId": draw(st.sampled_from([None, "l-0", "l-1"])),
                    "currency": draw(st.sampled_from(["EUR", "EUR", "USD", "JPY", "KWD"])),
                    "outcome": outcome,
                    "value": draw(amounts),
                    "closeDate": None if outcome == "open" else draw(days).isoformat(),
                    "engageDate": draw(st.one_of(st.none(), days.map(date.isoformat))),
                    "createdAt": draw(instants),
                }
            )
        )
    return made


@st.composite
def customers(draw: st.DrawFn) -> list[Record]:
    return [
        without_none(
            {
                "customerId": f"c-{number}",
                "ownerId": draw(owners),
                "teamId": draw(teams),
                "industry": draw(names),
                "contactInfo": {"address": without_none({"region": draw(names)})},
                "createdAt": draw(instants),
            }
        )
        for number in range(draw(st.integers(0, 6)))
    ]


@st.composite
def leads(draw: st.DrawFn) -> list[Record]:
    made: list[Record] = []
    for number in range(draw(st.integers(0, 20))):
        created = draw(instants)
        after = draw(st.one_of(st.none(), st.integers(0, 90 * 86_400)))
        converted = None
        if after is not None:
            converted = (
                (datetime.fromisoformat(created) + timedelta(seconds=after))
                .isoformat()
                .replace("+00:00", "Z")
            )
        made.append(
            without_none(
                {
                    "leadId": f"l-{number}",
                    "ownerId": draw(owners),
                    "teamId": draw(teams),
                    "source": draw(names),
                    "industry": draw(names),
                    "customerId": f"c-{number % 4}" if converted else None,
                    "createdAt": created,
                    "convertedAt": converted,
                }
            )
        )
    return made


@st.composite
def activities(draw: st.DrawFn) -> list[Record]:
    made: list[Record] = []
    for number in range(draw(st.integers(0, 25))):
        status = draw(st.sampled_from(["open", "completed", "cancelled"]))
        made.append(
            without_none(
                {
                    "activityId": f"a-{number}",
                    "ownerId": draw(owners),
                    "teamId": draw(teams),
                    "customerId": draw(st.sampled_from([None, "c-0", "c-1"])),
                    "type": draw(st.sampled_from(["call", "meeting", "task", "note", "email"])),
                    "status": status,
                    "createdAt": draw(instants),
                    "scheduledAt": draw(st.one_of(st.none(), instants)),
                    "completedAt": draw(instants) if status == "completed" else None,
                }
            )
        )
    return made


# -- sales -----------------------------------------------------------------------------------------------------------


def sales_figures(records: Sequence[Record], rates: Rates, zone: str) -> dict[str, Any]:
    won = [record for record in records if record["outcome"] == "won"]
    lost = [record for record in records if record["outcome"] == "lost"]
    value = in_base([(each["currency"], exact(each.get("value"))) for each in won], rates)
    digits = minor_digits(rates.base_currency)
    lost_value = in_base([(each["currency"], exact(each.get("value"))) for each in lost], rates)
    taken: list[int] = []
    for deal in won:
        begun = (
            date.fromisoformat(deal["engageDate"]) if "engageDate" in deal else local(deal["createdAt"], zone)
        )
        many = (date.fromisoformat(deal["closeDate"]) - begun).days
        taken += [many] if many >= 0 else []
    return {
        "wonValue": rounded(value, digits),
        "wonCount": len(won),
        "lostValue": rounded(lost_value, digits),
        "lostCount": len(lost),
        "winRate": ratio(len(won), len(won) + len(lost)),
        "averageDeal": rounded(value / len(won), digits) if won and value is not None else None,
        "averageDaysToClose": mean(taken),
    }


def closed_on(deal: Record) -> date | None:
    return date.fromisoformat(deal["closeDate"]) if "closeDate" in deal else None


def check(result: Any, expected: dict[Any, dict[str, Any]], whole: dict[str, Any]) -> None:
    """Compare every figure of every group, and the whole."""
    for key in whole:
        assert by_group(result, key) == {group: figures[key] for group, figures in expected.items()}, key
        assert result.totals.values[key] == whole[key], key


@QUICK
@given(deals(), customers(), leads(), st.sampled_from(["owner", "team", "region", "industry", "source"]))
def test_sales_by_a_group(deals: list[Record], customers: list[Record], leads: list[Record], by: str) -> None:
    zone = "America/New_York"
    of = {each["customerId"]: each for each in customers}
    sources = {each["leadId"]: each.get("source") for each in leads if "convertedAt" in each}
    group: dict[str, Callable[[Record], Any]] = {
        "owner": lambda deal: deal["ownerId"],
        "team": lambda deal: deal.get("teamId"),
        "region": lambda deal: (
            of.get(deal.get("customerId"), {}).get("contactInfo", {}).get("address", {}).get("region")
        ),
        "industry": lambda deal: of.get(deal.get("customerId"), {}).get("industry"),
        "source": lambda deal: sources.get(deal.get("leadId")),
    }
    records = {"opportunity": deals, "customer": customers, "lead": leads}
    result = report_of(records, report="sales", period=PERIOD, by=[by], zone=zone, rates=RATES)
    groups = grouped(deals, group[by], closed_on, (FIRST, LAST))
    everything = [deal for found in groups.values() for deal in found]
    check(
        result,
        {key: sales_figures(found, RATES, zone) for key, found in groups.items()},
        sales_figures(everything, RATES, zone),
    )
    former = [deal for found in grouped(deals, group[by], closed_on, BEFORE).values() for deal in found]
    before = sales_figures(former, RATES, zone)
    assert result.totals.former is not None and result.totals.change is not None
    for key, value in before.items():
        assert result.totals.former[key] == value
        assert result.totals.change[key] == change_of(result.totals.values[key], value)
    amounts: dict[str, Fraction] = defaultdict(Fraction)
    for deal in everything:
        amounts[f"{deal['outcome']}Value:{deal['currency']}"] += exact(deal.get("value"))
    for column in result.columns:
        if ":" in column.key:
            digits = minor_digits(str(column.currency))
            assert result.totals.values[column.key] == rounded(amounts[column.key], digits)


@QUICK
@given(deals(), st.sampled_from(["day", "week", "month", "quarter", "year"]))
def test_sales_in_the_course_of_time(deals: list[Record], by: str) -> None:
    step: dict[str, Callable[[date], Any]] = {
        "day": lambda day: day,
        "week": lambda day: day.isocalendar()[:2],
        "month": lambda day: (day.year, day.month),
        "quarter": lambda day: (day.year, (day.month - 1) // 3),
        "year": lambda day: day.year,
    }
    result = report_of({"opportunity": deals}, report="sales", period=PERIOD, by=[by], rates=RATES)
    groups = grouped(
        deals, lambda deal: step[by](date.fromisoformat(deal["closeDate"])), closed_on, (FIRST, LAST)
    )
    every: dict[Any, list[Record]] = {}
    for number in range((LAST - FIRST).days + 1):
        key = step[by](FIRST + timedelta(days=number))
        every[key] = groups.get(key, [])
    assert len(result.rows) == len(every)
    for row, found in zip(result.rows, every.values(), strict=True):
        assert {key: row.values[key] for key in sales_figures([], RATES, "UTC")} == sales_figures(
            found, RATES, "UTC"
        )


@QUICK
@given(deals())
def test_sales_by_time_and_team_add_up_to_either(deals: list[Record]) -> None:
    asked = {"report": "sales", "period": PERIOD, "rates": RATES}
    both = report_of({"opportunity": deals}, by=["month", "team"], **asked)
    month = report_of({"opportunity": deals}, by=["month"], **asked)
    team = report_of({"opportunity": deals}, by=["team"], **asked)
    assert both.totals == month.totals == team.totals
    for key in ("wonCount", "lostCount"):
        by_team: dict[Any, Decimal] = defaultdict(Decimal)
        for (_, id), value in by_group(both, key).items():
            by_team[id] += value
        assert by_team == by_group(team, key)
    steps = list(dict.fromkeys(row.group[0].id for row in both.rows))
    assert steps == [row.group[0].id for row in month.rows if row.group[0].id in steps], (
        "in the course of time"
    )


@QUICK
@given(deals(), st.sampled_from(["ada", "north", "USD"]))
def test_filters_are_those_records_alone(deals: list[Record], only: str) -> None:
    name, field = {
        "ada": ("ownerIds", "ownerId"),
        "north": ("teamIds", "teamId"),
        "USD": ("currencies", "currency"),
    }[only]
    asked = {"report": "sales", "period": PERIOD, "by": ["owner"], "rates": RATES}
    filtered = report_of({"opportunity": deals}, filters={name: [only]}, **asked)
    alone = report_of({"opportunity": [deal for deal in deals if deal.get(field) == only]}, **asked)
    assert (filtered.rows, filtered.totals) == (alone.rows, alone.totals)


# -- activities ------------------------------------------------------------------------------------------------------


def activity_figures(records: Sequence[Record], zone: str, span: tuple[date, date]) -> dict[str, Any]:
    def within(record: Record, field: str) -> bool:
        return field in record and span[0] <= local(record[field], zone) <= span[1]

    made = [each for each in records if within(each, "createdAt")]
    completed = [each for each in records if within(each, "completedAt")]
    planned = [each for each in completed if "scheduledAt" in each]
    on_time = [
        each for each in planned if local(each["completedAt"], zone) <= local(each["scheduledAt"], zone)
    ]
    overdue = [
        each
        for each in records
        if each["status"] == "open"
        and within(each, "scheduledAt")
        and datetime.fromisoformat(each["scheduledAt"]) < AS_OF_2017
    ]
    types = {"calls": "call", "meetings": "meeting", "tasks": "task", "notes": "note", "emails": "email"}
    return {
        "made": len(made),
        "completed": len(completed),
        "overdue": len(overdue),
        "onTime": len(on_time),
        "onTimeRate": ratio(len(on_time), len(planned)),
        **{key: sum(each["type"] == kind for each in completed) for key, kind in types.items()},
    }


AS_OF_2017 = datetime(2017, 3, 20, 12, tzinfo=UTC)


@QUICK
@given(
    activities(),
    st.sampled_from(["owner", "team", "type"]),
    st.sampled_from(["Pacific/Auckland", "America/Los_Angeles", "Europe/Berlin"]),
)
def test_activities_by_a_group(activities: list[Record], by: str, zone: str) -> None:
    field = {"owner": "ownerId", "team": "teamId", "type": "type"}[by]
    result = report_of(
        {"activity": activities}, report="activities", period=PERIOD, by=[by], zone=zone, as_of=AS_OF_2017
    )
    span = (FIRST, LAST)
    groups: dict[Any, list[Record]] = defaultdict(list)
    for each in activities:
        groups[each.get(field)].append(each)
    expected = {key: activity_figures(found, zone, span) for key, found in groups.items()}
    expected = {key: figures for key, figures in expected.items() if any(figures.values())}
    check(result, expected, activity_figures(activities, zone, span))


# -- customers -------------------------------------------------------------------------------------------------------


def acquisition_figures(
    customers: Sequence[Record], first: dict[str, Record], zone: str, span: tuple[date, date], rates: Rates
) -> dict[str, Any]:
    made = {each["customerId"]: local(each["createdAt"], zone) for each in customers}
    new = [id for id, day in made.items() if span[0] <= day <= span[1]]
    before = [id for id, day in made.items() if day < span[0]]
    dealt = [
        (id, first[id])
        for id in made
        if id in first and span[0] <= date.fromisoformat(first[id]["closeDate"]) <= span[1]
    ]
    waited = [(date.fromisoformat(deal["closeDate"]) - made[id]).days for id, deal in dealt]
    value = in_base([(deal["currency"], exact(deal.get("value"))) for _, deal in dealt], rates)
    return {
        "newCustomers": len(new),
        "customers": len(before) + len(new),
        "growthRate": ratio(len(new), len(before)),
        "firstDeals": len(dealt),
        "firstDealValue": rounded(value, minor_digits(rates.base_currency)),
        "averageDaysToFirstDeal": mean([many for many in waited if many >= 0]),
    }


def first_deals(deals: Sequence[Record]) -> dict[str, Record]:
    found: dict[str, Record] = {}
    for deal in sorted(deals, key=lambda deal: (deal.get("closeDate", ""), deal["opportunityId"])):
        if deal["outcome"] == "won" and "customerId" in deal:
            found.setdefault(deal["customerId"], deal)
    return found


@QUICK
@given(customers(), deals(), leads(), st.sampled_from(["owner", "team", "region", "industry", "source"]))
def test_acquisition_by_a_group(
    customers: list[Record], deals: list[Record], leads: list[Record], by: str
) -> None:
    zone = "Asia/Tokyo"
    sources: dict[str, tuple[date, str]] = {}
    for lead in leads:
        if "convertedAt" in lead and "source" in lead:
            rank = (local(lead["createdAt"], zone), lead["source"])
            sources[lead["customerId"]] = min(rank, sources.get(lead["customerId"], rank))
    group: dict[str, Callable[[Record], Any]] = {
        "owner": lambda each: each["ownerId"],
        "team": lambda each: each.get("teamId"),
        "region": lambda each: each["contactInfo"]["address"].get("region"),
        "industry": lambda each: each.get("industry"),
        "source": lambda each: sources.get(each["customerId"], (None, None))[1],
    }
    records = {"opportunity": deals, "customer": customers, "lead": leads}
    result = report_of(records, report="acquisition", period=PERIOD, by=[by], zone=zone, rates=RATES)
    groups: dict[Any, list[Record]] = defaultdict(list)
    for each in customers:
        groups[group[by](each)].append(each)
    first, span = first_deals(deals), (FIRST, LAST)
    expected = {key: acquisition_figures(found, first, zone, span, RATES) for key, found in groups.items()}
    expected = {key: figures for key, figures in expected.items() if any(figures.values())}
    check(result, expected, acquisition_figures(customers, first, zone, span, RATES))


@QUICK
@given(customers(), deals())
def test_customers_add_up_from_step_to_step(customers: list[Record], deals: list[Record]) -> None:
    result = report_of(
        {"opportunity": deals, "customer": customers}, report="acquisition", period=PERIOD, by=["week"]
    )
    first = first_deals(deals)
    begin = FIRST
    for row in result.rows:
        end = min(begin + timedelta(days=6 - begin.weekday()), LAST)
        figures = acquisition_figures(customers, first, "UTC", (begin, end), EUROS)
        if figures["firstDealValue"] is None:
            assert result.missing_rates
        assert {key: row.values[key] for key in figures} == figures
        begin = end + timedelta(days=1)


# -- leads -----------------------------------------------------------------------------------------------------------


def conversion_figures(leads: Sequence[Record], zone: str, span: tuple[date, date]) -> dict[str, Any]:
    created = [each for each in leads if span[0] <= local(each["createdAt"], zone) <= span[1]]
    of_these = [each for each in created if "convertedAt" in each]
    converted = [
        each
        for each in leads
        if "convertedAt" in each and span[0] <= local(each["convertedAt"], zone) <= span[1]
    ]
    taken = [
        Fraction(
            int(
                (
                    datetime.fromisoformat(each["convertedAt"]) - datetime.fromisoformat(each["createdAt"])
                ).total_seconds()
            ),
            86_400,
        )
        for each in converted
    ]
    return {
        "created": len(created),
        "convertedOfCreated": len(of_these),
        "conversionRate": ratio(len(of_these), len(created)),
        "converted": len(converted),
        "averageDaysToConvert": mean(taken),
    }


@QUICK
@given(leads(), st.sampled_from(["owner", "team", "source", "industry"]))
def test_conversion_by_a_group(leads: list[Record], by: str) -> None:
    zone = "Europe/Lisbon"
    field = {"owner": "ownerId", "team": "teamId", "source": "source", "industry": "industry"}[by]
    result = report_of({"lead": leads}, report="conversion", period=PERIOD, by=[by], zone=zone)
    groups: dict[Any, list[Record]] = defaultdict(list)
    for each in leads:
        groups[each.get(field)].append(each)
    span = (FIRST, LAST)
    expected = {key: conversion_figures(found, zone, span) for key, found in groups.items()}
    expected = {key: figures for key, figures in expected.items() if any(figures.values())}
    check(result, expected, conversion_figures(leads, zone, span))


# -- changes ---------------------------------------------------------------------------------------------------------


@given(st.decimals(-(10**12), 10**12, places=2), st.decimals(-(10**12), 10**12, places=2))
def test_a_change_is_a_difference_and_a_percentage_of_what_was(now: Decimal, before: Decimal) -> None:
    change = change_of(now, before)
    assert change.absolute == now - before
    if not before:
        assert change.percent is None
    else:
        exact_percent = Fraction(now - before) / abs(Fraction(before)) * 100
        assert change.percent == rounded(exact_percent, 2)
    assert change_of(None, before).absolute is None and change_of(now, None).percent is None


def test_halves_are_rounded_to_the_even_neighbour_and_once() -> None:
    deals = [
        {
            "opportunityId": f"d-{number}",
            "ownerId": "ada",
            "currency": "USD",
            "outcome": "won",
            "value": 0.05,
            "closeDate": "2017-03-01",
            "createdAt": "2017-01-01T00:00:00Z",
        }
        for number in range(3)
    ]
    rates = Rates(base_currency="EUR", rates={"USD": Decimal("0.1")})
    result = report_of({"opportunity": deals}, report="sales", period="2017", by=["owner"], rates=rates)
    # Each is half a cent: rounded one by one it would be nothing at all.
    assert result.totals.values["wonValue"] == Decimal("0.02")
    assert Decimal("0.015").quantize(Decimal("0.01"), ROUND_HALF_EVEN) == Decimal("0.02")


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/Sao_Paulo", "Pacific/Apia", "Asia/Kathmandu"])
def test_a_record_of_a_days_last_second_is_of_that_day_where_the_company_is(zone: str) -> None:
    where = ZoneInfo(zone)
    made: list[Record] = []
    for number, day in enumerate(
        (date(2017, 3, 25), date(2017, 3, 26), date(2017, 10, 29), date(2017, 12, 31))
    ):
        midnight = datetime(day.year, day.month, day.day, tzinfo=where) + timedelta(days=1)
        last = (midnight.astimezone(UTC) - timedelta(milliseconds=1)).isoformat()
        made.append({"leadId": f"l-{number}", "ownerId": "ada", "createdAt": last.replace("+00:00", "Z")})
    result = report_of({"lead": made}, report="conversion", period="2017", by=["day"], zone=zone)
    found = {id: value for id, value in by_group(result, "created").items() if value}
    assert found == {"2017-03-25": 1, "2017-03-26": 1, "2017-10-29": 1, "2017-12-31": 1}


# -- products --------------------------------------------------------------------------------------------------------


@st.composite
def deals_of_products(draw: st.DrawFn) -> list[Record]:
    made = draw(deals())
    for deal in made:
        lines = draw(
            st.lists(
                st.tuples(
                    st.sampled_from([PUMP, HOSE, VALVE]),
                    st.integers(1, 5),
                    st.one_of(st.just(0), st.decimals(0, 1000, places=2).map(float)),
                ),
                max_size=4,
            )
        )
        deal["lines"] = [{"productId": id, "quantity": many, "unitPrice": price} for id, many, price in lines]
    return made


PUMP, HOSE, VALVE = ("01JC8Z4T5V6W7X8Y9ZABCDEFG" + letter for letter in "HJK")


def shares(deal: Record) -> dict[str | None, Fraction]:
    """Return what each product has of a deal, in millionths; the largest takes the rest."""
    value = exact(deal.get("value"))
    weights: dict[str, Fraction] = defaultdict(Fraction)
    for line in deal["lines"]:
        weights[line["productId"]] += exact(line["quantity"]) * exact(line["unitPrice"])
    if not weights:
        return {None: value}
    if not any(weights.values()):
        weights = dict.fromkeys(weights, Fraction(1))
    total = sum(weights.values())
    parts: dict[str | None, Fraction] = {
        id: Fraction(rounded(value * weight / total, 6) or 0) for id, weight in weights.items()
    }
    largest = max(weights, key=lambda id: (weights[id], id))
    parts[largest] = value - sum(part for id, part in parts.items() if id != largest)
    return parts


def split(deals: Iterable[Record]) -> list[Record]:
    """Return a deal for each product of each deal."""
    return [{**deal, "product": id, "value": part} for deal in deals for id, part in shares(deal).items()]


def figures_of_shares(records: Sequence[Record]) -> dict[str, Any]:
    won = [each for each in records if each["outcome"] == "won"]
    value = in_base([(each["currency"], each["value"]) for each in won], RATES)
    assert value is not None
    lost = [each for each in records if each["outcome"] == "lost"]
    return {"wonValue": rounded(value, 2), "wonCount": len(won), "lostCount": len(lost)}


@QUICK
@given(deals_of_products())
def test_sales_by_product_share_each_deal_out(deals: list[Record]) -> None:
    asked = {"report": "sales", "period": PERIOD, "rates": RATES}
    result = report_of({"opportunity": deals}, by=["product"], **asked)
    groups = grouped(split(deals), lambda each: each["product"], closed_on, (FIRST, LAST))
    for key in ("wonValue", "wonCount", "lostCount"):
        assert by_group(result, key) == {id: figures_of_shares(found)[key] for id, found in groups.items()}
    whole = report_of({"opportunity": deals}, by=[], **asked)
    assert result.totals == whole.totals, "on the whole each deal counts once"


@QUICK
@given(deals_of_products(), st.sets(st.sampled_from([PUMP, HOSE, VALVE]), min_size=1))
def test_of_some_products_their_shares_count_and_each_deal_once(
    deals: list[Record], chosen: set[str]
) -> None:
    asked = {"report": "sales", "period": PERIOD, "rates": RATES, "filters": {"productIds": sorted(chosen)}}
    result = report_of({"opportunity": deals}, by=["team"], **asked)
    ours: list[Record] = []
    for deal in deals:
        parts = {id: part for id, part in shares(deal).items() if id in chosen}
        if parts:
            ours.append({**deal, "value": sum(parts.values())})
    groups = grouped(ours, lambda each: each.get("teamId"), closed_on, (FIRST, LAST))
    for key in ("wonValue", "wonCount", "lostCount"):
        assert by_group(result, key) == {id: figures_of_shares(found)[key] for id, found in groups.items()}
    by_product = report_of({"opportunity": deals}, by=["product"], **asked)
    assert {row.group[0].id for row in by_product.rows} <= chosen
    assert by_product.totals == result.totals


@given(
    st.decimals(0, 10**12, places=2),
    st.dictionaries(st.sampled_from("abcde"), st.decimals(0, 10**6, places=3)),
)
def test_parts_are_the_whole(value: Decimal, amounts: dict[str, Decimal]) -> None:
    parts = shared_out(value, amounts)
    assert set(parts) == set(amounts)
    assert not amounts or sum(parts.values()) == value


# -- the fine points -------------------------------------------------------------------------------------------------


def test_on_time_is_by_the_day_where_the_company_is() -> None:
    def activity(number: int, planned: str | None, done: str | None, **facts: Any) -> Record:
        made: Record = {
            "activityId": f"a-{number}",
            "ownerId": "ada",
            "type": "call",
            "createdAt": "2017-01-01T00:00:00Z",
        }
        times = {"scheduledAt": planned, "completedAt": done}
        return without_none({**made, "status": "completed" if done else "open", **times, **facts})

    found = report_of(
        {
            "activity": [
                activity(
                    1, "2017-03-10T09:00:00Z", "2017-03-10T22:30:00Z"
                ),  # half past eleven of the same evening
                activity(2, "2017-03-10T09:00:00Z", "2017-03-10T23:30:00Z"),  # half past midnight
                activity(3, "2017-03-10T09:00:00Z", "2017-03-09T09:00:00Z"),
                activity(4, None, "2017-03-10T09:00:00Z"),
                activity(5, "2017-03-10T09:00:00Z", None),
                activity(6, "2017-03-10T09:00:00Z", None, status="cancelled"),
                activity(7, "2017-03-31T09:00:00Z", None),
            ]
        },
        report="activities",
        period="2017-03",
        by=[],
        zone="Europe/Berlin",
        as_of=datetime(2017, 3, 20, tzinfo=UTC),
    ).totals.values
    assert (found["completed"], found["onTime"], found["onTimeRate"]) == (4, 2, Decimal("0.6667"))
    assert found["overdue"] == 1, "one was cancelled, one still has time"


def test_a_customers_first_deal_is_the_earliest_and_of_one_day_the_first_that_was_made() -> None:
    def won(id: str, day: str, value: int, **facts: Any) -> Record:
        usual = {"ownerId": "ada", "currency": "EUR", "outcome": "won", "createdAt": "2017-01-01T00:00:00Z"}
        return {**usual, "opportunityId": id, "closeDate": day, "value": value, "customerId": "c-1", **facts}

    customer = {"customerId": "c-1", "ownerId": "ada", "createdAt": "2017-02-27T10:00:00Z"}
    deals = [
        won("d-3", "2017-03-02", 3),
        won("d-2", "2017-03-01", 20),
        won("d-1", "2017-03-01", 10, currency="USD"),
        won("d-0", "2017-02-01", 1, outcome="lost"),
        won("d-9", "2017-03-01", 7, customerId="in the trash"),
    ]
    rates = Rates(base_currency="EUR", rates={"USD": Decimal("0.5")})
    found = report_of(
        {"opportunity": deals, "customer": [customer]},
        report="acquisition",
        period="2017-03",
        by=[],
        rates=rates,
    )
    values = found.totals.values
    assert (values["firstDeals"], values["firstDealValue"], values["averageDaysToFirstDeal"]) == (1, 5, 2)
    assert (values["newCustomers"], values["customers"], values["growthRate"]) == (0, 1, 0)
    assert found.totals.former is not None and found.totals.former["newCustomers"] == 1
    assert found.totals.former["growthRate"] is None, "there was nobody before"


def test_the_rate_of_conversion_is_of_those_who_came_in_the_period() -> None:
    def lead(number: int, created: str, converted: str | None = None) -> Record:
        return without_none(
            {"leadId": f"l-{number}", "ownerId": "ada", "createdAt": created, "convertedAt": converted}
        )

    values = report_of(
        {
            "lead": [
                lead(1, "2017-03-01T00:00:00Z", "2017-03-02T12:00:00Z"),
                lead(2, "2017-03-31T23:59:59Z", "2017-05-01T00:00:00Z"),
                lead(3, "2017-03-15T00:00:00Z"),
                lead(4, "2017-01-01T00:00:00Z", "2017-03-01T00:00:00Z"),
            ]
        },
        report="conversion",
        period="2017-03",
        by=[],
    ).totals.values
    assert (values["created"], values["convertedOfCreated"], values["converted"]) == (3, 2, 2)
    assert values["conversionRate"] == Decimal("0.6667")
    assert values["averageDaysToConvert"] == Decimal("30.2"), "60.5 days of two, halves to the even neighbour"


def test_rows_have_most_of_what_the_report_is_about_first_and_nobody_last() -> None:
    def won(number: int, owner: str, value: int | None, **facts: Any) -> Record:
        return without_none(
            {
                "opportunityId": f"d-{number}",
                "ownerId": owner,
                "currency": "EUR",
                "outcome": "won",
                "createdAt": "2017-01-01T00:00:00Z",
                "closeDate": "2017-03-01",
                "value": value,
                **facts,
            }
        )

    deals = [
        won(1, "zoe", 5),
        won(2, "Ada", 7),
        won(3, "bob", 5),
        won(4, "eve", None),
        won(5, "mia", 9, currency="XAF"),
    ]
    rows = report_of({"opportunity": deals}, report="sales", period="2017", by=["owner"]).rows
    assert [row.group[0].id for row in rows] == ["Ada", "bob", "zoe", "eve", "mia"], (
        "what cannot be told comes last"
    )
    teams = [won(1, "a", 5, teamId="north"), won(2, "a", 5), won(3, "a", 5, teamId="east")]
    rows = report_of({"opportunity": teams}, report="sales", period="2017", by=["team"]).rows
    assert [row.group[0].id for row in rows] == ["east", "north", None]


def test_steps_to_come_are_no_rows_unless_something_is_in_them() -> None:
    deal = {
        "opportunityId": "d-1",
        "ownerId": "ada",
        "currency": "EUR",
        "outcome": "won",
        "value": 1,
        "createdAt": "2017-01-01T00:00:00Z",
        "closeDate": "2017-08-01",
    }
    asked = {"report": "sales", "period": "2017", "by": ["month"], "today": date(2017, 3, 15)}
    assert len(report_of({}, **asked).rows) == 3
    assert len(report_of({"opportunity": [deal]}, **asked).rows) == 8
    assert len(report_of({}, **{**asked, "today": date(2018, 1, 1)}).rows) == 12
    whole = report_of({}, **asked)
    assert whole.former_period is not None and whole.former_period.last == date(2016, 3, 14), (
        "74 days of a leap year"
    )


@pytest.mark.parametrize("report", ["activities", "acquisition", "conversion"])
def test_products_are_those_of_the_deal_that_it_is_about(report: str) -> None:
    def deal(id: str, products: Sequence[str], **facts: Any) -> Record:
        lines = [{"productId": product, "quantity": 1, "unitPrice": 1} for product in products]
        usual = {"ownerId": "ada", "currency": "EUR", "outcome": "won", "createdAt": "2017-01-01T00:00:00Z"}
        return {**usual, "opportunityId": id, "closeDate": "2017-03-01", "value": 1, **facts} | (
            {"lines": lines, "lineCount": len(lines)} if lines else {}
        )

    made = {"ownerId": "ada", "createdAt": "2017-03-01T00:00:00Z"}
    about = {"relatedType": "opportunity", "type": "call", "status": "open"}
    converted = {"convertedAt": "2017-03-02T00:00:00Z"}
    records: dict[str, list[Record]] = {
        "opportunity": [
            deal("both", [PUMP, HOSE], customerId="c-1"),
            deal("hose", [HOSE], customerId="c-2"),
            deal("none", [], customerId="c-3"),
        ],
        "activity": [
            {**made, **about, "activityId": "a-1", "relatedId": "both"},
            {**made, **about, "activityId": "a-2", "relatedId": "hose"},
            {**made, **about, "activityId": "a-3", "relatedId": "none"},
            {**made, **about, "activityId": "a-4", "relatedId": "both", "relatedType": "customer"},
        ],
        "customer": [{**made, "customerId": f"c-{number}"} for number in (1, 2, 3, 4)],
        "lead": [
            {**made, **converted, "leadId": "l-1", "opportunityId": "both"},
            {**made, **converted, "leadId": "l-2", "opportunityId": "hose"},
            {**made, **converted, "leadId": "l-3", "opportunityId": "none"},
            {**made, "leadId": "l-4"},
        ],
    }
    key = {"activities": "made", "acquisition": "newCustomers", "conversion": "created"}[report]
    asked: dict[str, Any] = {"report": report, "period": "2017-03"}
    found = report_of(records, by=["product"], **asked)
    assert by_group(found, key) == {PUMP: 1, HOSE: 2, None: 2}
    assert found.totals.values[key] == 4, "on the whole each counts once"
    assert any("Products are those" in note for note in found.notes)
    of_hose = report_of(records, by=["product"], filters={"productIds": [HOSE]}, **asked)
    assert by_group(of_hose, key) == {HOSE: 2} and of_hose.totals.values[key] == 2
    of_pump = report_of(records, by=["owner"], filters={"productIds": [PUMP]}, **asked)
    assert by_group(of_pump, key) == {"ada": 1}


def test_the_region_of_a_lead_is_that_of_the_customer_it_became_or_a_field_of_its_own() -> None:
    made = {"ownerId": "ada", "createdAt": "2017-03-01T00:00:00Z"}
    records: dict[str, list[Record]] = {
        "customer": [
            {**made, "customerId": "c-1", "contactInfo": {"address": {"region": "West", "city": "Essen"}}}
        ],
        "lead": [
            {
                **made,
                "leadId": "l-1",
                "customerId": "c-1",
                "convertedAt": "2017-03-02T00:00:00Z",
                "custom": {"area": 7},
            },
            {**made, "leadId": "l-2", "custom": {"area": True}},
            {**made, "leadId": "l-3", "customerId": "gone", "convertedAt": "2017-03-02T00:00:00Z"},
        ],
    }
    asked: dict[str, Any] = {"report": "conversion", "period": "2017-03", "by": ["region"]}
    assert by_group(report_of(records, **asked), "created") == {"West": 1, None: 2}
    assert by_group(report_of(records, regionField="address.city", **asked), "created") == {
        "Essen": 1,
        None: 2,
    }
    own = by_group(report_of(records, regionField="custom.area", **asked), "created")
    assert own == {"7": 1, "yes": 1, None: 1}
