"""The pipeline as a whole, and the dashboard."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from zebros.aio.executor import AsyncExecutor, drive
from zebros.calls import pipeline as calls
from zebros.calls.pipeline import GroupBy, OnStep, View
from zebros.models import Currencies, Dashboard, Forecast, PipelineValue, Stage, Stages, TotalsStep

__all__ = ["AsyncPipeline"]


class AsyncPipeline:
    """`client.pipeline`: how sales go, and through which stages."""

    def __init__(self, client: AsyncExecutor, sleep: Callable[[float], Awaitable[None]]) -> None:
        self._client = client
        self.stages = AsyncPipelineStages(client)
        self.currencies = AsyncPipelineCurrencies(client)
        self.totals = AsyncPipelineTotals(client, sleep)

    async def value(self, *, view: View | None = None, group_by: GroupBy | None = None) -> PipelineValue:
        """What lies in which stage: count, sum, weighted by probability; per owner or team if asked."""
        return await self._client.execute(calls.value(view=view, group_by=group_by))

    async def forecast(
        self, from_: str | None = None, to: str | None = None, *, view: View | None = None
    ) -> Forecast:
        """What closes from one month to another (`2026-11`), by forecast category; six from this one on if not said."""
        return await self._client.execute(calls.forecast(from_, to, view=view))

    async def dashboard(self, *, view: View | None = None) -> Dashboard:
        """One look at the day: `as_of` says how fresh it is."""
        return await self._client.execute(calls.dashboard(view=view))


class AsyncPipelineStages:
    """`client.pipeline.stages`"""

    def __init__(self, client: AsyncExecutor) -> None:
        self._client = client

    async def get(self) -> Stages:
        """The tenant's stages in their order."""
        return await self._client.execute(calls.stages())

    async def replace(self, stages: Sequence[Stage | Mapping[str, Any]], *, version: int) -> Stages:
        """Set all stages, in their order, over those of this version.

        Raises ConflictError naming the count where opportunities are in a stage that would go.
        """
        return await self._client.execute(calls.replace_stages(stages, version))


class AsyncPipelineCurrencies:
    """`client.pipeline.currencies`"""

    def __init__(self, client: AsyncExecutor) -> None:
        self._client = client

    async def get(self) -> Currencies:
        """The base currency, and the rates of others."""
        return await self._client.execute(calls.currencies())

    async def replace(self, base_currency: str, rates: Mapping[str, Any], *, version: int) -> Currencies:
        """Set base currency and rates (what one unit is worth in the base) over those of this version."""
        return await self._client.execute(calls.replace_currencies(base_currency, rates, version))


class AsyncPipelineTotals:
    """`client.pipeline.totals`: the figures are kept as changes come; here they are counted again."""

    def __init__(self, client: AsyncExecutor, sleep: Callable[[float], Awaitable[None]]) -> None:
        self._client = client
        self._sleep = sleep

    async def verify(self, *, on_step: OnStep | None = None) -> TotalsStep:
        """Compare the totals with the records; what differs is looked at again after a minute.

        Raises ConflictError while a rebuild is under way.
        """
        return await drive(calls.counting("verify", on_step), self._client, self._sleep)

    async def rebuild(self, *, on_step: OnStep | None = None) -> TotalsStep:
        """Make the totals anew from the records; until it is done the present ones are read and kept up."""
        return await drive(calls.counting("rebuild", on_step), self._client, self._sleep)
