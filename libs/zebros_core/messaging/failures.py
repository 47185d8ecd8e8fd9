"""What could not be handled, kept in a bucket until somebody replays it.

Keys: `failures/{kind}/{tenant or 'unknown'}/{date}/{digest}.json`. The digest is of the content, so a
repetition of the same failure is one object. The content is {"kind", "reason", "tenantId", "failedAt",
"payload"}.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, Protocol, cast

from zebros_core.clock import Clock
from zebros_core.messaging.envelope import instant_text
from zebros_core.messaging.errors import MalformedMessageError
from zebros_core.tenancy.context import is_tenant_id

PREFIX: Final = "failures/"


class ObjectClient(Protocol):
    """The part of the S3 client that is used here."""

    def put_object(self, **request: Any) -> dict[str, Any]: ...
    def get_object(self, **request: Any) -> dict[str, Any]: ...
    def delete_object(self, **request: Any) -> dict[str, Any]: ...
    def list_objects_v2(self, **request: Any) -> dict[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Failure:
    kind: str
    reason: str
    payload: dict[str, Any]


class FailureStore:
    """The failures bucket. `client` makes the S3 client at the first failure: few containers see one."""

    def __init__(self, client: Callable[[], ObjectClient], bucket: str, clock: Clock) -> None:
        self._client = client
        self._bucket = bucket
        self._clock = clock

    def keep(
        self, kind: str, reason: str, payload: Mapping[str, Any], *, tenant_id: str | None = None
    ) -> str:
        """Store one failure; its key. What the bucket raises is raised: the caller must not forget the record
        then.
        """
        now = self._clock.now()
        owner = tenant_id if is_tenant_id(tenant_id) else None
        content = json.dumps(payload, default=_plain, sort_keys=True)
        digest = hashlib.sha256(content.encode()).hexdigest()[:32]
        key = f"{PREFIX}{kind}/{owner or 'unknown'}/{now.date().isoformat()}/{digest}.json"
        document = {
            "kind": kind,
            "reason": reason,
            "tenantId": owner,
            "failedAt": instant_text(now),
            "payload": json.loads(content),
        }
        self._client().put_object(
            Bucket=self._bucket,
            Key=key,
            Body=json.dumps(document).encode(),
            ContentType="application/json",
        )
        return key

    def keys(self, prefix: str = PREFIX) -> Iterator[str]:
        """The keys of what is kept, in order, page by page."""
        request: dict[str, Any] = {"Bucket": self._bucket, "Prefix": prefix}
        while True:
            page = self._client().list_objects_v2(**request)
            for entry in page.get("Contents", ()):
                yield entry["Key"]
            if not page.get("IsTruncated"):
                return
            request["ContinuationToken"] = page["NextContinuationToken"]

    def read(self, key: str) -> Failure:
        """One failure, whether we kept it or Lambda did (its stream source's on-failure destination).

        Raises MalformedMessageError when it is neither.
        """
        body = self._client().get_object(Bucket=self._bucket, Key=key)["Body"].read()
        try:
            document: Any = json.loads(body)
        except ValueError:
            raise MalformedMessageError("The kept failure is not JSON.") from None
        if isinstance(document, dict):
            fields = cast("dict[str, Any]", document)
            payload = fields.get("payload")
            if isinstance(payload, str):  # Lambda writes the whole invocation event as text.
                payload = json.loads(payload)
            if isinstance(payload, dict):
                return Failure(
                    str(fields.get("kind", "stream")),
                    str(fields.get("reason", "invocation-failed")),
                    cast("dict[str, Any]", payload),
                )
        raise MalformedMessageError("The kept failure is of an unknown form.")

    def forget(self, key: str) -> None:
        """Remove one failure after it was handled. The bucket is versioned: it can still be looked at."""
        self._client().delete_object(Bucket=self._bucket, Key=key)


def _plain(value: object) -> Any:
    """What a stream record may hold besides JSON's own types, in the form that Lambda's event has."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime):
        return value.timestamp()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, set | frozenset):
        return sorted(cast("set[str]", value))
    raise TypeError(f"a {type(value).__name__} cannot be kept")
