"""The door of a service through which a whole tenant leaves: everything is exported, then everything is erased.

It is a function of its own, because nothing else of a service may Scan a table. A call carries a signed context with
the scope ``internal:offboarding`` and works for a bounded time; its answer says how far it came, and the next call
goes on from there::

    {"verb": "exportTenant", "token": "…"}
    {"done": false, "resume": {…}, "counts": {"customers": 12000, "objects:documents": 0}}
    {"verb": "exportTenant", "token": "…", "resume": {…}}
    {"done": true, "resume": null, "counts": {"customers": 20417, …}}

``eraseTenant`` likewise, and only while the registry says that the tenant is ``offboarding``. Counts are of the whole
verb so far. A call that is repeated with the same ``resume`` writes the same objects again and deletes nothing twice.
A silo's tables are emptied like shared ones, so that what was erased can be counted; ``SiloTables.remove`` drops them.
"""

from __future__ import annotations

import base64
import gzip
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from pydantic import Field

from zebros_core.dynamodb.whole_tenant import Attributes, TenantTable, WholeTenant
from zebros_core.errors import ConflictError, ForbiddenError, ZebrosError
from zebros_core.http.problems import problem_of
from zebros_core.http.validation import validate_document
from zebros_core.http.wire import WireModel
from zebros_core.observability.logger import log_context
from zebros_core.storage.client import s3_calls
from zebros_core.storage.whole_tenant import WholeTenantObjects
from zebros_core.tenancy.context import PlatformContext, TenantContext

if TYPE_CHECKING:
    from zebros_core.bootstrap import ServiceContainer

__all__ = ["OFFBOARDING_SCOPE", "OffboardingDoor", "TenantBucket", "offboarding_function"]

OFFBOARDING_SCOPE: Final = "internal:offboarding"
DEFAULT_BUDGET_SECONDS: Final = 20.0
MARGIN_SECONDS: Final = 30.0
"""What a call leaves of its function's time: a part that is begun is brought to its end."""
PART_BYTES: Final = 8 * 1024 * 1024
"""Uncompressed bytes after which a part of an export is written."""
_COPIED_AT_ONCE: Final = 50


def offboarding_function(service: str, stage: str) -> str:
    """The name of a service's door, which is the audience of the contexts signed for it."""
    return f"zebros-{service}-{stage}-offboarding"


@dataclass(frozen=True, slots=True)
class TenantBucket:
    """A bucket that holds objects of tenants under `{tenant}/` and under each of ``within`` + `{tenant}/`.

    ``purpose`` names it in the counts. ``exported``: its objects are the tenant's and are copied to the export.
    """

    purpose: str
    bucket: str
    within: tuple[str, ...] = ("",)
    exported: bool = True


class Resume(WireModel):
    """How far a verb came. ``place`` counts tables, then prefixes of buckets; ``part`` the parts of this table."""

    place: Annotated[int, Field(ge=0)] = 0
    start: dict[str, dict[str, str]] | None = None
    after: str | None = None
    part: Annotated[int, Field(ge=0)] = 0
    counts: dict[str, int] = {}  # noqa: RUF012 - pydantic copies defaults


class OffboardingCall(WireModel):
    """What the door is asked for."""

    verb: Literal["exportTenant", "eraseTenant"]
    token: str
    resume: Resume | None = None


class _Progress:
    """The state of one call: what ``Resume`` holds, changing."""

    def __init__(self, resume: Resume, ends_at: float) -> None:
        self.place, self.start, self.after, self.part = (
            resume.place,
            resume.start,
            resume.after,
            resume.part,
        )
        self.counts = dict(resume.counts)
        self._ends_at = ends_at

    @property
    def is_over(self) -> bool:
        return time.monotonic() >= self._ends_at

    def count(self, what: str, number: int) -> None:
        self.counts[what] = self.counts.get(what, 0) + number

    def next_place(self) -> None:
        self.place, self.start, self.after, self.part = self.place + 1, None, None, 0

    def resume(self) -> dict[str, Any]:
        return Resume(
            place=self.place, start=self.start, after=self.after, part=self.part, counts=self.counts
        ).model_dump(mode="json", by_alias=True)


class OffboardingDoor:
    """Exports and erases tenants' tables and objects of one service."""

    def __init__(
        self,
        container: Callable[[], ServiceContainer],
        *,
        tables: tuple[TenantTable, ...],
        buckets: Callable[[ServiceContainer], tuple[TenantBucket, ...]] = lambda _: (),
    ) -> None:
        """``buckets`` are asked for at the first call: their names come from the settings."""
        self._container = container
        self._tables = tables
        self._buckets = buckets

    def handler(self, event: Mapping[str, Any], context: Any = None) -> dict[str, Any]:
        """The Lambda entry. A refused call answers ``{"problem": …}``; trouble that passes raises."""
        have = self._container()
        try:
            call = validate_document(OffboardingCall, event)
            audience = offboarding_function(have.service, have.core.stage)
            caller = have.internal_tokens.verify(call.token, audience=audience)
            if OFFBOARDING_SCOPE not in caller.scopes:
                raise ForbiddenError(f"this needs the scope {OFFBOARDING_SCOPE}")
            with log_context(tenantId=caller.tenant_id, userId=caller.user_id):
                return self._carry_out(have, call, caller, _ends_at(context))
        except ZebrosError as error:
            problem = problem_of(error)
            if problem.type.status >= 500:
                raise  # whoever calls tries again, as with any function that failed
            return {"problem": json.loads(problem.body(instance="offboarding", request_id=""))}

    def _carry_out(
        self, have: ServiceContainer, call: OffboardingCall, caller: TenantContext, ends_at: float
    ) -> dict[str, Any]:
        tenant = have.current_registry.get(caller.tenant_id)
        if call.verb == "eraseTenant" and tenant.status != "offboarding":
            raise ConflictError(f"This tenant is {tenant.status}; only one that is leaving can be erased.")
        context = TenantContext(tenant.id, caller.user_id, isolation=tenant.isolation)
        scanning: Any = have.dynamodb  # this function's role may Scan
        whole = WholeTenant(scanning, context, table_prefix=have.core.table_prefix)
        progress = _Progress(call.resume or Resume(), ends_at)
        verb = _Export(have, tenant.id) if call.verb == "exportTenant" else _Erasure(have, tenant.id)
        places = [(bucket, within) for bucket in self._buckets(have) for within in bucket.within]
        while progress.place < len(self._tables) + len(places):
            if progress.place < len(self._tables):
                done = verb.table(whole, self._tables[progress.place], progress)
            else:
                done = verb.objects(*places[progress.place - len(self._tables)], progress)
            if done:
                progress.next_place()
            elif progress.is_over:
                break
        done = progress.place >= len(self._tables) + len(places)
        if done:
            self._record(have, call, caller, progress.counts)
        have.logger.info(call.verb, extra={"done": done, "counts": progress.counts})
        return {
            "done": done,
            "resume": None if done else progress.resume(),
            "counts": progress.counts,
        }

    @staticmethod
    def _record(
        have: ServiceContainer, call: OffboardingCall, caller: TenantContext, counts: Mapping[str, int]
    ) -> None:
        """In the platform's log: the tenant's own goes with the tenant."""
        from zebros_core.audit.event import new_audit_event

        action = "tenant.exported" if call.verb == "exportTenant" else "tenant.erased"
        objects = sum(number for what, number in counts.items() if what.startswith("objects:"))
        details: dict[str, Any] = {
            "tenant": caller.tenant_id,
            "service": have.service,
            "records": sum(counts.values()) - objects,
            "objects": objects,
        }
        actor = PlatformContext(user_id=caller.user_id)
        have.audit_trail.record(new_audit_event(actor, action, clock=have.clock, details=details))


class _Export:
    """Writes a table's items as parts of an export, and copies objects beside them.

    A part is gzipped lines ``{"Item": {…}}`` in DynamoDB's own JSON, exact to the digit, which is what its ImportTable
    reads: ``{tenant}/offboarding/{service}/{table}-{n}.ndjson.gz``. Objects go to ``…/objects/{purpose}/{key}``.
    """

    def __init__(self, have: ServiceContainer, tenant_id: str) -> None:
        if not have.core.exports_bucket:
            raise ValueError("EXPORTS_BUCKET is not set")
        self._have = have
        self._tenant_id = tenant_id
        self._folder = f"{tenant_id}/offboarding/{have.service}/"

    def table(self, whole: WholeTenant, table: TenantTable, progress: _Progress) -> bool:
        """One part; whether it was the last."""
        lines: list[bytes] = []
        size, start = 0, progress.start
        while True:
            page = whole.page(table, start)
            for item in page.items:
                lines.append(_line(item))
                size += len(lines[-1])
            start = page.next
            if start is None or size >= PART_BYTES or progress.is_over:
                break
        if lines:
            with s3_calls():
                self._have.s3().put_object(
                    Bucket=self._have.core.exports_bucket,
                    Key=f"{self._folder}{table.base}-{progress.part}.ndjson.gz",
                    # Without a time in it, so that a repetition gives the same bytes.
                    Body=gzip.compress(b"".join(lines), mtime=0),
                    ContentType="application/gzip",
                )
            progress.part += 1
        progress.count(table.base, len(lines))
        progress.start = start
        return start is None

    def objects(self, bucket: TenantBucket, within: str, progress: _Progress) -> bool:
        """Some objects; whether these were the last."""
        if not bucket.exported:
            return True
        objects = _objects(self._have, bucket, self._tenant_id)
        page = objects.copy(
            self._have.core.exports_bucket,
            f"{self._folder}objects/{bucket.purpose}/{within}",
            after=progress.after,
            limit=_COPIED_AT_ONCE,
            within=within,
        )
        progress.count(f"objects:{bucket.purpose}", page.copied)
        progress.after = page.after
        return page.after is None


class _Erasure:
    """Deletes a table's items and a bucket's versions, page by page."""

    def __init__(self, have: ServiceContainer, tenant_id: str) -> None:
        self._have = have
        self._tenant_id = tenant_id

    def table(self, whole: WholeTenant, table: TenantTable, progress: _Progress) -> bool:
        """One page of a Scan; whether it was the last."""
        page = whole.page(table, progress.start, keys_only=True)
        progress.count(table.base, whole.erase(table, page.items))
        progress.start = page.next
        return page.next is None

    def objects(self, bucket: TenantBucket, within: str, progress: _Progress) -> bool:
        """A thousand versions; whether these were the last."""
        erased, done = _objects(self._have, bucket, self._tenant_id).erase(within=within)
        progress.count(f"objects:{bucket.purpose}", erased)
        return done


def _objects(have: ServiceContainer, bucket: TenantBucket, tenant_id: str) -> WholeTenantObjects:
    return WholeTenantObjects(have.s3, bucket.bucket, tenant_id)


def _line(item: Attributes) -> bytes:
    return (
        json.dumps({"Item": item}, default=_base64, ensure_ascii=False, separators=(",", ":")).encode()
        + b"\n"
    )


def _base64(value: object) -> str:
    if isinstance(value, bytes | bytearray):
        return base64.b64encode(value).decode()
    raise TypeError(f"an item of DynamoDB holds no {type(value).__name__}")


def _ends_at(context: Any) -> float:
    """When to stop, in ``time.monotonic`` seconds."""
    remaining = getattr(context, "get_remaining_time_in_millis", None)
    budget = DEFAULT_BUDGET_SECONDS if remaining is None else remaining() / 1000 - MARGIN_SECONDS
    return time.monotonic() + max(1.0, budget)
