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
    authorization: str | None = None
    device_authorization: str | None = None
    revocation: str | None = None
    end_session: str | None = None
    scopes: frozenset[str] | None = None
    """The scopes that it offers; None where it does not say."""

    @property
    def scope(self) -> str:
        """What a person's sign-in asks for. `offline_access` keeps it beyond the browser's session."""
        offline = self.scopes is None or "offline_access" in self.scopes
        return "openid offline_access" if offline else "openid"


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
                    authorization=document.get("authorization_endpoint"),
                    device_authorization=document.get("device_authorization_endpoint"),
                    revocation=document.get("revocation_endpoint"),
                    end_session=document.get("end_session_endpoint"),
                    scopes=_names(document.get("scopes_supported")),
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
    """End the sign-in at the provider: by revocation (RFC 7009), else by Keycloak's logout with a token.

    Raises SignInError when it refuses. A token that is dead already is no refusal, nor is a provider that
    has neither endpoint.
    """
    if endpoints.revocation is not None:
        form = {"client_id": client_id, "token": refresh_token, "token_type_hint": "refresh_token"}
        reply = send(http, "POST", endpoints.revocation, form)
    elif endpoints.end_session is not None:
        form = {"client_id": client_id, "refresh_token": refresh_token}
        reply = send(http, "POST", endpoints.end_session, form)
    else:
        return
    if reply.status_code >= 400:
        error = refusal(reply)
        if error.code not in {"invalid_token", "invalid_grant"}:
            raise error


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


def _names(value: object) -> frozenset[str] | None:
    if not isinstance(value, list):
        return None
    return frozenset(str(each) for each in cast("list[object]", value))


def _object(reply: httpx.Response) -> dict[str, Any]:
    try:
        body = reply.json()
    except ValueError:
        return {}
    return cast("dict[str, Any]", body) if isinstance(body, dict) else {}
