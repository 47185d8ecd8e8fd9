"""The token of a profile, renewed on disk so that every process of this person shares one sign-in."""

from __future__ import annotations

from dataclasses import replace

import httpx

from zebros.auth.providers import ClientCredentials, RefreshToken
from zebros.auth.tokens import Tokens
from zebros.cli.profiles import Profile, ProfileStore
from zebros.errors import SignInError

__all__ = ["ProfileToken"]

# The session was ended or has run out, the token was used before, the integration was rotated or deleted.
_OVER = frozenset(
    {"no_refresh_token", "invalid_grant", "invalid_token", "invalid_client", "unauthorized_client"}
)


class ProfileToken:
    """A token provider over a profile's file."""

    def __init__(
        self, store: ProfileStore, profile: Profile, *, transport: httpx.BaseTransport | None = None
    ) -> None:
        self._store = store
        self._profile = profile
        self._transport = transport

    def token(self) -> str:
        if self._profile.tokens.fresh():
            return self._profile.tokens.access_token
        return self._renewed(rejected=None)

    def refresh(self, rejected: str) -> str | None:
        return self._renewed(rejected=rejected)

    def _renewed(self, rejected: str | None) -> str:
        name = self._profile.name
        with self._store.locked(name):
            # Another process may have renewed it while this one waited for the lock.
            stored = self._store.load(name)
            if stored is None:
                raise SignInError(f"profile {name!r} was signed out meanwhile")
            self._profile = stored
            if stored.tokens.fresh() and stored.tokens.access_token != rejected:
                return stored.tokens.access_token
            self._profile = replace(stored, tokens=self._ask(stored))
            self._store.save(self._profile)
        return self._profile.tokens.access_token

    def _ask(self, profile: Profile) -> Tokens:
        got: list[Tokens] = []
        expired = replace(profile.tokens, expires_at=0.0)
        try:
            if profile.client_secret is not None:
                ClientCredentials(
                    issuer=profile.issuer,
                    client_id=profile.client_id,
                    client_secret=profile.client_secret,
                    transport=self._transport,
                    on_renewal=got.append,
                ).token()
            else:
                RefreshToken(
                    issuer=profile.issuer,
                    client_id=profile.client_id,
                    tokens=expired,
                    transport=self._transport,
                    on_renewal=got.append,
                ).token()
        except SignInError as error:
            if error.code not in _OVER:
                raise
            raise SignInError(
                f"the sign-in of profile {profile.name!r} has ended ({error})", code=error.code
            ) from error
        return got[-1]
