"""``:batch``: up to 100 writes of one entity in one request, with an outcome for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import Field

from zebros_core.bulk.mutations import mutation_of, outcome_problem
from zebros_core.http.duplicates import skips_duplicates
from zebros_core.http.idempotency import IdempotencyKey
from zebros_core.http.messages import Request, Response
from zebros_core.http.wire import WireModel
from zebros_core.records.apply import apply_mutations
from zebros_core.records.mutations import MutationOperation, Outcome, OutcomeKind, RecordVerbs
from zebros_core.values import ExternalId, RecordId

__all__ = [
    "MAX_OPERATIONS",
    "BatchOperation",
    "BatchRequest",
    "OutcomeBody",
    "OutcomesBody",
    "apply_batch",
    "written_records",
]

MAX_OPERATIONS = 100


class BatchOperation(WireModel):
    """One wish. `create` and `upsert` take whole `data`; `update` takes a merge patch as `data`.

    A record is named by `id`, or for update, upsert and delete by `externalId`. `version` makes an update or delete a
    conflict when the record is not at it.
    """

    operation: Literal["create", "update", "upsert", "delete"]
    id: RecordId | None = None
    external_id: ExternalId | None = None
    version: Annotated[int | None, Field(ge=1)] = None
    data: dict[str, Any] | None = None


class BatchRequest(WireModel):
    """Up to 100 wishes, carried out in their order; one that is refused leaves the others alone."""

    operations: Annotated[list[BatchOperation], Field(min_length=1, max_length=MAX_OPERATIONS)]


class OutcomeBody(WireModel):
    """What became of one operation of a batch, by its place in the request."""

    index: int
    outcome: Literal["created", "updated", "unchanged", "deleted", "conflict", "rejected"]
    id: str | None = None
    version: int | None = None
    problem: dict[str, Any] | None = None


class OutcomesBody(WireModel):
    """The outcomes of a batch, in the order of the request."""

    outcomes: list[OutcomeBody]


def apply_batch(
    request: Request[Any, Any, BatchRequest], entity: str, verbs: Mapping[str, RecordVerbs]
) -> Response:
    """Carry out a batch of one entity; the service's cache is told of what was written (`note_written`)."""
    skip = skips_duplicates(request.headers)
    key = request.idempotency
    mutations = [
        mutation_of(
            entity,
            verbs[entity].draft,
            MutationOperation(operation.operation),
            id=operation.id,
            external_id=operation.external_id,
            version=operation.version,
            data=operation.data,
            skip_duplicates=skip,
            # Each create has a key of its own, so that a batch which broke off can be sent again.
            repeat=IdempotencyKey(f"{key.key}:{index}", key.fingerprint) if key else None,
        )
        for index, operation in enumerate(request.body.operations)
    ]
    outcomes = apply_mutations(request.services.workspace(request.context), verbs, mutations)
    request.services.note_written(request.context.tenant_id, {entity: written_records(outcomes)})
    return Response(
        OutcomesBody(
            outcomes=[
                OutcomeBody.model_construct(
                    index=index,
                    outcome=outcome.kind.value,
                    id=outcome.id,
                    version=outcome.version,
                    problem=outcome_problem(outcome),
                )
                for index, outcome in enumerate(outcomes)
            ]
        )
    )


def written_records(outcomes: Sequence[Outcome]) -> list[tuple[str, int]]:
    """Return id and version of each record that outcomes say was written."""
    return [
        (outcome.id, outcome.version)
        for outcome in outcomes
        if outcome.id is not None
        and outcome.version is not None
        and outcome.kind is not OutcomeKind.UNCHANGED
    ]
