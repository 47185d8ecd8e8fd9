"""The token in the link by which somebody wants no more mail: it names tenant and contact, and only we can make one."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass
from typing import Final

from zebros_core.clock import Clock
from zebros_core.ids import is_id
from zebros_core.tenancy.context import is_tenant_id

__all__ = ["UnsubscribeTokens", "Unsubscription"]

VALID_SECONDS: Final = 365 * 24 * 3600
"""People find a mail again after months, and the law of some countries wants the link to work for at least one."""

_TOKEN: Final = re.compile(
    r"([a-z0-9]{1,24})\.([0-9A-Z]{26})\.([0-9]{1,12})\.([A-Za-z0-9_-]{43})\Z", re.ASCII
)


@dataclass(frozen=True, slots=True)
class Unsubscription:
    """Whose wish it is."""

    tenant_id: str
    contact_id: str


class UnsubscribeTokens:
    """Signs and reads tokens with a key that serves nothing else."""

    def __init__(self, key: bytes, clock: Clock) -> None:
        self._key = key
        self._clock = clock

    def sign(self, tenant_id: str, contact_id: str) -> str:
        """Return a token that is good for a year."""
        expires = int(self._clock.now().timestamp()) + VALID_SECONDS
        said = f"{tenant_id}.{contact_id}.{expires}"
        return f"{said}.{self._signature(said)}"

    def read(self, token: str) -> Unsubscription | None:
        """Return whose wish a token is, or None for one that is not ours, was changed, or is too old."""
        match = _TOKEN.match(token)
        if match is None:
            return None
        tenant_id, contact_id, expires, signature = match.groups()
        if not hmac.compare_digest(signature, self._signature(token.rpartition(".")[0])):
            return None
        if self._clock.now().timestamp() >= int(expires):
            return None
        if not is_tenant_id(tenant_id) or not is_id(contact_id):
            return None
        return Unsubscription(tenant_id, contact_id)

    def _signature(self, said: str) -> str:
        digest = hmac.new(self._key, said.encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
