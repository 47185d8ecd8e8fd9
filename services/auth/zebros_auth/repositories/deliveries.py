"""What was sent, so that nothing is sent twice; and the addresses to which nothing is sent any more."""

from __future__ import annotations

import hashlib
from typing import Final

from zebros_auth.repositories.keys import LOOKUP_TABLE
from zebros_core.clock import Clock
from zebros_core.dynamodb.keys import escape_part
from zebros_core.dynamodb.lookup import LookupTable
from zebros_core.dynamodb.store import TenantStore
from zebros_core.values import normalised_email

MARK_SECONDS: Final = 30 * 24 * 3600
"""How long a message is known to have been sent."""

_SORT_KEY: Final = "-"


class DeliveryMarks:
    """One tenant's marks: one for each message and each way on which it went out."""

    def __init__(self, store: TenantStore) -> None:
        self._lookup = LookupTable(store, LOOKUP_TABLE)

    def claim(self, key: str, way: str) -> bool:
        """Put the mark; False when it is there. Whoever got True sends, and nobody else ever does."""
        return self._lookup.put(("notification", key), way, {}, condition="absent", ttl_seconds=MARK_SECONDS)

    def release(self, key: str, way: str) -> None:
        """Take the mark back of a message that was certainly not sent."""
        self._lookup.delete(("notification", key), way)


class Suppressions:
    """The addresses of one tenant's people at which mail is unwanted or does not arrive.

    A person belongs to one tenant, so an address is suppressed where its person is. Kept under a hash: the rows live
    longer than the person's record.
    """

    def __init__(self, store: TenantStore, clock: Clock) -> None:
        self._tenant_id = store.tenant_id
        self._lookup = LookupTable(store, LOOKUP_TABLE)
        self._clock = clock

    def add(self, address: str, reason: str, *, report: tuple[str, str]) -> bool:
        """Suppress an address for good, because of a report (mail and type); False when that changes nothing.

        A report counts once, also when the suppression was lifted after it: its row is written with the suppression
        or after it, never before.
        """
        done = ("feedback", *map(escape_part, report), self._hash(address))
        if self._lookup.get(done, _SORT_KEY) is not None:
            return False
        row = {"reason": reason, "since": self._clock.now().isoformat()}
        new = self._lookup.put(self._parts(address), _SORT_KEY, row, condition="absent")
        self._lookup.put(done, _SORT_KEY, {}, ttl_seconds=MARK_SECONDS)
        return new

    def reason(self, address: str) -> str | None:
        """Return why an address is suppressed, or None for one that is not. Strongly consistent."""
        row = self._lookup.get(self._parts(address), _SORT_KEY)
        return None if row is None else str(row["reason"])

    def lift(self, address: str) -> None:
        """Send to an address again; one that is not suppressed is no error."""
        self._lookup.delete(self._parts(address), _SORT_KEY)

    def _parts(self, address: str) -> tuple[str, str]:
        return "suppressed", self._hash(address)

    def _hash(self, address: str) -> str:
        return hashlib.sha256(f"{self._tenant_id}#{normalised_email(address)}".encode()).hexdigest()
