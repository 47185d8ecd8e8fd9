"""The calls of a bulk door, as they cross the wire."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from zebros_core.http.wire import Instant, WireModel
from zebros_core.values import ExternalId, RecordId

__all__ = [
    "MAX_CALL_BYTES",
    "MAX_CHANGES",
    "MAX_FOUND",
    "MAX_MUTATIONS",
    "MAX_READS",
    "MAX_REINSTATED",
    "MAX_SETTINGS",
    "ApplyCall",
    "BulkMutation",
    "ChangesCall",
    "CountChangesCall",
    "ExportCall",
    "FindCall",
    "MutationId",
    "PutSettingsCall",
    "ReadCall",
    "ReinstateCall",
    "ReinstateMutation",
    "RelatedCall",
    "SettingsCall",
    "SettingsItem",
    "SignedCall",
]

MAX_MUTATIONS = 500
MAX_CALL_BYTES = 4 * 1024 * 1024
MAX_READS = 100
MAX_CHANGES = 500
MAX_FOUND = 500
MAX_REINSTATED = 100
MAX_SETTINGS = 100

MutationId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$")]
EntityName = Annotated[str, StringConstraints(pattern=r"^[a-z][A-Za-z]{0,39}$")]
JobId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$")]
FoundValue = Annotated[str, StringConstraints(min_length=1, max_length=600)]
Cursor = Annotated[str | None, Field(max_length=1024)]


class BulkMutation(WireModel):
    """One mutation. `changes` are whole values for create and upsert, a merge patch for update.

    `baseVersion` is the version that the writer saw. The same `mutationId` again, within 90 days, changes nothing and
    gives the first outcome; one that was refused (conflict, rejected) has done nothing and is tried anew.
    """

    mutation_id: MutationId
    entity: EntityName
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
    entity: EntityName
    limit: Annotated[int, Field(ge=1, le=1000)] = 200
    cursor: Cursor = None
    since: Instant | None = None


class ReadCall(SignedCall):
    """`read`: those of these records that are live and that the caller may see, each read strongly, in this order.

    One that does not exist, is in the trash or is out of sight is left out: the three look the same.
    """

    verb: Literal["read"]
    entity: EntityName
    ids: Annotated[list[RecordId], Field(min_length=1, max_length=MAX_READS)]


class FindCall(SignedCall):
    """`find`: which live records have these values, of those that the caller may see.

    `by` is `externalId`, or a value that no two records share: `name`, `email`. Values are in the form in which those
    are compared (`zebros_core.names.normalised_name`, `zebros_core.values.normalised_email`); a contact's name is
    behind the id of its customer and a space. With `records` the records come, too, as `read` gives them.
    """

    verb: Literal["find"]
    entity: EntityName
    by: Annotated[str, StringConstraints(pattern=r"^[a-z][A-Za-z]{0,39}$")]
    values: Annotated[list[FoundValue], Field(min_length=1, max_length=MAX_FOUND)]
    records: bool = False


class ChangesCall(SignedCall):
    """`changes`: a page of the versions that a job wrote of this service's records, with what each changed.

    Needs the right to export all of them. The history is kept from events: see `countChanges`.
    """

    verb: Literal["changes"]
    job: JobId
    limit: Annotated[int, Field(ge=1, le=MAX_CHANGES)] = MAX_CHANGES
    cursor: Cursor = None


class CountChangesCall(SignedCall):
    """`countChanges`: how many versions a job wrote, as far as the history has them by now.

    A large job is counted in parts: add up `count` until `nextCursor` is null.
    """

    verb: Literal["countChanges"]
    job: JobId
    cursor: Cursor = None


class RelatedCall(SignedCall):
    """`related`: which of these records, whosever they are, are named by live records of this service.

    An answer has `id` and `entities`, the kinds of records that name it. `parents` are the parents of those that have
    one, by their ids. For our own machinery only.
    """

    verb: Literal["related"]
    entity: EntityName
    ids: Annotated[list[RecordId], Field(min_length=1, max_length=MAX_READS)]
    parents: Annotated[dict[RecordId, RecordId], Field(max_length=MAX_READS)] = Field(
        default_factory=dict[str, str]
    )


class ReinstateMutation(WireModel):
    """A record to be put back as `export` gave it, with what belongs to it beside its fields, as the service says.

    `skipDuplicates` lets in what shares a value with another record, such as a name; an external id is never shared.
    """

    mutation_id: MutationId
    entity: EntityName
    record: dict[str, Any]
    skip_duplicates: bool = False


class ReinstateCall(SignedCall):
    """`reinstate`: put records back under their ids, with who made them when, whatever has become of them since.

    An outcome for each, as of `apply`: created (nothing was left of it), restored (it was in the trash), updated,
    unchanged (it has the same business and personal values), conflict, rejected. For our own machinery only.
    """

    verb: Literal["reinstate"]
    mutations: Annotated[list[ReinstateMutation], Field(max_length=MAX_REINSTATED)]


class SettingsCall(SignedCall):
    """`settings`: a page of what the tenant has set here that is no record, for backups. For our own machinery only."""

    verb: Literal["settings"]
    cursor: Cursor = None


class SettingsItem(WireModel):
    """One thing that was set: of which kind, its id among those, and what `settings` gave as its value."""

    kind: EntityName
    id: Annotated[str, Field(min_length=1, max_length=200)]
    value: dict[str, Any]


class PutSettingsCall(SignedCall):
    """`putSettings`: set what `settings` gave, an outcome for each: created, updated, unchanged, conflict, rejected.

    What is as wanted already is left alone, so it may be repeated. For our own machinery only.
    """

    verb: Literal["putSettings"]
    items: Annotated[list[SettingsItem], Field(max_length=MAX_SETTINGS)]
