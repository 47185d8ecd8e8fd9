"""Operations on the pipeline as a whole: its stages, currencies, figures and totals."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Any, Literal

from zebros.calls.call import Call, post_headers, query_of, read_model, read_record, to_api_names
from zebros.calls.records import if_match
from zebros.models import Currencies, Dashboard, Forecast, PipelineValue, Stage, Stages, TotalsStep

__all__ = ["GroupBy", "OnStep", "TotalsVerb", "View"]

View = Literal["all", "team", "own"]
GroupBy = Literal["owner", "team"]
TotalsVerb = Literal["verify", "rebuild"]
OnStep = Callable[[TotalsStep], None]
"""Called after each step, with what was checked so far."""

STAGES = "/v1/pipeline/stages"
CURRENCIES = "/v1/pipeline/currencies"


def stages() -> Call[Stages]:
    return Call("GET", STAGES, read_record(Stages))


def replace_stages(items: Sequence[Stage | Mapping[str, Any]], version: int) -> Call[Stages]:
    body = {"stages": [to_api_names({"stage": each})["stage"] for each in items]}
    return Call("PUT", STAGES, read_record(Stages), json=body, headers=if_match(version))


def currencies() -> Call[Currencies]:
    return Call("GET", CURRENCIES, read_record(Currencies))


def replace_currencies(base_currency: str, rates: Mapping[str, Any], version: int) -> Call[Currencies]:
    # Codes of currencies are no names of the API: only their values become JSON.
    values = {code: to_api_names({"rate": rate})["rate"] for code, rate in rates.items()}
    body = {"baseCurrency": base_currency, "rates": values}
    return Call("PUT", CURRENCIES, read_record(Currencies), json=body, headers=if_match(version))


def value(*, view: View | None, group_by: GroupBy | None) -> Call[PipelineValue]:
    query = query_of(view=view, groupBy=group_by)
    return Call("GET", "/v1/pipeline/value", read_model(PipelineValue), query=query)


def forecast(from_: str | None, to: str | None, *, view: View | None) -> Call[Forecast]:
    query = query_of(**{"from": from_, "to": to}, view=view)
    return Call("GET", "/v1/pipeline/forecast", read_model(Forecast), query=query)


def dashboard(*, view: View | None) -> Call[Dashboard]:
    return Call("GET", "/v1/dashboard", read_model(Dashboard), query=query_of(view=view))


def totals(verb: TotalsVerb, cursor: str | None) -> Call[TotalsStep]:
    """One step of a check or a rebuild; without a cursor, the first."""
    body = {} if cursor is None else {"cursor": cursor}
    return Call(
        "POST",
        f"/v1/pipeline/totals:{verb}",
        read_model(TotalsStep),
        json=body,
        headers=post_headers(None),
    )


def counting(
    verb: TotalsVerb, on_step: OnStep | None
) -> Generator[Call[TotalsStep] | float, Any, TotalsStep]:
    """Go through a check or a rebuild: asks its driver for a call's answer or for a wait in seconds.

    Returns the last step, with the sum of what all have checked.
    """
    checked, cursor = 0, None
    while True:
        step: TotalsStep = yield totals(verb, cursor)
        checked += step.checked
        step.checked = checked
        if on_step is not None:
            on_step(step)
        cursor = step.next_cursor
        if step.done or cursor is None:
            return step
        if step.wait_seconds:
            yield step.wait_seconds
