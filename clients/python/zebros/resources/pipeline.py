"""The pipeline as a whole, and the dashboard."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from zebros.calls import pipeline as calls
from zebros.calls.pipeline import GroupBy, OnStep, View
from zebros.models import Currencies, Dashboard, Forecast, PipelineValue, Stage, Stages, TotalsStep
from zebros.resources.driver import drive
from zebros.resources.executor import Executor

__all__ = ["Pipeline"]


class Pipeline:
    """`client.pipeline`: how sales go, and through which stages."""

    def __init__(self, client: Executor, sleep: Callable[[float], None]) -> None:
        self._client = client
        self.stages = PipelineStages(client)
        self.currencies = PipelineCurrencies(client)
        self.totals = PipelineTotals(client, sleep)

    def value(self, *, view: View | None = None, group_by: GroupBy | None = None) -> PipelineValue:
        """What lies in which stage: count, sum, weighted by probability; per owner or team if asked."""
        return self._client.execute(calls.value(view=view, group_by=group_by))

    def forecast(
        self, from_: str | None = None, to: str | None = None, *, view: View | None = None
    ) -> Forecast:
        """What closes from one month to another (`2026-11`), by forecast category; six from this one on if not said."""
        return self._client.execute(calls.forecast(from_, to, view=view))

    def dashboard(self, *, view: View | None = None) -> Dashboard:
        """One look at the day: `as_of` says how fresh it is."""
        return self._client.execute(calls.dashboard(view=view))


class PipelineStages:
    """`client.pipeline.stages`"""

    def __init__(self, client: Executor) -> None:
        self._client = client

    def get(self) -> Stages:
        """The tenant's stages in their order."""
        return self._client.execute(calls.stages())

    def replace(self, stages: Sequence[Stage | Mapping[str, Any]], *, version: int) -> Stages:
        """Set all stages, in their order, over those of this version.

        Raises ConflictError naming the count where opportunities are in a stage that would go.
        """
        return self._client.execute(calls.replace_stages(stages, version))


class PipelineCurrencies:
    """`client.pipeline.currencies`"""

    def __init__(self, client: Executor) -> None:
        self._client = client

    def get(self) -> Currencies:
        """The base currency, and the rates of others."""
        return self._client.execute(calls.currencies())

    def replace(self, base_currency: str, rates: Mapping[str, Any], *, version: int) -> Currencies:
        """Set base currency and rates (what one unit is worth in the base) over those of this version."""
        return self._client.execute(calls.replace_currencies(base_currency, rates, version))


class PipelineTotals:
    """`client.pipeline.totals`: the figures are kept as changes come; here they are counted again."""

    def __init__(self, client: Executor, sleep: Callable[[float], None]) -> None:
        self._client = client
        self._sleep = sleep

    def verify(self, *, on_step: OnStep | None = None) -> TotalsStep:
        """Compare the totals with the records; what differs is looked at again after a minute.

        Raises ConflictError while a rebuild is under way.
        """
        return drive(calls.counting("verify", on_step), self._client, self._sleep)

    def rebuild(self, *, on_step: OnStep | None = None) -> TotalsStep:
        """Make the totals anew from the records; until it is done the present ones are read and kept up."""
        return drive(calls.counting("rebuild", on_step), self._client, self._sleep)
