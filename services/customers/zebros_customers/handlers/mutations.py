"""Mutations as they come in a batch or through the bulk door, made ready for the use case."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from zebros_core.errors import ValidationError
from zebros_core.http.merge_patch import MergePatch
from zebros_core.http.problems import problem_of
from zebros_core.http.validation import validate_document
from zebros_customers.domain.contact import ContactDraft
from zebros_customers.domain.customer import CustomerDraft
from zebros_customers.repositories.unique import RequestKey
from zebros_customers.use_cases.apply_mutations import Mutation, MutationOperation, Outcome

_DRAFTS: Mapping[str, type[BaseModel]] = {"customer": CustomerDraft, "contact": ContactDraft}


def mutation_of(
    entity: str,
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
    model = _DRAFTS[entity]
    values = dict(data or {})
    if external_id is not None and operation in {MutationOperation.CREATE, MutationOperation.UPSERT}:
        values.setdefault("externalId", external_id)

    def draft() -> BaseModel:
        return validate_document(model, values)

    def revise(current: BaseModel) -> BaseModel:
        if not values:
            raise ValidationError.for_field("/data", "missing", "an update says in data what to change")
        return MergePatch(model, values).apply(current)

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
    )


def outcome_problem(outcome: Outcome) -> dict[str, Any] | None:
    """Return why a mutation was refused, as a single request would have been told; None for one that was not."""
    if outcome.error is None:
        return None
    problem = problem_of(outcome.error)
    return {
        "type": problem.type.uri,
        "title": problem.type.title,
        "status": problem.type.status,
        "detail": problem.detail,
        "errors": [
            {"field": fault.field, "code": fault.code, "message": fault.message} for fault in problem.fields
        ],
        **problem.extensions,
    }
