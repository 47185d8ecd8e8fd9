"""Where tokens come from, and that a rejected one is renewed once."""

from urllib.parse import parse_qsl

import httpx
import pytest
from scripted_world import API, ISSUER, ScriptedApi, access_token

from zebros.auth import ClientCredentials, RefreshToken, StaticToken, Tokens
from zebros.auth.oidc import discover
from zebros.auth.tokens import claims_of
from zebros.client import Client
from zebros.errors import SignInError, TransportError, UnauthenticatedError

DISCOVERY = {"issuer": ISSUER, "token_endpoint": f"{ISSUER}/token"}
CUSTOMER = httpx.Response(200, json={"customerId": "c1", "companyName": "Acme"})


class Provider:
    """An identity provider that hands out numbered tokens."""

    def __init__(self) -> None:
        self.forms: list[dict[str, str]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/.well-known/openid-configuration"):
            return httpx.Response(200, json=DISCOVERY)
        self.forms.append(dict(parse_qsl(request.read().decode())))
        number = len(self.forms)
        body = {"access_token": f"access-{number}", "expires_in": 300, "refresh_token": f"refresh-{number}"}
        return httpx.Response(200, json=body)


def bearer(request: httpx.Request) -> str:
    return request.headers["authorization"]


def test_client_credentials_are_asked_for_once_while_the_token_is_fresh() -> None:
    provider = Provider()
    source = ClientCredentials(
        issuer=ISSUER, client_id="i", client_secret="s", scope="read", transport=httpx.MockTransport(provider)
    )
    assert [source.token(), source.token()] == ["access-1", "access-1"]
    assert provider.forms == [
        {"grant_type": "client_credentials", "client_id": "i", "client_secret": "s", "scope": "read"}
    ]


def test_an_expired_token_is_renewed_with_the_rotated_refresh_token() -> None:
    provider = Provider()
    renewed: list[Tokens] = []
    source = RefreshToken(
        issuer=ISSUER,
        client_id="cli",
        tokens=Tokens("old", expires_at=0.0, refresh_token="refresh-0"),
        transport=httpx.MockTransport(provider),
        on_renewal=renewed.append,
    )
    assert source.token() == "access-1"
    assert source.refresh("access-1") == "access-2"
    assert [form["refresh_token"] for form in provider.forms] == ["refresh-0", "refresh-1"]
    assert [tokens.refresh_token for tokens in renewed] == ["refresh-1", "refresh-2"]


def test_a_token_that_another_thread_renewed_is_used_as_it_is() -> None:
    provider = Provider()
    source = ClientCredentials(
        issuer=ISSUER, client_id="i", client_secret="s", transport=httpx.MockTransport(provider)
    )
    source.token()
    assert source.refresh("an older one") == "access-1"
    assert len(provider.forms) == 1


def test_a_401_renews_the_token_once_and_repeats_with_the_same_key(api: ScriptedApi) -> None:
    api.answers = [httpx.Response(401, json={"message": "Unauthorized"}), CUSTOMER]
    source = ClientCredentials(
        issuer=ISSUER, client_id="i", client_secret="s", transport=httpx.MockTransport(Provider())
    )
    with Client(API, token=source, transport=httpx.MockTransport(api)) as client:
        client.customers.create(company_name="Acme")
    assert [bearer(each) for each in api.requests] == ["Bearer access-1", "Bearer access-2"]
    assert api.requests[0].headers["idempotency-key"] == api.requests[1].headers["idempotency-key"]


def test_a_second_401_is_raised(api: ScriptedApi) -> None:
    api.answers = [httpx.Response(401, json={"message": "Unauthorized"})]
    source = ClientCredentials(
        issuer=ISSUER, client_id="i", client_secret="s", transport=httpx.MockTransport(Provider())
    )
    with (
        Client(API, token=source, transport=httpx.MockTransport(api)) as client,
        pytest.raises(UnauthenticatedError),
    ):
        client.customers.get("c1")
    assert len(api.requests) == 2


def test_a_static_token_cannot_be_renewed(client: Client, api: ScriptedApi) -> None:
    api.answers = [httpx.Response(401, json={"message": "Unauthorized"})]
    with pytest.raises(UnauthenticatedError):
        client.customers.get("c1")
    assert len(api.requests) == 1
    with pytest.raises(SignInError, match="empty"):
        StaticToken("")


def test_a_refused_renewal_carries_oauths_code() -> None:
    def respond(request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return httpx.Response(200, json=DISCOVERY)
        return httpx.Response(400, json={"error": "invalid_grant", "error_description": "session over"})

    expired = Tokens("old", expires_at=0.0, refresh_token="r")
    source = RefreshToken(
        issuer=ISSUER, client_id="cli", tokens=expired, transport=httpx.MockTransport(respond)
    )
    with pytest.raises(SignInError, match="session over") as caught:
        source.token()
    assert caught.value.code == "invalid_grant"


def test_a_server_url_finds_its_realm() -> None:
    def respond(request: httpx.Request) -> httpx.Response:
        found = request.url.path.startswith("/realms/zebros/")
        return httpx.Response(200, json=DISCOVERY) if found else httpx.Response(404)

    with httpx.Client(transport=httpx.MockTransport(respond)) as http:
        assert discover(http, "https://id.test/").issuer == ISSUER


def test_something_that_is_no_issuer_is_named() -> None:
    with (
        httpx.Client(transport=httpx.MockTransport(lambda request: httpx.Response(404))) as http,
        pytest.raises(SignInError, match=r"id\.test is not an OpenID Connect issuer"),
    ):
        discover(http, "https://id.test")


def test_an_identity_provider_that_is_down_is_a_transport_error() -> None:
    with (
        httpx.Client(transport=httpx.MockTransport(lambda request: httpx.Response(502))) as http,
        pytest.raises(TransportError, match="502"),
    ):
        discover(http, ISSUER)


def test_claims_are_read_from_tokens_and_nothing_from_other_text() -> None:
    assert claims_of(access_token("aurora"))["tenant_id"] == "aurora"
    assert claims_of("opaque") == claims_of("a.%%%.c") == claims_of("a.W10.c") == {}
