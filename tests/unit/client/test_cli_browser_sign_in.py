"""`zebros login` in the browser: the real loopback listener, a scripted provider, a browser that is a thread."""

from __future__ import annotations

import base64
import hashlib
import socket
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
import pytest
from identity_provider import IdentityProvider
from scripted_world import World

from zebros.auth.loopback import LoopbackListener
from zebros.errors import ConfigurationError, SignInError

Answers = Callable[[str], list[dict[str, str]]]


class Browser:
    """Opens the sign-in page and follows it back with each of the given answers in turn; keeps the pages."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._pool = ThreadPoolExecutor(max_workers=1)
        self.visit: Future[list[httpx.Response]] | None = None

    def __call__(self, url: str) -> bool:
        self.visit = self._pool.submit(self._follow, url)
        return True

    def pages(self) -> list[httpx.Response]:
        assert self.visit is not None
        pages = self.visit.result(timeout=10)
        self._pool.shutdown()
        return pages

    def _follow(self, url: str) -> list[httpx.Response]:
        back = dict(parse_qsl(urlsplit(url).query))["redirect_uri"]
        with httpx.Client(trust_env=False, timeout=10) as http:
            return [http.get(f"{back}?{urlencode(answer)}") for answer in self._answers(url)]


def signed_in(provider: IdentityProvider) -> Answers:
    return lambda url: [provider.authorize(url)]


def test_a_browser_signs_in_with_pkce_over_a_loopback_address(
    world: World, provider: IdentityProvider
) -> None:
    browser = world.browser = Browser(signed_in(provider))
    result = world.run("login")
    assert result.exit_code == 0, result.stderr
    assert "Signed in to aurora as ada@aurora.example (profile aurora)." in result.stderr

    asked = dict(parse_qsl(urlsplit(world.opened[0]).query))
    ((path, form),) = provider.forms
    challenge = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest())
    assert asked["code_challenge"] == challenge.rstrip(b"=").decode()
    assert (asked["code_challenge_method"], asked["response_type"]) == ("S256", "code")
    assert (asked["client_id"], form["client_id"]) == ("zebros-cli", "zebros-cli")
    assert asked["scope"] == "openid offline_access"
    back = urlsplit(asked["redirect_uri"])
    assert (back.scheme, back.hostname, back.path) == ("http", "127.0.0.1", "/callback")
    assert (path, form["grant_type"], form["redirect_uri"]) == (
        "token",
        "authorization_code",
        asked["redirect_uri"],
    )
    assert 43 <= len(form["code_verifier"]) <= 128

    (page,) = browser.pages()
    assert page.status_code == 200
    assert "close this window" in page.text
    assert page.headers["cache-control"] == "no-store"
    assert "code-1" not in page.text + result.output


def test_two_sign_ins_share_no_secret(world: World, provider: IdentityProvider) -> None:
    for _ in range(2):
        world.browser = Browser(signed_in(provider))
        assert world.run("login").exit_code == 0
    first, second = (dict(parse_qsl(urlsplit(url).query)) for url in world.opened)
    assert first["state"] != second["state"]
    assert first["code_challenge"] != second["code_challenge"]


def test_an_answer_with_another_state_is_refused_and_the_right_one_still_counts(
    world: World, provider: IdentityProvider
) -> None:
    def answers(url: str) -> list[dict[str, str]]:
        right = provider.authorize(url)
        return [{**right, "state": "forged"}, {"code": right["code"]}, right]

    browser = world.browser = Browser(answers)
    assert world.run("login").exit_code == 0
    assert [page.status_code for page in browser.pages()] == [400, 400, 200]
    assert len(provider.forms) == 1


def test_only_forged_answers_sign_nobody_in(world: World, provider: IdentityProvider) -> None:
    world.browser = Browser(lambda url: [{**provider.authorize(url), "state": "forged"}])
    world.browser_timeout_seconds = 0.5
    result = world.run("login")
    assert result.exit_code == 3
    assert "nobody signed in within" in result.stderr
    assert provider.forms == []
    assert not list(world.folder.rglob("*.json"))


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"error": "access_denied"}, "refused in the browser"),
        ({"error": "server_error", "error_description": "<b>broken</b>"}, "<b>broken</b>"),
        ({"error": "temporarily_unavailable"}, "temporarily_unavailable"),
        ({}, "no_code"),
        ({"code": "x", "iss": "https://evil.test"}, "another identity provider"),
        ({"code": "never-issued"}, "Code not valid"),
    ],
)
def test_a_sign_in_that_fails_says_so_in_the_terminal_and_in_the_browser(
    world: World, provider: IdentityProvider, answer: dict[str, str], said: str
) -> None:
    browser = world.browser = Browser(lambda url: [{"state": provider.authorize(url)["state"], **answer}])
    result = world.run("login")
    assert result.exit_code == 3
    assert said in result.stderr
    (page,) = browser.pages()
    assert page.status_code == 400
    assert "Not signed in" in page.text
    assert "<b>" not in page.text
    assert not list(world.folder.rglob("*.json"))


def test_a_code_cannot_be_used_twice(world: World, provider: IdentityProvider) -> None:
    def replayed(url: str) -> list[dict[str, str]]:
        answer = provider.authorize(url)
        provider.codes.pop(answer["code"])  # somebody was faster
        return [answer]

    world.browser = Browser(replayed)
    assert "Code not valid" in world.run("login").stderr


def test_a_provider_that_fails_after_the_browser_came_back_is_told_there(
    world: World, provider: IdentityProvider
) -> None:
    browser = world.browser = Browser(signed_in(provider))

    def respond(request: httpx.Request) -> httpx.Response:
        return httpx.Response(503) if request.url.path.endswith("/token") else provider(request)

    world.respond = respond
    assert world.run("login").exit_code == 6
    assert "503" in browser.pages()[0].text


def test_a_browser_that_does_not_open_leads_to_the_device_flow(
    world: World, provider: IdentityProvider
) -> None:
    world.browser = lambda url: False
    result = world.run("login")
    assert result.exit_code == 0
    assert "WXYZ-1234" in result.stderr
    assert [path for path, _ in provider.forms] == ["device", "token"]


@pytest.mark.parametrize(
    ("arguments", "browser"), [([], False), (["--device"], True), (["--no-browser"], True)]
)
def test_without_a_browser_or_when_asked_it_is_the_device_flow(
    world: World, provider: IdentityProvider, arguments: list[str], browser: bool
) -> None:
    world.browser = (lambda url: True) if browser else None
    assert world.run("login", *arguments).exit_code == 0
    assert provider.forms[0][0] == "device"
    assert bool(world.opened) == ("--no-browser" not in arguments)


def test_a_provider_without_authorization_endpoint_gets_the_device_flow(
    world: World, provider: IdentityProvider
) -> None:
    provider.discovery = {"authorization_endpoint": None, "scopes_supported": ["openid", "email"]}
    world.browser = lambda url: True
    assert world.run("login").exit_code == 0
    assert provider.forms[0][1]["scope"] == "openid"
    assert world.run("login", "--browser").exit_code == 3


def test_browser_prints_the_address_where_none_can_be_opened(
    world: World, provider: IdentityProvider
) -> None:
    browser = Browser(signed_in(provider))

    def by_hand(url: str) -> bool:
        browser(url)
        return False

    world.browser = by_hand
    result = world.run("login", "--browser")
    assert result.exit_code == 0
    assert "Open this address" in result.stderr
    assert world.opened[0] in result.stderr


def test_a_port_that_is_taken_says_what_to_do(world: World, provider: IdentityProvider) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        world.browser = lambda url: True
        result = world.run("login", "--port", str(port))
    assert result.exit_code == 2
    assert f"port {port}" in result.stderr
    assert "--device" in result.stderr


@pytest.mark.parametrize(
    "other", [["--browser"], ["--client-id", "i", "--client-secret", "s3cret"]], ids=" ".join
)
def test_what_cannot_both_be_wanted_is_refused(
    world: World, provider: IdentityProvider, other: list[str]
) -> None:
    assert world.run("login", "--device", *other).exit_code == 2
    assert provider.forms == []


def test_ctrl_c_stops_the_listener_and_leaves_nothing(world: World, provider: IdentityProvider) -> None:
    def interrupt(url: str) -> bool:
        raise KeyboardInterrupt

    world.browser = interrupt
    result = world.run("login")
    assert result.exit_code == 130
    assert "Stopped." in result.stderr
    assert not list(world.folder.rglob("*.json"))


def test_the_listener_answers_strangers_without_ending_the_wait() -> None:
    with LoopbackListener(state="right") as listener, httpx.Client(trust_env=False, timeout=10) as http:
        base = f"http://127.0.0.1:{listener.port}"
        assert http.get(f"{base}/favicon.ico").status_code == 404
        assert http.get(f"{base}/callback?state=right", headers={"Host": "evil.test"}).status_code == 404
        assert http.post(f"{base}/callback?state=right").status_code == 501
        with pytest.raises(SignInError, match="nobody signed in"):
            listener.wait(0.01)


def test_a_silent_connection_does_not_keep_the_answer_waiting() -> None:
    with LoopbackListener(state="right") as listener:
        with socket.create_connection(("127.0.0.1", listener.port)), httpx.Client(trust_env=False) as http:
            visits: list[httpx.Response] = []
            visit = threading.Thread(
                target=lambda: visits.append(http.get(f"{listener.redirect_uri}?state=right&code=c"))
            )
            visit.start()
            assert listener.wait(10)["code"] == "c"
            listener.finish("Signed in", "Done")
            visit.join(10)
        assert visits[0].status_code == 200


def test_the_answer_is_accepted_once_and_the_port_is_closed_afterwards() -> None:
    with LoopbackListener(state="right") as listener, ThreadPoolExecutor() as pool:
        target = f"{listener.redirect_uri}?state=right&code=c"
        with httpx.Client(trust_env=False, timeout=10) as http:
            first = pool.submit(http.get, target)
            listener.wait(10)
            assert http.get(target).status_code == 409
            listener.finish("Signed in", "Done")
            assert first.result().status_code == 200
    with pytest.raises(httpx.ConnectError), httpx.Client(trust_env=False) as http:
        http.get(target)


def test_a_browser_that_is_still_waiting_when_the_command_ends_gets_a_page() -> None:
    with ThreadPoolExecutor() as pool, httpx.Client(trust_env=False, timeout=10) as http:
        with LoopbackListener(state="right") as listener:
            visit = pool.submit(http.get, f"{listener.redirect_uri}?state=right&code=c")
            listener.wait(10)
        assert "Not signed in" in visit.result().text


def test_a_privileged_or_impossible_port_is_a_configuration_error() -> None:
    with LoopbackListener(state="s") as first, pytest.raises(ConfigurationError, match="--port"):
        LoopbackListener(state="s", port=first.port)
