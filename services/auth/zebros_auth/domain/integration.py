"""The integration: a program that calls the API for a tenant, with credentials of its own."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final

from pydantic import Field

from zebros_auth.domain.team import TeamId
from zebros_auth.domain.user import Role
from zebros_core.values import Name, Value

MAX_INTEGRATIONS: Final = 100
"""How many a tenant has at a time: all tenants' are clients of one identity provider."""


class Scope(StrEnum):
    """What an integration's tokens are good for, within what its role allows."""

    READ = "records:read"
    WRITE = "records:write"
    DELETE = "records:delete"
    EXPORT = "records:export"


class IntegrationDraft(Value):
    """A new integration."""

    name: Name
    role: Role
    scopes: Annotated[tuple[Scope, ...], Field(min_length=1, max_length=len(Scope))]
    team_id: TeamId | None = None


class Integration(Value):
    """An integration as it is kept: without its secret, which only the identity provider has.

    `user_id` is the ``sub`` of its tokens: what its changes are recorded under.
    """

    integration_id: str
    client_id: str
    user_id: str
    name: str
    role: Role
    scopes: tuple[Scope, ...]
    team_id: str | None = None
    created_at: datetime
    created_by: str
    rotated_at: datetime | None = None
    version: int = 1
