"""What a mutation is, and applying one alone. Many are applied together: `zebros_core.records.apply`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from pydantic import BaseModel

from zebros_core.dynamodb.repository import Created
from zebros_core.errors import BadRequestError, ConflictError, NotFoundError, ZebrosError
from zebros_core.ids import derived_id
from zebros_core.records.unique import Receipt, RequestKey
from zebros_core.records.workspace import RecordWorkspace, Saved

__all__ = [
    "Mutation",
    "MutationOperation",
    "Outcome",
    "OutcomeKind",
    "RecordVerbs",
    "apply_alone",
    "carry_out",
    "kept_outcome",
]


class MutationOperation(StrEnum):
    """What a mutation asks for."""

    CREATE = "create"
    UPDATE = "update"
    UPSERT = "upsert"
    DELETE = "delete"
    RESTORE = "restore"


class OutcomeKind(StrEnum):
    """What became of a mutation."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    DELETED = "deleted"
    RESTORED = "restored"
    CONFLICT = "conflict"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Mutation:
    """One wish. `draft` and `revise` check the values that came and may raise ValidationError.

    A record is named by `id` or, for an update, upsert or delete, by `external_id`. `version` is the one that the
    caller has seen. `mutation_id` makes a later repetition of this mutation return what the first delivery did.
    """

    entity: str
    operation: MutationOperation
    id: str | None
    external_id: str | None
    version: int | None
    draft: Callable[[], Any]
    revise: Callable[[Any], Any]
    mutation_id: str | None = None
    repeat: RequestKey | None = None
    skip_duplicates: bool = False
    values: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """What came, unchecked, by wire names."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one mutation; `error` says why it was refused."""

    kind: OutcomeKind
    id: str | None = None
    version: int | None = None
    error: ZebrosError | None = None


@dataclass(frozen=True, slots=True)
class RecordVerbs:
    """What can be done to records of one entity: its use cases, called as `carry_out` does, and its draft.

    `prepare` is told the values of all mutations of a call before the first one is carried out, so that what they
    name elsewhere can be read at once; it raises nothing for values that are wrong.

    `together` says that the use cases only read and write tables, by the workspace's repositories: they can be begun
    again, and their writes may happen later than they return.
    """

    draft: type[BaseModel]
    create: Callable[..., Created[Any]]
    update: Callable[..., Saved[Any]]
    delete: Callable[..., Any]
    restore: Callable[..., Saved[Any]]
    prepare: Callable[[Any, Sequence[Mapping[str, Any]]], None] | None = None
    together: bool = False


def apply_alone(workspace: RecordWorkspace, verbs: RecordVerbs, mutation: Mutation) -> Outcome:
    """Apply one mutation. One that is refused has an outcome that says so; a defect of ours does raise."""
    try:
        return kept_outcome(workspace, mutation) or carry_out(workspace, verbs, mutation)
    except ConflictError as error:
        # Two deliveries of one mutation at the same moment: the receipt tells that the other one did it.
        kept = kept_outcome(workspace, mutation)
        return kept or Outcome(OutcomeKind.CONFLICT, mutation.id, error=error)
    except ZebrosError as error:
        return Outcome(OutcomeKind.REJECTED, mutation.id, error=error)


def kept_outcome(workspace: RecordWorkspace, mutation: Mutation) -> Outcome | None:
    """Return what an earlier delivery of the mutation did, or None."""
    if mutation.mutation_id is None:
        return None
    receipt = workspace.receipts.find(mutation.mutation_id)
    return None if receipt is None else Outcome(OutcomeKind(receipt.outcome), receipt.id, receipt.version)


def carry_out(workspace: RecordWorkspace, verbs: RecordVerbs, mutation: Mutation) -> Outcome:
    """Do what a mutation asks for. Raises what the use cases do."""
    if mutation.operation is MutationOperation.CREATE:
        return _create(workspace, mutation, verbs)
    id = mutation.id or _id_of(workspace, mutation)
    if id is None:
        if mutation.operation is MutationOperation.UPSERT:
            return _create(workspace, mutation, verbs)
        raise NotFoundError(mutation.entity, mutation.external_id or "")
    receipt = _receipt(workspace, mutation, id)
    match mutation.operation:
        case MutationOperation.UPDATE | MutationOperation.UPSERT:
            saved: Saved[Any] = verbs.update(
                workspace,
                id,
                mutation.revise,
                expected_version=mutation.version,
                skip_duplicates=mutation.skip_duplicates,
                receipt=receipt,
            )
            kind = OutcomeKind.UPDATED if saved.changed else OutcomeKind.UNCHANGED
            return Outcome(kind, id, saved.record.version)
        case MutationOperation.DELETE:
            tombstone = verbs.delete(workspace, id, expected_version=mutation.version, receipt=receipt)
            return Outcome(OutcomeKind.DELETED, id, tombstone.version)
        case _:
            restored: Saved[Any] = verbs.restore(
                workspace, id, skip_duplicates=mutation.skip_duplicates, receipt=receipt
            )
            kind = OutcomeKind.RESTORED if restored.changed else OutcomeKind.UNCHANGED
            return Outcome(kind, id, restored.record.version)


def _create(workspace: RecordWorkspace, mutation: Mutation, verbs: RecordVerbs) -> Outcome:
    id = mutation.id or (
        derived_id(workspace.context.tenant_id, mutation.mutation_id) if mutation.mutation_id else None
    )
    created = verbs.create(
        workspace,
        mutation.draft(),
        id=id,
        repeat=mutation.repeat,
        skip_duplicates=mutation.skip_duplicates,
        receipt=_receipt(workspace, mutation, id) if id is not None else None,
    )
    return Outcome(
        OutcomeKind.CREATED, _id(workspace, mutation.entity, created.entity), created.entity.version
    )


def _receipt(workspace: RecordWorkspace, mutation: Mutation, id: str) -> Receipt | None:
    mutation_id = mutation.mutation_id
    if mutation_id is None:
        return None
    return lambda outcome, version: workspace.receipts.put(mutation_id, id, outcome, version)


def _id_of(workspace: RecordWorkspace, mutation: Mutation) -> str | None:
    if mutation.external_id is None:
        raise BadRequestError.for_field("/id", "missing", "name the record by id or externalId")
    record = workspace.records[mutation.entity].find_by_external_id(mutation.external_id)
    return None if record is None else _id(workspace, mutation.entity, record)


def _id(workspace: RecordWorkspace, entity: str, record: Any) -> str:
    id: str = getattr(record, workspace.records[entity].schema.id_field)
    return id
