"""Conflicts: look at them, and decide the open ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zebros_core.auth.permissions import Visibility, can_see
from zebros_core.bulk.client import error_of
from zebros_core.dynamodb.paging import Page
from zebros_core.errors import ConflictError, ForbiddenError, NotFoundError, ValidationError
from zebros_sync.domain.conflict import Conflict, ConflictState, Side
from zebros_sync.domain.merge import WHOLE_RECORD, with_whole_tags
from zebros_sync.use_cases.device import check_person
from zebros_sync.use_cases.workspace import Workspace

__all__ = ["get_conflict", "list_conflicts", "resolve_conflict"]


def list_conflicts(
    workspace: Workspace, *, state: ConflictState | None, limit: int, cursor: str | None
) -> Page[Conflict]:
    """Return a page of the conflicts of records that the caller may see, newest first."""
    check_person(workspace)
    page = workspace.devices.newest_conflicts(
        limit=limit, cursor=cursor, visibility_key=f"{workspace.context.user_id}:{state or 'all'}"
    )
    found = [
        conflict
        for conflict in page.items
        if (state is None or conflict.state is state) and _sees(workspace, conflict)
    ]
    return Page(found, page.next_cursor)


def get_conflict(workspace: Workspace, id: str) -> Conflict:
    """Return a conflict of a record that the caller may see. Raises NotFoundError."""
    check_person(workspace)
    conflict = workspace.devices.find_conflict(id)
    if conflict is None or not _sees(workspace, conflict):
        raise NotFoundError("conflict", id)
    return conflict


def resolve_conflict(workspace: Workspace, id: str, kept: Mapping[str, Side]) -> Conflict:
    """Settle an open conflict: for each of its fields, whose value stays. What is the device's is written now.

    Raises ConflictError for one that is settled otherwise, or whose record changed at this very moment; ValidationError
    unless each open field is decided; and what the record's owner refuses it with.
    """
    conflict = get_conflict(workspace, id)
    if conflict.state is ConflictState.SETTLED:
        return _as_settled(conflict, kept)
    undecided = {name for name, each in conflict.fields.items() if each.kept is None}
    if set(kept) != undecided:
        raise ValidationError.for_field(
            "/fields", "incomplete", f"decide each of: {', '.join(sorted(undecided))}"
        )
    _write(workspace, conflict, kept)
    settled = conflict.settled(kept, workspace.context.user_id, workspace.now)
    if workspace.devices.replace_conflict(conflict, settled):
        return settled
    # Decided or erased meanwhile: what it was is not put back over what it is.
    found = get_conflict(workspace, id)
    if found.state is ConflictState.SETTLED:
        return _as_settled(found, kept)
    raise ConflictError("This conflict was changed at this very moment; decide again.")


def _as_settled(conflict: Conflict, kept: Mapping[str, Side]) -> Conflict:
    """Return a settled conflict to whoever decides the same again. Raises ConflictError for another decision."""
    if all(name in conflict.fields and conflict.fields[name].kept is side for name, side in kept.items()):
        return conflict
    raise ConflictError("This conflict is settled already, in another way.")


def _write(workspace: Workspace, conflict: Conflict, kept: Mapping[str, Side]) -> None:
    """Write what is the device's over the record as it is now."""
    wanted = {name: conflict.fields[name].device for name, side in kept.items() if side is Side.DEVICE}
    if not wanted:
        return
    wish: dict[str, Any] = {
        "mutationId": f"conflict-{conflict.id}",
        "entity": conflict.entity,
        "id": conflict.record_id,
    }
    if WHOLE_RECORD not in wanted:
        _apply(workspace, {**wish, "operation": "update", "changes": _nested(wanted)})
    elif conflict.operation == "delete":
        _apply(workspace, {**wish, "operation": "delete"})
    else:
        _apply(workspace, {**wish, "mutationId": f"{wish['mutationId']}:r", "operation": "restore"})
        record = workspace.owners.read([conflict.record]).get(conflict.record)
        if record is None:
            raise ConflictError("The record was deleted at this very moment; decide again.")
        changes = with_whole_tags(wanted[WHOLE_RECORD], record)
        _apply(workspace, {**wish, "operation": "update", "changes": changes})


def _apply(workspace: Workspace, wish: Mapping[str, Any]) -> None:
    (outcome,) = workspace.owners.apply([wish])
    if outcome.kind == "conflict":
        raise ConflictError("The record was changed at this very moment; decide again.")
    if outcome.kind == "rejected":
        raise error_of(outcome.problem or {})


def _nested(wanted: Mapping[str, Any]) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    for name, value in wanted.items():
        outer, _, key = name.partition(".")
        if key:
            changes.setdefault(outer, {})[key] = value
        else:
            changes[outer] = value
    return changes


def _sees(workspace: Workspace, conflict: Conflict) -> bool:
    try:
        visibility = workspace.visibility(conflict.entity, "read")
    except ForbiddenError:
        return False  # not there for them, like the records of it
    return visibility is Visibility.ALL or can_see(
        visibility, workspace.context, conflict.owner_id, conflict.team_id
    )
