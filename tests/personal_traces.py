"""Every store of services that run in this process, searched for a person: tables, object versions, caches.

What a test does not find here is nowhere: items and objects are looked at as they are stored, keys included, whatever
they are for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

import boto3
from service_in_process import make_bucket

from zebros_core.bootstrap import ServiceContainer
from zebros_core.bulk.client import SYSTEM_SCOPE, bulk_function
from zebros_core.bulk.door import BulkDoor
from zebros_core.tenancy import TenantContext


class Traces:
    """The stores of some services of one stage."""

    def __init__(self, *containers: ServiceContainer) -> None:
        self._containers = containers
        self._s3: Any = boto3.client("s3")

    def of(self, tenant: str, *texts: str) -> list[str]:
        """Return where of a tenant's data any of these texts is, in whatever case."""
        wanted = re.compile("|".join(map(re.escape, texts)), re.IGNORECASE)
        return [place for place, content in self._everything(tenant) if wanted.search(content)]

    def dump(self, tenant: str) -> dict[str, str]:
        """Return all of a tenant's data that is kept, to be compared."""
        return dict([*self._rows(tenant), *self._objects(tenant)])

    def _everything(self, tenant: str) -> Iterator[tuple[str, str]]:
        yield from self._rows(tenant)
        yield from self._objects(tenant)
        for container in self._containers:
            # What a cache holds, reachable or not, until its time is over: then Redis has forgotten it.
            now = container.clock.now().timestamp()
            for key, slot in container.cache._state.slots.items():  # type: ignore[attr-defined]
                if key.startswith(f"{{{tenant}}}") and slot.entry is not None and slot.stale_until > now:
                    yield f"cache {container.service} {key}", slot.entry.body.decode()

    def _rows(self, tenant: str) -> Iterator[tuple[str, str]]:
        client: Any = self._containers[0].dynamodb
        for table in client.list_tables()["TableNames"]:
            for item in client.scan(TableName=table)["Items"]:
                if item.get("tenantId", {}).get("S") == tenant:
                    text = json.dumps(item, default=_text, ensure_ascii=False, sort_keys=True)
                    keys = [item.get(name, {}).get("S") for name in ("pk", "sk")]
                    keys = [key for key in keys if key] or [_own_key(item)]
                    yield f"{table} {' '.join(map(str, keys))}", text

    def _objects(self, tenant: str) -> Iterator[tuple[str, str]]:
        for bucket in self._s3.list_buckets()["Buckets"]:
            name = bucket["Name"]
            for entry in self._s3.list_object_versions(Bucket=name).get("Versions", ()):
                if tenant in entry["Key"].split("/"):
                    answer = self._s3.get_object(Bucket=name, Key=entry["Key"], VersionId=entry["VersionId"])
                    body = answer["Body"].read().decode(errors="replace")
                    yield f"{name} {entry['Key']} {entry['VersionId']}", f"{entry['Key']} {body}"


def _own_key(item: dict[str, Any]) -> str:
    names = ("contactId", "customerId", "documentId", "leadId", "opportunityId", "activityId", "userId")
    return " ".join(item[name]["S"] for name in names if name in item)


def _text(value: object) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def make_versioned(container: ServiceContainer) -> None:
    """Make the service's buckets, with versions as they are deployed."""
    s3: Any = boto3.client("s3")
    for name in (container.core.documents_bucket, container.core.failures_bucket):
        make_bucket(name)
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})


class Door:
    """A service's bulk door, called by our own machinery of a tenant, or by somebody with other scopes."""

    def __init__(
        self,
        container: ServiceContainer,
        door: BulkDoor[Any],
        tenant: str,
        scopes: Iterable[str] = (SYSTEM_SCOPE,),
    ) -> None:
        self._container = container
        self._door: BulkDoor[Any] = BulkDoor(lambda: container, door.verbs, door.exported, door.more)
        self._context = TenantContext(tenant, "officer", scopes=frozenset(scopes))

    def call(self, verb: str, **fields: Any) -> dict[str, Any]:
        function = bulk_function(self._container.service, self._container.core.stage)
        token = self._container.internal_tokens.sign(self._context, audience=function)
        event = json.loads(json.dumps({"verb": verb, "token": token, **fields}))
        answer: dict[str, Any] = json.loads(json.dumps(self._door.handler(event)))
        return answer

    def identify(self, **subject: Any) -> dict[str, Any]:
        answer = self.call("identify", subject=subject)
        found: dict[str, Any] = answer["subject"]
        return found

    def collect(self, subject: dict[str, Any]) -> list[dict[str, Any]]:
        """Collect all pages."""
        items: list[dict[str, Any]] = []
        cursor: str | None = None
        while True:
            answer = self.call("collect", subject=subject, **({"cursor": cursor} if cursor else {}))
            items += answer["items"]
            cursor = answer["nextCursor"]
            if cursor is None:
                return items

    def left_beside(self, subject: dict[str, Any], kept: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return what is still told of a person and is not said to be kept."""
        known = {(item["store"], item["entity"], item["id"]) for item in kept}
        return [
            item for item in self.collect(subject) if (item["store"], item["entity"], item["id"]) not in known
        ]

    def erase(
        self, subject: dict[str, Any], *, request: str = "request-1", held: Iterable[tuple[str, str]] = ()
    ) -> dict[str, Any]:
        """Erase to the end; waiting moves the clock on."""
        clock: Any = self._container.clock
        resume: dict[str, Any] | None = None
        kept: list[dict[str, Any]] = []
        while True:
            answer = self.call(
                "erase", subject=subject, requestId=request, resume=resume, held=[list(one) for one in held]
            )
            assert "problem" not in answer, answer
            kept += answer["kept"]
            if answer["done"]:
                return {**answer, "kept": kept}
            resume = answer["resume"]
            clock.advance(answer["waitSeconds"])
