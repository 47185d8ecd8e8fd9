"""Change somebody's name, role, team or status, here and at the identity provider."""

from collections.abc import Callable

from zebros_auth.domain.errors import LastAdminError
from zebros_auth.domain.user import Role, User, UserDraft, UserStatus
from zebros_auth.repositories.keys import USERS
from zebros_auth.use_cases.get_user import get_user
from zebros_auth.use_cases.workspace import Workspace
from zebros_core.dynamodb.operations import WriteOp
from zebros_core.errors import UnavailableError, VersionMismatchError


def update_user(
    workspace: Workspace,
    user_id: str,
    revise: Callable[[UserDraft], UserDraft],
    *,
    expected_version: int | None = None,
) -> User:
    """Change somebody to what `revise` makes of them.

    Raises ForbiddenError for what is not the caller's to give or change, ValidationError for an unknown team,
    LastAdminError, and VersionMismatchError when they are not at `expected_version` or change meanwhile.
    """
    user = get_user(workspace, user_id)
    if expected_version is not None and user.version != expected_version:
        raise VersionMismatchError(user.version)
    draft = revise(user.draft())
    changes = {"name": draft.name, "role": draft.role, "team_id": draft.team_id}
    return _change(workspace, user, user.model_copy(update=changes))


def deactivate_user(workspace: Workspace, user_id: str, *, expected_version: int | None = None) -> User:
    """Let somebody sign in no longer and end their sessions; access tokens that are out live 15 minutes at most.

    Their records stay as they are. Somebody who is deactivated already stays so. Errors as in `update_user`.
    """
    return _set_status(workspace, user_id, UserStatus.DEACTIVATED, expected_version)


def activate_user(workspace: Workspace, user_id: str, *, expected_version: int | None = None) -> User:
    """Let somebody sign in again. Errors as in `update_user`."""
    return _set_status(workspace, user_id, UserStatus.ACTIVE, expected_version)


def _set_status(workspace: Workspace, user_id: str, status: UserStatus, expected_version: int | None) -> User:
    user = get_user(workspace, user_id)
    if expected_version is not None and user.version != expected_version:
        raise VersionMismatchError(user.version)
    if status is UserStatus.ACTIVE and user.status is UserStatus.INVITED:
        return user
    return _change(workspace, user, user.model_copy(update={"status": status}))


def _change(workspace: Workspace, user: User, revised: User) -> User:
    actor = workspace.actor()
    actor.ensure_may_change(user.user_id, user.role, user.team_id)
    actor.ensure_may_give(revised.role, revised.team_id)
    comes_back = user.status is UserStatus.DEACTIVATED and revised.status is not UserStatus.DEACTIVATED
    if comes_back or revised.role.rank > user.role.rank:
        actor.ensure_may_open()
    if revised.team_id != user.team_id:
        workspace.ensure_team(revised.team_id)
    extra = _one_admin_less(workspace, user, revised)
    if revised.role is not user.role:
        revised = revised.model_copy(update={"permissions": workspace.granted(revised.role)})
    if not USERS.changed_fields(user, revised):
        # Perhaps the repetition of a request of which only the first half was done.
        if workspace.changes.has(user.user_id):
            _carry_out_now(workspace, user)
        return user
    # Here first, and the mark with it: what the provider does not learn now, it learns from the mark.
    mark = workspace.changes.begin_op(user.user_id)
    stored = workspace.users.save(revised, previous=user, extra=[*extra, mark])
    _carry_out_now(workspace, stored)
    return stored


def _carry_out_now(workspace: Workspace, user: User) -> None:
    try:
        carry_out(workspace, user)
    except UnavailableError as error:
        raise UnavailableError(
            error.retry_after_seconds,
            "The change is kept and will be carried out as soon as the identity provider answers.",
        ) from error


def carry_out(workspace: Workspace, user: User) -> None:
    """Bring the identity provider to what is kept of somebody, and forget the mark. May be repeated."""
    enabled = user.status is not UserStatus.DEACTIVATED
    workspace.identity.update_person(
        user.user_id, name=user.name, team=user.team_id, role=user.role, enabled=enabled
    )
    if not enabled:
        workspace.identity.end_sessions(user.user_id)
    latest = workspace.users.find(user.user_id)
    if latest is not None and _at_provider(latest) != _at_provider(user):
        # Changed meanwhile, and perhaps carried out before ours: whoever comes last brings what is kept now.
        carry_out(workspace, latest)
    else:
        workspace.changes.clear(user.user_id)


def _at_provider(user: User) -> tuple[object, ...]:
    return user.name, user.team_id, user.role, user.status is UserStatus.DEACTIVATED


def _one_admin_less(workspace: Workspace, user: User, revised: User) -> list[WriteOp]:
    def administers(one: User) -> bool:
        return one.role is Role.TENANT_ADMIN and one.status is not UserStatus.DEACTIVATED

    if not administers(user) or administers(revised):
        return []
    # The counter is read before the admins are, and checked by the write: of two who take the last two admins away at
    # once, one is refused.
    counted = workspace.users.admins_counted()
    if all(admin.user_id == user.user_id for admin in workspace.users.active_admins()):
        raise LastAdminError
    return [workspace.users.admin_removed(counted)]
