"""The way of an opportunity through the stages."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic import Field

from zebros_core.dynamodb.entity import Instant
from zebros_core.values import Value
from zebros_pipeline.domain.stages import StageKey


@dataclass(frozen=True, slots=True)
class StageEntry:
    """A stage that an opportunity has entered, from which one, when, and by whom."""

    stage: str
    from_stage: str | None
    entered_at: datetime
    actor: str


class KeptStageEntry(Value):
    """A stage entry as it is kept, and as backups hold it: by which version of the opportunity it was entered."""

    version: Annotated[int, Field(ge=1, le=1_000_000_000)]
    stage: StageKey
    from_stage: Annotated[StageKey | None, Field(alias="from")] = None
    entered_at: Instant
    actor: Annotated[str, Field(min_length=1, max_length=256)]


@dataclass(frozen=True, slots=True)
class StageStay:
    """A stage in which an opportunity was, or is: then it has not left, and the duration is the one until now."""

    stage: str
    from_stage: str | None
    entered_at: datetime
    left_at: datetime | None
    duration_seconds: int
    actor: str


def stays(entries: Sequence[StageEntry], now: datetime) -> list[StageStay]:
    """Return the stays that entries, in their order, amount to."""
    ends = [entry.entered_at for entry in entries[1:]]
    return [
        StageStay(
            stage=entry.stage,
            from_stage=entry.from_stage,
            entered_at=entry.entered_at,
            left_at=left_at,
            duration_seconds=max(0, int(((left_at or now) - entry.entered_at).total_seconds())),
            actor=entry.actor,
        )
        for entry, left_at in zip(entries, [*ends, None], strict=False)
    ]
