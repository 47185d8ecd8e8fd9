"""Customers and contacts."""

from __future__ import annotations

from typing import Unpack

from zebros.aio.collection import AsyncCollection, AsyncExternalCollection
from zebros.aio.executor import AsyncExecutor
from zebros.calls import contacts, customers
from zebros.calls.call import listing, path, query_of
from zebros.calls.contacts import ContactFields
from zebros.calls.customers import CustomerFields
from zebros.listing import AsyncListing
from zebros.models import Contact, Customer, Document, Merge
from zebros.resources.customers import CustomerSort

__all__ = ["AsyncContacts", "AsyncCustomers"]


class AsyncCustomers(AsyncExternalCollection[Customer]):
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
        call = self._routes.create(
            fields, skip_duplicate_check=skip_duplicate_check, idempotency_key=idempotency_key
        )
        return await self._client.execute(call)

    async def get(self, customer_id: str, /, *, include_documents: bool = False) -> Customer:
        """Read a customer."""
        return await self._client.execute(customers.get(customer_id, include_documents=include_documents))

    async def upsert(self, external_id: str, /, **fields: Unpack[CustomerFields]) -> Customer:
        """Create the customer of this external id, or make it like these fields: others are emptied."""
        return await self._client.execute(self._routes.upsert(external_id, fields))

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
        call = self._routes.list(
            owner=owner, team=team, industry=industry, tier=tier, sort=sort, limit=page_size
        )
        return AsyncListing(call, self._client.execute)

    def search(self, words: str, *, page_size: int | None = None) -> AsyncListing[Customer]:
        """Customers whose name has words that start with these."""
        query = query_of(name=words, limit=page_size)
        return AsyncListing(listing(Customer, "/v1/customers/search", query), self._client.execute)

    def contacts(self, customer_id: str) -> AsyncListing[Contact]:
        """The customer's contacts."""
        return AsyncListing(
            listing(Contact, path("/v1/customers/{}/contacts", customer_id), {}), self._client.execute
        )

    def documents(self, customer_id: str) -> AsyncListing[Document]:
        """The customer's documents."""
        return AsyncListing(
            listing(Document, path("/v1/customers/{}/documents", customer_id), {}), self._client.execute
        )

    async def merge(self, winner_id: str, loser_id: str, *, idempotency_key: str | None = None) -> Merge:
        """Merge the loser into the winner: contacts and documents follow, the loser's id redirects."""
        return await self._client.execute(
            customers.merge(winner_id, loser_id, idempotency_key=idempotency_key)
        )

    async def merge_state(self, merge_id: str) -> Merge:
        """How far a merge is that goes on in the background."""
        return await self._client.execute(customers.merge_state(merge_id))


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
        call = self._routes.create(
            fields, skip_duplicate_check=skip_duplicate_check, idempotency_key=idempotency_key
        )
        return await self._client.execute(call)

    def list(
        self, *, email: str | None = None, owner: str | None = None, page_size: int | None = None
    ) -> AsyncListing[Contact]:
        """All contacts that match, fetched page by page as they are read."""
        call = self._routes.list(email=email, owner=owner, limit=page_size)
        return AsyncListing(call, self._client.execute)
