"""What all collections of records share: read, replace, delete, restore, history, batch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import TypeVar

from zebros.calls import batch
from zebros.calls.batch import Operation
from zebros.calls.records import SKIP_DUPLICATE_CHECK
from zebros.listing import Listing
from zebros.models import BatchOutcome, HistoryEntry, Record
from zebros.resources.in_order import run_in_order
from zebros.resources.versioned import VersionedCollection

__all__ = ["Collection", "ExternalCollection"]

R = TypeVar("R", bound=Record)


class Collection(VersionedCollection[R]):
    """A collection of records."""

    def get(self, record_id: str, /) -> R:
        """Read a record. Raises NotFoundError for one that you may not see, too."""
        return self._client.execute(self._routes.get(record_id))

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

    def history(self, record_id: str) -> Listing[HistoryEntry]:
        """The record's changes, newest first: who, when, which fields."""
        return Listing(self._routes.history(record_id), self._client.execute)

    def batch(
        self,
        operations: Iterable[Operation],
        *,
        skip_duplicate_check: bool = False,
        parallel: int = 1,
    ) -> Iterator[BatchOutcome]:
        """Run any number of operations, up to 100 in a request; yields an outcome for each, in their order.

        Lazy on both sides: operations are taken, and requests sent, as the outcomes are read. With `parallel`
        up to so many requests are on their way at once: for operations whose order does not matter. An error of a
        whole request (no answer, not signed in) is raised; what was yielded before it has been done, and what
        was on its way beside it may have been.
        """
        headers = SKIP_DUPLICATE_CHECK if skip_duplicate_check else None

        def requests() -> Iterator[Callable[[], list[BatchOutcome]]]:
            first = 0
            for group in batch.split(operations):
                call = batch.run(self._routes.collection, group, first_index=first, headers=headers)
                first += len(group)
                yield partial(self._client.execute, call)

        for outcomes in run_in_order(requests(), parallel):
            yield from outcomes


class ExternalCollection(Collection[R]):
    """A collection whose records can be found by the ids that other systems gave them."""

    def get_by_external_id(self, external_id: str, /) -> R:
        """Read the record that carries another system's id."""
        return self._client.execute(self._routes.by_external_id(external_id))
