"""Every call of the SDK to the auth service, with the request that it makes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from zebros import Client
from zebros.models import Channels

CALLS: list[tuple[Callable[[Client], object], str, str, Any]] = [
    (lambda c: c.me.get(), "GET", "/v1/me", None),
    (lambda c: c.me.permissions(), "GET", "/v1/me/permissions", None),
    (lambda c: c.me.preferences.get(), "GET", "/v1/me/preferences", None),
    (
        lambda c: c.me.preferences.update(
            time_zone="Europe/Berlin",
            quiet_hours=("22:00", "07:00"),
            channels={"customer.assigned": Channels(push=True, email=False)},
        ),
        "PATCH",
        "/v1/me/preferences",
        {
            "timeZone": "Europe/Berlin",
            "quietHours": {"from": "22:00", "to": "07:00"},
            "channels": {"customer.assigned": {"push": True, "email": False}},
        },
    ),
    (
        lambda c: c.me.preferences.update(quiet_hours=None),
        "PATCH",
        "/v1/me/preferences",
        {"quietHours": None},
    ),
    (lambda c: list(c.me.devices.list()), "GET", "/v1/me/devices", None),
    (
        lambda c: c.me.devices.add(platform="fcm", token="t" * 100, name="Phone"),
        "POST",
        "/v1/me/devices",
        {"platform": "fcm", "token": "t" * 100, "name": "Phone"},
    ),
    (lambda c: c.me.devices.remove("d/1"), "DELETE", "/v1/me/devices/d%2F1", None),
    (
        lambda c: list(c.users.list(role="viewer", team="north", status="active", email="a@b.example")),
        "GET",
        "/v1/users?role=viewer&team=north&status=active&email=a%40b.example",
        None,
    ),
    (lambda c: c.users.get("u-7"), "GET", "/v1/users/u-7", None),
    (
        lambda c: c.users.invite(email="n@a.example", name="Nora", role="sales-rep", team_id="north"),
        "POST",
        "/v1/users",
        {"email": "n@a.example", "name": "Nora", "role": "sales-rep", "teamId": "north"},
    ),
    (lambda c: c.users.patch("u-7", {"teamId": None}), "PATCH", "/v1/users/u-7", {"teamId": None}),
    (lambda c: c.users.resend("u-7"), "POST", "/v1/users/u-7:invite", None),
    (lambda c: c.users.deactivate("u-7"), "POST", "/v1/users/u-7:deactivate", None),
    (lambda c: c.users.activate("u-7"), "POST", "/v1/users/u-7:activate", None),
    (lambda c: list(c.teams.list()), "GET", "/v1/teams", None),
    (lambda c: c.teams.get("north"), "GET", "/v1/teams/north", None),
    (
        lambda c: c.teams.create("north", name="North"),
        "POST",
        "/v1/teams",
        {"teamId": "north", "name": "North"},
    ),
    (lambda c: c.teams.patch("north", {"name": "N"}), "PATCH", "/v1/teams/north", {"name": "N"}),
    (lambda c: c.teams.delete("north"), "DELETE", "/v1/teams/north", None),
    (
        lambda c: list(c.tenants.list(status="active", isolation="silo")),
        "GET",
        "/v1/tenants?status=active&isolation=silo",
        None,
    ),
    (lambda c: c.tenants.get("cumulus"), "GET", "/v1/tenants/cumulus", None),
    (
        lambda c: c.tenants.onboard(
            "cumulus",
            name="Cumulus Cycles",
            isolation="silo",
            settings={"indexShards": 2},
            admin={"email": "ada@cumulus.example", "name": "Ada Admin"},
        ),
        "POST",
        "/v1/tenants",
        {
            "id": "cumulus",
            "name": "Cumulus Cycles",
            "isolation": "silo",
            "settings": {"indexShards": 2},
            "admin": {"email": "ada@cumulus.example", "name": "Ada Admin"},
        },
    ),
    (
        lambda c: c.tenants.patch("cumulus", {"tier": "premium"}),
        "PATCH",
        "/v1/tenants/cumulus",
        {"tier": "premium"},
    ),
    (
        lambda c: c.tenants.suspend("cumulus", reason="unpaid"),
        "POST",
        "/v1/tenants/cumulus:suspend",
        {"reason": "unpaid"},
    ),
    (lambda c: c.tenants.activate("cumulus"), "POST", "/v1/tenants/cumulus:activate", None),
    (lambda c: c.tenants.resume("cumulus"), "POST", "/v1/tenants/cumulus:resume", None),
    (lambda c: c.tenants.provision("cumulus"), "POST", "/v1/tenants/cumulus:provision", None),
    (lambda c: c.tenants.offboard("cumulus", version=7), "DELETE", "/v1/tenants/cumulus", None),
    (
        lambda c: c.tenants.set_identity_provider(
            "cumulus",
            display_name="Cumulus",
            issuer="https://login.cumulus.example",
            authorization_url="https://login.cumulus.example/authorize",
            token_url="https://login.cumulus.example/token",
            jwks_url="https://login.cumulus.example/keys",
            client_id="zebros",
            client_secret="given-by-the-company",
            domains=["cumulus.example"],
        ),
        "PUT",
        "/v1/tenants/cumulus/identity-provider",
        {
            "displayName": "Cumulus",
            "issuer": "https://login.cumulus.example",
            "authorizationUrl": "https://login.cumulus.example/authorize",
            "tokenUrl": "https://login.cumulus.example/token",
            "jwksUrl": "https://login.cumulus.example/keys",
            "clientId": "zebros",
            "clientSecret": "given-by-the-company",
            "domains": ["cumulus.example"],
        },
    ),
    (
        lambda c: c.tenants.remove_identity_provider("cumulus"),
        "DELETE",
        "/v1/tenants/cumulus/identity-provider",
        None,
    ),
    (lambda c: list(c.integrations.list()), "GET", "/v1/integrations", None),
    (lambda c: c.integrations.get("i-1"), "GET", "/v1/integrations/i-1", None),
    (
        lambda c: c.integrations.create(
            name="ERP", role="sales-rep", scopes=["records:read"], team_id="north"
        ),
        "POST",
        "/v1/integrations",
        {"name": "ERP", "role": "sales-rep", "scopes": ["records:read"], "teamId": "north"},
    ),
    (lambda c: c.integrations.rotate("i-1"), "POST", "/v1/integrations/i-1:rotate", None),
    (lambda c: c.integrations.delete("i-1"), "DELETE", "/v1/integrations/i-1", None),
    (
        lambda c: list(
            c.audit.list(
                from_=datetime(2026, 11, 1, tzinfo=UTC),
                action="permission.refused",
                actor="u-7",
                page_size=50,
            )
        ),
        "GET",
        "/v1/audit?from=2026-11-01T00%3A00%3A00.000Z&action=permission.refused&actor=u-7&limit=50",
        None,
    ),
]

NAMES = [f"{method} {target}" for _, method, target, _ in CALLS]
