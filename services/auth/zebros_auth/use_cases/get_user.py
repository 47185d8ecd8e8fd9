"""Read a user, and list users."""

from zebros_auth.domain.user import User
from zebros_auth.use_cases.workspace import Workspace
from zebros_core.auth.permissions import can_see, visibility_key
from zebros_core.dynamodb.paging import Page
from zebros_core.errors import NotFoundError


def get_user(workspace: Workspace, user_id: str) -> User:
    """Return somebody of the tenant whom the caller may see. Raises NotFoundError."""
    user = workspace.users.get(user_id)
    visibility = workspace.rights.check(workspace.context, "user", "read")
    if not can_see(visibility, workspace.context, user.owner_id, user.team_id):
        raise NotFoundError("user", user_id)
    return user


def list_users(
    workspace: Workspace,
    *,
    email: str | None,
    role: str | None,
    team: str | None,
    status: str | None,
    limit: int,
    cursor: str | None,
) -> Page[User]:
    """Return a page of the tenant's people by when they were added; all filters together."""
    scope = visibility_key(workspace.rights.check(workspace.context, "user", "read"), workspace.context)
    wanted = {"email": email, "role": role, "teamId": team, "status": status}
    filters = {name: value for name, value in wanted.items() if value is not None}
    kind, _, value = scope.partition(":")
    if kind == "team":
        if filters.get("teamId", value) != value:
            return Page([], None)
        filters["teamId"] = value
    elif kind == "own":
        return Page([get_user(workspace, value)] if not filters else [], None)
    return workspace.users.page(filters, limit=limit, cursor=cursor, visibility_key=scope)
