"""The part of KMS that signs certificates, with digests as AWS takes them; moto signs the digest's own digest."""

from __future__ import annotations

from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

_DIGEST_BYTES = 32


class KmsInMemory:
    """One asymmetric key: on P-256, or of RSA."""

    def __init__(self, kind: str = "ec") -> None:
        self._key: Any = (
            ec.generate_private_key(ec.SECP256R1())
            if kind == "ec"
            else rsa.generate_private_key(public_exponent=65537, key_size=2048)
        )
        self.signed = 0

    def get_public_key(self, **request: Any) -> dict[str, Any]:
        del request
        der = self._key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return {"PublicKey": der}

    def sign(
        self, *, Message: bytes, MessageType: str, SigningAlgorithm: str, **request: Any
    ) -> dict[str, Any]:
        del request
        assert (MessageType, len(Message)) == ("DIGEST", _DIGEST_BYTES)
        self.signed += 1
        if SigningAlgorithm == "ECDSA_SHA_256":
            return {"Signature": self._key.sign(Message, ec.ECDSA(Prehashed(SHA256())))}
        assert SigningAlgorithm == "RSASSA_PSS_SHA_256"
        pss = padding.PSS(padding.MGF1(SHA256()), padding.PSS.DIGEST_LENGTH)
        return {"Signature": self._key.sign(Message, pss, Prehashed(SHA256()))}
