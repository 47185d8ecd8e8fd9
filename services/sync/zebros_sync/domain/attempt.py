"""What is sent to an owner for a mutation, kept before it is sent so that a push that broke off can go on with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from zebros_sync.domain.conflict import Conflict
from zebros_sync.domain.merge import NEVER
from zebros_sync.domain.push import KeptOutcome, Mutation, OutcomeKind

__all__ = ["Attempt", "attempt_of", "kept_of"]


@dataclass(frozen=True)
class Attempt:
    """What is sent for a mutation: the owner's mutations, and which conflicts its success settles or leaves open."""

    mutation: Mutation
    wishes: tuple[Mapping[str, Any], ...]
    conflict: Conflict | None
    kind: OutcomeKind
    lost: tuple[str, ...] = ()
    version: int | None = None
    """Of the record that it was merged into."""
    others_wrote_at: datetime = NEVER
    """When somebody else last wrote that record."""
    restores: bool = False
    """Whether it only brings the record back, for the mutation to be merged into."""


def kept_of(attempt: Attempt) -> KeptOutcome:
    """Return an attempt as it is kept."""
    return KeptOutcome(
        attempt.mutation.fingerprint(),
        attempt={"wishes": [dict(wish) for wish in attempt.wishes]},
        planned={
            "kind": attempt.kind.value,
            "lost": list(attempt.lost),
            "othersWroteAt": attempt.others_wrote_at.isoformat(),
            "restores": attempt.restores,
            "conflict": attempt.conflict.to_json() if attempt.conflict is not None else None,
        },
    )


def attempt_of(mutation: Mutation, kept: KeptOutcome) -> Attempt:
    """Return the attempt that was kept for a mutation."""
    attempt, planned = kept.attempt or {}, kept.planned or {}
    conflict = planned.get("conflict")
    return Attempt(
        mutation,
        tuple(attempt.get("wishes", ())),
        Conflict.of_json(conflict) if conflict is not None else None,
        OutcomeKind(planned.get("kind", OutcomeKind.APPLIED.value)),
        tuple(planned.get("lost", ())),
        others_wrote_at=datetime.fromisoformat(planned["othersWroteAt"]) if planned else NEVER,
        restores=bool(planned.get("restores")),
    )
