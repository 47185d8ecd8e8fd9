"""Sessions of tenants: who signs a call, how often STS is asked, and what happens when it does not answer."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import botocore.session
import pytest
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.exceptions import ClientError, EndpointConnectionError
from moto import mock_aws

from zebros_core.bootstrap import ServiceContainer
from zebros_core.clock import FixedClock, HybridLogicalClock, SystemClock
from zebros_core.dynamodb.client import DynamoDbCalls
from zebros_core.dynamodb.lookup import LookupTable
from zebros_core.dynamodb.store import DataAccess
from zebros_core.errors import UnavailableError
from zebros_core.settings import CoreSettings, SettingsError
from zebros_core.tenancy import SystemContext, TenantContext
from zebros_core.tenancy.credentials import TenantCredentials, create_sts_client
from zebros_core.tenancy.policies import PolicyScope

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ROLE = "arn:aws:iam::123456789012:role/zebros-widgets-dev-tenant"
SCOPE = PolicyScope("eu-central-1", "123456789012", "zebros-dev", ("widgets",), ("widgets-lookup",))
AURORA = TenantContext("aurora", "u1", isolation="bridge")
BOREALIS = TenantContext("borealis", "u2", isolation="silo")


class Waits:
    """Time that passes by being waited for."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def calls(self, **settings: Any) -> DynamoDbCalls:
        return DynamoDbCalls(
            **{
                "budget_seconds": 3,
                "sleep": self._sleep,
                "monotonic": lambda: self.seconds,
                "jitter": lambda: 1.0,
                **settings,
            }
        )

    def _sleep(self, seconds: float) -> None:
        self.seconds += seconds


class Sts:
    """Gives each session credentials that name it; can fail."""

    def __init__(self, clock: FixedClock) -> None:
        self.clock = clock
        self.requests: list[dict[str, Any]] = []
        self.trouble: Exception | None = None
        self.made = 0

    def assume_role(self, **request: Any) -> dict[str, Any]:
        self.requests.append(request)
        if self.trouble is not None:
            raise self.trouble
        return {
            "Credentials": {
                "AccessKeyId": f"KEY-{request['Tags'][0]['Value']}-{len(self.requests)}",
                "SecretAccessKey": "secret",
                "SessionToken": f"token-of-{request['Tags'][0]['Value']}",
                "Expiration": self.clock.now() + timedelta(seconds=request["DurationSeconds"]),
            }
        }

    def __call__(self) -> Sts:
        self.made += 1
        return self


class Wire:
    """The shared client, and who signed each request that left it."""

    def __init__(self) -> None:
        self.signed: list[str] = []
        self.tokens: list[str] = []
        self.answers: list[tuple[int, bytes]] = []
        self.client: Any = botocore.session.get_session().create_client(
            "dynamodb",
            region_name="eu-central-1",
            aws_access_key_id="KEY-of-the-function",
            aws_secret_access_key="secret",
            config=Config(retries={"total_max_attempts": 1}),
        )
        self.client.meta.events.register("before-send.dynamodb", self._send)

    def _send(self, request: Any, **_: Any) -> Any:
        def text(name: str) -> str:
            value = request.headers.get(name, b"")
            return value if isinstance(value, str) else value.decode()

        self.signed.append(re.findall(r"Credential=([^/]+)/", text("Authorization"))[0])
        self.tokens.append(text("X-Amz-Security-Token"))
        status, body = self.answers.pop(0) if self.answers else (200, b"{}")
        return AWSResponse(request.url, status, {}, _Body(body))


class _Body:
    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self._body


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture
def sts(clock: FixedClock) -> Sts:
    return Sts(clock)


@pytest.fixture(scope="module")
def shared() -> Wire:
    return Wire()


@pytest.fixture
def wire(shared: Wire) -> Wire:
    for had in (shared.signed, shared.tokens, shared.answers):
        had.clear()
    return shared


Make = Callable[..., TenantCredentials]


@pytest.fixture
def make(wire: Wire, sts: Sts, clock: FixedClock) -> Make:
    def make(**settings: Any) -> TenantCredentials:
        return TenantCredentials(
            wire.client,
            sts,
            **{
                "role_arn": ROLE,
                "service": "widgets",
                "scope": SCOPE,
                "clock": clock,
                "calls": Waits().calls(),
                **settings,
            },
        )

    return make


@pytest.fixture
def credentials(make: Make) -> TenantCredentials:
    return make()


def read(credentials: TenantCredentials, context: TenantContext | SystemContext) -> None:
    credentials.client_for(context).get_item(TableName="zebros-dev-widgets", Key={"widgetId": {"S": "W1"}})


def test_each_tenants_calls_are_signed_with_its_own_session(
    credentials: TenantCredentials, wire: Wire
) -> None:
    read(credentials, AURORA)
    read(credentials, BOREALIS)
    read(credentials, AURORA)
    assert wire.signed == ["KEY-aurora-1", "KEY-borealis-2", "KEY-aurora-1"]
    assert wire.tokens == ["token-of-aurora", "token-of-borealis", "token-of-aurora"]


def test_the_shared_client_itself_still_signs_as_the_function(
    credentials: TenantCredentials, wire: Wire
) -> None:
    read(credentials, AURORA)
    wire.client.get_item(TableName="zebros-dev-tenants", Key={"tenantId": {"S": "aurora"}})
    assert wire.signed == ["KEY-aurora-1", "KEY-of-the-function"]


def test_the_session_is_tagged_with_the_tenant_and_held_to_its_model(
    credentials: TenantCredentials, sts: Sts
) -> None:
    for context in (AURORA, BOREALIS):
        read(credentials, context)
    aurora, borealis = sts.requests
    assert aurora["Tags"] == [{"Key": "tenant", "Value": "aurora"}]
    assert (aurora["RoleArn"], aurora["RoleSessionName"]) == (ROLE, "widgets@aurora")
    assert re.fullmatch(r"[\w+=,.@-]{2,64}", borealis["RoleSessionName"])
    assert "dynamodb:LeadingKeys" in aurora["Policy"]
    assert "dynamodb:LeadingKeys" not in borealis["Policy"]
    assert "zebros-dev-t-${aws:PrincipalTag/tenant}-widgets" in borealis["Policy"]
    assert json.loads(aurora["Policy"])["Version"] == "2012-10-17"


def test_a_session_is_kept_until_five_minutes_before_its_end(
    credentials: TenantCredentials, sts: Sts, clock: FixedClock, wire: Wire
) -> None:
    for _ in range(50):
        read(credentials, AURORA)
    clock.advance(minutes=54)
    read(credentials, AURORA)
    assert len(sts.requests) == 1
    clock.advance(minutes=1)
    read(credentials, AURORA)
    assert (len(sts.requests), wire.signed[-1], sts.made) == (2, "KEY-aurora-2", 1)


def test_a_tenant_that_moves_to_another_model_gets_a_session_of_that_model(
    credentials: TenantCredentials, sts: Sts
) -> None:
    read(credentials, AURORA)
    read(credentials, TenantContext("aurora", "u1", isolation="silo"))
    assert len({request["Policy"] for request in sts.requests}) == 2


def test_nothing_is_asked_of_sts_until_the_database_is_called(
    credentials: TenantCredentials, sts: Sts
) -> None:
    credentials.client_for(AURORA)
    assert (sts.requests, sts.made) == ([], 0)


def test_the_number_of_kept_sessions_is_bounded_and_the_least_used_goes_first(make: Make, sts: Sts) -> None:
    credentials = make(most_sessions=2)
    for context in (AURORA, BOREALIS, AURORA, TenantContext("cascade", "u3"), AURORA):
        read(credentials, context)
    assert [request["Tags"][0]["Value"] for request in sts.requests] == ["aurora", "borealis", "cascade"]
    read(credentials, BOREALIS)
    assert len(sts.requests) == 4


def _refusal(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code}}, "AssumeRole")


@pytest.mark.parametrize(
    ("trouble", "kind"),
    [
        (_refusal("AccessDenied"), "AccessDenied"),
        (_refusal("Throttling"), "Throttling"),
        (EndpointConnectionError(endpoint_url="https://sts"), "EndpointConnectionError"),
    ],
)
def test_without_a_session_nothing_is_sent_and_never_as_the_function(
    make: Make, sts: Sts, wire: Wire, trouble: Exception, kind: str
) -> None:
    told: list[str] = []
    credentials = make(on_error=told.append)
    sts.trouble = trouble
    with pytest.raises(UnavailableError, match="cannot be reached") as caught:
        read(credentials, AURORA)
    assert (wire.signed, caught.value.retry_after_seconds) == ([], 1.0)
    assert told == [kind]


def test_an_outage_of_sts_is_retried_within_the_deadline_and_then_not_waited_for(
    make: Make, sts: Sts
) -> None:
    waits = Waits()
    credentials = make(calls=waits.calls())
    sts.trouble = _refusal("ServiceUnavailable")
    for _ in range(3):
        with pytest.raises(UnavailableError):
            read(credentials, AURORA)
    assert waits.seconds < 9
    asked = len(sts.requests)
    assert 6 <= asked <= 30
    for _ in range(100):
        with pytest.raises(UnavailableError):
            read(credentials, BOREALIS)
    assert len(sts.requests) == asked, "the circuit breaker is open"


def test_a_caller_with_a_deadline_waits_no_longer(make: Make, sts: Sts) -> None:
    credentials = make(calls=Waits().calls(sleep=lambda _: pytest.fail("waited"), monotonic=lambda: 10.0))
    sts.trouble = _refusal("Throttling")
    client = credentials.client_for(AURORA, deadline=10.0)
    with pytest.raises(UnavailableError):
        client.get_item(TableName="zebros-dev-widgets", Key={})
    assert len(sts.requests) == 1


def test_while_sts_is_out_of_reach_a_session_is_used_to_its_end(
    credentials: TenantCredentials, sts: Sts, clock: FixedClock, wire: Wire
) -> None:
    read(credentials, AURORA)
    sts.trouble = _refusal("ServiceUnavailable")
    clock.advance(minutes=59)
    read(credentials, AURORA)
    assert len(sts.requests) == 2, "one attempt, no wait"
    clock.advance(seconds=31)
    with pytest.raises(UnavailableError):
        read(credentials, AURORA)
    assert wire.signed == ["KEY-aurora-1", "KEY-aurora-1"]


def test_a_session_that_the_database_finds_expired_is_replaced_once(
    credentials: TenantCredentials, wire: Wire
) -> None:
    expired = 400, json.dumps({"__type": "com.amazonaws#ExpiredTokenException"}).encode()
    wire.answers = [expired]
    read(credentials, AURORA)
    assert wire.signed == ["KEY-aurora-1", "KEY-aurora-2"]
    wire.answers = [expired, expired]
    with pytest.raises(ClientError, match="ExpiredToken"):
        read(credentials, AURORA)
    denied = 400, json.dumps({"__type": "com.amazonaws#AccessDeniedException"}).encode()
    wire.answers = [denied]
    with pytest.raises(ClientError, match="AccessDenied"):
        read(credentials, AURORA)


def test_threads_do_not_sign_for_each_other_and_ask_once(
    credentials: TenantCredentials, wire: Wire, sts: Sts
) -> None:
    start = threading.Barrier(8)
    contexts = [AURORA, BOREALIS] * 4

    def work(context: TenantContext) -> None:
        start.wait()
        for _ in range(10):
            read(credentials, context)

    threads = [threading.Thread(target=work, args=(context,)) for context in contexts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(sts.requests) == 2
    assert sorted(set(wire.tokens)) == ["token-of-aurora", "token-of-borealis"]
    assert [wire.tokens.count(token) for token in sorted(set(wire.tokens))] == [40, 40]
    assert all(key.split("-")[1] in token for key, token in zip(wire.signed, wire.tokens, strict=True))


def test_a_bound_store_works_with_the_session_and_can_do_nothing_else(
    credentials: TenantCredentials, wire: Wire, clock: FixedClock
) -> None:
    access = DataAccess(
        wire.client,
        table_prefix="zebros-dev",
        cursor_key=b"k" * 32,
        clock=clock,
        hlc=HybridLogicalClock(clock),
    )
    store = access.bind(AURORA, client=credentials.client_for(AURORA))
    LookupTable(store, "widgets-lookup").put(["fact"], "a", {"of": "aurora"})
    assert LookupTable(store, "widgets-lookup").get(["fact"], "a") is None
    assert set(wire.signed) == {"KEY-aurora-1"}
    assert not hasattr(store.client, "scan")
    assert not hasattr(store.client, "execute_statement")
    assert not hasattr(store.client, "delete_table")


def test_a_policy_that_sts_would_refuse_is_found_at_the_start(make: Make) -> None:
    many = PolicyScope("eu-central-1", "123456789012", "zebros-dev", tuple(f"table-{n}" for n in range(20)))
    with pytest.raises(ValueError, match="too long"):
        make(scope=many)


ENVIRONMENT = {
    "STAGE": "dev",
    "TABLE_PREFIX": "zebros-dev",
    "EVENT_BUS": "zebros-dev",
    "DOCUMENTS_BUCKET": "documents",
    "FAILURES_BUCKET": "failures",
    "OIDC_ISSUER": "https://id.example/realms/zebros",
    "OIDC_AUDIENCE": "zebros-api",
    "SERVICE": "widgets",
    "CURSOR_SECRET": "a secret of the tests",
}
TENANT_ROLE = {
    "TENANT_ROLE_ARN": ROLE,
    "TENANT_TABLES": "widgets",
    "TENANT_LOOKUP_TABLES": "widgets-lookup",
}


def container(environment: dict[str, str], wire: Wire, clock: FixedClock) -> ServiceContainer:
    return ServiceContainer(
        CoreSettings.from_environ(environment),
        service="widgets",
        lookup_table="widgets-lookup",
        clock=clock,
        dynamodb=wire.client,
    )


def test_a_service_binds_requests_to_sessions_where_its_stage_has_a_role_for_it(
    wire: Wire, sts: Sts, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("zebros_core.tenancy.credentials.create_sts_client", lambda _: sts)
    with_role = container({**ENVIRONMENT, **TENANT_ROLE}, wire, clock)
    for context in (AURORA, BOREALIS):
        LookupTable(with_role.request_store(context), "widgets-lookup").get(["fact"], "a")
    without = container(ENVIRONMENT, wire, clock)
    LookupTable(without.request_store(AURORA), "widgets-lookup").get(["fact"], "a")
    assert wire.signed == ["KEY-aurora-1", "KEY-borealis-2", "KEY-of-the-function"]
    assert [request["RoleArn"] for request in sts.requests] == [ROLE, ROLE]


def test_the_session_is_asked_of_the_regions_own_sts(
    wire: Wire, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    settings = CoreSettings.from_environ({**ENVIRONMENT, **TENANT_ROLE})
    with mock_aws():
        client: Any = create_sts_client(settings)
        assert client.meta.endpoint_url == "https://sts.eu-central-1.amazonaws.com"
        read(TenantCredentials.from_settings(settings, wire.client, SystemClock()), AURORA)
    assert wire.signed[0].startswith("ASIA")


@pytest.mark.parametrize(
    "wrong",
    [
        {"TENANT_ROLE_ARN": "zebros-tenant"},
        {"TENANT_TABLES": "a;b"},
        {"TENANT_TABLES": "", "TENANT_LOOKUP_TABLES": ""},
    ],
)
def test_half_a_configuration_does_not_start(wrong: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match="TENANT_"):
        CoreSettings.from_environ({**ENVIRONMENT, **TENANT_ROLE, **wrong})
