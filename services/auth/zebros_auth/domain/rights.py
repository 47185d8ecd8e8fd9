"""Who may make whom what: nobody gives more than they have, and nobody changes what they may do themselves."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from zebros_auth.domain.integration import Scope
from zebros_auth.domain.user import Role
from zebros_core.errors import ForbiddenError


@dataclass(frozen=True, slots=True)
class Actor:
    """Who changes something: their id, their highest role, and their team. ``everywhere``: not bound to that team.

    ``scopes`` are those to which their token is limited; None for one without a limit, as people's are.
    """

    user_id: str
    role: Role | None
    team_id: str | None
    everywhere: bool
    scopes: frozenset[str] | None = None

    def ensure_may_give(self, role: Role, team_id: str | None) -> None:
        """Raise ForbiddenError unless the actor may make somebody this, in this team.

        A tenant admin may give every role; others only roles below their own, within their own team.
        """
        if self.role is not Role.TENANT_ADMIN and (self.role is None or role.rank >= self.role.rank):
            raise ForbiddenError.for_field(
                "/role", "role_not_yours_to_give", f"Your role does not allow to make somebody {role.value}."
            )
        if not self.everywhere and (team_id is None or team_id != self.team_id):
            raise ForbiddenError.for_field(
                "/teamId", "team_not_yours", "Your role allows this for people of your own team only."
            )

    def ensure_may_open(self, scopes: Iterable[str] = tuple(Scope)) -> None:
        """Raise ForbiddenError unless the actor's own token has all of these scopes: for a person, whose tokens have
        no limit, every one of them.
        """
        if self.scopes is not None and not self.scopes.issuperset(scopes):
            raise ForbiddenError.for_field(
                "/scopes",
                "scope_not_yours_to_give",
                "The scopes of this token do not allow to give that much.",
            )

    def ensure_may_change(self, user_id: str, role: Role, team_id: str | None) -> None:
        """Raise ForbiddenError unless the actor may change this person, who is this, in this team, at present."""
        if user_id == self.user_id:
            raise ForbiddenError.for_field(
                "/role",
                "own_role",
                "Nobody changes their own role, team or status: ask another administrator.",
            )
        self.ensure_may_give(role, team_id)


def highest(roles: frozenset[str]) -> Role | None:
    """Return the highest of a caller's roles, None when none is a tenant's."""
    known = [role for role in Role if role.value in roles]
    return known[-1] if known else None
