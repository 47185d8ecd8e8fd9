"""One connection to Redis, kept for the life of the container.

A Lambda container serves one request at a time, so a pool would only add its bookkeeping to each call. The
connection is redis-py's own (`redis.Connection`, parsed by hiredis), driven by its public send and read. The
library is imported at the first call: it costs a cold start more than a hundred milliseconds.
"""

# redis-py is typed in part: it ends here, and callers see the protocol.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, Protocol

_IDLE_SECONDS = 240.0
"""After that long unused a connection is made anew: network address translation forgets one after 350
seconds, silently.
"""


class RedisTransport(Protocol):
    """What the cache needs of a client: one command, one answer, or an exception of redis-py."""

    def call(self, *command: str | bytes | int) -> Any: ...

    def close(self) -> None: ...


class _Wire(Protocol):
    """The part of redis-py's connection that is used here."""

    def connect(self) -> None: ...
    def disconnect(self) -> None: ...
    def send_command(self, *command: str | bytes | int, check_health: bool) -> None: ...
    def read_response(self) -> Any: ...


class CachePassword:
    """The password of the cache, read when a connection is first opened and again after it was refused, as it is
    while a new one is put in place. `read` raises OSError if it cannot tell.
    """

    def __init__(self, read: Callable[[], str]) -> None:
        self._read = read
        self._known = ""

    def __call__(self) -> str:
        self._known = self._known or self._read()
        return self._known

    def refused(self) -> None:
        self._known = ""


class SingleConnection:
    """A lazily opened connection, one command at a time.

    Any interruption between a question and its answer closes it: an answer left unread would be taken for the
    next one's, which may be another tenant's. A connection found closed by the other side is opened again,
    once, within the call.
    """

    def __init__(
        self,
        url: str,
        *,
        connect_timeout_seconds: float = 0.1,
        read_timeout_seconds: float = 0.05,
        password: CachePassword | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._url = url
        self._password = password
        self._connect_timeout_seconds = connect_timeout_seconds
        self._read_timeout_seconds = read_timeout_seconds
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._connection: _Wire | None = None
        self._last_used = 0.0

    def call(self, *command: str | bytes | int) -> Any:
        """Send one command and read its answer.

        Raises redis.TimeoutError, redis.ConnectionError, redis.ResponseError (an answer: the connection stays
        open), and OSError where the password cannot be had.
        """
        with self._lock:
            connection = self._connection
            if connection is not None and self._monotonic() - self._last_used < _IDLE_SECONDS:
                from redis.exceptions import ConnectionError as RedisConnectionError
                from redis.exceptions import TimeoutError as RedisTimeoutError

                try:
                    return self._exchange(connection, command)
                except RedisTimeoutError:
                    raise
                except RedisConnectionError:
                    pass  # Closed by the server since the last call: every command of ours may be said twice.
            return self._exchange(self._open(), command)

    def close(self) -> None:
        with self._lock:
            self._drop()

    def _exchange(self, connection: _Wire, command: tuple[str | bytes | int, ...]) -> Any:
        from redis.exceptions import ResponseError

        try:
            connection.send_command(*command, check_health=False)
            answer = connection.read_response()
        except ResponseError:
            self._last_used = self._monotonic()
            raise
        except BaseException:
            self._drop()
            raise
        self._last_used = self._monotonic()
        return answer

    def _open(self) -> _Wire:
        from redis import ConnectionPool
        from redis.backoff import NoBackoff
        from redis.exceptions import AuthenticationError
        from redis.retry import Retry

        self._drop()
        make: Callable[..., Any] = ConnectionPool.from_url
        pool: Any = make(
            self._url,
            socket_connect_timeout=self._connect_timeout_seconds,
            socket_timeout=self._read_timeout_seconds,
            retry=Retry(NoBackoff(), 0),
            health_check_interval=0,
            protocol=2,
            password=None if self._password is None else self._password(),
            driver_info=None,  # Naming the library to the server would cost two more round trips.
        )
        connection: _Wire = pool.connection_class(**pool.connection_kwargs)
        try:
            connection.connect()
        except AuthenticationError:
            if self._password is not None:
                self._password.refused()
            raise
        self._connection = connection
        return connection

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.disconnect()
