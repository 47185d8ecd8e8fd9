"""Proof that who redeems a code is who asked for it (RFC 7636)."""

from __future__ import annotations

import base64
import hashlib
import secrets

__all__ = ["challenge_parameters", "new_verifier"]


def new_verifier() -> str:
    """A fresh secret of 86 characters, to be sent with the code only."""
    return secrets.token_urlsafe(64)


def challenge_parameters(verifier: str) -> dict[str, str]:
    """What the request for a code carries instead of the secret (method S256)."""
    digest = hashlib.sha256(verifier.encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    return {"code_challenge": challenge, "code_challenge_method": "S256"}
