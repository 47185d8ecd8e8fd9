"""Snapshots that are too large for the bus: in a bucket, with a pointer in the event."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any, Final

from zebros_core.messaging.envelope import EntityChanged, SnapshotRef
from zebros_core.messaging.errors import MalformedMessageError
from zebros_core.messaging.failures import ObjectClient

LARGEST_INLINE_BYTES: Final = 200 * 1024


class SnapshotStore:
    """Writes and follows pointers.

    Keys are `{tenant}/events/{entity}/{id}/{version}.json`, so a repetition overwrites itself.

    `client` makes the S3 client at the first large snapshot.
    """

    def __init__(self, client: Callable[[], ObjectClient], bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def outlined(self, event: EntityChanged) -> EntityChanged:
        """The event itself, or one with a pointer when it would be over 200 KB with its snapshot.

        What the fields were before stays in the event, unless that alone is over 200 KB: then it is left out, and
        the events before this one tell it.
        """
        if event.snapshot is None:
            return event
        body, before = _json(event.snapshot), _json(event.previous)
        if len(body) + len(before) <= LARGEST_INLINE_BYTES:
            return event
        key = f"{event.tenant_id}/events/{event.entity}/{event.id}/{event.version}.json"
        self._client().put_object(Bucket=self._bucket, Key=key, Body=body, ContentType="application/json")
        ref = SnapshotRef(
            bucket=self._bucket, key=key, size_bytes=len(body), sha256=hashlib.sha256(body).hexdigest()
        )
        previous = event.previous if len(before) <= LARGEST_INLINE_BYTES else None
        return event.model_copy(update={"snapshot": None, "previous": previous, "snapshot_ref": ref})

    def snapshot(self, event: EntityChanged) -> dict[str, Any] | None:
        """The snapshot, from the event or through its pointer; None when it has none.

        Raises MalformedMessageError for a pointer into another bucket, or to other content than was
        published.
        """
        ref = event.snapshot_ref
        if ref is None:
            return event.snapshot
        if ref.bucket != self._bucket or not ref.key.startswith(f"{event.tenant_id}/events/"):
            raise MalformedMessageError("The snapshot is not where snapshots are.")
        body: bytes = self._client().get_object(Bucket=ref.bucket, Key=ref.key)["Body"].read()
        if len(body) != ref.size_bytes or hashlib.sha256(body).hexdigest() != ref.sha256:
            raise MalformedMessageError("The snapshot is not the one that was published.")
        found: dict[str, Any] = json.loads(body)
        return found


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
