"""The bulk door: other services' mutations and exports, and the upkeep of derived data, in one signed call."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cache
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field, StringConstraints

from zebros_core.audit import new_audit_event, record_refusal
from zebros_core.auth.principal import served_tenant
from zebros_core.errors import ForbiddenError, PayloadTooLargeError, ZebrosError
from zebros_core.http.problems import problem_of
from zebros_core.http.validation import validate_document
from zebros_core.http.wire import Instant, WireModel
from zebros_core.tenancy import TenantContext
from zebros_core.values import ExternalId, RecordId
from zebros_customers.bootstrap import Container, container
from zebros_customers.handlers.mutations import mutation_of, outcome_problem
from zebros_customers.use_cases.apply_mutations import (
    MutationOperation,
    OutcomeKind,
    apply_mutations,
)
from zebros_customers.use_cases.check_names import check_names
from zebros_customers.use_cases.export_records import export_records

MAX_MUTATIONS = 500
MAX_CALL_BYTES = 4 * 1024 * 1024
MutationId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$")]


class BulkMutation(WireModel):
    """One mutation. `changes` are whole values for create and upsert, a merge patch for update.

    `baseVersion` is the version that the writer saw. The same `mutationId` again, within 90 days, changes nothing and
    gives the first outcome; one that was refused (conflict, rejected) has done nothing and is tried anew.
    """

    mutation_id: MutationId
    entity: Literal["customer", "contact"]
    operation: Literal["create", "update", "upsert", "delete", "restore"]
    id: RecordId | None = None
    external_id: ExternalId | None = None
    base_version: Annotated[int | None, Field(ge=1)] = None
    changes: dict[str, Any] | None = None
    skip_duplicates: bool = False


class SignedCall(WireModel):
    """What every call carries beside its verb: the signed context of whoever wants it."""

    token: str


class ApplyCall(SignedCall):
    """`apply`: mutations in their order, an outcome for each."""

    verb: Literal["apply"]
    mutations: Annotated[list[BulkMutation], Field(max_length=MAX_MUTATIONS)]


class ExportCall(SignedCall):
    """`export`: a page of all live records of an entity, oldest first, each read strongly.

    Go on with `nextCursor`; when it is null, records made or restored since `since` were part of it, too.
    """

    verb: Literal["export"]
    entity: Literal["customer", "contact", "document"]
    limit: Annotated[int, Field(ge=1, le=1000)] = 200
    cursor: Annotated[str | None, Field(max_length=1024)] = None
    since: Instant | None = None


class CheckNamesCall(SignedCall):
    """`checkNames`: compare a page of customers with the index of names; with `repair`, mend it.

    Every page in turn with `repair` rebuilds the index.
    """

    verb: Literal["checkNames"]
    limit: Annotated[int, Field(ge=1, le=1000)] = 200
    cursor: Annotated[str | None, Field(max_length=1024)] = None
    repair: bool = False


AnyCall: TypeAlias = ApplyCall | ExportCall | CheckNamesCall


@cache
def _container() -> Container:
    return container()


def handler(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Carry out a call; a refused one answers `{"problem": ...}`, so that the caller need not read an error's text."""
    del context
    try:
        if len(json.dumps(event)) > MAX_CALL_BYTES:
            raise PayloadTooLargeError(f"a call takes at most {MAX_CALL_BYTES} bytes")
        if event.get("verb") == "export":
            return _as_caller(_export, validate_document(ExportCall, event))
        if event.get("verb") == "checkNames":
            return _as_caller(_check_names, validate_document(CheckNamesCall, event))
        return _as_caller(_apply, validate_document(ApplyCall, event))
    except ZebrosError as error:
        problem = problem_of(error)
        return {"problem": json.loads(problem.body(instance="bulk", request_id=""))}


def _as_caller(
    verb: Callable[[Container, TenantContext, Any], dict[str, Any]], call: AnyCall
) -> dict[str, Any]:
    """Carry out a verb for whoever the call is signed for; what it is refused for want of a right is recorded."""
    have = _container()
    caller = have.internal_tokens.verify(call.token, audience=have.settings.bulk_function)
    # A call may have been signed, or have waited, while the tenant was suspended or began to leave.
    served_tenant(caller.tenant_id, have.registry)
    try:
        return verb(have, caller, call)
    except ForbiddenError:
        refused = new_audit_event(
            caller, "permission.refused", clock=have.clock, outcome="refused", details=_details(call)
        )
        record_refusal(
            have.audit_trail, refused, operation=call.verb, metrics=have.metrics, logger=have.logger
        )
        raise


def _details(call: AnyCall) -> dict[str, str]:
    entity = getattr(call, "entity", None)
    return {"operation": f"bulk:{call.verb}", **({"entity": entity} if entity else {})}


def _apply(have: Container, caller: TenantContext, call: ApplyCall) -> dict[str, Any]:
    outcomes = apply_mutations(
        have.workspace(caller),
        [
            mutation_of(
                wish.entity,
                MutationOperation(wish.operation),
                id=wish.id,
                external_id=wish.external_id,
                version=wish.base_version,
                data=wish.changes,
                skip_duplicates=wish.skip_duplicates,
                mutation_id=wish.mutation_id,
            )
            for wish in call.mutations
        ],
    )
    have.note_written(
        caller.tenant_id,
        [
            (outcome.id, outcome.version)
            for wish, outcome in zip(call.mutations, outcomes, strict=True)
            if wish.entity == "customer"
            and outcome.id is not None
            and outcome.version is not None
            and outcome.kind is not OutcomeKind.UNCHANGED
        ],
    )
    return {
        "outcomes": [
            {
                "mutationId": wish.mutation_id,
                "outcome": outcome.kind.value,
                "id": outcome.id,
                "version": outcome.version,
                "problem": outcome_problem(outcome),
            }
            for wish, outcome in zip(call.mutations, outcomes, strict=True)
        ]
    }


def _export(have: Container, caller: TenantContext, call: ExportCall) -> dict[str, Any]:
    page = export_records(
        have.workspace(caller), call.entity, limit=call.limit, cursor=call.cursor, since=call.since
    )
    if page.items:
        # Before the records leave: without the entry there is no export.
        details = {**_details(call), "records": len(page.items)}
        have.audit_trail.record(
            new_audit_event(caller, "records.exported", clock=have.clock, entity=call.entity, details=details)
        )
    return {
        "items": [record.model_dump(mode="json", by_alias=True, exclude_none=True) for record in page.items],
        "nextCursor": page.next_cursor,
    }


def _check_names(have: Container, caller: TenantContext, call: CheckNamesCall) -> dict[str, Any]:
    checked = check_names(have.workspace(caller), limit=call.limit, cursor=call.cursor, repair=call.repair)
    return {
        "checked": checked.checked,
        "late": checked.late,
        "wrong": checked.wrong,
        "nextCursor": checked.next_cursor,
    }
