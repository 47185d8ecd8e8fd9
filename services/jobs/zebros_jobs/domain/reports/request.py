"""What a report is asked for."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Final, Self

from pydantic import BeforeValidator, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from zebros_core.currencies import currency_codes
from zebros_core.errors import FieldError, ValidationError
from zebros_core.values import PrincipalId, RecordId, ShortText, Value
from zebros_jobs.domain.reports.periods import Comparison, Grain, Period, former, parse_period, steps

__all__ = [
    "MAX_RECIPIENTS",
    "MAX_STEPS",
    "Dimension",
    "ReportFilters",
    "ReportFormat",
    "ReportKind",
    "ReportParameters",
    "ReportRequest",
    "TeamKey",
]

MAX_RECIPIENTS: Final = 20
MAX_STEPS: Final = 1_000
"""Steps in time of one report."""
MAX_FILTERED: Final = 50


class ReportKind(StrEnum):
    """The reports that there are."""

    SALES = "sales"
    ACTIVITIES = "activities"
    ACQUISITION = "acquisition"
    CONVERSION = "conversion"


class Dimension(StrEnum):
    """By what a report is split, beside time."""

    OWNER = "owner"
    TEAM = "team"
    REGION = "region"
    PRODUCT = "product"
    INDUSTRY = "industry"
    SOURCE = "source"
    TYPE = "type"


class ReportFormat(StrEnum):
    """The files that a report is given as. Its figures are kept as JSON whatever is asked for."""

    PDF = "pdf"
    XLSX = "xlsx"
    CSV = "csv"
    JSON = "json"


_EVERYWHERE: Final = (
    *(Dimension.OWNER, Dimension.TEAM, Dimension.REGION),
    *(Dimension.PRODUCT, Dimension.INDUSTRY),
)
DIMENSIONS: Final[Mapping[ReportKind, tuple[Dimension, ...]]] = {
    ReportKind.SALES: (*_EVERYWHERE, Dimension.SOURCE),
    ReportKind.ACTIVITIES: (*_EVERYWHERE, Dimension.TYPE),
    ReportKind.ACQUISITION: (*_EVERYWHERE, Dimension.SOURCE),
    ReportKind.CONVERSION: (*_EVERYWHERE, Dimension.SOURCE),
}
"""By what each report can be split: whose records these are, the customer's region and industry (of leads their own
industry), products of the deal that it is about (of customers their first won one, of leads the one they became), where
it came from.
"""
_USUALLY: Final[Mapping[ReportKind, Grain | Dimension]] = {
    ReportKind.SALES: Grain.MONTH,
    ReportKind.ACTIVITIES: Dimension.OWNER,
    ReportKind.ACQUISITION: Grain.MONTH,
    ReportKind.CONVERSION: Dimension.SOURCE,
}


def _split(name: Any) -> Any:
    """Turn a name into what it is a name of: a union would answer once for each of its members."""
    if not isinstance(name, str):
        return name
    known = {each.value: each for each in (*Grain, *Dimension)}
    if name not in known:
        raise PydanticCustomError("unknown_split", "one of {known}", {"known": ", ".join(known)})
    return known[name]


By = Annotated[Grain | Dimension, BeforeValidator(_split)]
TeamKey = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{1,30}$")]


def _currency(code: str) -> str:
    if code not in currency_codes():
        raise PydanticCustomError("currency", "not an active currency code of ISO 4217, such as EUR")
    return code


Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]


class ReportFilters(Value):
    """Only records of these; those of several filters have to fit all. Of a sale with other products, too, only the
    share of the named ones counts."""

    owner_ids: Annotated[tuple[PrincipalId, ...], Field(max_length=MAX_FILTERED)] = ()
    team_ids: Annotated[tuple[TeamKey, ...], Field(max_length=MAX_FILTERED)] = ()
    product_ids: Annotated[tuple[RecordId, ...], Field(max_length=MAX_FILTERED)] = ()
    currencies: Annotated[tuple[Currency, ...], Field(max_length=MAX_FILTERED)] = ()

    @model_validator(mode="after")
    def _known_currencies(self) -> Self:
        for code in self.currencies:
            _currency(code)
        return self


class ReportRequest(Value):
    """A report: about what, over which days of the tenant's calendar, split by what.

    `by` takes a step of time, something else, or one of each. `regionField` is a field of the customer (of leads: of
    the one that they became): `address.region`, another part of the address, or `custom.` and a field of the tenant's
    own, which leads have themselves.
    """

    report: ReportKind
    period: Annotated[str, StringConstraints(min_length=1, max_length=30)]
    by: Annotated[tuple[By, ...], Field(max_length=2)] | None = None
    compare: Comparison = Comparison.PREVIOUS
    filters: ReportFilters = ReportFilters.model_construct()
    region_field: Annotated[
        str,
        StringConstraints(
            pattern=r"^(address\.(region|city|country|postalCode)|custom\.[a-z][A-Za-z0-9]{0,39})$"
        ),
    ] = "address.region"
    formats: Annotated[tuple[ReportFormat, ...], Field(max_length=4)] = (ReportFormat.PDF,)
    title: ShortText | None = None

    @property
    def grain(self) -> Grain | None:
        """The steps of time in which it is shown."""
        return next((each for each in self.split if isinstance(each, Grain)), None)

    @property
    def dimension(self) -> Dimension | None:
        """By what it is split beside time."""
        return next((each for each in self.split if isinstance(each, Dimension)), None)

    @property
    def split(self) -> tuple[By, ...]:
        """By what it is split, time first."""
        given = (_USUALLY[self.report],) if self.by is None else self.by
        return tuple(sorted(given, key=lambda each: isinstance(each, Dimension)))

    def check(self, today: date) -> None:
        """Raise ValidationError for a period that there is not, or what does not go with this report."""
        faults: list[FieldError] = []
        kinds = [type(each) for each in self.split]
        if len(set(kinds)) < len(kinds):
            faults.append(FieldError("/by", "too_many", "one step of time and one other thing at most"))
        known = DIMENSIONS[self.report]
        dimension = self.dimension
        if dimension is not None and dimension not in known:
            names = ", ".join(known)
            faults.append(
                FieldError("/by", "not_of_this_report", f"the report {self.report} is split by {names}")
            )
        if self.report is not ReportKind.SALES and self.filters.currencies:
            message = "only sales are filtered by this"
            faults.append(FieldError("/filters/currencies", "not_of_this_report", message))
        for where, values in (("/by", self.by or ()), ("/formats", self.formats)):
            if len(set(values)) < len(values):
                faults.append(FieldError(where, "repeated", "each once"))
        if faults:
            raise ValidationError(faults[0].message, fields=faults)
        period = parse_period(self.period, today)
        if self.grain is not None:
            many = sum(1 for _ in zip(range(MAX_STEPS + 1), steps(period, self.grain), strict=False))
            if many > MAX_STEPS:
                raise ValidationError.for_field(
                    "/by", "too_many_steps", f"at most {MAX_STEPS} steps of time; take longer ones"
                )


class ReportParameters(ReportRequest):
    """A report as a job carries it out: as of a day, for people of the tenant by their ids."""

    today: date
    recipients: Annotated[tuple[PrincipalId, ...], Field(max_length=MAX_RECIPIENTS)] = ()

    @property
    def days(self) -> Period:
        """The days that it is about."""
        return parse_period(self.period, self.today)

    @property
    def former_days(self) -> Period | None:
        """The days that it is compared with."""
        return former(self.days, self.compare, self.today)

    def sameness(self) -> str:
        """Return a hash of what makes two reports of a day show the same, whatever the files."""
        days, before = self.days, self.former_days
        facts: dict[str, Any] = self.model_dump(
            mode="json", exclude={"formats", "recipients", "period", "by"}
        )
        facts |= {
            "days": [days.id, days.first.isoformat(), days.last.isoformat()],
            "former": before and [before.first.isoformat(), before.last.isoformat()],
            "by": list(self.split),
        }
        text = json.dumps(facts, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:32]
