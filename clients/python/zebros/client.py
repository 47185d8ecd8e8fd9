"""The synchronous client."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType
from typing import Self, TypeVar

import httpx

from zebros._exchange import GetToken, Lost, Send, Step, Wait, exchange
from zebros._replies import Reply
from zebros.auth.providers import StaticToken, TokenProvider
from zebros.calls.call import Call
from zebros.errors import ConfigurationError
from zebros.resources import (
    Activities,
    AuditLog,
    Backups,
    Contacts,
    Customers,
    Documents,
    Emails,
    EmailTemplates,
    Exports,
    Fields,
    Imports,
    Integrations,
    Jobs,
    Leads,
    Myself,
    Opportunities,
    Pipeline,
    Privacy,
    Products,
    Reports,
    Sync,
    Teams,
    Tenants,
    Users,
)
from zebros.retry import RetryPolicy
from zebros.transfers import Storage

__all__ = ["Client", "checked_base_url", "reply_of"]

T = TypeVar("T")

DEFAULT_TIMEOUT = httpx.Timeout(35.0, connect=5.0)
"""The gateway gives up after 30 seconds; waiting less would turn slow successes into unknown outcomes."""


class Client:
    """A connection to one tenant's CRM.

    ::

        with Client("https://api.zebros.example", token=os.environ["ZEBROS_TOKEN"]) as client:
            for customer in client.customers.list(industry="software"):
                print(customer.company_name)

    It can be shared between threads. `token` is an access token or a token provider.
    """

    def __init__(
        self,
        base_url: str,
        *,
        token: str | TokenProvider,
        retry: RetryPolicy | None = None,
        timeout: httpx.Timeout | float = DEFAULT_TIMEOUT,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._base_url = checked_base_url(base_url)
        self._provider = StaticToken(token) if isinstance(token, str) else token
        self._retry = retry or RetryPolicy()
        self._sleep = sleep
        self._http = httpx.Client(transport=transport, timeout=timeout)
        # Object storage gets its own connection pool: signed URLs must never meet the API's bearer token.
        storage = Storage(httpx.Client(transport=transport, timeout=timeout), self._retry, sleep)
        self._storage = storage
        self.customers = Customers(self)
        self.contacts = Contacts(self)
        self.documents = Documents(self, storage)
        self.fields = Fields(self)
        self.leads = Leads(self)
        self.products = Products(self)
        self.opportunities = Opportunities(self)
        self.pipeline = Pipeline(self, sleep)
        self.activities = Activities(self)
        self.emails = Emails(self)
        self.email_templates = EmailTemplates(self)
        self.me = Myself(self)
        self.users = Users(self)
        self.teams = Teams(self)
        self.integrations = Integrations(self)
        self.audit = AuditLog(self)
        self.tenants = Tenants(self, sleep)
        self.sync = Sync(self, sleep)
        self.jobs = Jobs(self, storage, sleep)
        self.imports = Imports(self, storage)
        self.exports = Exports(self)
        self.reports = Reports(self)
        self.privacy = Privacy(self)
        self.backups = Backups(self)

    def execute(self, call: Call[T]) -> T:
        """Send the call with retries. Raises the errors that `zebros.errors` draws."""
        steps = exchange(call, base_url=self._base_url, policy=self._retry)
        step: Step = next(steps)
        while True:
            try:
                step = steps.send(self._do(step))
            except StopIteration as end:
                return end.value

    def _do(self, step: Step) -> Reply | Lost | str | None:
        match step:
            case GetToken(rejected=rejected):
                return self._provider.token() if rejected is None else self._provider.refresh(rejected)
            case Wait(seconds=seconds):
                self._sleep(seconds)
                return None
            case Send():
                return self._send(step)

    def _send(self, step: Send) -> Reply | Lost:
        try:
            response = self._http.request(
                step.method, step.url, headers=step.headers, params=step.query or None, content=step.content
            )
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            return Lost(reason_of(error), sent=False)
        except httpx.TransportError as error:
            return Lost(reason_of(error), sent=True)
        return reply_of(response)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()
        self._storage.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def checked_base_url(base_url: str) -> str:
    """The API's URL without a slash at its end. Raises ConfigurationError for anything else than http(s)."""
    url = base_url.strip().rstrip("/")
    if not url.startswith(("https://", "http://")):
        raise ConfigurationError(
            f"the API URL must start with https:// (or http:// for a local stack), not {base_url!r}"
        )
    return url


def reply_of(response: httpx.Response) -> Reply:
    """httpx's answer as the transport-free one."""
    return Reply(
        response.status_code,
        {name.lower(): value for name, value in response.headers.items()},
        response.content,
    )


def reason_of(error: httpx.TransportError) -> str:
    """The error in words; httpx leaves some messages empty."""
    return str(error) or type(error).__name__
