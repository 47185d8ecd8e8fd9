"""What an identity provider hands out, and what can be read from it without asking anybody."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

__all__ = ["Tokens", "claims_of", "role_of", "roles_of"]

EXPIRY_MARGIN_SECONDS = 30.0
"""A token this close to its end is renewed first: it might expire on the way."""
ROLES = ("platform-admin", "tenant-admin", "sales-manager", "sales-rep", "viewer")
"""From the most powerful to the least."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """An access token with its end (epoch seconds), and what renews it, if anything does."""

    access_token: str
    expires_at: float
    refresh_token: str | None = None

    @classmethod
    def from_response(cls, body: Mapping[str, Any], *, now: float | None = None) -> Tokens:
        """Read a token endpoint's answer (RFC 6749, 5.1)."""
        lifetime = float(body.get("expires_in") or 60)
        refresh = body.get("refresh_token")
        return cls(
            access_token=str(body["access_token"]),
            expires_at=(time.time() if now is None else now) + lifetime,
            refresh_token=str(refresh) if refresh else None,
        )

    def fresh(self, *, now: float | None = None) -> bool:
        """Whether the access token can still be used."""
        return (time.time() if now is None else now) < self.expires_at - EXPIRY_MARGIN_SECONDS


def claims_of(access_token: str) -> dict[str, Any]:
    """The claims inside a JWT, not verified: to be shown, never to be trusted. Empty for any other token."""
    parts = access_token.split(".")
    if len(parts) != 3:
        return {}
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except ValueError:
        return {}
    return cast("dict[str, Any]", claims) if isinstance(claims, dict) else {}


def roles_of(claims: Mapping[str, Any]) -> list[str]:
    """The realm roles in a token's claims, among them the provider's own."""
    access = claims.get("realm_access")
    roles: object = cast("dict[str, Any]", access).get("roles") if isinstance(access, dict) else None
    return [str(role) for role in cast("list[object]", roles)] if isinstance(roles, list) else []


def role_of(claims: Mapping[str, Any]) -> str | None:
    """The person's role of the product."""
    held = roles_of(claims)
    return next((role for role in ROLES if role in held), None)
