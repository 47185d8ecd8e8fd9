"""The DynamoDB client, and the one place where calls are retried.

``create_client`` uses botocore's session rather than boto3's: the client is of the same class, and a cold
start is spared boto3's resource layer and S3 transfer modules. botocore's own retries are off, because they
know no deadline; ``DynamoDbCalls`` retries instead, with full jitter
(https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
"""

# botocore ships no types: they end here, and the rest of the library sees the protocol below.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, Final, Protocol, cast

from botocore.exceptions import ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as BotocoreConnectionError

from zebros_core.errors import UnavailableError

if TYPE_CHECKING:
    from zebros_core.settings import CoreSettings

__all__ = ["ClientError", "DynamoDbCalls", "DynamoDbClient", "create_client", "error_code", "service_models"]

CONNECT_TIMEOUT_SECONDS: Final = 1.0
READ_TIMEOUT_SECONDS: Final = 3.0
DEFAULT_BUDGET_SECONDS: Final = 5.0

_BASE_DELAY_SECONDS: Final = 0.025
_MAX_DELAY_SECONDS: Final = 1.0
_TRANSIENT_CODES: Final = frozenset(
    {
        "InternalFailure",
        "InternalServerError",
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ServiceUnavailable",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TransactionConflictException",
        "TransactionInProgressException",
    }
)
_CONFLICT: Final = "TransactionConflict"
_TRANSIENT_REASONS: Final = frozenset({"None", "ProvisionedThroughputExceeded", "ThrottlingError", _CONFLICT})


class DynamoDbClient(Protocol):
    """The part of the low-level client that is used here."""

    def get_item(self, **request: Any) -> dict[str, Any]: ...
    def put_item(self, **request: Any) -> dict[str, Any]: ...
    def update_item(self, **request: Any) -> dict[str, Any]: ...
    def delete_item(self, **request: Any) -> dict[str, Any]: ...
    def query(self, **request: Any) -> dict[str, Any]: ...
    def batch_get_item(self, **request: Any) -> dict[str, Any]: ...
    def transact_write_items(self, **request: Any) -> dict[str, Any]: ...


@cache
def service_models() -> Any:
    """A loader that finds the models of these services without listing the folders of all the others (20 ms
    cold), and reads what they share once.
    """
    from botocore.loaders import Loader

    from zebros_core.dynamodb.plain_requests import name_tables_only

    class FewServicesLoader(Loader):
        def list_available_services(self, type_name: str) -> list[str]:
            return ["dynamodb", "sts"]

        def load_service_model(self, service_name: str, type_name: str, api_version: Any = None) -> Any:
            model = cast("dict[str, Any]", super().load_service_model(service_name, type_name, api_version))
            if (service_name, type_name) == ("dynamodb", "service-2"):
                return name_tables_only(model)
            return model

    return FewServicesLoader()


def create_client(settings: CoreSettings) -> DynamoDbClient:
    """A client with bounded timeouts and no retries of its own (see ``DynamoDbCalls``)."""
    import botocore.session
    from botocore.config import Config

    from zebros_core.dynamodb.plain_requests import send_as_is
    from zebros_core.dynamodb.plain_responses import AsIsParsers

    session = botocore.session.get_session()
    session.register_component("data_loader", service_models())
    session.register_component("response_parser_factory", AsIsParsers())
    client: Any = session.create_client(
        "dynamodb",
        region_name=settings.aws_region,
        endpoint_url=settings.aws_endpoint_url or None,
        config=Config(
            connect_timeout=CONNECT_TIMEOUT_SECONDS,
            read_timeout=READ_TIMEOUT_SECONDS,
            retries={"total_max_attempts": 1, "mode": "standard"},
            tcp_keepalive=True,
            max_pool_connections=16,
            # Requests are built by the codec and the repositories only; checking each against the service
            # model again would cost more than building it.
            parameter_validation=False,
        ),
    )
    send_as_is(client)
    return client


def error_code(error: Exception) -> str:
    """The service's name for an error of the client; empty when it has none (no answer came)."""
    response: Mapping[str, Any] = getattr(error, "response", None) or {}
    return response.get("Error", {}).get("Code", "")


def _is_transient(error: Exception, outwait_conflicts: bool) -> bool:
    code = error_code(error)
    if code == "TransactionCanceledException":
        reasons: list[Mapping[str, Any]] = getattr(error, "response", {}).get("CancellationReasons", [])
        codes = {reason.get("Code", "None") for reason in reasons}
        return bool(codes) and codes <= _TRANSIENT_REASONS and (outwait_conflicts or _CONFLICT not in codes)
    return code in _TRANSIENT_CODES


class DynamoDbCalls:
    """Calls the client; retries what may pass within the caller's deadline, then raises ``UnavailableError``.

    Retried: throttling, the service's own failures, conflicts between transactions, and connections that
    broke or timed out. A write whose answer was lost may therefore be sent twice; writers recognise their own
    earlier attempt by the item's ``hlc``, or pass a client request token.
    """

    def __init__(
        self,
        *,
        budget_seconds: float = DEFAULT_BUDGET_SECONDS,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
        jitter: Callable[[], float] | None = None,
    ) -> None:
        self._budget_seconds = budget_seconds
        self._sleep = sleep
        self._monotonic = monotonic
        # The system's generator: a seeded one would give every container restored from one snapshot the same
        # delays.
        self._jitter = jitter or random.SystemRandom().random

    def __call__(
        self,
        operation: Callable[..., dict[str, Any]],
        request: dict[str, Any],
        deadline: float | None = None,
        *,
        outwait_conflicts: bool = True,
    ) -> dict[str, Any]:
        """The operation's answer. ``deadline`` is in ``time.monotonic`` seconds; without it a fixed budget
        applies. A transaction that another one was in the way of is repeated only with ``outwait_conflicts``.
        """
        attempt = 0
        while True:
            started = self._monotonic() if attempt == 0 and deadline is None else 0.0
            try:
                return operation(**request)
            except ClientError as error:
                if not _is_transient(error, outwait_conflicts):
                    raise
                cause: Exception = error
            except (BotocoreConnectionError, HTTPClientError) as error:
                cause = error
            if deadline is None:
                deadline = started + self._budget_seconds
            self.pause(attempt, deadline, cause)
            attempt += 1

    def deadline(self, given: float | None) -> float:
        """The given deadline, or the end of the fixed budget from now on."""
        return self._monotonic() + self._budget_seconds if given is None else given

    def pause(self, attempt: int, deadline: float, cause: Exception | None = None) -> None:
        """Waits before attempt ``attempt + 1``; raises ``UnavailableError`` when the deadline would pass
        meanwhile.
        """
        delay = self._jitter() * min(_MAX_DELAY_SECONDS, _BASE_DELAY_SECONDS * 2**attempt)
        if self._monotonic() + delay >= deadline:
            raise UnavailableError(retry_after_seconds=1.0) from cause
        self._sleep(delay)
