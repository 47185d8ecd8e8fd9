"""Credentials that reach one tenant only: an STS session per tenant, kept in the container, on one client.

A request handler's own role reaches no tenant's table. It assumes its service's tenant role with the session
tag ``tenant``, which that role's policy names in table names and leading keys, and with the session policy of
the tenant's isolation model (``tenancy.policies``). What a session cannot reach, a mistake in our code cannot
reach either.

There is one DynamoDB client for all tenants; the credentials are swapped where its requests are signed. A
client each would cost 220 KB, 2 ms and, worse, connections of its own, whose TLS handshake costs more than
the call.

Nothing here ever signs with the function's own credentials: without a session the call is refused.
"""

# botocore ships no types: they end here.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, Protocol, get_args

from zebros_core.cache.breaker import CircuitBreaker
from zebros_core.clock import Clock
from zebros_core.dynamodb.client import (
    ClientError,
    DynamoDbCalls,
    DynamoDbClient,
    error_code,
    service_models,
)
from zebros_core.errors import UnavailableError
from zebros_core.tenancy.context import IsolationName, SystemContext, TenantContext
from zebros_core.tenancy.policies import MAX_POLICY_CHARACTERS, TENANT_TAG, PolicyScope, session_policy

if TYPE_CHECKING:
    from zebros_core.settings import CoreSettings

__all__ = ["StsClient", "TenantCredentials", "create_sts_client"]

SESSION_SECONDS: Final = 3600
"""The most that STS gives to a role that assumes another."""
REFRESH_SECONDS: Final = 300.0
"""So long before its end a session is replaced."""
_SPARE_SECONDS: Final = 30.0
"""So long before its end it is not used any more: a request takes time, and clocks differ."""
_BUDGET_SECONDS: Final = 3.0
_ONCE: Final = 0.0
"""A deadline that is over: no retry."""
_HOOK: Final = "zebros-tenant-credentials"

_signing_with: ContextVar[Any] = ContextVar("zebros_tenant_credentials", default=None)


class StsClient(Protocol):
    """The part of the STS client that is used here."""

    def assume_role(self, **request: Any) -> dict[str, Any]: ...


@dataclass(slots=True)
class _Session:
    lock: Lock
    credentials: Any = None
    ends_at: datetime | None = None

    def lasts(self, now: datetime, seconds: float) -> bool:
        return self.ends_at is not None and self.ends_at - now > timedelta(seconds=seconds)


class TenantCredentials:
    """The sessions of a container, by tenant and isolation model. Safe to share between threads.

    - A session is fetched at a tenant's first call of the database, not when a store is bound: a request that
      the cache answers needs none.
    - It is replaced five minutes before its end; while STS does not answer, the old one is used to its end.
    - At most ``most_sessions`` are kept; those unused for longest go first.
    - Trouble with STS is ``UnavailableError``, after retries within 3 s (or ``deadline``); a circuit breaker
      keeps every further request from waiting as long. ``on_error`` is told the kind of each failure.
    """

    def __init__(
        self,
        client: Any,
        sts: Callable[[], StsClient],
        *,
        role_arn: str,
        service: str,
        scope: PolicyScope,
        clock: Clock,
        most_sessions: int = 256,
        calls: DynamoDbCalls | None = None,
        breaker: CircuitBreaker | None = None,
        on_error: Callable[[str], None] = lambda _: None,
    ) -> None:
        """``client`` is the botocore client that all tenants share; ``sts`` makes the STS client, at the first
        use. ``ValueError`` when a session policy would be longer than STS takes.
        """
        self._shared = client
        self._make_sts = sts
        self._sts: StsClient | None = None
        self._role_arn = role_arn
        self._service = service
        self._clock = clock
        self._most_sessions = most_sessions
        self._calls = calls or DynamoDbCalls(budget_seconds=_BUDGET_SECONDS)
        self._breaker = breaker or CircuitBreaker()
        self._on_error = on_error
        self._policies = {name: _policy(name, scope) for name in get_args(IsolationName)}
        self._sessions: OrderedDict[tuple[str, IsolationName], _Session] = OrderedDict()
        self._lock = Lock()
        client.meta.events.register("before-sign.dynamodb", _sign_for_tenant, unique_id=_HOOK)

    @classmethod
    def from_settings(
        cls,
        settings: CoreSettings,
        client: Any,
        clock: Clock,
        *,
        on_error: Callable[[str], None] = lambda _: None,
    ) -> TenantCredentials:
        """Of the role, tables, region and stage that the function was told (``tenant_role_arn`` must be)."""
        _, partition, _, _, account, _ = settings.tenant_role_arn.split(":", 5)
        scope = PolicyScope(
            region=settings.aws_region,
            account=account,
            table_prefix=settings.table_prefix,
            tables=settings.tenant_tables,
            lookup_tables=settings.tenant_lookup_tables,
            partition=partition,
        )
        return cls(
            client,
            lambda: create_sts_client(settings),
            role_arn=settings.tenant_role_arn,
            service=settings.service,
            scope=scope,
            clock=clock,
            on_error=on_error,
        )

    def client_for(
        self, context: TenantContext | SystemContext, *, deadline: float | None = None
    ) -> DynamoDbClient:
        """A client for ``DataAccess.bind``, whose calls are signed with the tenant's own credentials.

        It costs nothing until it is called. ``deadline``, in ``time.monotonic`` seconds, bounds the wait for
        STS.
        """
        return _TenantClient(self, context.tenant_id, context.isolation, deadline)

    def call(
        self,
        operation: str,
        request: dict[str, Any],
        tenant_id: str,
        isolation: IsolationName,
        deadline: float | None,
    ) -> dict[str, Any]:
        """One operation of the shared client in the tenant's name."""
        credentials = self._credentials(tenant_id, isolation, deadline)
        try:
            return self._signed(operation, request, credentials)
        except ClientError as error:
            if error_code(error) != "ExpiredTokenException":
                raise
        # STS's clock is not ours. A refused request has done nothing, so it may be repeated.
        self._forget(tenant_id, isolation, credentials)
        return self._signed(operation, request, self._credentials(tenant_id, isolation, deadline))

    def _signed(self, operation: str, request: dict[str, Any], credentials: Any) -> dict[str, Any]:
        reset = _signing_with.set(credentials)
        try:
            answer: dict[str, Any] = getattr(self._shared, operation)(**request)
            return answer
        finally:
            _signing_with.reset(reset)

    def _credentials(self, tenant_id: str, isolation: IsolationName, deadline: float | None) -> Any:
        session = self._session(tenant_id, isolation)
        if session.lasts(self._clock.now(), REFRESH_SECONDS):
            return session.credentials
        with session.lock:
            now = self._clock.now()
            if session.lasts(now, REFRESH_SECONDS):
                return session.credentials  # another thread has just fetched them
            usable = session.lasts(now, _SPARE_SECONDS)
            try:
                # While there is one to go on with, one attempt is enough: it comes again with the next call.
                self._fetch(session, tenant_id, isolation, _ONCE if usable else deadline)
            except UnavailableError:
                if not usable:
                    raise
            return session.credentials

    def _session(self, tenant_id: str, isolation: IsolationName) -> _Session:
        key = tenant_id, isolation
        with self._lock:
            session = self._sessions.get(key)
            if session is None:
                session = self._sessions[key] = _Session(Lock())
                if len(self._sessions) > self._most_sessions:
                    self._sessions.popitem(last=False)
            else:
                self._sessions.move_to_end(key)
            return session

    def _forget(self, tenant_id: str, isolation: IsolationName, credentials: Any) -> None:
        session = self._session(tenant_id, isolation)
        with session.lock:
            if session.credentials is credentials:
                session.credentials = session.ends_at = None

    def _fetch(
        self, session: _Session, tenant_id: str, isolation: IsolationName, deadline: float | None
    ) -> None:
        if not self._breaker.allows():
            raise _unavailable()
        request = {
            "RoleArn": self._role_arn,
            # What CloudTrail shows for each of the session's calls.
            "RoleSessionName": f"{self._service}@{tenant_id}",
            "DurationSeconds": SESSION_SECONDS,
            "Policy": self._policies[isolation],
            "Tags": [{"Key": TENANT_TAG, "Value": tenant_id}],
        }
        try:
            answer = self._calls(self._sts_client().assume_role, request, deadline)
        except ClientError as error:
            self._failed(error_code(error))
            raise _unavailable() from error
        except UnavailableError as error:
            cause = error.__cause__
            self._failed(
                (error_code(cause) if isinstance(cause, ClientError) else "") or type(cause).__name__
            )
            raise _unavailable() from error
        self._breaker.succeeded()
        from botocore.credentials import Credentials

        given: Mapping[str, Any] = answer["Credentials"]
        session.credentials = Credentials(
            given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"], method="assume-role"
        )
        session.ends_at = given["Expiration"]

    def _sts_client(self) -> StsClient:
        with self._lock:
            if self._sts is None:
                self._sts = self._make_sts()
            return self._sts

    def _failed(self, kind: str) -> None:
        self._breaker.failed()
        self._on_error(kind)


class _TenantClient:
    """The calls of the shared client that a store makes, and no others."""

    __slots__ = ("_credentials", "_deadline", "_isolation", "_tenant_id")

    def __init__(
        self,
        credentials: TenantCredentials,
        tenant_id: str,
        isolation: IsolationName,
        deadline: float | None,
    ) -> None:
        self._credentials = credentials
        self._tenant_id = tenant_id
        self._isolation: IsolationName = isolation
        self._deadline = deadline

    def _call(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        return self._credentials.call(operation, request, self._tenant_id, self._isolation, self._deadline)

    def get_item(self, **request: Any) -> dict[str, Any]:
        return self._call("get_item", request)

    def put_item(self, **request: Any) -> dict[str, Any]:
        return self._call("put_item", request)

    def update_item(self, **request: Any) -> dict[str, Any]:
        return self._call("update_item", request)

    def delete_item(self, **request: Any) -> dict[str, Any]:
        return self._call("delete_item", request)

    def query(self, **request: Any) -> dict[str, Any]:
        return self._call("query", request)

    def batch_get_item(self, **request: Any) -> dict[str, Any]:
        return self._call("batch_get_item", request)

    def transact_write_items(self, **request: Any) -> dict[str, Any]:
        return self._call("transact_write_items", request)


def _sign_for_tenant(request: Any, **_: Any) -> None:
    """Hand the signer the credentials of the call's tenant, if it is one of a tenant's."""
    credentials = _signing_with.get()
    if credentials is not None:
        signing = request.context.get("signing") or {}
        request.context["signing"] = {**signing, "request_credentials": credentials}


def _policy(isolation: IsolationName, scope: PolicyScope) -> str:
    text = json.dumps(session_policy(isolation, scope), separators=(",", ":"))
    if len(text) > MAX_POLICY_CHARACTERS:
        raise ValueError(f"the session policy of model {isolation} is too long: {len(text)} characters")
    return text


def _unavailable() -> UnavailableError:
    return UnavailableError(1.0, "The tenant's data cannot be reached for now.")


def create_sts_client(settings: CoreSettings) -> StsClient:
    """A client of the region's own STS (botocore's default), with bounded timeouts and no retries of its own."""
    import botocore.session
    from botocore.config import Config

    session: Any = botocore.session.get_session()
    session.register_component("data_loader", service_models())
    client: StsClient = session.create_client(
        "sts",
        region_name=settings.aws_region,
        endpoint_url=settings.aws_endpoint_url or None,
        config=Config(
            connect_timeout=1.0,
            read_timeout=2.0,
            retries={"total_max_attempts": 1, "mode": "standard"},
        ),
    )
    return client
