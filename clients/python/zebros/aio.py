"""The asynchronous client: the same calls and the same retries, driven by `await`.

Transfers of documents are in the synchronous client only; run those in a thread.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from types import TracebackType
from typing import Any, Generic, Self, TypeVar, Unpack

import anyio
import anyio.to_thread
import httpx

from zebros._exchange import GetToken, Lost, Send, Step, Wait, exchange
from zebros._replies import Reply
from zebros.auth.providers import StaticToken, TokenProvider
from zebros.calls import batch, contacts, customers
from zebros.calls.batch import Operation
from zebros.calls.call import Call, listing, path, query_of
from zebros.calls.contacts import ContactFields
from zebros.calls.customers import CustomerFields
from zebros.calls.records import Routes
from zebros.client import DEFAULT_TIMEOUT, checked_base_url, reason_of, reply_of
from zebros.listing import AsyncListing
from zebros.models import BatchOutcome, Contact, Customer, HistoryEntry, Record
from zebros.resources.customers import CustomerSort
from zebros.retry import RetryPolicy

__all__ = ["AsyncClient"]

T = TypeVar("T")
R = TypeVar("R", bound=Record)


class AsyncClient:
    """As `zebros.Client`, for asyncio and trio."""

    def __init__(
        self,
        base_url: str,
        *,
        token: str | TokenProvider,
        retry: RetryPolicy | None = None,
        timeout: httpx.Timeout | float = DEFAULT_TIMEOUT,
        transport: httpx.AsyncBaseTransport | None = None,
        sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
    ) -> None:
        self._base_url = checked_base_url(base_url)
        self._provider = StaticToken(token) if isinstance(token, str) else token
        self._retry = retry or RetryPolicy()
        self._sleep = sleep
        self._http = httpx.AsyncClient(transport=transport, timeout=timeout)
        self.customers = AsyncCustomers(self)
        self.contacts = AsyncContacts(self)

    async def execute(self, call: Call[T]) -> T:
        """Send the call with retries. Raises the errors that `zebros.errors` draws."""
        steps = exchange(call, base_url=self._base_url, policy=self._retry)
        step: Step = next(steps)
        while True:
            try:
                step = steps.send(await self._do(step))
            except StopIteration as end:
                return end.value

    async def _do(self, step: Step) -> Reply | Lost | str | None:
        match step:
            case GetToken(rejected=rejected):
                # Providers may block on the network to renew a token.
                if rejected is None:
                    return await anyio.to_thread.run_sync(self._provider.token)
                return await anyio.to_thread.run_sync(self._provider.refresh, rejected)
            case Wait(seconds=seconds):
                await self._sleep(seconds)
                return None
            case Send():
                return await self._send(step)

    async def _send(self, step: Send) -> Reply | Lost:
        try:
            response = await self._http.request(
                step.method, step.url, headers=step.headers, params=step.query or None, content=step.content
            )
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            return Lost(reason_of(error), sent=False)
        except httpx.TransportError as error:
            return Lost(reason_of(error), sent=True)
        return reply_of(response)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()


class AsyncCollection(Generic[R]):
    """As `zebros.resources.collection.Collection`."""

    def __init__(self, client: AsyncClient, routes: Routes[R]) -> None:
        self._client = client
        self._routes = routes

    async def update(self, record: R, *, force: bool = False) -> R:
        """Write what was changed on `record` since it was loaded, under its version unless forced."""
        changes = record.changes()
        if not changes:
            return record
        return await self._client.execute(
            self._routes.patch(record.id, changes, None if force else record.version)
        )

    async def patch(self, record_id: str, changes: Mapping[str, Any], *, version: int | None = None) -> R:
        """Apply a JSON merge patch, if given only onto `version`."""
        return await self._client.execute(self._routes.patch(record_id, changes, version))

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

    def __init__(self, client: AsyncClient) -> None:
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

    def __init__(self, client: AsyncClient) -> None:
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
