"""Apply many mutations with few calls, each with the outcome that it would have had alone: see `records.together`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from zebros_core.records.custom import FieldDefinition
from zebros_core.records.mutations import (
    Mutation,
    MutationOperation,
    Outcome,
    RecordVerbs,
    apply_alone,
    carry_out,
    kept_outcome,
)
from zebros_core.records.together import carry_out_together
from zebros_core.records.workspace import RecordWorkspace

__all__ = ["apply_mutations"]


def apply_mutations(
    workspace: RecordWorkspace, verbs: Mapping[str, RecordVerbs], mutations: Iterable[Mutation]
) -> list[Outcome]:
    """Apply mutations as if one after the other; `verbs` are by entity.

    One that is refused leaves the others alone; a defect of ours does raise. After a call that broke off, or was
    killed, the same mutations with their ids lead to the same outcomes. When the store has no capacity, the rest is
    refused like those that found out.
    """
    mutations = list(mutations)
    workspace = replace(workspace, definitions=_read_once(workspace.definitions))
    for entity in dict.fromkeys(mutation.entity for mutation in mutations):
        prepare = verbs[entity].prepare
        if prepare is not None:
            prepare(workspace, [mutation.values for mutation in mutations if mutation.entity == entity])
    wishes = [_Wish(workspace, verbs[mutation.entity], mutation) for mutation in mutations]
    return carry_out_together(
        workspace.receipts.store, wishes, lambda: _read_beforehand(workspace, verbs, mutations)
    )


@dataclass(frozen=True, slots=True)
class _Wish:
    """A mutation with what it is applied with: see `records.together.Wish`."""

    workspace: RecordWorkspace
    verbs: RecordVerbs
    mutation: Mutation

    @property
    def id(self) -> str | None:
        """The record that the mutation names."""
        return self.mutation.id

    @property
    def together(self) -> bool:
        """Whether the entity's verbs only read and write tables."""
        return self.verbs.together

    def kept(self) -> Outcome | None:
        """Return what an earlier delivery of it did, or None."""
        return kept_outcome(self.workspace, self.mutation)

    def carry_out(self) -> Outcome:
        """Apply it. Raises ZebrosError where it is refused."""
        return carry_out(self.workspace, self.verbs, self.mutation)

    def alone(self) -> Outcome:
        """Return what was done before, or apply it; a refusal is an outcome, too."""
        return apply_alone(self.workspace, self.verbs, self.mutation)


def _read_once(
    definitions: Callable[[str], Iterable[FieldDefinition]],
) -> Callable[[str], Iterable[FieldDefinition]]:
    """Return definitions of custom fields that are the same for all mutations of a call."""

    @cache
    def of_entity(entity: str) -> list[FieldDefinition]:
        return list(definitions(entity))

    return of_entity


def _read_beforehand(
    workspace: RecordWorkspace, verbs: Mapping[str, RecordVerbs], mutations: Sequence[Mutation]
) -> None:
    """Read what is known of the mutations already, and the records that they name."""
    repeated = workspace.receipts.prefetch(found.mutation_id for found in mutations if found.mutation_id)
    waiting = [
        found
        for found in mutations
        if found.operation is not MutationOperation.CREATE
        and not (repeated and kept_outcome(workspace, found))
    ]
    for entity in dict.fromkeys(mutation.entity for mutation in waiting):
        if verbs[entity].together:
            some = [found for found in waiting if found.entity == entity]
            workspace.records[entity].prefetch(
                [found.id for found in some if found.id],
                external_ids=[found.external_id for found in some if not found.id and found.external_id],
            )
