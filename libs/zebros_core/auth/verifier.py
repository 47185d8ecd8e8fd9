"""Access tokens: RS256, our issuer, our audience, in time, with the claims that everything else relies on."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Any, Protocol, cast

from zebros_core.auth.jws import JwsError, parse_header, verified_payload
from zebros_core.clock import Clock
from zebros_core.errors import FieldError, UnauthenticatedError
from zebros_core.tenancy import is_tenant_id

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

MAX_TOKEN_CHARACTERS = 8192


class SigningKeys(Protocol):
    """Where verification keys come from; JwksClient is one."""

    def key(self, kid: str) -> RSAPublicKey:
        """Return the key. Raises UnauthenticatedError or UnavailableError."""
        ...


@dataclass(frozen=True, slots=True)
class Claims:
    """What a verified token says. ``expires_at`` is in seconds since the epoch.

    ``tenant_id`` is None in a token without that claim: somebody of the platform. ``caller`` and
    ``platform_caller`` decide what such a token opens.
    """

    subject: str
    tenant_id: str | None
    team_id: str | None
    roles: frozenset[str]
    scopes: frozenset[str]
    client_id: str
    expires_at: int


class TokenVerifier:
    """Verifies access tokens of one issuer for one audience."""

    def __init__(
        self, keys: SigningKeys, clock: Clock, *, issuer: str, audience: str, leeway_seconds: int = 30
    ) -> None:
        self._keys = keys
        self._clock = clock
        self._issuer = issuer
        self._audience = audience
        self._leeway = leeway_seconds

    def verify(self, token: str) -> Claims:
        """Return the claims of ``token``.

        Raises UnauthenticatedError saying what is wrong (never quoting the token), UnavailableError without
        keys.
        """
        if len(token) > MAX_TOKEN_CHARACTERS:
            raise UnauthenticatedError("the token is too long")
        try:
            header = parse_header(token)
            if str(header.get("typ", "JWT")).lower() not in ("jwt", "at+jwt"):
                raise UnauthenticatedError("the token is not an access token")
            kid = header.get("kid")
            if not isinstance(kid, str):
                raise UnauthenticatedError("the token names no key")
            payload = verified_payload(token, self._keys.key(kid))
        except JwsError as error:
            raise UnauthenticatedError(str(error)) from error
        return self._claims(payload)

    def _claims(self, payload: dict[str, Any]) -> Claims:
        if payload.get("iss") != self._issuer:
            raise UnauthenticatedError("the token is of another issuer")
        audience: Any = payload.get("aud")
        if audience != self._audience and not (isinstance(audience, list) and self._audience in audience):
            raise UnauthenticatedError("the token is for another audience")
        now = self._clock.now().timestamp()
        expires_at = _time(payload, "exp")
        if expires_at is None or now >= expires_at + self._leeway:
            raise UnauthenticatedError("the token has expired")
        not_before = _time(payload, "nbf")
        if not_before is not None and now < not_before - self._leeway:
            raise UnauthenticatedError("the token is not valid yet")
        # Keycloak marks its kinds of tokens in the payload: an ID token must not open the API.
        if payload.get("typ", "Bearer") != "Bearer":
            raise UnauthenticatedError("the token is not an access token")
        tenant_id = payload.get("tenant_id")
        if tenant_id is not None and not is_tenant_id(tenant_id):
            raise UnauthenticatedError("the token has no claim tenant_id that names one tenant")
        team = payload.get("team")
        access = payload.get("realm_access")
        roles = cast("dict[str, Any]", access).get("roles") if isinstance(access, dict) else None
        scope = payload.get("scope")
        return Claims(
            subject=_subject(payload),
            tenant_id=None if tenant_id is None else str(tenant_id),
            team_id=team if isinstance(team, str) and team else None,
            roles=frozenset(str(role) for role in cast("list[Any]", roles))
            if isinstance(roles, list)
            else frozenset(),
            scopes=frozenset(scope.split()) if isinstance(scope, str) else frozenset(),
            client_id=str(payload.get("azp") or payload.get("client_id") or ""),
            expires_at=int(expires_at),
        )


def bearer_token(authorization: str | None) -> str:
    """Return the token of an Authorization header. Raises UnauthenticatedError when there is none."""
    scheme, _, token = (authorization or "").strip().partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        message = "send an access token as 'Authorization: Bearer …'"
        raise UnauthenticatedError(fields=(FieldError("Authorization", "missing", message),))
    return token.strip()


def _time(payload: dict[str, Any], name: str) -> float | None:
    value = payload.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        raise UnauthenticatedError(f"the token's claim {name} is not a time")
    return value


def _subject(payload: dict[str, Any]) -> str:
    subject = payload.get("sub")
    # '#' separates the parts of stored keys; our issuer never makes such a subject.
    if (
        not isinstance(subject, str)
        or not 1 <= len(subject) <= 128
        or "#" in subject
        or not subject.isprintable()
    ):
        raise UnauthenticatedError("the token has no usable claim sub")
    return subject
