"""The few OpenID Connect requests that a client makes, against any provider that has a discovery document."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import httpx

from zebros.auth.tokens import Tokens
from zebros.errors import SignInError, TransportError

__all__ = ["Endpoints", "discover", "request_tokens", "revoke"]

REALM_PATH = "/realms/zebros"


@dataclass(frozen=True, slots=True)
class Endpoints:
    """The provider's endpoints, from its discovery document."""

    issuer: str
    token: str
    device_authorization: str | None = None
    revocation: str | None = None


def discover(http: httpx.Client, issuer: str) -> Endpoints:
    """Read the discovery document of `issuer`: the realm's URL, or the server's, whose realm is `zebros`."""
    base = issuer.rstrip("/")
    candidates = [base] if "/realms/" in base else [base, base + REALM_PATH]
    for candidate in candidates:
        reply = send(http, "GET", f"{candidate}/.well-known/openid-configuration")
        if reply.status_code == 200:
            document = _object(reply)
            if isinstance(document.get("token_endpoint"), str):
                return Endpoints(
                    issuer=str(document.get("issuer") or candidate),
                    token=document["token_endpoint"],
                    device_authorization=document.get("device_authorization_endpoint"),
                    revocation=document.get("revocation_endpoint"),
                )
    raise SignInError(f"{issuer} is not an OpenID Connect issuer: it has no discovery document")


def request_tokens(http: httpx.Client, endpoints: Endpoints, form: Mapping[str, str]) -> Tokens:
    """Ask the token endpoint. Raises SignInError with OAuth's code (`invalid_grant`, `slow_down`...)."""
    reply = send(http, "POST", endpoints.token, form)
    body = _object(reply)
    if reply.status_code == 200 and "access_token" in body:
        return Tokens.from_response(body)
    raise refusal(reply)


def revoke(http: httpx.Client, endpoints: Endpoints, *, client_id: str, refresh_token: str) -> None:
    """End the sign-in at the provider (RFC 7009), where it offers that."""
    if endpoints.revocation is not None:
        form = {"client_id": client_id, "token": refresh_token, "token_type_hint": "refresh_token"}
        send(http, "POST", endpoints.revocation, form)


def refusal(reply: httpx.Response) -> SignInError:
    """The error that an OAuth endpoint's answer stands for."""
    body = _object(reply)
    code = str(body.get("error") or f"http_{reply.status_code}")
    return SignInError(str(body.get("error_description") or code), code=code)


def send(http: httpx.Client, method: str, url: str, form: Mapping[str, str] | None = None) -> httpx.Response:
    """One request. Raises TransportError when no answer comes, SignInError when the provider fails."""
    try:
        reply = http.request(method, url, data=form, headers={"Accept": "application/json"})
    except httpx.InvalidURL as error:
        raise SignInError(f"{url!r} is not a URL: {error}") from error
    except httpx.TransportError as error:
        raise TransportError(f"no answer from the identity provider at {url} ({error})") from error
    if reply.status_code >= 500:
        raise TransportError(f"the identity provider at {url} answered {reply.status_code}")
    return reply


def _object(reply: httpx.Response) -> dict[str, Any]:
    try:
        body = reply.json()
    except ValueError:
        return {}
    return cast("dict[str, Any]", body) if isinstance(body, dict) else {}
