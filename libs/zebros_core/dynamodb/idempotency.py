"""Requests that may be repeated: the fingerprint that tells them apart, and the record of those that are not
creates.

Creates need no record: their id is derived from the key, and the stored item carries the fingerprint (see
``Repository.create``). Other requests claim their key in a lookup table, do their work, and leave the outcome
there.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from typing import Final

from zebros_core.dynamodb.lookup import LookupTable
from zebros_core.errors import ConflictError, IdempotencyKeyReusedError
from zebros_core.ids import derived_id

__all__ = ["Claim", "IdempotencyRecords", "request_fingerprint"]

RETENTION_SECONDS: Final = 24 * 3600
LEASE_SECONDS: Final = 60
_MAX_OUTCOME_BYTES: Final = 300_000
_PARTITION: Final = "idempotency"


def request_fingerprint(*parts: str | bytes) -> str:
    """22 characters that tell requests apart: the same parts (say route and body) the same, others others."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "big"))
        digest.update(data)
    return base64.urlsafe_b64encode(digest.digest()[:16]).rstrip(b"=").decode()


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to carry out a request now; or, with ``outcome``, what it gave when it was carried out
    before.
    """

    record: str
    fingerprint: str
    outcome: bytes | None = None


class IdempotencyRecords:
    """Records of one tenant, kept for a day in its lookup table."""

    def __init__(self, lookup: LookupTable) -> None:
        self._lookup = lookup

    def claim(self, route: str, key: str, fingerprint: str, *, lease_seconds: int = LEASE_SECONDS) -> Claim:
        """Claims the key, or gives the stored outcome.

        ``IdempotencyKeyReusedError`` when another request used the key; ``ConflictError`` while the same one
        is under way (a claim that is neither completed nor released ends after ``lease_seconds``), or when it
        was carried out and its outcome was too large to be kept.
        """
        record = derived_id(route, key)
        attributes = {"fingerprint": fingerprint}
        while not self._lookup.put(
            [_PARTITION, record], "-", attributes, condition="absent", ttl_seconds=lease_seconds
        ):
            found = self._lookup.get([_PARTITION, record], "-")
            if found is None:
                continue  # its time ended between the two calls
            if found["fingerprint"] != fingerprint:
                raise IdempotencyKeyReusedError
            if found.get("carried_out"):
                raise ConflictError("This request was carried out; its answer was too large to be kept.")
            if "outcome" not in found:
                raise ConflictError("The same request is being carried out now.")
            return Claim(record, fingerprint, bytes(found["outcome"]))
        return Claim(record, fingerprint)

    def complete(self, claim: Claim, outcome: bytes) -> None:
        """Stores what the request gave, for a day. Of more than 300,000 bytes only the fact is kept: the request
        has been carried out, and a repetition must not carry it out again.
        """
        attributes: dict[str, object] = {"fingerprint": claim.fingerprint}
        if len(outcome) <= _MAX_OUTCOME_BYTES:
            attributes["outcome"] = outcome
        else:
            attributes["carried_out"] = True
        self._lookup.put([_PARTITION, claim.record], "-", attributes, ttl_seconds=RETENTION_SECONDS)

    def release(self, claim: Claim) -> None:
        """Gives the key back after a failure, so that the request can be tried again at once."""
        self._lookup.delete([_PARTITION, claim.record], "-")
