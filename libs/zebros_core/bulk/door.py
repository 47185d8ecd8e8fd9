"""A service's bulk door: other services' mutations, reads and exports, and the service's own upkeep, by signed calls.

Every door takes `apply`, `export` and `read`, tells what a job wrote by `changes` and `countChanges`, and by `related`
what its records name; a service may add verbs of its own, or have its own instead of these. What is refused is answered
as `{"problem": …}`, so that the caller need not read an error's text.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any, Generic, TypeVar, cast

from zebros_core.audit import new_audit_event, record_refusal
from zebros_core.auth.principal import served_tenant
from zebros_core.bootstrap import ServiceContainer
from zebros_core.bulk.calls import (
    MAX_CALL_BYTES,
    ApplyCall,
    BulkMutation,
    ChangesCall,
    CountChangesCall,
    ExportCall,
    FindCall,
    ReadCall,
    RelatedCall,
    SignedCall,
)
from zebros_core.bulk.client import SYSTEM_SCOPE
from zebros_core.bulk.mutations import mutation_of
from zebros_core.bulk.outcomes import check_entities, note_outcomes, outcome_documents
from zebros_core.bulk.schema import SchemaCall, entity_description
from zebros_core.dynamodb.entity import StoredEntity
from zebros_core.errors import ForbiddenError, PayloadTooLargeError, ValidationError, ZebrosError
from zebros_core.http.problems import problem_of
from zebros_core.http.validation import validate_document
from zebros_core.records.apply import apply_mutations
from zebros_core.records.export import export_records, read_records
from zebros_core.records.find import find_ids, find_records
from zebros_core.records.job_changes import count_job_changes, job_changes
from zebros_core.records.mutations import Mutation, MutationOperation, RecordVerbs
from zebros_core.records.related import Naming, named_by
from zebros_core.tenancy import SYSTEM_ACTOR, TenantContext

__all__ = ["BulkDoor", "DoorVerb", "documents", "ensure_machinery", "workspace_of"]


S = TypeVar("S", bound=ServiceContainer)


@dataclass(frozen=True, slots=True)
class DoorVerb(Generic[S]):
    """A verb of one service: the model of its call, and what carries it out and gives the answer."""

    call: type[SignedCall]
    carry_out: Callable[[S, TenantContext, Any], dict[str, Any]]


@dataclass(frozen=True)
class BulkDoor(Generic[S]):
    """The door of a service.

    - ``services`` gives the composition root, at the first call.
    - ``verbs`` are what can be done to each entity that others may write.
    - ``exported`` are the entities that others may read and export.
    - ``more`` are the service's own verbs by name.
    - ``named`` says how the service's records name others, by the entity that is named.
    """

    services: Callable[[], S]
    verbs: Mapping[str, RecordVerbs]
    exported: Collection[str]
    more: Mapping[str, DoorVerb[S]] = field(default_factory=dict[str, DoorVerb[S]])
    named: Mapping[str, Sequence[Naming]] = field(default_factory=dict[str, Sequence[Naming]])

    def handler(self, event: Mapping[str, Any], context: object = None) -> dict[str, Any]:
        """The Lambda entry: carry out a call, or answer why not."""
        del context
        try:
            if len(json.dumps(event)) > MAX_CALL_BYTES:
                raise PayloadTooLargeError(f"a call takes at most {MAX_CALL_BYTES} bytes")
            verb = self._verb(event.get("verb"))
            return self._as_caller(verb, validate_document(verb.call, event))
        except ZebrosError as error:
            problem = problem_of(error)
            return {"problem": json.loads(problem.body(instance="bulk", request_id=""))}

    def _verb(self, name: object) -> DoorVerb[S]:
        known: dict[str, DoorVerb[S]] = {
            "apply": DoorVerb(ApplyCall, self._apply),
            "export": DoorVerb(ExportCall, self._export),
            "find": DoorVerb(FindCall, self._find),
            "read": DoorVerb(ReadCall, self._read),
            "schema": DoorVerb(SchemaCall, self._schema),
        }
        if self.verbs:
            known["changes"] = DoorVerb(ChangesCall, self._changes)
            known["countChanges"] = DoorVerb(CountChangesCall, self._count_changes)
        if self.named:
            known["related"] = DoorVerb(RelatedCall, self._related)
        known |= self.more
        # A call without a verb that we know is told what an `apply` would be told.
        return known.get(name) or known["apply"] if isinstance(name, str) else known["apply"]

    def _as_caller(self, verb: DoorVerb[S], call: Any) -> dict[str, Any]:
        """Carry out a verb for whoever the call is signed for; what it is refused for want of a right is recorded."""
        have = self.services()
        caller = have.internal_tokens.verify(call.token, audience=have.bulk_function)
        # A call may have been signed, or have waited, while the tenant was suspended or began to leave.
        served_tenant(caller.tenant_id, have.registry)
        try:
            return verb.carry_out(have, caller, call)
        except ForbiddenError:
            refused = new_audit_event(
                caller, "permission.refused", clock=have.clock, outcome="refused", details=_details(call)
            )
            record_refusal(
                have.audit_trail, refused, operation=call.verb, metrics=have.metrics, logger=have.logger
            )
            raise

    def _apply(self, have: S, caller: TenantContext, call: ApplyCall) -> dict[str, Any]:
        check_entities(call.mutations, self.verbs)
        workspace = workspace_of(have, caller)
        outcomes = apply_mutations(workspace, self.verbs, map(self._mutation, call.mutations))
        note_outcomes(have, caller.tenant_id, call.mutations, outcomes)
        return {"outcomes": outcome_documents(call.mutations, outcomes)}

    def _mutation(self, wish: BulkMutation) -> Mutation:
        return mutation_of(
            wish.entity,
            self.verbs[wish.entity].draft,
            MutationOperation(wish.operation),
            id=wish.id,
            external_id=wish.external_id,
            version=wish.base_version,
            data=wish.changes,
            skip_duplicates=wish.skip_duplicates,
            mutation_id=wish.mutation_id,
        )

    def _export(self, have: S, caller: TenantContext, call: ExportCall) -> dict[str, Any]:
        _check_entity(call.entity, self.exported, "/entity")
        workspace = workspace_of(have, caller)
        page = export_records(workspace, call.entity, limit=call.limit, cursor=call.cursor, since=call.since)
        _record_export(have, caller, call, len(page.items))
        return {"items": documents(page.items), "nextCursor": page.next_cursor}

    def _read(self, have: S, caller: TenantContext, call: ReadCall) -> dict[str, Any]:
        _check_entity(call.entity, self.exported, "/entity")
        return {"items": documents(read_records(workspace_of(have, caller), call.entity, call.ids))}

    def _find(self, have: S, caller: TenantContext, call: FindCall) -> dict[str, Any]:
        _check_entity(call.entity, self.exported, "/entity")
        workspace = workspace_of(have, caller)
        if call.records:
            found = find_records(workspace, call.entity, call.by, call.values)
            id_of = attrgetter(workspace.records[call.entity].schema.id_field)
            shown = zip(found.items(), documents(found.values()), strict=True)
            items = [
                {"value": value, "id": id_of(record), "record": document}
                for (value, record), document in shown
            ]
        else:
            ids = find_ids(workspace, call.entity, call.by, call.values)
            items = [{"value": value, "id": id} for value, id in ids.items()]
        return {"items": items}

    def _related(self, have: S, caller: TenantContext, call: RelatedCall) -> dict[str, Any]:
        ensure_machinery(caller, "what is in use is told to our own machinery only")
        _check_entity(call.entity, self.named, "/entity")
        found = named_by(workspace_of(have, caller), self.named[call.entity], call.ids, call.parents)
        return {"items": [{"id": id, "entities": entities} for id, entities in found.items()]}

    def _changes(self, have: S, caller: TenantContext, call: ChangesCall) -> dict[str, Any]:
        page = job_changes(
            workspace_of(have, caller), self.verbs, call.job, limit=call.limit, cursor=call.cursor
        )
        _record_export(have, caller, call, len(page.items))
        items = [change.model_dump(mode="json", by_alias=True) for change in page.items]
        return {"items": items, "nextCursor": page.next_cursor}

    def _count_changes(self, have: S, caller: TenantContext, call: CountChangesCall) -> dict[str, Any]:
        counted, cursor = count_job_changes(
            workspace_of(have, caller), self.verbs, call.job, cursor=call.cursor
        )
        return {"count": counted, "nextCursor": cursor}

    def _schema(self, have: S, caller: TenantContext, call: SchemaCall) -> dict[str, Any]:
        del call
        records = workspace_of(have, caller).records
        return {
            "entities": {
                entity: entity_description(
                    records[entity].schema, self.verbs[entity].draft if entity in self.verbs else None
                )
                for entity in sorted({*self.verbs, *self.exported} & records.keys())
            }
        }


def workspace_of(have: ServiceContainer, caller: TenantContext) -> Any:
    """Return the workspace of whoever the call is signed for: a caller's, or that of our own machinery."""
    if SYSTEM_SCOPE not in caller.scopes:
        return have.workspace(caller)
    return have.system_workspace(caller.tenant_id, caller.user_id.removeprefix(SYSTEM_ACTOR), caller.job_id)


def ensure_machinery(caller: TenantContext, detail: str) -> None:
    """Raise ForbiddenError with `detail` unless the call is of our own machinery."""
    if SYSTEM_SCOPE not in caller.scopes:
        raise ForbiddenError(detail)


def _check_entity(entity: str, known: Collection[str], where: str) -> None:
    if entity not in known:
        raise ValidationError.for_field(where, "unknown_entity", f"one of {', '.join(sorted(known))}")


def documents(records: Iterable[StoredEntity]) -> list[dict[str, Any]]:
    """Return records as doors give them out: by wire names, without nulls, and equal ones in equal form."""
    # A set has no order; documents are compared by their hash.
    return [
        record.model_dump(mode="json", by_alias=True, exclude_none=True) | {"tags": sorted(record.tags)}
        for record in records
    ]


def _record_export(have: ServiceContainer, caller: TenantContext, call: Any, count: int) -> None:
    """Record that data leaves, before it does: without the entry there is no export."""
    if count:
        details = {**_details(call), "records": count}
        entity = cast("str | None", getattr(call, "entity", None))
        have.audit_trail.record(
            new_audit_event(caller, "records.exported", clock=have.clock, entity=entity, details=details)
        )


def _details(call: Any) -> dict[str, Any]:
    named = {name: cast("str | None", getattr(call, name, None)) for name in ("entity", "job")}
    return {"operation": f"bulk:{call.verb}", **{name: value for name, value in named.items() if value}}
