"""A tenant's base currency, and what others are worth in it."""

from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Annotated, Final, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from zebros_core.values import Value
from zebros_pipeline.domain.money import CurrencyCode, Positive

_EXACT: Final = Context(prec=38, rounding=ROUND_HALF_EVEN)


class CurrenciesDraft(Value):
    """The base currency and the rates: what one unit of another currency is worth in the base currency."""

    base_currency: CurrencyCode
    rates: Annotated[dict[CurrencyCode, Positive], Field(max_length=200)] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _no_rate_of_the_base(self) -> Self:
        if self.base_currency in self.rates:
            raise PydanticCustomError("rate_of_base", "the base currency is worth 1; it has no rate")
        return self


class CurrencySettings(CurrenciesDraft):
    """Currencies as they are kept. `version` is the ETag; 1 is the currency of the tenant's registration alone."""

    version: int = 1

    def convert(self, amount: Decimal, currency: str) -> Decimal | None:
        """Return an amount in the base currency, exact to 38 digits; None for a currency without a rate."""
        if currency == self.base_currency:
            return amount
        rate = self.rates.get(currency)
        return None if rate is None else _EXACT.multiply(amount, rate)

    def missing(self, values: Mapping[str, Decimal]) -> list[str]:
        """Return the currencies of `values` that have no rate, in order."""
        return sorted(code for code in values if code != self.base_currency and code not in self.rates)
