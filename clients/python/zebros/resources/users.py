"""The tenant's people and teams."""

from __future__ import annotations

from zebros.calls import users as calls
from zebros.calls.users import Role, UserStatus
from zebros.listing import Listing
from zebros.models import Team, User
from zebros.resources.executor import Executor
from zebros.resources.versioned import VersionedCollection

__all__ = ["Role", "Teams", "UserStatus", "Users"]


class Users(VersionedCollection[User]):
    """`client.users`"""

    def __init__(self, client: Executor) -> None:
        super().__init__(client, calls.ROUTES)

    def list(
        self,
        *,
        role: Role | None = None,
        team: str | None = None,
        status: UserStatus | None = None,
        email: str | None = None,
        page_size: int | None = None,
    ) -> Listing[User]:
        """The people whom you may see and who match, by when they were added."""
        return Listing(
            calls.list_(role=role, team=team, status=status, email=email, page_size=page_size),
            self._client.execute,
        )

    def get(self, user_id: str) -> User:
        """Read a user."""
        return self._client.execute(calls.get(user_id))

    def invite(
        self,
        *,
        email: str,
        name: str,
        role: Role,
        team_id: str | None = None,
        language: str | None = None,
        idempotency_key: str | None = None,
    ) -> User:
        """Make somebody a user and mail them a link, good for three days, under which they choose a password.

        Raises DuplicateError naming the user who has the address, ForbiddenError for a role or a team that is
        not yours to give.
        """
        call = calls.invite(
            email=email,
            name=name,
            role=role,
            team_id=team_id,
            language=language,
            idempotency_key=idempotency_key,
        )
        return self._client.execute(call)

    def resend(self, user_id: str) -> User:
        """Send the invitation again, to somebody who has not signed in yet."""
        return self._client.execute(calls.act(user_id, "invite"))

    def deactivate(self, user_id: str) -> User:
        """Let somebody sign in no longer; what they hold works until it expires, 15 minutes at most."""
        return self._client.execute(calls.act(user_id, "deactivate"))

    def activate(self, user_id: str) -> User:
        """Let somebody sign in again."""
        return self._client.execute(calls.act(user_id, "activate"))


class Teams(VersionedCollection[Team]):
    """`client.teams`"""

    def __init__(self, client: Executor) -> None:
        super().__init__(client, calls.TEAM_ROUTES)

    def list(self, *, page_size: int | None = None) -> Listing[Team]:
        """The tenant's teams."""
        return Listing(calls.list_teams(page_size=page_size), self._client.execute)

    def get(self, team_id: str) -> Team:
        """Read a team."""
        return self._client.execute(calls.get_team(team_id))

    def create(self, team_id: str, *, name: str, idempotency_key: str | None = None) -> Team:
        """Make a team; its id is in tokens and records and never changes."""
        return self._client.execute(calls.create_team(team_id, name, idempotency_key=idempotency_key))

    def delete(self, team_id: str) -> None:
        """Remove a team. Raises ConflictError while it has people."""
        self._client.execute(self._routes.delete(team_id, None))
