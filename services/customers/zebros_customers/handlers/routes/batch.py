"""/v1/customers:batch and /v1/contacts:batch"""

from typing import Annotated, Any, Literal

from pydantic import Field

from zebros_core.http import Example, IdempotencyKey, NoQuery, Request, Response, Routes, WireModel
from zebros_core.values import ExternalId, RecordId
from zebros_customers.bootstrap import Container
from zebros_customers.handlers.bodies import OutcomeBody, OutcomesBody
from zebros_customers.handlers.headers import SKIP_DUPLICATE_CHECK, skips_duplicates
from zebros_customers.handlers.mutations import mutation_of, outcome_problem
from zebros_customers.handlers.routes.customers import EXAMPLE
from zebros_customers.use_cases.apply_mutations import MutationOperation, OutcomeKind, apply_mutations

routes = Routes("batch")

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


def _apply(request: Request[Container, NoQuery, BatchRequest], entity: str) -> Response:
    skip = skips_duplicates(request.headers)
    key = request.idempotency
    mutations = [
        mutation_of(
            entity,
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
    outcomes = apply_mutations(request.services.workspace(request.context), mutations)
    written = [
        (outcome.id, outcome.version)
        for outcome in outcomes
        if outcome.id is not None
        and outcome.version is not None
        and outcome.kind is not OutcomeKind.UNCHANGED
    ]
    if entity == "customer":
        request.services.note_written(request.context.tenant_id, written)
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


@routes.post(
    "/v1/customers:batch",
    operation="batchCustomers",
    permission=("customer", "write"),
    body=BatchRequest,
    response=OutcomesBody,
    idempotent="record",
    request_headers=(SKIP_DUPLICATE_CHECK,),
    summary="Write up to 100 customers",
    examples=(
        Example(
            "upsert",
            {"operations": [{"operation": "upsert", "externalId": "erp-1001", "data": EXAMPLE.body}]},
        ),
    ),
)
def batch_customers(request: Request[Container, NoQuery, BatchRequest]) -> Response:
    """An outcome for each operation, by its index: created, updated, unchanged, deleted, conflict or rejected; the last
    two with the problem that a single request would have got.
    """
    return _apply(request, "customer")


@routes.post(
    "/v1/contacts:batch",
    operation="batchContacts",
    permission=("contact", "write"),
    body=BatchRequest,
    response=OutcomesBody,
    idempotent="record",
    request_headers=(SKIP_DUPLICATE_CHECK,),
    summary="Write up to 100 contacts",
    examples=(
        Example("create", {"operations": [{"operation": "create", "data": {"lastName": "Vantongeren"}}]}),
    ),
)
def batch_contacts(request: Request[Container, NoQuery, BatchRequest]) -> Response:
    """As for customers."""
    return _apply(request, "contact")
