"""What identity and tenancy cost a request: verifying its token, and signing its calls for its tenant."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import botocore.session
from botocore.awsrequest import AWSResponse
from botocore.config import Config

from benchmarks.measuring import Timed, medians
from benchmarks.rows import Row
from benchmarks.world import ISSUER, SigningKey
from zebros_core.auth.jwks import JwksClient
from zebros_core.auth.verifier import TokenVerifier
from zebros_core.clock import FixedClock, SystemClock
from zebros_core.errors import UnauthenticatedError
from zebros_core.tenancy import TenantContext
from zebros_core.tenancy.credentials import SESSION_SECONDS, TenantCredentials
from zebros_core.tenancy.policies import PolicyScope

ROUNDS = 60
_REPEATS = 20
_VERIFY_MS = 0.2
_MADE_UP_KEYS = 1000
_FETCHES_A_MINUTE = 2
_LIMIT = "the limit"
_ROLE = "arn:aws:iam::123456789012:role/zebros-customers-bench-tenant"
_SCOPE = PolicyScope(
    "eu-central-1",
    "123456789012",
    "zebros-bench",
    ("customers", "contacts", "documents"),
    ("customers-lookup",),
)
_SESSION_TOKEN = "x" * 800
"""As long as AWS's are: a function's own credentials have one, too."""
_READ: dict[str, Any] = {"TableName": "zebros-bench-customers", "Key": {"customerId": {"S": "aurora#01K"}}}


class _Fetches:
    """A JWK set that counts how often it is fetched."""

    def __init__(self, document: bytes) -> None:
        self._document = document
        self.count = 0

    def __call__(self) -> bytes:
        self.count += 1
        return self._document


class _Sts:
    """Gives sessions at once; none of them is of AWS."""

    def assume_role(self, **request: Any) -> dict[str, Any]:
        ends = SystemClock().now() + timedelta(seconds=SESSION_SECONDS)
        return {
            "Credentials": {
                "AccessKeyId": "ASIABENCH",
                "SecretAccessKey": "bench",
                "SessionToken": _SESSION_TOKEN,
                "Expiration": ends,
            }
        }


class _Empty:
    def stream(self, **_: Any) -> Iterator[bytes]:
        yield b"{}"


def rows() -> list[Row]:
    """Return the rows of token verification, of a flood of made-up keys, and of tenants' credentials."""
    signing = SigningKey()
    token = signing.token("aurora")
    fetches = _Fetches(signing.jwks())
    verifier = TokenVerifier(
        JwksClient(fetches, SystemClock()), SystemClock(), issuer=ISSUER, audience="zebros-api"
    )
    shared, own = _client(), _client()
    credentials = TenantCredentials(
        shared, _Sts, role_arn=_ROLE, service="customers", scope=_SCOPE, clock=SystemClock()
    )
    tenant = credentials.client_for(TenantContext("aurora", "usr-1001", isolation="bridge"))
    session = botocore.session.get_session()
    ways = {
        "verify": Timed(_times(lambda: verifier.verify(token))),
        "as the tenant": Timed(_times(lambda: tenant.get_item(**_READ))),
        "as the function": Timed(_times(lambda: own.get_item(**_READ))),
        "swap": Timed(
            _times(lambda: credentials.client_for(TenantContext("aurora", "usr-1001", isolation="bridge")))
        ),
        "a client each": Timed(lambda: session.create_client("dynamodb", region_name="eu-central-1")),
    }
    seconds = medians(ways, rounds=ROUNDS, warm_up=5)
    each = {
        name: taken * 1000 / (1 if name == "a client each" else _REPEATS) for name, taken in seconds.items()
    }
    return [
        Row("verify a token with a cached key", each["verify"], _VERIFY_MS, "ms", 1.0, _LIMIT),
        Row("fetches of keys while verifying", fetches.count, 1, "fetches", 1.0, "the first token's"),
        Row(
            "fetches of keys for 1,000 made-up ones in a minute",
            _flood(signing.jwks()),
            _FETCHES_A_MINUTE,
            "fetches",
            1.0,
            _LIMIT,
        ),
        Row(
            "GetItem signed for a tenant, without the network",
            each["as the tenant"],
            each["as the function"],
            "ms",
            1.25,
            "signed as the function",
        ),
        Row(
            "a tenant's client, its session known",
            each["swap"],
            each["a client each"],
            "ms",
            0.05,
            "a botocore client each",
        ),
    ]


def _flood(jwks: bytes) -> int:
    """Return how many fetches made-up key ids cause in a minute, beyond the first."""
    clock = FixedClock(datetime.fromisoformat("2026-01-01T08:00:00+00:00"))
    fetches = _Fetches(jwks)
    keys = JwksClient(fetches, clock)
    keys.key("bench")
    for number in range(_MADE_UP_KEYS):
        try:
            keys.key(f"made-up-{number}")
        except UnauthenticatedError:
            clock.advance(60 / _MADE_UP_KEYS)
    return fetches.count - 1


def _client() -> Any:
    """Return a client whose requests are built and signed, and answered before they leave."""
    client: Any = botocore.session.get_session().create_client(
        "dynamodb",
        region_name="eu-central-1",
        aws_access_key_id="ASIABENCH",
        aws_secret_access_key="bench",  # noqa: S106
        aws_session_token=_SESSION_TOKEN,
        config=Config(retries={"total_max_attempts": 1}, parameter_validation=False),
    )
    client.meta.events.register(
        "before-send.dynamodb", lambda request, **_: AWSResponse(request.url, 200, {}, _Empty())
    )
    return client


def _times(run: Any) -> Any:
    def repeat() -> None:
        for _ in range(_REPEATS):
            run()

    return repeat
