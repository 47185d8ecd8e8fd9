"""The pipeline as a whole, and the dashboard."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from zebros.calls import pipeline as calls
from zebros.calls.pipeline import GroupBy, TotalsVerb, View
from zebros.models import Currencies, Dashboard, Forecast, PipelineValue, Stage, Stages, TotalsStep
from zebros.resources.executor import Executor

__all__ = ["Pipeline"]


class Pipeline:
    """`client.pipeline`: how sales go, and through which stages."""

    def __init__(self, client: Executor) -> None:
        self._client = client
        self.stages = PipelineStages(client)
        self.currencies = PipelineCurrencies(client)
        self.totals = PipelineTotals(client)

    def value(self, *, view: View | None = None, group_by: GroupBy | None = None) -> PipelineValue:
        """What lies in which stage: count, sum, weighted by probability; per owner or team if asked."""
        return self._client.execute(calls.value(view=view, group_by=group_by))

    def forecast(self, from_: str, to: str, *, view: View | None = None) -> Forecast:
        """What closes from one month to another (`2026-11`), by forecast category."""
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

    def __init__(self, client: Executor) -> None:
        self._client = client

    def verify(self, *, on_step: Callable[[TotalsStep], None] | None = None) -> TotalsStep:
        """Compare the totals with the records. Returns what was checked, and every difference."""
        return self._through("verify", on_step)

    def rebuild(self, *, on_step: Callable[[TotalsStep], None] | None = None) -> TotalsStep:
        """Make the totals anew from the records."""
        return self._through("rebuild", on_step)

    def steps(self, verb: TotalsVerb, *, cursor: str | None = None) -> Iterator[TotalsStep]:
        """The steps one by one, from `cursor` or from the start."""
        while True:
            step = self._client.execute(calls.totals(verb, cursor))
            yield step
            cursor = step.next_cursor
            if step.done or cursor is None:
                return

    def _through(self, verb: TotalsVerb, on_step: Callable[[TotalsStep], None] | None) -> TotalsStep:
        whole = TotalsStep()
        for step in self.steps(verb):
            whole = calls.joined(whole, step)
            if on_step is not None:
                on_step(whole)
        return whole
