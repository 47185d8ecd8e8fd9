"""The authorization code flow with PKCE (RFC 7636) and a loopback redirect (RFC 8252), in this machine's browser."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from types import TracebackType
from typing import Self
from urllib.parse import urlencode

import httpx

from zebros.auth.loopback import LoopbackListener
from zebros.auth.oidc import Endpoints, request_tokens
from zebros.auth.pkce import challenge_parameters, new_verifier
from zebros.auth.tokens import Tokens
from zebros.errors import SignInError, ZebrosError

__all__ = ["BrowserSignIn"]

TIMEOUT_SECONDS = 300.0
"""About as long as providers keep their sign-in page alive."""


class BrowserSignIn:
    """One sign-in: open `url` in a browser, then `tokens` waits for it to come back.

    ::

        with BrowserSignIn(endpoints, client_id="zebros-cli") as attempt:
            webbrowser.open(attempt.url)
            tokens = attempt.tokens(http)

    `port` is the loopback port, by default a free one. Raises ConfigurationError when it cannot be listened
    on, SignInError when the provider has no such flow.
    """

    def __init__(self, endpoints: Endpoints, *, client_id: str, port: int = 0) -> None:
        if endpoints.authorization is None:
            raise SignInError(f"{endpoints.issuer} has no sign-in by browser")
        self._endpoints = endpoints
        self._client_id = client_id
        self._verifier = new_verifier()
        state = secrets.token_urlsafe(32)
        self._listener = LoopbackListener(state=state, port=port)
        query = {
            "response_type": "code",
            "client_id": client_id,
            "redirect_uri": self._listener.redirect_uri,
            "scope": endpoints.scope,
            "state": state,
            **challenge_parameters(self._verifier),
        }
        joint = "&" if "?" in endpoints.authorization else "?"
        self.url = f"{endpoints.authorization}{joint}{urlencode(query)}"

    def tokens(self, http: httpx.Client, *, timeout_seconds: float = TIMEOUT_SECONDS) -> Tokens:
        """Wait until the person has signed in. Raises SignInError when they refuse or do not come back."""
        answer = self._listener.wait(timeout_seconds)
        try:
            tokens = self._exchange(http, answer.get("code"), answer)
        except ZebrosError as error:
            self._listener.finish("Not signed in", f"{error}. Go back to your terminal.", failed=True)
            raise
        self._listener.finish("Signed in", "You can close this window and go back to your terminal.")
        return tokens

    def _exchange(self, http: httpx.Client, code: str | None, answer: Mapping[str, str]) -> Tokens:
        # RFC 9207: an answer that names another issuer belongs to another provider's sign-in.
        if answer.get("iss", self._endpoints.issuer) != self._endpoints.issuer:
            raise SignInError("the answer came from another identity provider", code="wrong_issuer")
        if code is None:
            raise _refusal(answer)
        form = {
            "grant_type": "authorization_code",
            "client_id": self._client_id,
            "code": code,
            "redirect_uri": self._listener.redirect_uri,
            "code_verifier": self._verifier,
        }
        return request_tokens(http, self._endpoints, form)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.close()


def _refusal(answer: Mapping[str, str]) -> SignInError:
    code = answer.get("error") or "no_code"
    if code == "access_denied":
        return SignInError("the sign-in was refused in the browser", code=code)
    return SignInError(answer.get("error_description") or code, code=code)
