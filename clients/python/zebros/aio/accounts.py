"""Yourself, users, teams, integrations and the audit log."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Unpack

from zebros.aio.executor import AsyncExecutor, AsyncVersionedCollection
from zebros.calls import integrations, me, users
from zebros.calls.integrations import Scope
from zebros.calls.me import PreferenceFields
from zebros.calls.users import Role, UserStatus
from zebros.listing import AsyncListing
from zebros.models import AuditEntry, Device, Integration, Me, Permission, Preferences, Team, User
from zebros.resources.me import DevicePlatform

__all__ = ["AsyncAuditLog", "AsyncIntegrations", "AsyncMyself", "AsyncTeams", "AsyncUsers"]


class AsyncMyself:
    """`client.me`"""

    def __init__(self, client: AsyncExecutor) -> None:
        self._client = client
        self.preferences = AsyncMyPreferences(client)
        self.devices = AsyncDevices(client)

    async def get(self) -> Me:
        """Who is signed in."""
        return await self._client.execute(me.get())

    async def permissions(self) -> list[Permission]:
        """Every action on every kind of record: allowed or not, how far, and why."""
        return await self._client.execute(me.permissions())


class AsyncMyPreferences:
    """`client.me.preferences`"""

    def __init__(self, client: AsyncExecutor) -> None:
        self._client = client

    async def get(self) -> Preferences:
        """Language, time zone, quiet hours and ways of notification."""
        return await self._client.execute(me.preferences())

    async def update(self, **fields: Unpack[PreferenceFields]) -> Preferences:
        """Change what is given; `quiet_hours=None` takes them away."""
        return await self._client.execute(me.update_preferences(fields))


class AsyncDevices:
    """`client.me.devices`"""

    def __init__(self, client: AsyncExecutor) -> None:
        self._client = client

    def list(self) -> AsyncListing[Device]:
        """Your devices."""
        return AsyncListing(me.devices(), self._client.execute)

    async def add(self, *, platform: DevicePlatform, token: str, name: str) -> Device:
        """Register a device by the token that its system gave the app."""
        return await self._client.execute(me.add_device(platform=platform, token=token, name=name))

    async def remove(self, device_id: str) -> None:
        """Send no more to a device."""
        await self._client.execute(me.remove_device(device_id))


class AsyncUsers(AsyncVersionedCollection[User]):
    """`client.users`"""

    def __init__(self, client: AsyncExecutor) -> None:
        super().__init__(client, users.ROUTES)

    def list(
        self,
        *,
        role: Role | None = None,
        team: str | None = None,
        status: UserStatus | None = None,
        email: str | None = None,
        page_size: int | None = None,
    ) -> AsyncListing[User]:
        """The people whom you may see and who match."""
        return AsyncListing(
            users.list_(role=role, team=team, status=status, email=email, page_size=page_size),
            self._client.execute,
        )

    async def get(self, user_id: str) -> User:
        """Read a user."""
        return await self._client.execute(users.get(user_id))

    async def invite(
        self,
        *,
        email: str,
        name: str,
        role: Role,
        team_id: str | None = None,
        language: str | None = None,
        idempotency_key: str | None = None,
    ) -> User:
        """Make somebody a user and mail them a link under which they choose a password."""
        call = users.invite(
            email=email,
            name=name,
            role=role,
            team_id=team_id,
            language=language,
            idempotency_key=idempotency_key,
        )
        return await self._client.execute(call)

    async def resend(self, user_id: str) -> User:
        """Send the invitation again."""
        return await self._client.execute(users.act(user_id, "invite"))

    async def deactivate(self, user_id: str) -> User:
        """Let somebody sign in no longer."""
        return await self._client.execute(users.act(user_id, "deactivate"))

    async def activate(self, user_id: str) -> User:
        """Let somebody sign in again."""
        return await self._client.execute(users.act(user_id, "activate"))


class AsyncTeams(AsyncVersionedCollection[Team]):
    """`client.teams`"""

    def __init__(self, client: AsyncExecutor) -> None:
        super().__init__(client, users.TEAM_ROUTES)

    def list(self, *, page_size: int | None = None) -> AsyncListing[Team]:
        """The tenant's teams."""
        return AsyncListing(users.list_teams(page_size=page_size), self._client.execute)

    async def get(self, team_id: str) -> Team:
        """Read a team."""
        return await self._client.execute(users.get_team(team_id))

    async def create(self, team_id: str, *, name: str, idempotency_key: str | None = None) -> Team:
        """Make a team; its id never changes."""
        return await self._client.execute(users.create_team(team_id, name, idempotency_key=idempotency_key))

    async def delete(self, team_id: str) -> None:
        """Remove a team. Raises ConflictError while it has people."""
        await self._client.execute(self._routes.delete(team_id, None))


class AsyncIntegrations:
    """`client.integrations`"""

    def __init__(self, client: AsyncExecutor) -> None:
        self._client = client

    def list(self, *, page_size: int | None = None) -> AsyncListing[Integration]:
        """The tenant's integrations, without their secrets."""
        return AsyncListing(integrations.list_(page_size=page_size), self._client.execute)

    async def get(self, integration_id: str) -> Integration:
        """Read an integration."""
        return await self._client.execute(integrations.get(integration_id))

    async def create(
        self,
        *,
        name: str,
        role: Role,
        scopes: Sequence[Scope],
        team_id: str | None = None,
        idempotency_key: str | None = None,
    ) -> Integration:
        """Make a client for another system. `client_secret` is in this answer only."""
        call = integrations.create(
            name=name, role=role, scopes=scopes, team_id=team_id, idempotency_key=idempotency_key
        )
        return await self._client.execute(call)

    async def rotate(self, integration_id: str) -> Integration:
        """Give it a new secret, which is in this answer only."""
        return await self._client.execute(integrations.rotate(integration_id))

    async def delete(self, integration_id: str) -> None:
        """Revoke an integration."""
        await self._client.execute(integrations.delete(integration_id))


class AsyncAuditLog:
    """`client.audit`"""

    def __init__(self, client: AsyncExecutor) -> None:
        self._client = client

    def list(
        self,
        *,
        from_: datetime | None = None,
        to: datetime | None = None,
        action: str | None = None,
        actor: str | None = None,
        page_size: int | None = None,
    ) -> AsyncListing[AuditEntry]:
        """Who did what, or was refused it. `from_` and `to` are aware instants."""
        return AsyncListing(
            integrations.audit(from_=from_, to=to, action=action, actor=actor, page_size=page_size),
            self._client.execute,
        )
