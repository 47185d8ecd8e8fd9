"""What the use cases of every entity have in common: a service's verbs call these with their entity and their rules.

A record is live when it is not in the trash. One that the caller may not see looks missing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, cast

from zebros_core.auth.permissions import visibility_key
from zebros_core.dynamodb.entity import StoredEntity
from zebros_core.dynamodb.operations import WriteOp
from zebros_core.dynamodb.paging import Page
from zebros_core.dynamodb.repository import Created
from zebros_core.errors import DuplicateError, NotFoundError, ValidationError, VersionMismatchError
from zebros_core.records.history import HistoryEntry
from zebros_core.records.unique import Receipt, UniqueRepository
from zebros_core.records.workspace import RecordWorkspace, Saved
from zebros_core.tenancy.context import ERASURE_ACTOR
from zebros_core.values import normalised_external_id

__all__ = [
    "Sight",
    "Upserted",
    "check_version",
    "delete_live",
    "find_live_by_external_id",
    "get_history",
    "get_live",
    "restore_deleted",
    "sight",
    "upsert",
]

D = TypeVar("D")


def get_live(workspace: RecordWorkspace, entity: str, id: str) -> Any:
    """Return a live record that the caller may see. Raises NotFoundError."""
    record = workspace.records[entity].get(id)
    workspace.ensure_readable(entity, id, record)
    return record


def find_live_by_external_id(workspace: RecordWorkspace, entity: str, external_id: str) -> Any:
    """Return the live record with this external id, if the caller may see it. Raises NotFoundError."""
    wanted = normalised_external_id(external_id)
    record = workspace.records[entity].find_by_external_id(wanted) if wanted else None
    if record is None:
        raise NotFoundError(entity, external_id)
    workspace.ensure_readable(entity, external_id, record)
    return record


def check_version(record: StoredEntity, expected_version: int | None) -> None:
    """Raise VersionMismatchError when the record is not at the version that the caller has seen, if they said it."""
    if expected_version is not None and record.version != expected_version:
        raise VersionMismatchError(record.version)


def delete_live(
    workspace: RecordWorkspace,
    entity: str,
    id: str,
    *,
    expected_version: int | None = None,
    receipt: Receipt | None = None,
    extra: tuple[WriteOp, ...] = (),
) -> Any:
    """Move a record to the trash, from where it can be restored for 180 days; return its tombstone.

    What it alone had, such as its external id, is free at once. Raises NotFoundError, ForbiddenError for a record out
    of the caller's reach, VersionMismatchError.
    """
    record = get_live(workspace, entity, id)
    workspace.ensure_allowed(entity, id, record, "delete")
    check_version(record, expected_version)
    return _unique(workspace, entity).remove_unique(record, receipt=receipt, extra=extra)


def restore_deleted(
    workspace: RecordWorkspace,
    entity: str,
    id: str,
    *,
    skip_duplicates: bool = False,
    receipt: Receipt | None = None,
    extra: tuple[WriteOp, ...] = (),
) -> Saved[Any]:
    """Bring a record back as it was when it was deleted; a live one is returned as it stands.

    Raises DuplicateError as on create: another record may have taken what it had. NotFoundError for a record of a
    person that was erased: there is nothing to bring back.
    """
    repository = _unique(workspace, entity)
    record = repository.get_any(id)
    if record.deleted_by == ERASURE_ACTOR:
        raise NotFoundError(entity, id)
    workspace.ensure_allowed(entity, id, record, "delete")
    if not record.is_deleted:
        return Saved(repository.keep_unchanged(record, receipt=receipt), changed=False)
    with workspace.naming_only_visible():
        restored = repository.restore_unique(
            record, skip_duplicates=skip_duplicates, receipt=receipt, extra=extra
        )
    return Saved(restored, changed=True)


def get_history(
    workspace: RecordWorkspace, entity: str, id: str, *, limit: int, cursor: str | None
) -> Page[HistoryEntry]:
    """Return a page of the history of a record, newest first; also of one in the trash.

    The history is kept from events, so the newest write may be missing for a moment.
    """
    workspace.ensure_readable(entity, id, workspace.records[entity].get_any(id))
    return workspace.history.page(entity, id, limit=limit, cursor=cursor)


@dataclass(frozen=True, slots=True)
class Sight:
    """What of an entity a list may show: `limits` are stored attributes with the value that each record must have,
    and `scope` names them in cursors and cache keys."""

    scope: str
    limits: Mapping[str, str]


def sight(workspace: RecordWorkspace, entity: str, filters: Mapping[str, str]) -> Sight | None:
    """Return the caller's sight, or None where the filters ask for what is out of it, so that there is nothing.

    Raises ForbiddenError for a caller who may not read the entity.
    """
    scope = visibility_key(workspace.visibility(entity, "read"), workspace.context)
    kind, _, value = scope.partition(":")
    limits = {"own": {"ownerId": value}, "team": {"teamId": value}}.get(kind, {})
    if any(filters.get(name, value) != value for name, value in limits.items()):
        return None
    return Sight(scope, limits)


@dataclass(frozen=True, slots=True)
class Upserted(Generic[D]):
    """A record after an upsert, and what the upsert did."""

    record: D
    created: bool
    changed: bool


def upsert(
    workspace: Any,
    entity: str,
    external_id: str,
    draft: Any,
    *,
    create: Callable[..., Created[Any]],
    update: Callable[..., Saved[Any]],
    expected_version: int | None = None,
    skip_duplicates: bool = False,
) -> Upserted[Any]:
    """Create the record with this external id, or make the one that has it like the draft.

    `create` and `update` are the entity's own verbs. Raises ValidationError when the draft names another external id,
    otherwise as they do.
    """
    external_id = normalised_external_id(external_id)
    if not external_id:
        raise ValidationError.for_field(
            "/externalId", "string_too_short", "an external id is more than spaces"
        )
    if draft.external_id not in {None, external_id}:
        raise ValidationError.for_field("/externalId", "differs_from_path", "not the external id of the path")
    wanted = draft.model_copy(update={"external_id": external_id})
    repository = _unique(workspace, entity)
    existing = repository.find_by_external_id(external_id)
    if existing is None:
        try:
            created = create(workspace, wanted, skip_duplicates=skip_duplicates)
            return Upserted(created.entity, created=True, changed=True)
        except DuplicateError as error:
            # Somebody created it between our look and our write: then this is an update.
            existing = repository.find_by_external_id(external_id)
            if existing is None or not any(found["match"] == "externalId" for found in error.records):
                raise

    def revise(_: Any) -> Any:
        return wanted

    saved = update(
        workspace,
        getattr(existing, repository.schema.id_field),
        revise,
        expected_version=expected_version,
        skip_duplicates=skip_duplicates,
    )
    return Upserted(saved.record, created=False, changed=saved.changed)


def _unique(workspace: RecordWorkspace, entity: str) -> UniqueRepository[Any]:
    return cast("UniqueRepository[Any]", workspace.records[entity])
