"""What customers and contacts share: replace, delete, restore, batch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

from zebros.calls import batch
from zebros.calls.batch import Operation
from zebros.models import BatchOutcome, Record
from zebros.resources.versioned import VersionedCollection

__all__ = ["Collection"]

R = TypeVar("R", bound=Record)


class Collection(VersionedCollection[R]):
    """A collection of records."""

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
