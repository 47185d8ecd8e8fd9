"""The way of an opportunity through the stages."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class StageEntry:
    """A stage that an opportunity has entered, from which one, when, and by whom."""

    stage: str
    from_stage: str | None
    entered_at: datetime
    actor: str


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
