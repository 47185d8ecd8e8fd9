"""Customers and contacts."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from typing import TypeVar, Unpack

from zebros.aio.executor import AsyncExecutor, AsyncVersionedCollection
from zebros.calls import batch, contacts, customers
from zebros.calls.batch import Operation
from zebros.calls.call import listing, path, query_of
from zebros.calls.contacts import ContactFields
from zebros.calls.customers import CustomerFields
from zebros.listing import AsyncListing
from zebros.models import BatchOutcome, Contact, Customer, HistoryEntry, Record
from zebros.resources.customers import CustomerSort

__all__ = ["AsyncCollection", "AsyncContacts", "AsyncCustomers"]

R = TypeVar("R", bound=Record)


class AsyncCollection(AsyncVersionedCollection[R]):
    """As `zebros.resources.collection.Collection`."""

    async def delete(self, record_id: str, *, version: int | None = None) -> None:
        """Move the record to the trash."""
        await self._client.execute(self._routes.delete(record_id, version))

    async def restore(self, record_id: str, *, idempotency_key: str | None = None) -> R:
        """Bring the record back from the trash."""
        return await self._client.execute(self._routes.restore(record_id, idempotency_key))

    async def batch(self, operations: Iterable[Operation]) -> AsyncIterator[BatchOutcome]:
        """Run any number of operations, up to 100 in a request; yields an outcome for each, in order."""
        first = 0
        for group in batch.split(operations):
            for outcome in await self._client.execute(
                batch.run(self._routes.collection, group, first_index=first)
            ):
                yield outcome
            first += len(group)


class AsyncCustomers(AsyncCollection[Customer]):
    """`client.customers`"""

    def __init__(self, client: AsyncExecutor) -> None:
        super().__init__(client, customers.ROUTES)

    async def create(
        self,
        *,
        skip_duplicate_check: bool = False,
        idempotency_key: str | None = None,
        **fields: Unpack[CustomerFields],
    ) -> Customer:
        """Create a customer. Raises DuplicateError when one with this name or e-mail exists."""
        return await self._client.execute(
            customers.create(
                fields, skip_duplicate_check=skip_duplicate_check, idempotency_key=idempotency_key
            )
        )

    async def get(self, customer_id: str, *, include_documents: bool = False) -> Customer:
        """Read a customer."""
        return await self._client.execute(customers.get(customer_id, include_documents=include_documents))

    async def upsert(self, external_id: str, /, **fields: Unpack[CustomerFields]) -> Customer:
        """Create the customer of this external id, or make it like these fields: others are emptied."""
        return await self._client.execute(customers.upsert(external_id, fields))

    def list(
        self,
        *,
        owner: str | None = None,
        team: str | None = None,
        industry: str | None = None,
        tier: str | None = None,
        sort: CustomerSort | None = None,
        page_size: int | None = None,
    ) -> AsyncListing[Customer]:
        """All customers that match, fetched page by page as they are read."""
        query = query_of(owner=owner, team=team, industry=industry, tier=tier, sort=sort, limit=page_size)
        return AsyncListing(listing(Customer, "/v1/customers", query), self._client.execute)

    def search(self, words: str, *, page_size: int | None = None) -> AsyncListing[Customer]:
        """Customers whose name has words that start with these."""
        query = query_of(name=words, limit=page_size)
        return AsyncListing(listing(Customer, "/v1/customers/search", query), self._client.execute)

    def contacts(self, customer_id: str) -> AsyncListing[Contact]:
        """The customer's contacts."""
        return AsyncListing(
            listing(Contact, path("/v1/customers/{}/contacts", customer_id), {}), self._client.execute
        )

    def history(self, customer_id: str) -> AsyncListing[HistoryEntry]:
        """The customer's changes."""
        return AsyncListing(customers.history(customer_id), self._client.execute)


class AsyncContacts(AsyncCollection[Contact]):
    """`client.contacts`"""

    def __init__(self, client: AsyncExecutor) -> None:
        super().__init__(client, contacts.ROUTES)

    async def create(
        self,
        *,
        skip_duplicate_check: bool = False,
        idempotency_key: str | None = None,
        **fields: Unpack[ContactFields],
    ) -> Contact:
        """Create a contact. Raises DuplicateError when one with this e-mail exists."""
        return await self._client.execute(
            contacts.create(
                fields, skip_duplicate_check=skip_duplicate_check, idempotency_key=idempotency_key
            )
        )

    async def get(self, contact_id: str) -> Contact:
        """Read a contact."""
        return await self._client.execute(contacts.get(contact_id))

    def list(
        self, *, email: str | None = None, owner: str | None = None, page_size: int | None = None
    ) -> AsyncListing[Contact]:
        """All contacts that match, fetched page by page as they are read."""
        query = query_of(email=email, owner=owner, limit=page_size)
        return AsyncListing(listing(Contact, "/v1/contacts", query), self._client.execute)
