"""Requests and answers of sync, as they cross the wire."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from zebros_core.http import Instant, WireModel
from zebros_core.values import RecordId
from zebros_sync.domain.conflict import Conflict, ConflictState, Side, Strategy
from zebros_sync.domain.cursor import ResetReason
from zebros_sync.domain.push import Mutation, OutcomeKind, PushOutcome

ClientId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")]
MutationId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}$")]
EntityName = Annotated[str, StringConstraints(pattern=r"^[a-z][A-Za-z]{0,39}$")]
FieldName = Annotated[
    str, StringConstraints(pattern=r"^(\*|[a-z][A-Za-z0-9]{0,39}(\.[A-Za-z0-9_-]{1,60})?)$")
]


class PullRequest(WireModel):
    """Where the device is, and what it can read.

    `entities` names each entity that the client knows with the version of its fields; without it the client reads all
    of today's. `maxBytes` bounds the records of the answer.
    """

    cursor: Annotated[str | None, Field(max_length=1024)] = None
    entities: Annotated[dict[EntityName, Annotated[int, Field(ge=1)]] | None, Field(max_length=50)] = None
    max_bytes: Annotated[int, Field(ge=1, le=4 * 1024 * 1024)] = 1024 * 1024


class ChangeBody(WireModel):
    """A record as it is now (`upsert`), or that it is not there for this user any more (`remove`)."""

    entity: str
    id: str
    version: int
    operation: Literal["upsert", "remove"]
    record: dict[str, Any] | None = None


class PullProgressBody(WireModel):
    """How far a full sync is."""

    done: int
    total: int


class PullBody(WireModel):
    """A page of changes, to be applied together with its cursor.

    `more` says to ask again at once. With `resetRequired` there is nothing else: start anew without a cursor, into a
    new generation, and keep what is queued. `tooOldFor` names entities with the version that the client would have to
    know.
    """

    changes: list[ChangeBody]
    cursor: str | None
    more: bool
    phase: Literal["full", "delta"]
    progress: PullProgressBody | None
    reset_required: ResetReason | None
    too_old_for: dict[str, int]


class MutationBody(WireModel):
    """One wish: `changes` is a merge patch, `baseVersion` the version that the user saw (none for `create`).

    `tags` may be `{"add": […], "remove": […]}`. `base` may tell values as the user saw them.
    """

    mutation_id: MutationId
    entity: EntityName
    id: RecordId
    operation: Literal["create", "update", "delete"]
    base_version: Annotated[int | None, Field(ge=1)] = None
    changes: dict[str, Any] = Field(default_factory=dict)
    base: dict[str, Any] = Field(default_factory=dict)
    changed_at: Instant

    def mutation(self) -> Mutation:
        """Return the mutation as use cases take it."""
        return Mutation(
            self.mutation_id,
            self.entity,
            self.id,
            self.operation,
            self.base_version,
            self.changes,
            self.changed_at,
            self.base,
        )


class PushRequest(WireModel):
    """What a device did while it was away, in its order. `sentAt` is of its own clock, as `changedAt` is."""

    client_id: ClientId
    sent_at: Instant
    mutations: Annotated[list[MutationBody], Field(min_length=1, max_length=200)]


class PushOutcomeBody(WireModel):
    """What became of a mutation; `lost` names the device's fields that were overridden or wait for a decision."""

    mutation_id: str
    outcome: OutcomeKind
    id: str
    version: int | None
    lost: list[str]
    conflict_id: str | None
    problem: dict[str, Any] | None

    @classmethod
    def of(cls, outcome: PushOutcome) -> PushOutcomeBody:
        """Return the body of an outcome."""
        return cls(
            mutation_id=outcome.mutation_id,
            outcome=outcome.kind,
            id=outcome.id,
            version=outcome.version,
            lost=list(outcome.lost),
            conflict_id=outcome.conflict_id,
            problem=dict(outcome.problem) if outcome.problem is not None else None,
        )


class PushBody(WireModel):
    """An outcome for each mutation, in their order."""

    outcomes: list[PushOutcomeBody]


class HeadBody(WireModel):
    """How far the tenant's log goes. The ETag is the same number."""

    sequence: int
    at: Instant | None


class StatusBody(WireModel):
    """What a client has to know of this service."""

    sequence: int
    at: Instant | None
    server_time: Instant
    log_days: int
    max_mutations: int
    strategies: dict[str, Strategy]


class SchemaBody(WireModel):
    """The entities that devices keep: fields with type, who may write them, and the version of it all."""

    entities: dict[str, Any]


class FieldConflictBody(WireModel):
    """What the device wrote, what the server had, and whose value was kept; null while it is open."""

    device: Any
    server: Any
    kept: Side | None


class ConflictBody(WireModel):
    """Edits that met. The field `*` stands for the whole record: a deletion that met edits."""

    conflict_id: str
    entity: str
    record_id: str
    state: ConflictState
    strategy: Strategy
    operation: str
    fields: dict[str, FieldConflictBody]
    mutation_id: str
    user_id: str
    at: Instant
    resolved_by: str | None
    resolved_at: Instant | None

    @classmethod
    def of(cls, conflict: Conflict) -> ConflictBody:
        """Return the body of a conflict."""
        return cls(
            conflict_id=conflict.id,
            entity=conflict.entity,
            record_id=conflict.record_id,
            state=conflict.state,
            strategy=conflict.strategy,
            operation=conflict.operation,
            fields={
                name: FieldConflictBody(device=each.device, server=each.server, kept=each.kept)
                for name, each in conflict.fields.items()
            },
            mutation_id=conflict.mutation_id,
            user_id=conflict.user_id,
            at=conflict.at,
            resolved_by=conflict.resolved_by,
            resolved_at=conflict.resolved_at,
        )


class ResolutionRequest(WireModel):
    """Whose value stays, for each field that is open."""

    fields: Annotated[dict[FieldName, Side], Field(min_length=1, max_length=100)]
