"""Mutations as they come in a batch or through the bulk door, made ready to be applied; refusals as problems."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from zebros_core.errors import ValidationError
from zebros_core.http.merge_patch import MergePatch
from zebros_core.http.problems import problem_of
from zebros_core.http.validation import validate_document
from zebros_core.records.mutations import Mutation, MutationOperation, Outcome
from zebros_core.records.unique import RequestKey

__all__ = ["mutation_of", "outcome_problem"]


def mutation_of(
    entity: str,
    draft_model: type[BaseModel],
    operation: MutationOperation,
    *,
    id: str | None,
    external_id: str | None,
    version: int | None,
    data: Mapping[str, Any] | None,
    skip_duplicates: bool = False,
    mutation_id: str | None = None,
    repeat: RequestKey | None = None,
) -> Mutation:
    """Return a mutation; its values are checked when it is carried out, so a wrong one is only its own trouble."""
    values = dict(data or {})
    if external_id is not None and operation in {MutationOperation.CREATE, MutationOperation.UPSERT}:
        values.setdefault("externalId", external_id)

    def draft() -> BaseModel:
        return validate_document(draft_model, values)

    def revise(current: BaseModel) -> BaseModel:
        if not values:
            raise ValidationError.for_field("/data", "missing", "an update says in data what to change")
        return MergePatch(draft_model, values).apply(current)

    return Mutation(
        entity=entity,
        operation=operation,
        id=id,
        external_id=external_id,
        version=version,
        draft=draft,
        revise=revise,
        mutation_id=mutation_id,
        repeat=repeat,
        skip_duplicates=skip_duplicates,
        values=values,
    )


def outcome_problem(outcome: Outcome) -> dict[str, Any] | None:
    """Return why a mutation was refused, as a single request would have been told; None for one that was not."""
    if outcome.error is None:
        return None
    return problem_of(outcome.error).document()
