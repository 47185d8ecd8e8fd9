"""As `zebros.resources.collection`, for `await`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from typing import TypeVar

from zebros.aio.executor import AsyncVersionedCollection
from zebros.calls import batch
from zebros.calls.batch import Operation
from zebros.calls.records import SKIP_DUPLICATE_CHECK
from zebros.listing import AsyncListing
from zebros.models import BatchOutcome, HistoryEntry, Record

__all__ = ["AsyncCollection", "AsyncExternalCollection"]

R = TypeVar("R", bound=Record)


class AsyncCollection(AsyncVersionedCollection[R]):
    """As `zebros.resources.collection.Collection`."""

    async def get(self, record_id: str, /) -> R:
        """Read a record. Raises NotFoundError for one that you may not see, too."""
        return await self._client.execute(self._routes.get(record_id))

    async def replace(self, record: R) -> R:
        """Replace the whole record by `record` as it stands, if its version is still current."""
        body = {name: value for name, value in record.writable_json().items() if value is not None}
        return await self._client.execute(self._routes.replace(record.id, body, record.version))

    async def delete(self, record_id: str, *, version: int | None = None) -> None:
        """Move the record to the trash."""
        await self._client.execute(self._routes.delete(record_id, version))

    async def restore(self, record_id: str, *, idempotency_key: str | None = None) -> R:
        """Bring the record back from the trash."""
        return await self._client.execute(self._routes.restore(record_id, idempotency_key))

    def history(self, record_id: str) -> AsyncListing[HistoryEntry]:
        """The record's changes, newest first."""
        return AsyncListing(self._routes.history(record_id), self._client.execute)

    async def batch(
        self, operations: Iterable[Operation], *, skip_duplicate_check: bool = False
    ) -> AsyncIterator[BatchOutcome]:
        """Run any number of operations, up to 100 in a request; yields an outcome for each, in order."""
        headers = SKIP_DUPLICATE_CHECK if skip_duplicate_check else None
        first = 0
        for group in batch.split(operations):
            call = batch.run(self._routes.collection, group, first_index=first, headers=headers)
            for outcome in await self._client.execute(call):
                yield outcome
            first += len(group)


class AsyncExternalCollection(AsyncCollection[R]):
    """As `zebros.resources.collection.ExternalCollection`."""

    async def get_by_external_id(self, external_id: str, /) -> R:
        """Read the record that carries another system's id."""
        return await self._client.execute(self._routes.by_external_id(external_id))
