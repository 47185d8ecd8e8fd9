"""What became of the mutations of a call: told the caller, and the cache."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Protocol

from zebros_core.bootstrap import ServiceContainer
from zebros_core.bulk.mutations import outcome_problem
from zebros_core.errors import ValidationError
from zebros_core.http.batch import written_records
from zebros_core.records.mutations import Outcome

__all__ = ["check_entities", "note_outcomes", "outcome_documents"]


class Wish(Protocol):
    """What is known of a mutation whatever it asks for."""

    @property
    def mutation_id(self) -> str: ...
    @property
    def entity(self) -> str: ...


def check_entities(wishes: Sequence[Wish], known: Collection[str]) -> None:
    """Raise ValidationError for a mutation of an entity that is not among those `known`."""
    for number, wish in enumerate(wishes):
        if wish.entity not in known:
            message = f"one of {', '.join(sorted(known))}"
            raise ValidationError.for_field(f"/mutations/{number}/entity", "unknown_entity", message)


def note_outcomes(
    have: ServiceContainer, tenant_id: str, wishes: Sequence[Wish], outcomes: Sequence[Outcome]
) -> None:
    """Tell the cache of what was written."""
    by_entity: dict[str, list[Outcome]] = {}
    for wish, outcome in zip(wishes, outcomes, strict=True):
        by_entity.setdefault(wish.entity, []).append(outcome)
    have.note_written(tenant_id, {entity: written_records(found) for entity, found in by_entity.items()})


def outcome_documents(wishes: Sequence[Wish], outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
    """Return outcomes as they are answered, in the order of the mutations."""
    return [
        {
            "mutationId": wish.mutation_id,
            "outcome": outcome.kind.value,
            "id": outcome.id,
            "version": outcome.version,
            "problem": outcome_problem(outcome),
        }
        for wish, outcome in zip(wishes, outcomes, strict=True)
    ]
