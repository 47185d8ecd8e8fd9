"""Customers."""

from __future__ import annotations

from typing import Literal, Unpack

from zebros.calls import customers as calls
from zebros.calls.call import listing, path, query_of
from zebros.calls.customers import CustomerFields
from zebros.listing import Listing
from zebros.models import Contact, Customer, Document, Merge
from zebros.resources.collection import ExternalCollection
from zebros.resources.executor import Executor

__all__ = ["CustomerSort", "Customers"]

CustomerSort = Literal["createdAt", "-createdAt", "name"]


class Customers(ExternalCollection[Customer]):
    """`client.customers`"""

    def __init__(self, client: Executor) -> None:
        super().__init__(client, calls.ROUTES)

    def create(
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
        return self._client.execute(call)

    def get(self, customer_id: str, /, *, include_documents: bool = False) -> Customer:
        """Read a customer, if asked with its documents and their download URLs."""
        return self._client.execute(calls.get(customer_id, include_documents=include_documents))

    def upsert(self, external_id: str, /, **fields: Unpack[CustomerFields]) -> Customer:
        """Create the customer of this external id, or make it like these fields: those not given are emptied.

        To write onto what is there, and for many at once, use `batch` with `upsert`.
        """
        return self._client.execute(self._routes.upsert(external_id, fields))

    def list(
        self,
        *,
        owner: str | None = None,
        team: str | None = None,
        industry: str | None = None,
        tier: str | None = None,
        sort: CustomerSort | None = None,
        page_size: int | None = None,
    ) -> Listing[Customer]:
        """All customers that match, fetched page by page (at most 200 in one) as they are read."""
        call = self._routes.list(
            owner=owner, team=team, industry=industry, tier=tier, sort=sort, limit=page_size
        )
        return Listing(call, self._client.execute)

    def search(self, words: str, *, page_size: int | None = None) -> Listing[Customer]:
        """Customers whose name has words that start with these, whatever their case and accents."""
        query = query_of(name=words, limit=page_size)
        return Listing(listing(Customer, "/v1/customers/search", query), self._client.execute)

    def contacts(self, customer_id: str) -> Listing[Contact]:
        """The customer's contacts."""
        return Listing(
            listing(Contact, path("/v1/customers/{}/contacts", customer_id), {}), self._client.execute
        )

    def documents(self, customer_id: str) -> Listing[Document]:
        """The customer's documents."""
        return Listing(
            listing(Document, path("/v1/customers/{}/documents", customer_id), {}), self._client.execute
        )

    def merge(self, winner_id: str, loser_id: str, *, idempotency_key: str | None = None) -> Merge:
        """Merge the loser into the winner: contacts and documents follow, the loser's id redirects."""
        return self._client.execute(calls.merge(winner_id, loser_id, idempotency_key=idempotency_key))

    def merge_state(self, merge_id: str) -> Merge:
        """How far a merge is that goes on in the background."""
        return self._client.execute(calls.merge_state(merge_id))
