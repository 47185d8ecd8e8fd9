"""Signed contexts for calls between our own functions: who acts, for which tenant, for five minutes, for one
function.
"""

from __future__ import annotations

from typing import Any

import jwt

from zebros_core.clock import Clock
from zebros_core.errors import UnauthenticatedError
from zebros_core.tenancy import TenantContext

MIN_KEY_BYTES = 32
_ALGORITHM = "HS256"
_TYPE = "zebros-call+jwt"
_OPTIONS: Any = {
    "verify_exp": False,  # checked below against our clock
    "verify_nbf": False,
    "verify_iat": False,
    "require": ["aud", "exp", "iat", "sub"],
}


class InternalTokens:
    """Signs and verifies contexts with a key that only our functions can read."""

    def __init__(self, key: bytes, clock: Clock) -> None:
        if len(key) < MIN_KEY_BYTES:
            raise ValueError(f"the key of internal calls needs at least {MIN_KEY_BYTES} bytes")
        self._key = key
        self._clock = clock

    def sign(self, context: TenantContext, *, audience: str, ttl_seconds: int = 300) -> str:
        """Return a token that lets the function ``audience`` act as ``context`` for ``ttl_seconds``."""
        now = int(self._clock.now().timestamp())
        claims = {
            "aud": audience,
            "iat": now,
            "exp": now + ttl_seconds,
            "sub": context.user_id,
            "tenant": context.tenant_id,
            "roles": sorted(context.roles),
            "scopes": sorted(context.scopes),
            "isolation": context.isolation,
            "team": context.team_id,
            "shards": context.index_shards,
            "job": context.job_id,
        }
        return jwt.encode(claims, self._key, algorithm=_ALGORITHM, headers={"typ": _TYPE})

    def verify(self, token: str, *, audience: str) -> TenantContext:
        """Return the context of ``token``. Raises UnauthenticatedError for a token that is forged, late or
        not for us.
        """
        try:
            decoded = jwt.decode_complete(
                token, self._key, algorithms=[_ALGORITHM], audience=audience, options=_OPTIONS
            )
        except jwt.PyJWTError as error:
            raise UnauthenticatedError("the internal call is not signed for this function") from error
        claims: dict[str, Any] = decoded["payload"]
        if decoded["header"].get("typ") != _TYPE:
            raise UnauthenticatedError("the internal call carries another kind of token")
        if self._clock.now().timestamp() >= claims["exp"]:
            raise UnauthenticatedError("the internal call has expired")
        return TenantContext(
            tenant_id=claims["tenant"],
            user_id=claims["sub"],
            roles=frozenset(claims["roles"]),
            scopes=frozenset(claims["scopes"]),
            isolation=claims["isolation"],
            team_id=claims["team"],
            index_shards=claims["shards"],
            job_id=claims["job"],
        )
