"""What customers and contacts share: change, replace, delete, restore, batch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Generic, TypeVar

from zebros.calls import batch
from zebros.calls.batch import Operation
from zebros.calls.records import Routes
from zebros.models import BatchOutcome, Record
from zebros.resources.executor import Executor

__all__ = ["Collection"]

R = TypeVar("R", bound=Record)


class Collection(Generic[R]):
    """A collection of records."""

    def __init__(self, client: Executor, routes: Routes[R]) -> None:
        self._client = client
        self._routes = routes

    def update(self, record: R, *, force: bool = False) -> R:
        """Write what was changed on `record` since it was loaded, and return the record as it is now.

        Sends `If-Match`: when somebody else wrote it meanwhile nothing changes and VersionConflictError is
        raised with the current version. `force=True` writes over theirs, field by field. Without a change
        nothing is sent.
        """
        changes = record.changes()
        if not changes:
            return record
        version = None if force else record.version
        return self._client.execute(self._routes.patch(record.id, changes, version))

    def patch(self, record_id: str, changes: Mapping[str, Any], *, version: int | None = None) -> R:
        """Apply a JSON merge patch (the API's names; null removes), if given only onto `version`."""
        return self._client.execute(self._routes.patch(record_id, changes, version))

    def replace(self, record: R) -> R:
        """Replace the whole record by `record` as it stands, if its version is still current."""
        body = {name: value for name, value in record.writable_json().items() if value is not None}
        return self._client.execute(self._routes.replace(record.id, body, record.version))

    def delete(self, record_id: str, *, version: int | None = None) -> None:
        """Move the record to the trash, from where `restore` brings it back."""
        self._client.execute(self._routes.delete(record_id, version))

    def restore(self, record_id: str, *, idempotency_key: str | None = None) -> R:
        """Bring the record back from the trash."""
        return self._client.execute(self._routes.restore(record_id, idempotency_key))

    def batch(
        self, operations: Iterable[Operation], *, skip_duplicate_check: bool = False
    ) -> Iterator[BatchOutcome]:
        """Run any number of operations, up to 100 in a request; yields an outcome for each, in their order.

        Lazy on both sides: operations are taken, and requests sent, as the outcomes are read. An error of a
        whole request (no answer, not signed in) is raised; what was yielded before it has been done.
        """
        headers = {"X-Skip-Duplicate-Check": "true"} if skip_duplicate_check else None
        first = 0
        for group in batch.split(operations):
            call = batch.run(self._routes.collection, group, first_index=first, headers=headers)
            yield from self._client.execute(call)
            first += len(group)
