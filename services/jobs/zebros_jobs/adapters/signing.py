"""Certificates signed by AWS KMS, with a key that never leaves it."""

# botocore ships no types: they end here.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any, Final

from zebros_core.errors import UnavailableError
from zebros_jobs.domain.certificates import PublicKey, compact, signing_input

_ALGORITHMS: Final = {"ES256": "ECDSA_SHA_256", "PS256": "RSASSA_PSS_SHA_256"}
_COORDINATE_BYTES: Final = 32


class KmsSigner:
    """Signs with one asymmetric key, on P-256 or RSA; `key_id` is its id, ARN or alias."""

    def __init__(self, client: Callable[[], Any], key_id: str) -> None:
        """`client` makes the client of KMS; it is called at the first signature."""
        self._make = client
        self._key_id = key_id

    def public_key(self) -> PublicKey:
        """See `Signer`."""
        return self._public_key

    def sign(self, payload: bytes) -> str:
        """See `Signer`."""
        key = self._public_key
        signed = signing_input(key, payload)
        with _unavailable():
            answer = self._client.sign(
                KeyId=self._key_id,
                # The digest: KMS takes messages of at most 4 KB.
                Message=hashlib.sha256(signed).digest(),
                MessageType="DIGEST",
                SigningAlgorithm=_ALGORITHMS[key.algorithm],
            )
        signature: bytes = answer["Signature"]
        if not _is_signature(key.pem, key.algorithm, signed, signature):
            raise UnavailableError(detail="The key that signs certificates gave a signature that is wrong.")
        return compact(signed, _concatenated(signature) if key.algorithm == "ES256" else signature)

    @cached_property
    def _client(self) -> Any:
        return self._make()

    @cached_property
    def _public_key(self) -> PublicKey:
        with _unavailable():
            der: bytes = self._client.get_public_key(KeyId=self._key_id)["PublicKey"]
        return _public_key(der)


def _public_key(der: bytes) -> PublicKey:
    """Return a key of a SubjectPublicKeyInfo. Raises ValueError for one that is neither on P-256 nor RSA."""
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

    key = load_der_public_key(der)
    if isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1):
        point = key.public_numbers()
        jwk = {"crv": "P-256", "kty": "EC", "x": _number(point.x), "y": _number(point.y)}
        algorithm = "ES256"
    elif isinstance(key, RSAPublicKey):
        numbers = key.public_numbers()
        bytes_of_n = (numbers.n.bit_length() + 7) // 8
        jwk = {"e": _number(numbers.e, 3), "kty": "RSA", "n": _number(numbers.n, bytes_of_n)}
        algorithm = "PS256"
    else:
        raise ValueError("certificates are signed with a key on P-256, or of RSA")
    pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    return PublicKey(algorithm, jwk, pem)


def _is_signature(pem: str, algorithm: str, signed: bytes, signature: bytes) -> bool:
    """Tell whether a signature, as KMS gives it, is the key's: a certificate that nobody can check is none."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric import ec, padding
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    key: Any = load_pem_public_key(pem.encode())
    pss = padding.PSS(padding.MGF1(SHA256()), padding.PSS.DIGEST_LENGTH)
    how = (ec.ECDSA(SHA256()),) if algorithm == "ES256" else (pss, SHA256())
    try:
        key.verify(signature, signed, *how)
    except InvalidSignature:
        return False
    return True


def _number(value: int, length: int = _COORDINATE_BYTES) -> str:
    return base64.urlsafe_b64encode(value.to_bytes(length, "big")).rstrip(b"=").decode()


def _concatenated(signature: bytes) -> bytes:
    """Return a signature of KMS, which is DER, as JOSE has it: both numbers, one after the other."""
    from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

    first, second = decode_dss_signature(signature)
    return first.to_bytes(_COORDINATE_BYTES, "big") + second.to_bytes(_COORDINATE_BYTES, "big")


@contextmanager
def _unavailable() -> Iterator[None]:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise UnavailableError(
            detail="The key that signs certificates cannot be used at the moment."
        ) from error
