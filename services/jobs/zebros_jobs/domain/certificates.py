"""Signed statements of what was done: how they are signed, and what proves it.

A certificate is a JSON document in a compact JSON Web Signature (RFC 7515), by ES256 or PS256 as its key is. Whoever
has the public key checks it without us, with any library of JOSE or with openssl. A key is named by its thumbprint
(RFC 7638), so the name of a key can be computed from the key.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

__all__ = [
    "CERTIFICATE_TYPE",
    "KEY_FILE",
    "PRINTED_FILE",
    "SIGNED_FILE",
    "STATEMENT_FILE",
    "PublicKey",
    "Signer",
    "canonical_json",
    "compact",
    "signing_input",
]

CERTIFICATE_TYPE: Final = "zebros-certificate+jws"

SIGNED_FILE: Final = "certificate.jws"
STATEMENT_FILE: Final = "certificate.json"
PRINTED_FILE: Final = "certificate.pdf"
KEY_FILE: Final = "certificate-key.pem"


@dataclass(frozen=True, slots=True)
class PublicKey:
    """The public half of a signing key. `algorithm` is ES256 or PS256."""

    algorithm: str
    jwk: Mapping[str, str]
    pem: str

    @property
    def key_id(self) -> str:
        """The thumbprint of the key by RFC 7638."""
        members = json.dumps(dict(self.jwk), sort_keys=True, separators=(",", ":"))
        return _base64url(hashlib.sha256(members.encode()).digest())


class Signer(Protocol):
    """Signs with a key that nobody can take away."""

    def public_key(self) -> PublicKey:
        """Return the public half. Raises UnavailableError."""
        ...

    def sign(self, payload: bytes) -> str:
        """Return the payload in a compact JWS. Raises UnavailableError."""
        ...


def canonical_json(document: Mapping[str, Any]) -> bytes:
    """Return a document as the bytes that are signed: members sorted, no spaces, UTF-8."""
    return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def signing_input(key: PublicKey, payload: bytes) -> bytes:
    """Return what is signed: the header that names algorithm and key, and the payload."""
    header = {"alg": key.algorithm, "kid": key.key_id, "typ": CERTIFICATE_TYPE}
    return f"{_base64url(canonical_json(header))}.{_base64url(payload)}".encode()


def compact(signed: bytes, signature: bytes) -> str:
    """Return the compact form of what was signed with its signature."""
    return f"{signed.decode()}.{_base64url(signature)}"


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
