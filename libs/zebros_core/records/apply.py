"""Apply many mutations with few calls, each with the outcome that it would have had alone.

What the mutations of a call read is read at once, and what they write shares transactions
(`zebros_core.dynamodb.gathering`). A mutation that cannot go along is done alone, when all before it are done:

- one of an entity whose verbs do more than to read and write tables (`RecordVerbs.together`);
- one whose writes were refused, because somebody has the name, say, or was quicker;
- one that writes twice to what it has read.

One that meets what a former one is still to write waits for that and then goes along. So mutations of one record, or
of one name, happen in their order; others may overtake each other, which only a change from elsewhere at the very same
moment could show.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache

from zebros_core.dynamodb.gathering import EntangledError, Gathering, gathering
from zebros_core.dynamodb.shared_writes import Unit
from zebros_core.errors import ConflictError, NotFoundError, UnavailableError, ZebrosError
from zebros_core.records.custom import FieldDefinition
from zebros_core.records.mutations import (
    Mutation,
    MutationOperation,
    Outcome,
    OutcomeKind,
    RecordVerbs,
    apply_alone,
    carry_out,
    kept_outcome,
)
from zebros_core.records.workspace import RecordWorkspace

__all__ = ["apply_mutations"]


def apply_mutations(
    workspace: RecordWorkspace, verbs: Mapping[str, RecordVerbs], mutations: Iterable[Mutation]
) -> list[Outcome]:
    """Apply mutations as if one after the other; `verbs` are by entity.

    One that is refused leaves the others alone; a defect of ours does raise. After a call that broke off, or was
    killed, the same mutations with their ids lead to the same outcomes.

    When the store has no capacity, the rest is refused like those that found out: each would be retried as long, and
    the caller's time would be over before it learnt what was done.
    """
    mutations = list(mutations)
    if len(mutations) == 1:
        mutation = mutations[0]
        _prepare(workspace, verbs[mutation.entity], mutations)
        return [apply_alone(workspace, verbs[mutation.entity], mutation)]
    workspace = replace(workspace, definitions=_read_once(workspace.definitions))
    with gathering(workspace.receipts.store) as gathered:
        return _Call(workspace, verbs, mutations, gathered).outcomes()


def _read_once(
    definitions: Callable[[str], Iterable[FieldDefinition]],
) -> Callable[[str], Iterable[FieldDefinition]]:
    """Return definitions of custom fields that are the same for all mutations of a call."""

    @cache
    def of_entity(entity: str) -> list[FieldDefinition]:
        return list(definitions(entity))

    return of_entity


class _Call:
    """The mutations of one call, and what has become of them so far."""

    def __init__(
        self,
        workspace: RecordWorkspace,
        verbs: Mapping[str, RecordVerbs],
        mutations: Sequence[Mutation],
        gathered: Gathering,
    ) -> None:
        self._workspace = workspace
        self._verbs = verbs
        self._mutations = mutations
        self._gathered = gathered
        self._outcomes: dict[int, Outcome] = {}
        self._promised: dict[Unit, int] = {}
        self._stopped: UnavailableError | None = None

    def outcomes(self) -> list[Outcome]:
        """Apply everything."""
        self._read_beforehand()
        for number in range(len(self._mutations)):
            if self._stopped is None and self._gathered.busy is None:
                self._apply(number)
        self._settle()
        return [
            self._outcomes.get(number) or _refused(mutation, self._stopped)
            for number, mutation in enumerate(self._mutations)
        ]

    def _read_beforehand(self) -> None:
        """Read what the mutations name, and what is known of them already."""
        workspace = self._workspace
        for entity in dict.fromkeys(mutation.entity for mutation in self._mutations):
            _prepare(
                workspace,
                self._verbs[entity],
                [found for found in self._mutations if found.entity == entity],
            )
        repeated = workspace.receipts.prefetch(
            found.mutation_id for found in self._mutations if found.mutation_id
        )
        waiting = [
            found
            for found in self._mutations
            if found.operation is not MutationOperation.CREATE
            and not (repeated and kept_outcome(workspace, found))
        ]
        for entity in dict.fromkeys(mutation.entity for mutation in waiting):
            if self._verbs[entity].together:
                some = [found for found in waiting if found.entity == entity]
                workspace.records[entity].prefetch(
                    [found.id for found in some if found.id],
                    external_ids=[found.external_id for found in some if not found.id and found.external_id],
                )

    def _apply(self, number: int) -> None:
        if self._verbs[self._mutations[number].entity].together:
            # The second time, everything before it is done: then it can only be in its own way.
            for _ in range(2):
                try:
                    self._gather(number)
                except EntangledError as error:
                    self._settle()
                    if self._stopped is not None:
                        return
                    if error.writing:
                        break  # most likely it is to be refused, and would have its neighbours written again
                else:
                    return
        self._settle()
        if self._stopped is None:
            self._alone(number)

    def _gather(self, number: int) -> None:
        """Apply a mutation, but for its writes. Raises EntangledError where that is not possible."""
        mutation, unit = self._mutations[number], None
        try:
            with self._gathered.unit() as unit:
                outcome = kept_outcome(self._workspace, mutation) or carry_out(
                    self._workspace, self._verbs[mutation.entity], mutation
                )
        except ZebrosError as error:
            if unit is not None and unit.operations:
                # What happens when only the writes have succeeded is seen when they are really made.
                raise EntangledError(writing=True) from error
            self._outcomes[number] = self._judged(mutation, error)
            return
        self._outcomes[number] = outcome
        if unit.operations:
            self._promised[unit] = number
            self._gathered.promise(unit)

    def _judged(self, mutation: Mutation, error: ZebrosError) -> Outcome:
        """Return the outcome of a mutation that was refused before it wrote anything."""
        if isinstance(error, ConflictError | NotFoundError):
            # Another delivery of it may have done it since receipts were read, and the records were read after that.
            with self._gathered.aside():
                kept = kept_outcome(self._workspace, mutation)
            if kept is not None:
                return kept
        if isinstance(error, UnavailableError):
            self._stopped = error
        return _refused(mutation, error)

    def _alone(self, number: int) -> None:
        """Apply a mutation as if there were no others. Nothing may be promised any more."""
        mutation = self._mutations[number]
        with self._gathered.aside():
            outcome = apply_alone(self._workspace, self._verbs[mutation.entity], mutation)
        self._outcomes[number] = outcome
        if isinstance(outcome.error, UnavailableError):
            self._stopped = outcome.error

    def _settle(self) -> None:
        """Have everything written so far, alone where it cannot go along."""
        unwritten = self._gathered.settle()
        busy = self._gathered.busy
        for found in unwritten:
            number = self._promised[found.unit]
            error = found.error or busy
            if error is not None:
                self._outcomes[number] = _refused(self._mutations[number], error)
                self._stopped = error
            else:
                self._alone(number)
                busy = self._stopped
        self._promised.clear()


def _prepare(workspace: RecordWorkspace, verbs: RecordVerbs, mutations: Sequence[Mutation]) -> None:
    if verbs.prepare is not None:
        verbs.prepare(workspace, [mutation.values for mutation in mutations])


def _refused(mutation: Mutation, error: ZebrosError | None) -> Outcome:
    kind = OutcomeKind.CONFLICT if isinstance(error, ConflictError) else OutcomeKind.REJECTED
    return Outcome(kind, mutation.id, error=error)
