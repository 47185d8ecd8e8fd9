"""The asynchronous client: the same calls and the same retries, driven by `await`.

Transfers of documents are in the synchronous client only; run those in a thread.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self, TypeVar

import anyio
import anyio.to_thread
import httpx

from zebros._exchange import GetToken, Lost, Send, Step, Wait, exchange
from zebros._replies import Reply
from zebros.aio.accounts import AsyncAuditLog, AsyncIntegrations, AsyncMyself, AsyncTeams, AsyncUsers
from zebros.aio.activities import AsyncActivities, AsyncEmails, AsyncEmailTemplates
from zebros.aio.jobs import AsyncBackups, AsyncExports, AsyncImports, AsyncJobs, AsyncPrivacy, AsyncReports
from zebros.aio.pipeline import AsyncPipeline
from zebros.aio.records import AsyncContacts, AsyncCustomers
from zebros.aio.sales import AsyncLeads, AsyncOpportunities, AsyncProducts
from zebros.aio.sync import AsyncSync
from zebros.aio.tenants import AsyncTenants
from zebros.auth.providers import StaticToken, TokenProvider
from zebros.calls.call import Call
from zebros.client import DEFAULT_TIMEOUT, checked_base_url, reason_of, reply_of
from zebros.retry import RetryPolicy

__all__ = ["AsyncClient"]

T = TypeVar("T")


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
        self.leads = AsyncLeads(self)
        self.products = AsyncProducts(self)
        self.opportunities = AsyncOpportunities(self)
        self.pipeline = AsyncPipeline(self, sleep)
        self.activities = AsyncActivities(self)
        self.emails = AsyncEmails(self)
        self.email_templates = AsyncEmailTemplates(self)
        self.me = AsyncMyself(self)
        self.users = AsyncUsers(self)
        self.teams = AsyncTeams(self)
        self.integrations = AsyncIntegrations(self)
        self.audit = AsyncAuditLog(self)
        self.tenants = AsyncTenants(self, sleep)
        self.sync = AsyncSync(self, sleep)
        self.jobs = AsyncJobs(self, sleep)
        self.imports = AsyncImports(self)
        self.exports = AsyncExports(self)
        self.reports = AsyncReports(self)
        self.privacy = AsyncPrivacy(self)
        self.backups = AsyncBackups(self)

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
