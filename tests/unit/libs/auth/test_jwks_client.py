"""Keys through rotation, outage and flood."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from zebros_core.auth import JwksClient, JwksError, jwks_fetch
from zebros_core.auth.jwks import parse_jwks
from zebros_core.errors import UnauthenticatedError, UnavailableError


@pytest.fixture
def client(issuer, clock) -> JwksClient:
    return JwksClient(issuer.fetch, clock)


def test_keys_are_fetched_once_and_kept(client, issuer):
    for _ in range(5):
        assert client.key("first").key_size == 2048
    assert issuer.fetches == 1


def test_a_new_key_is_found_when_a_token_names_it(client, issuer, clock):
    client.key("first")
    issuer.published = ["first", "second"]
    clock.advance(seconds=31)

    assert client.key("second").public_numbers() == issuer.keys["second"].public_key().public_numbers()


def test_a_thousand_made_up_key_ids_cost_at_most_two_fetches_a_minute(client, issuer, clock):
    client.key("first")
    before = issuer.fetches
    for number in range(1000):
        with pytest.raises(UnauthenticatedError):
            client.key(f"made-up-{number}")
        clock.advance(seconds=0.06)
    assert issuer.fetches - before <= 2


def test_known_keys_go_on_working_through_an_outage(client, issuer, clock):
    client.key("first")
    issuer.down = True
    clock.advance(hours=23)

    assert client.key("first").key_size == 2048


def test_an_outage_longer_than_the_bound_stops_verification(client, issuer, clock):
    client.key("first")
    issuer.down = True
    clock.advance(hours=24, seconds=1)

    with pytest.raises(UnavailableError):
        client.key("first")


def test_an_outage_costs_one_fetch_per_cooldown(client, issuer, clock):
    client.key("first")
    issuer.down = True
    clock.advance(hours=2)
    before = issuer.fetches
    for _ in range(60):
        client.key("first")
        clock.advance(seconds=1)
    assert issuer.fetches - before == 2


def test_without_any_keys_nobody_is_told_that_the_token_is_bad(client, issuer):
    issuer.down = True

    with pytest.raises(UnavailableError) as caught:
        client.key("first")
    assert caught.value.retry_after_seconds > 0


def test_a_retired_key_stops_working_after_the_refresh(client, issuer, clock):
    client.key("first")
    issuer.published = ["second"]
    clock.advance(hours=1, seconds=1)

    assert client.key("second").key_size == 2048
    with pytest.raises(UnauthenticatedError):
        client.key("first")


def test_an_empty_set_does_not_replace_good_keys(client, issuer, clock):
    client.key("first")
    issuer.published = []
    clock.advance(hours=2)

    assert client.key("first").key_size == 2048


def test_failed_fetches_are_reported(issuer, clock):
    seen: list[JwksError] = []
    client = JwksClient(issuer.fetch, clock, on_error=seen.append)
    issuer.down = True

    with pytest.raises(UnavailableError):
        client.key("first")
    assert [str(error) for error in seen] == ["connection refused"]


def test_keys_of_another_use_or_algorithm_are_left_out(issuer):
    document = {
        "keys": [
            issuer.jwk("first", use="enc"),
            issuer.jwk("first", alg="PS256"),
            {"kty": "EC", "kid": "ec", "crv": "P-256"},
            issuer.jwk("second"),
        ]
    }
    assert set(parse_jwks(json.dumps(document).encode())) == {"second"}


@pytest.mark.parametrize(
    "document", [b"", b"[]", b"{}", b'{"keys": []}', b'{"keys": [1]}', b"\xff", b'{"keys": 1}']
)
def test_what_is_no_key_set_is_an_error(document):
    with pytest.raises(JwksError):
        parse_jwks(document)


class _Handler(BaseHTTPRequestHandler):
    answers: dict[str, bytes]

    def do_GET(self) -> None:
        body = self.answers.get(self.path)
        self.send_response(200 if body is not None else 404)
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def server():
    httpd = HTTPServer(("127.0.0.1", 0), _Handler)
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield httpd
    httpd.shutdown()
    thread.join()
    httpd.server_close()


def test_the_keys_address_comes_from_the_discovery_document(server, issuer):
    base = f"http://127.0.0.1:{server.server_port}/realms/zebros"
    _Handler.answers = {
        "/realms/zebros/.well-known/openid-configuration": json.dumps(
            {"issuer": base, "jwks_uri": f"{base}/keys"}
        ).encode(),
        "/realms/zebros/keys": issuer.fetch(),
    }
    assert set(parse_jwks(jwks_fetch(base)())) == {"first"}


def test_a_discovery_document_of_another_issuer_is_refused(server):
    base = f"http://127.0.0.1:{server.server_port}"
    _Handler.answers = {
        "/.well-known/openid-configuration": json.dumps(
            {"issuer": "https://evil.example", "jwks_uri": f"{base}/keys"}
        ).encode()
    }
    with pytest.raises(JwksError, match="another issuer"):
        jwks_fetch(base)()


def test_an_address_that_does_not_answer_is_an_error_not_a_crash(server):
    _Handler.answers = {}
    with pytest.raises(JwksError, match="cannot fetch"):
        jwks_fetch("x", f"http://127.0.0.1:{server.server_port}/keys")()
    with pytest.raises(JwksError, match="not an http address"):
        jwks_fetch("x", "file:///etc/passwd")()
