"""The issuer's signing keys, kept so that neither an outage of the issuer nor made-up key ids do harm.

- Keys are kept in the container. They are refreshed when they are older than ``refresh_seconds``, and when a
  token names a key that is not known: that is how a new key arrives. A flood of tokens with made-up key ids
  costs at most one fetch per ``cooldown_seconds``.
- Before the issuer is asked, the set that another container fetched is (``SharedJwks``), if there is one. It
  keeps the age that it has: nothing is used for longer because it was shared.
- While the issuer is out of reach the last known good keys are served, up to ``max_stale_seconds`` after they
  were fetched; then verification stops, since a key may have been revoked meanwhile.
- A fetched set replaces the old one whole, so a retired key stops working. An empty set is an error, never
  stored and never shared.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers

from zebros_core.clock import Clock
from zebros_core.errors import UnauthenticatedError, UnavailableError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

    from zebros_core.cache.port import SharedDocuments

MIN_KEY_BITS = 2048
_MAX_BYTES = 256 * 1024


class JwksError(Exception):
    """The issuer's keys could not be fetched, or what came is not a set of usable keys."""


Fetch = Callable[[], bytes]
"""Returns the JWK set document. Raises JwksError."""


class SharedJwks:
    """The set that some container fetched last, in the cache that containers share.

    Whoever may write there could otherwise say which keys we believe: so the set is sealed with a key of the
    deployment (HMAC-SHA256 over issuer, instant and set), and what is not sealed by us is not there.
    """

    def __init__(
        self,
        documents: SharedDocuments,
        issuer: str,
        seal_key: Callable[[], bytes],
        *,
        keep_seconds: float = 24 * 3600,
    ) -> None:
        """``seal_key`` is asked for the key when one is needed."""
        self._documents = documents
        self._issuer = issuer.encode()
        self._name = f"jwks/{hashlib.sha256(self._issuer).hexdigest()[:32]}"
        self._seal_key = seal_key
        self._keep_seconds = keep_seconds

    def read(self) -> tuple[datetime, bytes] | None:
        """When the set was fetched, and the set; None when there is none of ours."""
        sealed = self._documents.document(self._name)
        if sealed is None:
            return None
        seal, _, content = sealed.partition(b"\n")
        instant, _, document = content.partition(b"\n")
        if not hmac.compare_digest(seal, self._seal(content)):
            return None
        return datetime.fromtimestamp(int(instant), UTC), document

    def write(self, fetched_at: datetime, document: bytes) -> None:
        """Share a set that was just fetched."""
        content = b"%d\n%s" % (int(fetched_at.timestamp()), document)
        self._documents.keep_document(self._name, self._seal(content) + b"\n" + content, self._keep_seconds)

    def _seal(self, content: bytes) -> bytes:
        return hmac.new(self._seal_key(), self._issuer + b"\n" + content, hashlib.sha256).hexdigest().encode()


class JwksClient:
    """Keys by id. Safe to share between threads."""

    def __init__(
        self,
        fetch: Fetch,
        clock: Clock,
        *,
        refresh_seconds: float = 3600,
        cooldown_seconds: float = 30,
        max_stale_seconds: float = 24 * 3600,
        shared: SharedJwks | None = None,
        on_error: Callable[[JwksError], None] | None = None,
    ) -> None:
        """``on_error`` is told of each failed fetch: while old keys are served, nobody else would notice."""
        self._fetch = fetch
        self._clock = clock
        self._refresh = timedelta(seconds=refresh_seconds)
        self._cooldown = timedelta(seconds=cooldown_seconds)
        self._max_stale = timedelta(seconds=max_stale_seconds)
        self._shared = shared
        self._on_error = on_error
        self._keys: Mapping[str, RSAPublicKey] = {}
        self._fetched_at: datetime | None = None
        self._tried_at: datetime | None = None
        self._lock = Lock()

    def key(self, kid: str) -> RSAPublicKey:
        """Return the key ``kid``.

        Raises UnauthenticatedError when the issuer has no such key, UnavailableError when there are no keys
        to tell by.
        """
        now = self._clock.now()
        if self._fetched_at is None or now - self._fetched_at > self._refresh or kid not in self._keys:
            self._update(now, kid)
        if self._fetched_at is None or now - self._fetched_at > self._max_stale:
            raise UnavailableError(self._cooldown.total_seconds(), "The signing keys cannot be read for now.")
        found = self._keys.get(kid)
        if found is None:
            raise UnauthenticatedError("the token is signed with an unknown key")
        return found

    def _update(self, now: datetime, kid: str) -> None:
        with self._lock:
            fresh = self._fetched_at is not None and now - self._fetched_at <= self._refresh
            if fresh and kid in self._keys:
                return  # another thread has just fetched it
            if self._tried_at is not None and now - self._tried_at < self._cooldown:
                return
            self._tried_at = now
            if self._take_shared(now) and (kid in self._keys or now - self._fetched < self._cooldown):
                return
            try:
                document = self._fetch()
            except JwksError as error:
                self._report(error)
                return
            if self._adopt(document, now) and self._shared is not None:
                self._shared.write(now, document)

    def _adopt(self, document: bytes, fetched_at: datetime) -> bool:
        try:
            self._keys = parse_jwks(document)
        except JwksError as error:
            self._report(error)
            return False
        self._fetched_at = fetched_at
        return True

    def _report(self, error: JwksError) -> None:
        if self._on_error is not None:
            self._on_error(error)

    def _take_shared(self, now: datetime) -> bool:
        """Take over the shared set if it is newer than ours; tell whether ours is fresh now."""
        found = None if self._shared is None else self._shared.read()
        if found is not None:
            fetched_at, document = found
            # From the future is one whose age nobody knows; a clock may be a little ahead of ours.
            known = now - self._max_stale <= fetched_at <= now + self._cooldown
            if known and fetched_at > self._fetched:
                self._adopt(document, fetched_at)
        return now - self._fetched <= self._refresh

    @property
    def _fetched(self) -> datetime:
        return self._fetched_at or datetime.min.replace(tzinfo=UTC)


def parse_jwks(document: bytes) -> dict[str, RSAPublicKey]:
    """Return the RS256 signing keys of a JWK set (RFC 7517) by id; keys for other purposes are left out.

    Raises JwksError when nothing usable is in it.
    """
    try:
        entries = json.loads(document)["keys"]
        keys = {str(entry["kid"]): _rsa_key(entry) for entry in entries if _signs_rs256(entry)}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise JwksError(f"not a JWK set: {error}") from error
    usable = {kid: key for kid, key in keys.items() if key.key_size >= MIN_KEY_BITS}
    if not usable:
        raise JwksError("the JWK set has no usable key")
    return usable


def _signs_rs256(entry: Mapping[str, Any]) -> bool:
    return (
        entry.get("kty") == "RSA"
        and entry.get("use", "sig") == "sig"
        and entry.get("alg", "RS256") == "RS256"
        and isinstance(entry.get("kid"), str)
    )


def _rsa_key(entry: Mapping[str, Any]) -> RSAPublicKey:
    return RSAPublicNumbers(e=_integer(entry["e"]), n=_integer(entry["n"])).public_key()


def _integer(text: str) -> int:
    return int.from_bytes(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), "big")


def jwks_fetch(issuer: str, jwks_uri: str | None = None, *, timeout_seconds: float = 2.0) -> Fetch:
    """Return a fetch of ``jwks_uri``, or of the place that the issuer's discovery document names."""

    def fetch() -> bytes:
        return _get(jwks_uri or _discover(issuer, timeout_seconds), timeout_seconds)

    return fetch


def _discover(issuer: str, timeout_seconds: float) -> str:
    document = _get(f"{issuer.rstrip('/')}/.well-known/openid-configuration", timeout_seconds)
    try:
        configuration = json.loads(document)
        # OpenID Connect Discovery 1.0, section 4.3: the issuer must be the one asked for.
        if configuration["issuer"] != issuer:
            raise JwksError("the discovery document is of another issuer")
        return str(configuration["jwks_uri"])
    except (ValueError, KeyError, TypeError) as error:
        raise JwksError(f"not a discovery document: {error}") from error


def _get(url: str, timeout_seconds: float) -> bytes:
    # Imported here: most requests of a container's life need no fetch.
    from http.client import HTTPException
    from urllib.request import Request, urlopen

    if not url.startswith(("https://", "http://")):
        raise JwksError("the address of the keys is not an http address")
    request = Request(url, headers={"Accept": "application/json"})  # noqa: S310 - the scheme is checked above
    try:
        with urlopen(request, timeout=timeout_seconds) as response:  # noqa: S310 - likewise
            body: bytes = response.read(_MAX_BYTES + 1)
    except (OSError, HTTPException, ValueError) as error:
        raise JwksError(f"cannot fetch the issuer's keys: {error}") from error
    if len(body) > _MAX_BYTES:
        raise JwksError("the issuer's answer is too large")
    return body
