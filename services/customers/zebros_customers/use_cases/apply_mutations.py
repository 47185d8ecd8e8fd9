"""Apply mutations one by one, with an outcome for each: what `:batch` and the bulk door do."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from zebros_core.dynamodb.repository import Created
from zebros_core.errors import BadRequestError, ConflictError, NotFoundError, UnavailableError, ZebrosError
from zebros_core.ids import derived_id
from zebros_customers.repositories.unique import Receipt, RequestKey
from zebros_customers.use_cases.create_contact import create_contact
from zebros_customers.use_cases.create_customer import create_customer
from zebros_customers.use_cases.delete_contact import delete_contact
from zebros_customers.use_cases.delete_customer import delete_customer
from zebros_customers.use_cases.restore_contact import restore_contact
from zebros_customers.use_cases.restore_customer import restore_customer
from zebros_customers.use_cases.update_contact import update_contact
from zebros_customers.use_cases.update_customer import update_customer
from zebros_customers.use_cases.workspace import Saved, Workspace


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


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one mutation; `error` says why it was refused."""

    kind: OutcomeKind
    id: str | None = None
    version: int | None = None
    error: ZebrosError | None = None


@dataclass(frozen=True, slots=True)
class _Verbs:
    create: Callable[..., Created[Any]]
    update: Callable[..., Any]
    delete: Callable[..., Any]
    restore: Callable[..., Any]


_VERBS = {
    "customer": _Verbs(create_customer, update_customer, delete_customer, restore_customer),
    "contact": _Verbs(create_contact, update_contact, delete_contact, restore_contact),
}
MUTABLE_ENTITIES = frozenset(_VERBS)


def apply_mutations(workspace: Workspace, mutations: Iterable[Mutation]) -> list[Outcome]:
    """Apply mutations in their order. One that is refused leaves the others alone; a defect of ours does raise.

    When the store has no capacity, the rest is refused like the one that found out: each would be retried as long, and
    the caller's time would be over before it learnt what was done.
    """
    outcomes: list[Outcome] = []
    for mutation in mutations:
        former = outcomes[-1].error if outcomes else None
        if isinstance(former, UnavailableError):
            outcomes.append(Outcome(OutcomeKind.REJECTED, mutation.id, error=former))
        else:
            outcomes.append(_apply(workspace, mutation))
    return outcomes


def _apply(workspace: Workspace, mutation: Mutation) -> Outcome:
    try:
        return _kept(workspace, mutation) or _carry_out(workspace, mutation)
    except ConflictError as error:
        # Two deliveries of one mutation at the same moment: the receipt tells that the other one did it.
        kept = _kept(workspace, mutation)
        return kept or Outcome(OutcomeKind.CONFLICT, mutation.id, error=error)
    except ZebrosError as error:
        return Outcome(OutcomeKind.REJECTED, mutation.id, error=error)


def _kept(workspace: Workspace, mutation: Mutation) -> Outcome | None:
    if mutation.mutation_id is None:
        return None
    receipt = workspace.receipts.find(mutation.mutation_id)
    return None if receipt is None else Outcome(OutcomeKind(receipt.outcome), receipt.id, receipt.version)


def _carry_out(workspace: Workspace, mutation: Mutation) -> Outcome:
    verbs = _VERBS[mutation.entity]
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


def _create(workspace: Workspace, mutation: Mutation, verbs: _Verbs) -> Outcome:
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
    return Outcome(OutcomeKind.CREATED, _record_id(mutation, created.entity), created.entity.version)


def _receipt(workspace: Workspace, mutation: Mutation, id: str) -> Receipt | None:
    mutation_id = mutation.mutation_id
    if mutation_id is None:
        return None
    return lambda outcome, version: workspace.receipts.put(mutation_id, id, outcome, version)


def _id_of(workspace: Workspace, mutation: Mutation) -> str | None:
    if mutation.external_id is None:
        raise BadRequestError.for_field("/id", "missing", "name the record by id or externalId")
    if mutation.entity == "customer":
        customer = workspace.customers.find_by_external_id(mutation.external_id)
        return customer.customer_id if customer else None
    contact = workspace.contacts.find_by_external_id(mutation.external_id)
    return contact.contact_id if contact else None


def _record_id(mutation: Mutation, record: Any) -> str:
    return record.customer_id if mutation.entity == "customer" else record.contact_id
