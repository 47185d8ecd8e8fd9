"""Bringing a device up to date: send what was done here, get what was done elsewhere, send files.

Each step leaves the store in a state from which the next attempt goes on: a process may be killed anywhere.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Protocol

from zebros.errors import (
    AlreadySyncingError,
    ApiError,
    BadRequestError,
    ConflictError,
    DeviceWipedError,
    ForbiddenError,
    NotFoundError,
    PayloadTooLargeError,
    RateLimitedError,
    ServerError,
    StorageError,
    TransportError,
    UploadInterruptedError,
    ValidationError,
)
from zebros.models import Document
from zebros.offline.pulls import apply_page, begin_anew
from zebros.offline.queue import QueuedChange, is_passing
from zebros.offline.store import OfflineStore
from zebros.offline.uploads import PendingUpload

__all__ = ["DocumentApi", "SyncApi", "SyncEngine", "SyncProgress", "SyncReport"]

MOST_MUTATIONS: Final = 100
_MOST_SECONDS: Final = 300.0
_DEACTIVATED: Final = "user-deactivated"
INVALID_CURSOR: Final = "invalid_cursor"


class SyncApi(Protocol):
    """The server's part; `client.sync` is one."""

    def pull(self, cursor: str | None, *, entities: Mapping[str, int] | None = None) -> Mapping[str, Any]: ...

    def push(
        self, client_id: str, sent_at: datetime, mutations: Sequence[Mapping[str, Any]]
    ) -> Sequence[Mapping[str, Any]]: ...

    def head(self, known: int | None = None) -> int | None:
        """The log's highest number; None when it is still the known one."""
        ...


class DocumentApi(Protocol):
    """Where files go; `client.documents` is one."""

    def announce(
        self, customer_id: str, *, file_name: str, content_type: str, size_bytes: int, idempotency_key: str
    ) -> Document:
        """Make the document of a file; the same key again gives the same one. ConflictError once it is sent."""
        ...

    def resume(self, document_id: str, file: Path, *, progress: Callable[[int, int], None]) -> Document:
        """Send the content, or what is missing of it, and have it checked. ConflictError once that is done."""
        ...


@dataclass(slots=True)
class SyncProgress:
    """What is being done at this moment, for a progress bar: `total` is 0 while nobody knows."""

    step: str
    done: int = 0
    total: int = 0


@dataclass(slots=True)
class SyncReport:
    """What a sync did. `merged` and `conflicts` are outcomes with what was overridden or waits for a decision."""

    pushed: int = 0
    merged: list[Mapping[str, Any]] = field(default_factory=list[Mapping[str, Any]])
    conflicts: list[Mapping[str, Any]] = field(default_factory=list[Mapping[str, Any]])
    rejected: list[QueuedChange] = field(default_factory=list[QueuedChange])
    waiting: int = 0
    """Changes that a part of the server did not answer to; they are sent again."""
    pulled: int = 0
    resets: list[str] = field(default_factory=list[str])
    uploaded: int = 0
    too_old_for: Mapping[str, int] = field(default_factory=dict[str, int])

    @property
    def lost_fields(self) -> int:
        """How many fields of this device were overridden by others' later values."""
        return sum(len(outcome.get("lost", ())) for outcome in self.merged)


class SyncEngine:
    """Syncs one store with one server."""

    def __init__(
        self,
        store: OfflineStore,
        api: SyncApi,
        documents: DocumentApi | None = None,
        *,
        entities: Mapping[str, int] | None = None,
        on_progress: Callable[[SyncProgress], None] = lambda progress: None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`entities` are those that this client knows, each with the version of its fields; None for all of today's."""
        self._store = store
        self._api = api
        self._documents = documents
        self._entities = entities
        self._tell = on_progress
        self._now = now

    def sync(self) -> SyncReport:
        """Bring the store up to date once.

        Raises AlreadySyncingError, TransportError without a network (what was done by then is kept), DeviceWipedError
        when the account was deactivated, and what the API refuses.
        """
        report = SyncReport()
        with self._store.syncing(), self._wiping():
            self._push(report)
            self._upload(report)
            self._pull(report)
        report.rejected = self._store.queue.rejected()
        report.waiting = self._store.queue.count()
        return report

    def follow(
        self, *, every_seconds: float = 5.0, sleep: Callable[[float], None] = time.sleep
    ) -> Iterator[SyncReport]:
        """Sync whenever there is something new on either side; gives the report of each time. Never ends by itself.

        Without a network, with a server that has no time or fails, and while another process syncs the store, the
        pauses grow, with full jitter, up to five minutes.
        """
        failures, known = 0, None
        while True:
            try:
                # Before the pull: what comes while it runs moves the head, and is pulled at the next look.
                head = self._api.head(known)
                if head is not None or self._store.queue.count():
                    report = self.sync()
                    known = known if head is None else head
                    yield report
                failures = 0
            except (AlreadySyncingError, RateLimitedError, ServerError, TransportError):
                failures += 1
            wait = min(_MOST_SECONDS, every_seconds * 2**failures)
            sleep(wait if not failures else random.uniform(every_seconds, wait))

    # -- steps -------------------------------------------------------------------------------------------------

    def _push(self, report: SyncReport) -> None:
        total = self._store.queue.count()
        done = after = 0
        waiting: set[tuple[str, str]] = set()
        while batch := self._store.queue.next(MOST_MUTATIONS, after=after):
            after = batch[-1].number
            self._tell(SyncProgress("sending changes", done, total))
            # What comes after a change that waits would overtake it.
            due = [change for change in batch if (change.entity, change.id) not in waiting]
            outcomes = self._send(due) if due else ()
            self._store.queue.answered(outcomes)
            for change, outcome in zip(due, outcomes, strict=True):
                if is_passing(outcome):
                    waiting.add((change.entity, change.id))
                report.pushed += outcome["outcome"] != "rejected"
                if outcome["outcome"] == "merged":
                    report.merged.append(outcome)
                elif outcome["outcome"] == "conflict":
                    report.conflicts.append(outcome)
            done += len(batch)
        self._tell(SyncProgress("sending changes", done, total))

    def _send(self, changes: Sequence[QueuedChange]) -> Sequence[Mapping[str, Any]]:
        """Push changes; where they are refused together, find by halves the one that is at fault, and refuse that."""
        try:
            return self._api.push(
                self._store.client_id, self._now(), [change.to_json() for change in changes]
            )
        except (BadRequestError, PayloadTooLargeError, ValidationError) as error:
            if len(changes) == 1:
                return [_refused(changes[0], error)]
        middle = len(changes) // 2
        return [*self._send(changes[:middle]), *self._send(changes[middle:])]

    def _pull(self, report: SyncReport) -> None:
        while True:
            try:
                page = self._api.pull(self._store.cursor, entities=self._entities)
            except BadRequestError as error:
                is_ours = any(each.code == INVALID_CURSOR for each in error.errors)
                if not is_ours or self._store.cursor is None or INVALID_CURSOR in report.resets:
                    raise
                # The server's key is another one by now, or the store was copied from elsewhere.
                report.resets.append(INVALID_CURSOR)
                begin_anew(self._store)
                continue
            report.too_old_for = page.get("tooOldFor", {})
            if page["resetRequired"] is not None:
                report.resets.append(page["resetRequired"])
                begin_anew(self._store)
                continue
            report.pulled += apply_page(self._store, page)
            progress = page.get("progress") or {}
            self._tell(SyncProgress("getting records", progress.get("done", 0), progress.get("total", 0)))
            if not page["more"]:
                return

    def _upload(self, report: SyncReport) -> None:
        if self._documents is None:
            return
        for upload in self._store.uploads.all():
            if upload.state == "queued" and not self._waits_for_record(upload):
                report.uploaded += self._send_file(self._documents, upload)

    def _waits_for_record(self, upload: PendingUpload) -> bool:
        """Whether the file's customer is not on the server yet."""
        pending = self._store.queue.of_record("customer", upload.customer_id)
        return any(change.operation == "create" and change.state == "queued" for change in pending)

    def _send_file(self, documents: DocumentApi, upload: PendingUpload) -> bool:
        def tell(done: int, total: int) -> None:
            self._tell(SyncProgress(f"sending {upload.file_name}", done, total))

        try:
            document_id = upload.document_id
            if document_id is None:
                document_id = documents.announce(
                    upload.customer_id,
                    file_name=upload.file_name,
                    content_type=upload.content_type,
                    size_bytes=upload.size_bytes,
                    idempotency_key=upload.upload_id,
                ).id
                self._store.uploads.announced(upload, document_id)
            documents.resume(document_id, self._store.uploads.path(upload), progress=tell)
        except ConflictError:
            pass  # it is on the server, and only its end was not heard
        except UploadInterruptedError:
            raise  # it goes on with the parts that are missing, at the next sync
        except (ForbiddenError, NotFoundError, StorageError, ValidationError) as error:
            if isinstance(error, ApiError) and error.code == _DEACTIVATED:
                raise
            self._store.uploads.refused(upload, {"detail": str(error)})
            return False
        self._store.uploads.done(upload)
        return True

    @contextmanager
    def _wiping(self) -> Iterator[None]:
        """Wipe the store when the server says that its person was deactivated."""
        try:
            yield
        except ApiError as error:
            if error.code != _DEACTIVATED:
                raise
            self._store.wipe()
            raise DeviceWipedError(
                "this account was deactivated; what this device kept of it is removed"
            ) from error


def _refused(change: QueuedChange, error: ApiError) -> Mapping[str, Any]:
    """Return the outcome of a change that the server could not even read."""
    faults = [f"{each.field.removeprefix('/mutations/0')}: {each.message}" for each in error.errors]
    problem = {
        "title": error.problem.title,
        "status": error.status,
        "detail": "; ".join(faults) or str(error),
    }
    return {"mutationId": change.mutation_id, "outcome": "rejected", "problem": problem}
