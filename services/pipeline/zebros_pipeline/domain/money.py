"""Amounts of money and calendar dates as callers give them."""

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

from zebros_core.currencies import currency_codes
from zebros_core.values import Number

MAX_DIGITS = 15
"""Significant digits of an amount, which a JSON number carries without loss."""

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def _currency(code: str) -> str:
    if code not in currency_codes():
        raise PydanticCustomError("currency", "not an active currency code of ISO 4217, such as EUR")
    return code


def _calendar_date(value: Any) -> Any:
    if isinstance(value, date):
        return value
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        raise PydanticCustomError("calendar_date", "not a calendar date such as 2026-01-31")
    try:
        return date.fromisoformat(value)
    except ValueError as error:
        raise PydanticCustomError("calendar_date", "there is no such day") from error


CurrencyCode = Annotated[
    str,
    StringConstraints(min_length=3, max_length=3),
    AfterValidator(_currency),
    Field(json_schema_extra={"pattern": "^[A-Z]{3}$", "examples": ["EUR"]}),
]
"""An active currency of ISO 4217."""

Amount = Annotated[Number, Field(ge=0), WithJsonSchema({"type": "number", "minimum": 0})]
"""Money that is not negative, of at most 15 significant digits."""

Positive = Annotated[Number, Field(gt=0), WithJsonSchema({"type": "number", "exclusiveMinimum": 0})]
"""A quantity or a rate: above zero, of at most 15 significant digits."""

CalendarDate = Annotated[date, BeforeValidator(_calendar_date)]
"""A day without a time zone, written YYYY-MM-DD and no other way."""

Percentage = Annotated[int, Field(ge=0, le=100)]


def fits(amount: Decimal) -> bool:
    """Tell whether an amount has at most 15 significant digits."""
    digits = amount.normalize().as_tuple()
    exponent = digits.exponent if isinstance(digits.exponent, int) else 0
    return len(digits.digits) + max(exponent, 0) <= MAX_DIGITS


Today = Callable[[], date]
"""Gives the present day where a tenant is."""
