"""The stages of a tenant's pipeline: their order, what each is worth, and how a deal ends."""

from collections import Counter
from collections.abc import Mapping
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Final, Self

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from zebros_core.values import ShortText, Value
from zebros_pipeline.domain.money import Percentage

MIN_STAGES: Final = 3
"""One of each kind."""
MAX_STAGES: Final = 30


class StageKind(StrEnum):
    """What being in a stage means: a deal goes on, or has ended well or badly."""

    OPEN = "open"
    WON = "won"
    LOST = "lost"


class ForecastCategory(StrEnum):
    """How sure a deal is, for the forecast. `closed` is for won ones only."""

    PIPELINE = "pipeline"
    BEST_CASE = "bestCase"
    COMMIT = "commit"
    CLOSED = "closed"
    OMITTED = "omitted"


_PROBABILITY_OF_KIND: Final = {StageKind.WON: 100, StageKind.LOST: 0}

StageKey = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,31}$")]


class Stage(Value):
    """One stage. `probability` and `forecastCategory` hold for the opportunities in it that have none of their own."""

    key: StageKey
    name: ShortText
    kind: StageKind = StageKind.OPEN
    probability: Percentage
    forecast_category: ForecastCategory

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Self:
        expected = _PROBABILITY_OF_KIND.get(self.kind)
        if expected is not None and self.probability != expected:
            raise PydanticCustomError(
                "stage_probability",
                "a stage of kind {kind} has the probability {expected}",
                {"kind": self.kind.value, "expected": expected},
            )
        closed = self.forecast_category is ForecastCategory.CLOSED
        if closed != (self.kind is StageKind.WON):
            raise PydanticCustomError(
                "stage_category", "the forecast category closed belongs to won stages, and to them alone"
            )
        return self


class StagesDraft(Value):
    """The stages in their order; at least one of each kind."""

    stages: Annotated[tuple[Stage, ...], Field(min_length=MIN_STAGES, max_length=MAX_STAGES)]

    @model_validator(mode="after")
    def _one_of_each(self) -> Self:
        for name in ("key", "name"):
            counts = Counter(getattr(stage, name).casefold() for stage in self.stages)
            twice = next((value for value, count in counts.items() if count > 1), None)
            if twice is not None:
                raise PydanticCustomError(
                    "stage_twice", "two stages have the {what} {value}", {"what": name, "value": twice}
                )
        missing = [kind.value for kind in StageKind if all(stage.kind is not kind for stage in self.stages)]
        if missing:
            raise PydanticCustomError(
                "stage_kind_missing", "there is no stage of kind {kind}", {"kind": missing[0]}
            )
        return self


class StageSettings(StagesDraft):
    """The stages as they are kept. `version` is the ETag; 1 are the default ones."""

    version: int = 1

    def get(self, key: str) -> Stage | None:
        """Return the stage of this key, or None."""
        return self._by_key.get(key)

    def of_kind(self, kind: StageKind) -> tuple[Stage, ...]:
        """Return the stages of a kind, in order."""
        return tuple(stage for stage in self.stages if stage.kind is kind)

    @property
    def first(self) -> Stage:
        """The stage in which an opportunity begins: the first open one."""
        return self.of_kind(StageKind.OPEN)[0]

    @cached_property
    def order(self) -> Mapping[str, int]:
        """The place of each stage, by its key."""
        return {stage.key: place for place, stage in enumerate(self.stages)}

    @cached_property
    def _by_key(self) -> Mapping[str, Stage]:
        return {stage.key: stage for stage in self.stages}


def _stage(key: str, kind: StageKind, probability: int, category: ForecastCategory) -> Stage:
    name = key.capitalize()
    return Stage(key=key, name=name, kind=kind, probability=probability, forecast_category=category)


def default_stages() -> StageSettings:
    """Return the stages of a tenant that has set none."""
    return StageSettings(
        stages=(
            _stage("prospecting", StageKind.OPEN, 10, ForecastCategory.PIPELINE),
            _stage("qualification", StageKind.OPEN, 25, ForecastCategory.PIPELINE),
            _stage("proposal", StageKind.OPEN, 50, ForecastCategory.BEST_CASE),
            _stage("negotiation", StageKind.OPEN, 75, ForecastCategory.COMMIT),
            _stage("won", StageKind.WON, 100, ForecastCategory.CLOSED),
            _stage("lost", StageKind.LOST, 0, ForecastCategory.OMITTED),
        )
    )
