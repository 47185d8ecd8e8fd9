"""Token providers. Each one is safe to share between threads."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Protocol

import httpx

from zebros.auth.oidc import Endpoints, discover, request_tokens
from zebros.auth.tokens import Tokens
from zebros.errors import SignInError

__all__ = ["ClientCredentials", "RefreshToken", "StaticToken", "TokenProvider"]


class TokenProvider(Protocol):
    """Gives access tokens to a client."""

    def token(self) -> str:
        """An access token that should work now. Raises SignInError when there is none to have."""
        ...

    def refresh(self, rejected: str) -> str | None:
        """A newer token than the one that the API rejected, or None when there is no way to get one."""
        ...


class StaticToken:
    """A token that somebody else looks after."""

    def __init__(self, access_token: str) -> None:
        if not access_token:
            raise SignInError("the access token is empty")
        self._access_token = access_token

    def token(self) -> str:
        return self._access_token

    def refresh(self, rejected: str) -> str | None:
        return None


class _RenewedToken(ABC):
    """Keeps tokens until shortly before their end; one thread renews while the others wait."""

    def __init__(self, issuer: str, transport: httpx.BaseTransport | None, tokens: Tokens | None) -> None:
        self._issuer = issuer
        self._transport = transport
        self._endpoints: Endpoints | None = None
        self._tokens = tokens
        self._lock = threading.Lock()

    def token(self) -> str:
        with self._lock:
            if self._tokens is None or not self._tokens.fresh():
                self._tokens = self._renew(self._tokens)
            return self._tokens.access_token

    def refresh(self, rejected: str) -> str | None:
        with self._lock:
            if self._tokens is None or self._tokens.access_token == rejected:
                self._tokens = self._renew(self._tokens)
            return self._tokens.access_token

    @abstractmethod
    def _renew(self, former: Tokens | None) -> Tokens: ...

    def _ask(self, form: dict[str, str]) -> Tokens:
        with httpx.Client(transport=self._transport, timeout=10.0) as http:
            if self._endpoints is None:
                self._endpoints = discover(http, self._issuer)
            return request_tokens(http, self._endpoints, form)


class ClientCredentials(_RenewedToken):
    """An integration's own client (RFC 6749, 4.4)."""

    def __init__(
        self,
        *,
        issuer: str,
        client_id: str,
        client_secret: str,
        scope: str | None = None,
        tokens: Tokens | None = None,
        transport: httpx.BaseTransport | None = None,
        on_renewal: Callable[[Tokens], None] | None = None,
    ) -> None:
        super().__init__(issuer, transport, tokens)
        self._form = {
            "grant_type": "client_credentials",
            "client_id": client_id,
            "client_secret": client_secret,
        }
        if scope:
            self._form["scope"] = scope
        self._on_renewal = on_renewal

    def _renew(self, former: Tokens | None) -> Tokens:
        tokens = self._ask(self._form)
        if self._on_renewal is not None:
            self._on_renewal(tokens)
        return tokens


class RefreshToken(_RenewedToken):
    """A person's sign-in, renewed with its refresh token (RFC 6749, 6).

    `on_renewal` gets every new pair: providers rotate refresh tokens, and the former one is dead then.
    """

    def __init__(
        self,
        *,
        issuer: str,
        client_id: str,
        tokens: Tokens,
        transport: httpx.BaseTransport | None = None,
        on_renewal: Callable[[Tokens], None] | None = None,
    ) -> None:
        super().__init__(issuer, transport, tokens)
        self._client_id = client_id
        self._on_renewal = on_renewal

    def _renew(self, former: Tokens | None) -> Tokens:
        if former is None or former.refresh_token is None:
            raise SignInError("the sign-in has ended", code="no_refresh_token")
        tokens = self._ask(
            {
                "grant_type": "refresh_token",
                "client_id": self._client_id,
                "refresh_token": former.refresh_token,
            }
        )
        if tokens.refresh_token is None:
            tokens = Tokens(tokens.access_token, tokens.expires_at, former.refresh_token)
        if self._on_renewal is not None:
            self._on_renewal(tokens)
        return tokens
