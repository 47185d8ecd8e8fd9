"""The pipeline as a whole, and the dashboard."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any

from zebros.aio.executor import AsyncExecutor
from zebros.calls import pipeline as calls
from zebros.calls.pipeline import GroupBy, TotalsVerb, View
from zebros.models import Currencies, Dashboard, Forecast, PipelineValue, Stage, Stages, TotalsStep

__all__ = ["AsyncPipeline"]


class AsyncPipeline:
    """`client.pipeline`: how sales go, and through which stages."""

    def __init__(self, client: AsyncExecutor) -> None:
        self._client = client
        self.stages = AsyncPipelineStages(client)
        self.currencies = AsyncPipelineCurrencies(client)
        self.totals = AsyncPipelineTotals(client)

    async def value(self, *, view: View | None = None, group_by: GroupBy | None = None) -> PipelineValue:
        """What lies in which stage: count, sum, weighted by probability; per owner or team if asked."""
        return await self._client.execute(calls.value(view=view, group_by=group_by))

    async def forecast(self, from_: str, to: str, *, view: View | None = None) -> Forecast:
        """What closes from one month to another (`2026-11`), by forecast category."""
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

    def __init__(self, client: AsyncExecutor) -> None:
        self._client = client

    async def verify(self, *, on_step: Callable[[TotalsStep], None] | None = None) -> TotalsStep:
        """Compare the totals with the records. Returns what was checked, and every difference."""
        return await self._through("verify", on_step)

    async def rebuild(self, *, on_step: Callable[[TotalsStep], None] | None = None) -> TotalsStep:
        """Make the totals anew from the records."""
        return await self._through("rebuild", on_step)

    async def steps(self, verb: TotalsVerb, *, cursor: str | None = None) -> AsyncIterator[TotalsStep]:
        """The steps one by one, from `cursor` or from the start."""
        while True:
            step = await self._client.execute(calls.totals(verb, cursor))
            yield step
            cursor = step.next_cursor
            if step.done or cursor is None:
                return

    async def _through(self, verb: TotalsVerb, on_step: Callable[[TotalsStep], None] | None) -> TotalsStep:
        whole = TotalsStep()
        async for step in self.steps(verb):
            whole = calls.joined(whole, step)
            if on_step is not None:
                on_step(whole)
        return whole
