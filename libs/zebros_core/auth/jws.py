"""Compact JSON Web Signatures (RFC 7515), RS256 and nothing else.

PyJWT does the same and much more; importing it loads every algorithm and X.509, which is a tenth of what a
function may spend on its cold start. What is left for one pinned algorithm is small, and a test holds it to
PyJWT's verdicts.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from typing import TYPE_CHECKING, Any, cast

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

ALGORITHM = "RS256"
_COMPACT = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)")
_PADDING = PKCS1v15()
_HASH = SHA256()


class JwsError(Exception):
    """The token is not a well-formed JWS of RS256, or its signature is wrong."""


def parse_header(token: str) -> dict[str, Any]:
    """Return the header of ``token``, which is not verified yet.

    Raises JwsError for another algorithm than RS256, and for extensions that must be understood (``crit``).
    """
    match = _COMPACT.fullmatch(token)
    if match is None:
        raise JwsError("the token is malformed")
    header = _json_object(match.group(1))
    if header.get("alg") != ALGORITHM:
        raise JwsError(f"the token is not signed with {ALGORITHM}")
    if "crit" in header or "b64" in header:
        raise JwsError("the token needs an extension that is not supported")
    return header


def verified_payload(token: str, key: RSAPublicKey) -> dict[str, Any]:
    """Return the payload of ``token``, whose header :func:`parse_header` has accepted.

    Raises JwsError when ``key`` has not signed it.
    """
    signed, _, signature = token.rpartition(".")
    try:
        key.verify(_decoded(signature), signed.encode("ascii"), _PADDING, _HASH)
    except InvalidSignature as error:
        raise JwsError("the token's signature is wrong") from error
    return _json_object(signed.partition(".")[2])


def _json_object(segment: str) -> dict[str, Any]:
    try:
        value: Any = json.loads(_decoded(segment))
    except (ValueError, RecursionError) as error:
        raise JwsError("the token is malformed") from error
    if not isinstance(value, dict):
        raise JwsError("the token is malformed")
    return cast("dict[str, Any]", value)


def _decoded(segment: str) -> bytes:
    try:
        decoded = base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
    except binascii.Error as error:
        raise JwsError("the token is malformed") from error
    # The last character may carry bits that no byte takes (RFC 4648, section 3.5): one token has one spelling.
    if base64.urlsafe_b64encode(decoded).rstrip(b"=") != segment.encode("ascii"):
        raise JwsError("the token is malformed")
    return decoded
