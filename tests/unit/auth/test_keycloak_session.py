"""What the adapter makes of Keycloak's failures, without a Keycloak."""

from __future__ import annotations

import subprocess
import sys

import pytest
from keycloak.exceptions import KeycloakAuthenticationError, KeycloakConnectionError, KeycloakGetError

from zebros_auth.adapters.keycloak import KeycloakIdentity
from zebros_auth.adapters.keycloak.session import PAUSES_SECONDS, KeycloakSession
from zebros_auth.domain.identity import IdentityUnavailableError


class Attempts:
    """An operation that fails as told, and then gives an answer."""

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.made = 0

    def __call__(self, _admin: object) -> str:
        self.made += 1
        if self.failures:
            raise self.failures.pop(0)
        return "an answer"


def refusal(status: int) -> KeycloakGetError:
    return KeycloakGetError(error_message="told so", response_code=status, response_body=b"{}")


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def secrets() -> list[str]:
    return []


@pytest.fixture
def session(pauses: list[float], secrets: list[str]) -> KeycloakSession:
    def secret() -> str:
        secrets.append("read")
        return "a secret"

    return KeycloakSession("http://127.0.0.1:9", "zebros", "zebros-admin", secret, sleep=pauses.append)


def test_a_call_that_was_slow_to_fail_is_not_repeated(pauses: list[float]) -> None:
    times = iter([0.0, 5.0])
    session = KeycloakSession(
        "http://127.0.0.1:9", "zebros", "c", lambda: "s", sleep=pauses.append, monotonic=lambda: next(times)
    )
    attempts = Attempts(KeycloakConnectionError("no answer in 5 s"))
    with pytest.raises(IdentityUnavailableError):
        session.call(attempts)
    assert (attempts.made, pauses) == (1, [])


@pytest.mark.parametrize(
    "failure", [refusal(500), refusal(503), refusal(429), KeycloakConnectionError("no answer")], ids=repr
)
def test_a_passing_failure_is_tried_again_and_then_is_unavailable(
    session: KeycloakSession, pauses: list[float], failure: Exception
) -> None:
    assert session.call(Attempts(failure)) == "an answer"
    assert pauses == [PAUSES_SECONDS[0]]
    attempts = Attempts(*[failure] * 9)
    with pytest.raises(IdentityUnavailableError):
        session.call(attempts)
    assert attempts.made == 1 + len(PAUSES_SECONDS)


def test_what_must_not_happen_twice_is_not_tried_again(session: KeycloakSession, pauses: list[float]) -> None:
    attempts = Attempts(KeycloakConnectionError("no answer"))
    with pytest.raises(IdentityUnavailableError):
        session.call(attempts, repeat=False)
    assert (attempts.made, pauses) == (1, [])


@pytest.mark.parametrize("status", [400, 403, 404, 409])
def test_a_refusal_is_passed_on_at_once(session: KeycloakSession, pauses: list[float], status: int) -> None:
    with pytest.raises(KeycloakGetError):
        session.call(Attempts(refusal(status)))
    assert pauses == []


def test_what_is_missing_is_none_and_what_is_there_already_is_fine(session: KeycloakSession) -> None:
    assert session.found(Attempts(refusal(404))) is None
    assert session.found(Attempts()) == "an answer"
    assert session.unless_present(Attempts(refusal(409))) is False
    assert session.unless_present(Attempts()) is True
    with pytest.raises(KeycloakGetError):
        session.found(Attempts(refusal(409)))


def test_the_secret_is_read_once_and_again_when_it_has_become_wrong(
    session: KeycloakSession, secrets: list[str]
) -> None:
    session.call(Attempts())
    session.call(Attempts())
    assert len(secrets) == 1
    wrong = KeycloakAuthenticationError(error_message="wrong", response_code=401)
    assert session.call(Attempts(wrong)) == "an answer"
    assert len(secrets) == 2
    with pytest.raises(KeycloakAuthenticationError):
        session.call(Attempts(wrong, wrong))


def test_a_provider_that_is_not_there_is_unavailable() -> None:
    identity = KeycloakIdentity(
        KeycloakSession(
            "http://127.0.0.1:9", "zebros", "zebros-admin", lambda: "", sleep=lambda _seconds: None
        )
    )
    with pytest.raises(IdentityUnavailableError):
        identity.find_by_email("ada@aurora.example")


@pytest.mark.parametrize(
    "issuer", ["https://id.example", "https://id.example/realms/", "https://id.example/realms/a/b", ""]
)
def test_only_a_realm_can_be_administered(issuer: str) -> None:
    with pytest.raises(ValueError, match="Keycloak realm"):
        KeycloakIdentity.of_issuer(issuer, lambda: "a secret")


def test_making_the_adapter_loads_no_client_library() -> None:
    code = (
        "import sys; from zebros_auth.adapters.keycloak import KeycloakIdentity;"
        "KeycloakIdentity.of_issuer('https://id.example/realms/zebros', lambda: 'a secret');"
        "assert not {'keycloak', 'requests', 'httpx'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
