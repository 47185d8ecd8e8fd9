"""What a use case works with: a caller's rights, the repositories of their tenant, and the identity provider."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from zebros_auth.domain.ports import IdentityProvider
from zebros_auth.domain.rights import Actor, highest
from zebros_auth.domain.user import UserStatus
from zebros_auth.repositories.audit import AuditLog
from zebros_auth.repositories.changes import ChangeMarks
from zebros_auth.repositories.integrations import IntegrationRepository
from zebros_auth.repositories.teams import TeamRepository
from zebros_auth.repositories.users import UserRepository
from zebros_core.auth.permissions import PermissionTable, Visibility, record_scopes
from zebros_core.errors import FieldError, ForbiddenError, ValidationError
from zebros_core.records.workspace import RecordWorkspace
from zebros_core.tenancy.registry import Tenant

if TYPE_CHECKING:
    from zebros_core.audit import AuditTrail


@dataclass(frozen=True, slots=True)
class Workspace(RecordWorkspace):
    """One caller's access to one tenant. Made for each request by the composition root.

    People are records like others, but that no history is kept of them: the audit log says what concerns rights.
    """

    tenant: Tenant
    permissions: PermissionTable
    users: UserRepository
    teams: TeamRepository
    changes: ChangeMarks
    integrations: IntegrationRepository
    audit_log: AuditLog
    audit_trail: AuditTrail
    provider: Callable[[], IdentityProvider]

    @property
    def identity(self) -> IdentityProvider:
        """The identity provider, connected to when it is first needed: most requests never do."""
        return self.provider()

    def actor(self) -> Actor:
        """Return who changes people here. Raises ForbiddenError for who may not at all."""
        return self.giver("user")

    def giver(self, entity: str, action: str = "write") -> Actor:
        """Return who gives roles to people or programs. Raises ForbiddenError for who may not at all.

        A token says for up to 15 minutes what somebody was. Here the record counts as well: whoever was deactivated or
        is less by now leaves no account behind for later.
        """
        reach = self.rights.check(self.context, entity, action)
        role = highest(self.context.roles)
        user = self.users.find(self.context.user_id)
        if user is not None and (
            user.status is UserStatus.DEACTIVATED or (role is not None and user.role.rank < role.rank)
        ):
            raise ForbiddenError.for_field(
                "roles", "token_outdated", "You are no longer what your token says: sign in again."
            )
        return Actor(
            user_id=self.context.user_id,
            role=role,
            team_id=self.context.team_id,
            everywhere=reach is Visibility.ALL,
            scopes=record_scopes(self.context),
        )

    def note(self, action: str, **facts: Any) -> None:
        """Record what the caller did in the audit log. Raises UnavailableError: it is not done without."""
        from zebros_core.audit import new_audit_event

        self.audit_trail.record(new_audit_event(self.context, action, clock=self.clock, **facts))

    def ensure_team(self, team_id: str | None) -> None:
        """Raise ValidationError for a team that does not exist."""
        if team_id is not None and self.teams.find(team_id) is None:
            message = "no such team"
            raise ValidationError(message, fields=(FieldError("/teamId", "unknown_reference", message),))

    def granted(self, role: str) -> dict[str, str]:
        """Return what a role may do, as it is kept with a user: ``{entity: "action=visibility …"}``."""
        return {
            entity: " ".join(f"{action}={visibility.value}" for action, visibility in actions.items())
            for entity, actions in self.permissions.roles.get(role, {}).items()
        }
