"""What is sent to an owner for a mutation, kept before it is sent so that a push that broke off can go on with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from zebros_sync.domain.conflict import Conflict, ConflictState, FieldConflict, Side, Strategy
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
    conflict = attempt.conflict
    return KeptOutcome(
        attempt.mutation.fingerprint(),
        attempt={"wishes": [dict(wish) for wish in attempt.wishes]},
        planned={
            "kind": attempt.kind.value,
            "lost": list(attempt.lost),
            "othersWroteAt": attempt.others_wrote_at.isoformat(),
            "restores": attempt.restores,
            "conflict": None
            if conflict is None
            else {
                "id": conflict.id,
                "strategy": conflict.strategy.value,
                "fields": {
                    name: [each.device, each.server, each.kept.value if each.kept else None]
                    for name, each in conflict.fields.items()
                },
                "userId": conflict.user_id,
                "at": conflict.at.isoformat(),
                "ownerId": conflict.owner_id,
                "teamId": conflict.team_id,
            },
        },
    )


def attempt_of(mutation: Mutation, kept: KeptOutcome) -> Attempt:
    """Return the attempt that was kept for a mutation."""
    attempt, planned = kept.attempt or {}, kept.planned or {}
    known = planned.get("conflict")
    conflict = None
    if known is not None:
        fields = {
            name: FieldConflict(device, server, Side(side) if side else None)
            for name, (device, server, side) in known["fields"].items()
        }
        is_open = any(each.kept is None for each in fields.values())
        conflict = Conflict(
            id=known["id"],
            entity=mutation.entity,
            record_id=mutation.id,
            state=ConflictState.OPEN if is_open else ConflictState.SETTLED,
            strategy=Strategy(known["strategy"]),
            fields=fields,
            client_id="",
            mutation_id=mutation.mutation_id,
            user_id=known["userId"],
            at=datetime.fromisoformat(known["at"]),
            owner_id=known["ownerId"],
            team_id=known["teamId"],
            operation=mutation.operation,
        )
    return Attempt(
        mutation,
        tuple(attempt.get("wishes", ())),
        conflict,
        OutcomeKind(planned.get("kind", OutcomeKind.APPLIED.value)),
        tuple(planned.get("lost", ())),
        others_wrote_at=datetime.fromisoformat(planned["othersWroteAt"]) if planned else NEVER,
        restores=bool(planned.get("restores")),
    )
