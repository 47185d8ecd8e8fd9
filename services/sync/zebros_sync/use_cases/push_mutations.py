"""Carry out what a device's user did while it was away, and say what became of each wish.

A wish goes to the owner of its record with an id of its own, so the owner does it once however often it comes. What is
about to be tried is kept before it is sent: a push that broke off anywhere goes on with the very same attempt, whose
outcome the owner remembers, and only if the owner has not done it is the wish merged anew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from zebros_core.errors import (
    AlreadyExistsError,
    NotFoundError,
    PayloadTooLargeError,
    UnavailableError,
    ZebrosError,
)
from zebros_core.http.problems import code_of
from zebros_core.ids import derived_id
from zebros_sync.domain.attempt import Attempt, attempt_of, kept_of
from zebros_sync.domain.conflict import Conflict, ConflictState, FieldConflict, Side, Strategy
from zebros_sync.domain.log import Key
from zebros_sync.domain.merge import WHOLE_RECORD, ServerRecord, plan_delete, plan_update
from zebros_sync.domain.ports import Devices, OwnerOutcome, Owners
from zebros_sync.domain.push import (
    KeptOutcome,
    Mutation,
    OutcomeKind,
    PushOutcome,
    corrected,
)
from zebros_sync.domain.refusals import (
    ERASED,
    GONE,
    LOST_RACE,
    NO_BASE,
    NOT_WRITABLE,
    REUSED,
    Refusal,
    refusal,
)
from zebros_sync.settings import OWNER_OF

__all__ = ["PushDesk", "push_mutations"]

_TRIES: Final = 5
_DONE: Final = frozenset({"created", "updated", "unchanged", "deleted", "restored"})


@dataclass(frozen=True)
class PushDesk:
    """What a push works with: the tenant's devices, the owners with the rights of the user, the tenant's strategies."""

    tenant_id: str
    user_id: str
    devices: Devices
    owners: Owners
    strategy_of: Mapping[str, Strategy]
    default_strategy: Strategy = Strategy.FIELD_MERGE

    def strategy(self, entity: str) -> Strategy:
        """Return how conflicts of an entity's records are settled."""
        return self.strategy_of.get(entity, self.default_strategy)


def push_mutations(
    desk: PushDesk,
    client_id: str,
    mutations: Sequence[Mutation],
    *,
    sent_at: datetime,
    received_at: datetime,
) -> list[PushOutcome]:
    """Carry out mutations, those of one record in their order; return the outcome of each, in their order.

    One that is refused stops none of the others, but those of the same record where its owner does not answer. One that
    came before gives the same outcome again, unless it was rejected, which did nothing: it is tried anew.
    """
    push = _Push(desk, client_id, sent_at, received_at)
    outcomes: dict[int, PushOutcome] = {}
    kept = desk.devices.outcomes(client_id, [each.mutation_id for each in mutations])
    rounds: dict[Key, list[tuple[int, Mutation]]] = {}
    first: dict[str, int] = {}
    for number, mutation in enumerate(mutations):
        if first.setdefault(mutation.mutation_id, number) != number:
            continue
        known = kept.get(mutation.mutation_id)
        if mutation.entity not in OWNER_OF:
            # Whatever the strategy and the operation: nobody could ever decide a conflict of it.
            outcomes[number] = _rejected(mutation, NOT_WRITABLE)
        elif known is not None and known.fingerprint != mutation.fingerprint():
            outcomes[number] = _rejected(mutation, REUSED)
        elif known is not None and known.outcome is not None:
            outcomes[number] = known.outcome
        else:
            rounds.setdefault(mutation.key, []).append((number, mutation))
    while rounds:
        # One mutation of each record at a time: the next one of a record builds on what the one before has done.
        due = {number: mutation for (number, mutation), *_ in rounds.values()}
        done = push.carry_out(list(due.values()), kept)
        outcomes |= dict(zip(due, done, strict=True))
        rounds = {key: rest for key, (_, *rest) in rounds.items() if rest}
        for outcome, mutation in zip(done, due.values(), strict=True):
            if outcome.is_passing:
                # What comes after it would overtake it, and be undone when it is sent again.
                for number, later in rounds.pop(mutation.key, ()):
                    outcomes[number] = _rejected(later, outcome.problem or LOST_RACE)
    for number, mutation in enumerate(mutations):
        same = first[mutation.mutation_id]
        if same != number:
            is_repeated = mutations[same].fingerprint() == mutation.fingerprint()
            outcomes[number] = outcomes[same] if is_repeated else _rejected(mutation, REUSED)
    return [outcomes[number] for number in range(len(mutations))]


class _Push:
    def __init__(self, desk: PushDesk, client_id: str, sent_at: datetime, received_at: datetime) -> None:
        self._desk = desk
        self._client_id = client_id
        self._sent_at = sent_at
        self._received_at = received_at
        self._restored: dict[str, Conflict] = {}
        """By mutation, of a record that it has brought back: the conflict that this was."""

    def carry_out(self, mutations: Sequence[Mutation], kept: Mapping[str, KeptOutcome]) -> list[PushOutcome]:
        """Carry out mutations of different records."""
        outcomes: dict[str, PushOutcome] = {}
        resumed = [
            self._resumed(each, kept[each.mutation_id])
            for each in mutations
            if each.mutation_id in kept and kept[each.mutation_id].attempt is not None
        ]
        outcomes |= self._send(resumed)
        left = [each for each in mutations if each.mutation_id not in outcomes]
        for last in (*[False] * (_TRIES - 1), True):
            if not left:
                break
            attempts, refused = self._plan(left)
            outcomes |= refused
            outcomes |= self._send(attempts, last=last)
            left = [each for each in left if each.mutation_id not in outcomes]
        return [outcomes[each.mutation_id] for each in mutations]

    def _resumed(self, mutation: Mutation, kept: KeptOutcome) -> Attempt:
        attempt = attempt_of(mutation, kept)
        conflict = attempt.conflict
        if conflict is not None and mutation.operation == "update" and WHOLE_RECORD in conflict.fields:
            # It has brought the record back before: where it is merged anew, its conflict still says so.
            whole = {WHOLE_RECORD: conflict.fields[WHOLE_RECORD]}
            self._restored[mutation.mutation_id] = replace(conflict, fields=whole)
        return attempt

    # -- planning ----------------------------------------------------------------------------------------------

    def _plan(self, mutations: Sequence[Mutation]) -> tuple[list[Attempt], dict[str, PushOutcome]]:
        """Merge each mutation into its record as it is now."""
        keys = [each.key for each in mutations]
        records, codes, away = self._read(keys)
        produced = self._desk.devices.produced(self._client_id, keys)
        erased = self._desk.devices.erased([key for key in keys if key not in records])
        attempts: list[Attempt] = []
        refused: dict[str, PushOutcome] = {}
        for mutation in mutations:
            values = records.get(mutation.key)
            server = (
                None
                if values is None
                else ServerRecord(values, codes[mutation.entity], produced.get(mutation.key, {}))
            )
            if mutation.entity in away:
                refused[mutation.mutation_id] = _rejected(mutation, away[mutation.entity])
            elif mutation.base_version is None and mutation.operation != "create":
                refused[mutation.mutation_id] = _rejected(mutation, NO_BASE)
            elif mutation.key in erased and mutation.operation != "delete":
                # Whatever the strategy, neither an attempt nor a conflict keeps anything of an erased person.
                refused[mutation.mutation_id] = _rejected(mutation, ERASED)
            else:
                attempts.append(self._planned(mutation, server))
        return attempts, refused

    def _read(
        self, keys: Sequence[Key]
    ) -> tuple[dict[Key, Mapping[str, Any]], dict[str, Mapping[str, str]], dict[str, Refusal]]:
        """Return the records and, by entity, the codes of its fields, or why its owner told neither."""
        records: dict[Key, Mapping[str, Any]] = {}
        codes: dict[str, Mapping[str, str]] = {}
        away: dict[str, Refusal] = {}
        by_entity: dict[str, list[Key]] = {}
        for key in keys:
            by_entity.setdefault(key[0], []).append(key)
        for entity, wanted in by_entity.items():
            try:
                records |= self._desk.owners.read(wanted)
                codes[entity] = self._desk.owners.codes(entity)
            except UnavailableError as error:
                # Its own mutations wait; those of other owners do not.
                away[entity] = refusal(error)
        return records, codes, away

    def _planned(self, mutation: Mutation, server: ServerRecord | None) -> Attempt:
        strategy = self._desk.strategy(mutation.entity)
        device_at = corrected(mutation.changed_at, self._sent_at, self._received_at)
        if server is None:
            return self._without_record(mutation, strategy)
        if mutation.operation == "delete":
            plan = plan_delete(server, mutation, strategy, device_at)
        else:
            plan = plan_update(server, mutation, strategy, device_at)
        restored = self._restored.get(mutation.mutation_id)
        fields = {**(restored.fields if restored is not None else {}), **plan.conflicts}
        owner_id, team_id = server.values.get("ownerId"), server.values.get("teamId")
        conflict = self._conflict(mutation, strategy, fields, owner_id, team_id) if fields else None
        kind = OutcomeKind.APPLIED
        if plan.is_open:
            kind = OutcomeKind.CONFLICT
        elif plan.met_others or fields:
            kind = OutcomeKind.MERGED
        wishes: tuple[Mapping[str, Any], ...] = ()
        if plan.deletes:
            wishes = (self._wish(mutation, "delete", baseVersion=server.version),)
        elif plan.changes:
            wishes = (self._wish(mutation, "update", baseVersion=server.version, changes=dict(plan.changes)),)
        return Attempt(
            mutation,
            wishes,
            conflict,
            kind,
            plan.lost,
            version=server.version,
            others_wrote_at=server.others_wrote_at,
        )

    def _without_record(self, mutation: Mutation, strategy: Strategy) -> Attempt:
        """The record is not there: it never was, is in the trash, or is out of sight."""
        if mutation.operation == "create":
            changes = {
                name: value.get("add", []) if name == "tags" and isinstance(value, Mapping) else value
                for name, value in mutation.changes.items()
            }
            return Attempt(
                mutation, (self._wish(mutation, "create", changes=changes),), None, OutcomeKind.APPLIED
            )
        if mutation.operation == "delete":
            return Attempt(mutation, (), None, OutcomeKind.APPLIED)
        # An edit that met a deletion wins: the record comes back with it.
        if strategy is Strategy.SERVER_WINS:
            kept: Side | None = Side.SERVER
        else:
            kept = None if strategy is Strategy.MANUAL else Side.DEVICE
        field = FieldConflict(dict(mutation.changes), "deleted", kept)
        conflict = self._conflict(mutation, strategy, {WHOLE_RECORD: field}, None, None)
        if kept is not Side.DEVICE:
            kind = OutcomeKind.CONFLICT if kept is None else OutcomeKind.MERGED
            return Attempt(mutation, (), conflict, kind, (WHOLE_RECORD,))
        # What comes back is not known yet: the edit is merged into it as it then is.
        restore = {**self._wish(mutation, "restore"), "mutationId": f"{self._mutation_id(mutation)}:r"}
        return Attempt(mutation, (restore,), conflict, OutcomeKind.MERGED, restores=True)

    def _conflict(
        self,
        mutation: Mutation,
        strategy: Strategy,
        fields: Mapping[str, FieldConflict],
        owner_id: str | None,
        team_id: str | None,
    ) -> Conflict:
        is_open = any(each.kept is None for each in fields.values())
        # The same for the same mutation, however often it comes.
        name = derived_id(self._desk.tenant_id, self._client_id, mutation.mutation_id)
        return Conflict(
            id=name,
            entity=mutation.entity,
            record_id=mutation.id,
            state=ConflictState.OPEN if is_open else ConflictState.SETTLED,
            strategy=strategy,
            fields=dict(fields),
            client_id=self._client_id,
            mutation_id=mutation.mutation_id,
            user_id=self._desk.user_id,
            at=self._received_at,
            owner_id=owner_id or self._desk.user_id,
            team_id=team_id,
            operation=mutation.operation,
        )

    def _wish(self, mutation: Mutation, operation: str, **fields: Any) -> dict[str, Any]:
        return {
            "mutationId": self._mutation_id(mutation),
            "entity": mutation.entity,
            "operation": operation,
            "id": mutation.id,
            "skipDuplicates": False,
            **fields,
        }

    def _mutation_id(self, mutation: Mutation) -> str:
        # Of this client, whatever others call theirs; and within the length that doors take.
        return f"sync-{derived_id(self._desk.tenant_id, self._client_id, mutation.mutation_id)}"

    # -- sending -----------------------------------------------------------------------------------------------

    def _send(self, attempts: Sequence[Attempt], *, last: bool = False) -> dict[str, PushOutcome]:
        """Send attempts and return the outcomes that there are; those that lost a race have none, but the last time."""
        sent: list[Attempt] = []
        outcomes: dict[str, PushOutcome] = {}
        for attempt in attempts:
            mutation_id = attempt.mutation.mutation_id
            try:
                if attempt.wishes:
                    self._desk.devices.keep_outcome(self._client_id, mutation_id, kept_of(attempt))
                    sent.append(attempt)
                else:
                    outcomes[mutation_id] = self._end(attempt, None)
            except PayloadTooLargeError as error:
                # Without being kept nothing is sent; with an error of the whole push, its device would stand still.
                outcomes[mutation_id] = _rejected(attempt.mutation, refusal(error))
        answers = iter(self._desk.owners.apply([wish for each in sent for wish in each.wishes]))
        for attempt in sent:
            answered = [next(answers) for _ in attempt.wishes]
            outcome = self._outcome(attempt, answered, last)
            if outcome is not None:
                outcomes[attempt.mutation.mutation_id] = outcome
        return outcomes

    def _outcome(self, attempt: Attempt, answered: Sequence[OwnerOutcome], last: bool) -> PushOutcome | None:
        answer = answered[-1]
        if attempt.restores and attempt.conflict is not None and answer.kind in _DONE and not last:
            self._restored[attempt.mutation.mutation_id] = attempt.conflict
            self._note_produced(attempt, answer)
            return None
        if answer.kind in _DONE and not attempt.restores:
            return self._end(attempt, answer)
        is_create = attempt.wishes[-1]["operation"] == "create"
        if answer.kind == "conflict" or (is_create and _says(answer, AlreadyExistsError)):
            return _rejected(attempt.mutation, answer.problem or LOST_RACE) if last else None
        if attempt.restores and _says(answer, NotFoundError):
            return _rejected(attempt.mutation, GONE)
        return _rejected(attempt.mutation, answer.problem or LOST_RACE)

    def _note_produced(self, attempt: Attempt, answer: OwnerOutcome) -> None:
        if answer.version is not None and answer.kind != "unchanged":
            self._desk.devices.note_produced(
                self._client_id, attempt.mutation.key, answer.version, attempt.others_wrote_at
            )

    def _end(self, attempt: Attempt, answer: OwnerOutcome | None) -> PushOutcome:
        """Remember what came of an attempt: first the version and the conflict, last the outcome that ends it."""
        mutation = attempt.mutation
        if answer is not None:
            self._note_produced(attempt, answer)
        if attempt.conflict is not None:
            self._desk.devices.keep_conflict(attempt.conflict)
        outcome = PushOutcome(
            mutation.mutation_id,
            attempt.kind,
            mutation.id,
            answer.version if answer is not None else attempt.version,
            attempt.lost,
            attempt.conflict.id if attempt.conflict is not None else None,
        )
        self._desk.devices.keep_outcome(
            self._client_id, mutation.mutation_id, KeptOutcome(mutation.fingerprint(), outcome)
        )
        return outcome


def _rejected(mutation: Mutation, problem: Mapping[str, Any]) -> PushOutcome:
    return PushOutcome(mutation.mutation_id, OutcomeKind.REJECTED, mutation.id, problem=problem)


def _says(answer: OwnerOutcome, error: type[ZebrosError]) -> bool:
    return answer.problem is not None and code_of(answer.problem) == error.code
