"""Where an opportunity stands: its stage, how it ended, and what goes with that."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from zebros_core.errors import ValidationError
from zebros_pipeline.domain.errors import OpportunityClosedError, OpportunityOpenError
from zebros_pipeline.domain.money import Today
from zebros_pipeline.domain.opportunity import Opportunity, OpportunityDraft, Outcome
from zebros_pipeline.domain.stages import ForecastCategory, Stage, StageKind, StageSettings


@dataclass(frozen=True, slots=True)
class Placement:
    """A stage and all that has to agree with it."""

    stage: str
    outcome: Outcome
    close_date: date | None
    loss_reason: str | None
    probability: int | None
    forecast_category: ForecastCategory | None


def place(
    draft: OpportunityDraft,
    stages: Callable[[], StageSettings],
    *,
    previous: Opportunity | None,
    today: Today,
) -> Placement:
    """Return where a draft puts an opportunity; the stages are asked for where it enters one.

    Raises OpportunityClosedError for a closed one that would change its stage, ValidationError for an unknown stage,
    for a lost one without a reason, and for what does not go with the stage.
    """
    if previous is not None and draft.stage in {None, previous.stage}:
        # The stage may have gone from the settings meanwhile; what it meant is kept with the record.
        return _agreeing(draft, previous.stage, previous.outcome, None, previous, today)
    stage = stages().first if draft.stage is None else known_stage(draft.stage, stages())
    if previous is not None and not previous.is_open:
        raise OpportunityClosedError(previous.outcome.value)
    return _agreeing(draft, stage.key, Outcome(stage.kind.value), stage, previous, today)


def reopen(opportunity: Opportunity, key: str, stages: StageSettings) -> Placement:
    """Return where a closed opportunity goes on: in an open stage, without close date and reason.

    Raises OpportunityOpenError for an open one, ValidationError for a stage that is unknown or not open.
    """
    if opportunity.is_open:
        raise OpportunityOpenError
    stage = known_stage(key, stages)
    if stage.kind is not StageKind.OPEN:
        raise ValidationError.for_field(
            "/stage", "stage_not_open", "a reopened opportunity goes on in an open stage"
        )
    return Placement(stage.key, Outcome.OPEN, None, None, None, None)


def known_stage(key: str, stages: StageSettings) -> Stage:
    """Return a stage by its key. Raises ValidationError naming those that there are."""
    stage = stages.get(key)
    if stage is None:
        known = ", ".join(stage.key for stage in stages.stages)
        raise ValidationError.for_field("/stage", "unknown_stage", f"no such stage; there are {known}")
    return stage


def _agreeing(
    draft: OpportunityDraft,
    key: str,
    outcome: Outcome,
    entered: Stage | None,
    previous: Opportunity | None,
    today: Today,
) -> Placement:
    """Return the placement in a stage; `entered` is the stage if it is a new one for the opportunity."""
    if outcome is Outcome.OPEN:
        if draft.close_date is not None:
            raise ValidationError.for_field(
                "/closeDate",
                "not_closed",
                "only a closed opportunity has a close date; see expectedCloseDate",
            )
        if draft.loss_reason is not None:
            raise ValidationError.for_field("/lossReason", "not_lost", "only a lost opportunity has a reason")
        if draft.forecast_category is ForecastCategory.CLOSED:
            raise ValidationError.for_field(
                "/forecastCategory", "not_closed", "only a won opportunity is of the category closed"
            )
        return Placement(key, outcome, None, None, draft.probability, draft.forecast_category)
    if outcome is Outcome.LOST and draft.loss_reason is None:
        raise ValidationError.for_field("/lossReason", "missing", "a lost opportunity needs a reason")
    if outcome is Outcome.WON and draft.loss_reason is not None:
        raise ValidationError.for_field("/lossReason", "not_lost", "only a lost opportunity has a reason")
    _refuse_own_forecast(draft, outcome, previous)
    kept = previous.close_date if previous is not None and entered is None else None
    closed_on = draft.close_date or kept or today()
    return Placement(key, outcome, closed_on, draft.loss_reason, None, None)


def _refuse_own_forecast(draft: OpportunityDraft, outcome: Outcome, previous: Opportunity | None) -> None:
    """Refuse a probability or category of its own for a closed one: both are settled.

    Those that it had while it was open, and those that its stage has anyway, are let pass and not kept.
    """
    settled = 100 if outcome is Outcome.WON else 0
    category = ForecastCategory.CLOSED if outcome is Outcome.WON else ForecastCategory.OMITTED
    had = (None, None) if previous is None else (previous.probability, previous.forecast_category)
    if draft.probability not in {None, settled, had[0]}:
        raise ValidationError.for_field(
            "/probability",
            "settled",
            f"the probability of an opportunity that is {outcome.value} is {settled}",
        )
    if draft.forecast_category not in {None, category, had[1]}:
        raise ValidationError.for_field(
            "/forecastCategory",
            "settled",
            f"the category of an opportunity that is {outcome.value} is {category.value}",
        )
