"""People and what they chose: yourself, the tenant's users and teams, their devices."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from pydantic import Field

from zebros.models.base import Model, Versioned, id_field

__all__ = ["Channels", "Device", "Me", "MyTenant", "Permission", "Preferences", "QuietHours", "Team", "User"]


class QuietHours(Model):
    """When nothing but the urgent is sent: `HH:MM` in the person's time zone; past midnight when `to` is
    before `from_`.
    """

    from_: str = Field(alias="from")
    to: str


class Channels(Model):
    """By which ways one kind of notification comes."""

    push: bool = True
    email: bool = True


class Preferences(Model):
    """What a person chose. `channels` is by kind of notification, such as `customer.assigned`."""

    language: str | None = None
    time_zone: str | None = None
    quiet_hours: QuietHours | None = None
    channels: dict[str, Channels] = Field(default_factory=dict[str, Channels])


class MyTenant(Model):
    """The tenant that somebody belongs to."""

    id: str = id_field("tenantId")
    name: str | None = None
    isolation: str | None = None
    tier: str | None = None
    settings: dict[str, Any] = Field(default_factory=dict[str, Any])


class Me(Model):
    """Who is signed in: `kind` is person or integration; an integration has no e-mail and no preferences.

    `permissions` says what the role allows as `{entity: "action=visibility ..."}`; `me.permissions()` says why.
    """

    id: str = id_field("userId")
    kind: str | None = None
    email: str | None = None
    username: str | None = None
    name: str | None = None
    role: str | None = None
    team_id: str | None = None
    status: str | None = None
    tenant: MyTenant | None = None
    permissions: dict[str, Any] = Field(default_factory=dict[str, Any])
    preferences: Preferences | None = None


class Permission(Model):
    """Whether one action on one kind of record is allowed, how far it reaches (all, team, own), and why."""

    entity: str
    action: str
    allowed: bool
    visibility: str | None = None
    role: str | None = None
    reason: str = ""


class Device(Model):
    """A device that gets push notifications; `platform` is apns or fcm. `push` tells whether messages can be
    sent to it in this installation.
    """

    id: str = id_field("deviceId")
    platform: str
    name: str
    push: bool = True
    created_at: datetime | None = None
    updated_at: datetime | None = None


class User(Versioned):
    """Somebody of the tenant. `status` is invited, active or deactivated; the e-mail address cannot change."""

    writable: ClassVar[frozenset[str]] = frozenset({"name", "role", "teamId"})

    id: str = id_field("userId")
    email: str | None = None
    username: str | None = None
    name: str | None = None
    role: str | None = None
    team_id: str | None = None
    status: str | None = None
    permissions: dict[str, Any] = Field(default_factory=dict[str, Any])
    invited_at: datetime | None = None
    preferences: Preferences | None = None


class Team(Versioned):
    """A team; its id is a short name such as `north` and never changes."""

    writable: ClassVar[frozenset[str]] = frozenset({"name"})

    id: str = id_field("teamId")
    name: str
