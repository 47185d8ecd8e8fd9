"""The caller: who they are, what they may do and why, and what they prefer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from zebros_auth.domain.rights import highest
from zebros_auth.domain.user import Preferences, Role, User, UserStatus
from zebros_auth.use_cases.reconcile_people import adopt
from zebros_auth.use_cases.workspace import Workspace
from zebros_core.auth.permissions import record_scopes
from zebros_core.errors import NotFoundError, UnavailableError, VersionMismatchError


@dataclass(frozen=True, slots=True)
class Permission:
    """Whether the caller may do one thing. ``visibility`` and ``role`` are None where they may not."""

    entity: str
    action: str
    visibility: str | None
    role: str | None
    reason: str


def find_me(workspace: Workspace) -> User | None:
    """Return the caller's record; None for a program, which has none.

    Whoever was invited is active from here on. Somebody whose record is missing although the identity provider has
    them gets it here; without the provider they are answered from their token.
    """
    user = workspace.users.find(workspace.context.user_id)
    if user is None:
        if record_scopes(workspace.context) is not None:
            return None  # a program's token: the provider is not asked each time
        try:
            person = workspace.identity.person(workspace.context.user_id)
        except UnavailableError:
            return None
        if person is None or person.tenant_id != workspace.context.tenant_id:
            return None
        user = adopt(workspace, person)
    if user.status is UserStatus.INVITED:
        user = _arrived(workspace, user)
    return user


def _arrived(workspace: Workspace, user: User) -> User:
    try:
        return workspace.users.save(user.model_copy(update={"status": UserStatus.ACTIVE}), previous=user)
    except VersionMismatchError:
        # Another request of theirs was first, or somebody changes them right now: the next one will see.
        return workspace.users.get(user.user_id)


def get_preferences(workspace: Workspace) -> User:
    """Return the caller's record for its preferences. Raises NotFoundError for a program."""
    user = find_me(workspace)
    if user is None:
        raise NotFoundError("user", workspace.context.user_id)
    return user


def change_preferences(
    workspace: Workspace,
    revise: Callable[[Preferences], Preferences],
    *,
    expected_version: int | None = None,
) -> User:
    """Change the caller's own preferences. Raises NotFoundError for a program, VersionMismatchError."""
    user = get_preferences(workspace)
    if expected_version is not None and user.version != expected_version:
        raise VersionMismatchError(user.version)
    changed = user.model_copy(update={"preferences": revise(user.preferences)})
    return workspace.users.save(changed, previous=user)


def explain_permissions(workspace: Workspace) -> list[Permission]:
    """Return every action on every entity with whether the caller may do it and why, by entity and action."""
    table, context = workspace.permissions, workspace.context
    mine = table.explain(context)
    known = {
        (entity, action)
        for entities in table.roles.values()
        for entity, actions in entities.items()
        for action in actions
    }
    return [_explain(workspace, entity, action, mine) for entity, action in sorted(known)]


_WHOSE = {"all": "all records", "team": "records of your team and your own", "own": "records that you own"}


def _explain(
    workspace: Workspace, entity: str, action: str, mine: dict[str, dict[str, dict[str, str]]]
) -> Permission:
    granted = mine.get(entity, {}).get(action)
    if granted is not None:
        reason = f"The role {granted['role']} allows it for {_WHOSE[granted['visibility']]}."
        return Permission(entity, action, granted["visibility"], granted["role"], reason)
    able = [
        role.value
        for role in Role
        if action in workspace.permissions.roles.get(role.value, {}).get(entity, {})
    ]
    role = highest(workspace.context.roles)
    if role and role.value in able:
        return Permission(entity, action, None, None, "The scopes of this token do not allow it.")
    mine_text = f"The role {role.value} does not allow it" if role else "You have no role in this tenant"
    return Permission(entity, action, None, None, f"{mine_text}; {', '.join(able)} would.")
