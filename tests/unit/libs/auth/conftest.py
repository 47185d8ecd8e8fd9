"""An issuer of tokens with real RSA keys, and two tenants to mix up."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from zebros_core.auth import JwksError, TokenVerifier
from zebros_core.clock import FixedClock

ISSUER = "https://id.example/realms/zebros"
AUDIENCE = "zebros-api"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Issuer:
    """Signs tokens and publishes keys; can be out of reach."""

    def __init__(self, keys: dict[str, rsa.RSAPrivateKey]) -> None:
        self.keys = keys
        self.published = ["first"]
        self.down = False
        self.fetches = 0

    def jwk(self, kid: str, **members: Any) -> dict[str, Any]:
        return {**RSAAlgorithm.to_jwk(self.keys[kid].public_key(), as_dict=True), "kid": kid, **members}

    def fetch(self) -> bytes:
        self.fetches += 1
        if self.down:
            raise JwksError("connection refused")
        return json.dumps(
            {"keys": [self.jwk(kid, use="sig", alg="RS256") for kid in self.published]}
        ).encode()

    def claims(self, **changes: Any) -> dict[str, Any]:
        """The claims of a good token; a change to None leaves a claim out."""
        good: dict[str, Any] = {
            "iss": ISSUER,
            "aud": [AUDIENCE, "account"],
            "sub": "7d3f5a52-user",
            "tenant_id": "aurora",
            "team": "north",
            "realm_access": {"roles": ["editor", "offline_access"]},
            "scope": "openid profile",
            "azp": "zebros-web",
            "typ": "Bearer",
            "iat": int(NOW.timestamp()),
            "exp": int(NOW.timestamp()) + 300,
        }
        return {name: value for name, value in {**good, **changes}.items() if value is not None}

    def token(self, *, kid: str = "first", headers: dict[str, Any] | None = None, **changes: Any) -> str:
        return jwt.encode(
            self.claims(**changes), self.keys[kid], algorithm="RS256", headers={"kid": kid, **(headers or {})}
        )


@pytest.fixture(scope="session")
def rsa_keys() -> dict[str, rsa.RSAPrivateKey]:
    return {kid: rsa.generate_private_key(65537, 2048) for kid in ("first", "second")}


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture
def issuer(rsa_keys: dict[str, rsa.RSAPrivateKey]) -> Issuer:
    return Issuer(rsa_keys)


class PublishedKeys:
    """Every key of the issuer, by id."""

    def __init__(self, issuer: Issuer) -> None:
        self._issuer = issuer

    def key(self, kid: str) -> rsa.RSAPublicKey:
        return self._issuer.keys[kid].public_key()


@pytest.fixture
def verifier(issuer: Issuer, clock: FixedClock) -> TokenVerifier:
    return TokenVerifier(PublishedKeys(issuer), clock, issuer=ISSUER, audience=AUDIENCE)
