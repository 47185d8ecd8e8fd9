"""Talking to the local identity provider, the stand-in or the real Keycloak: demo people, sign-ins, tokens."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import urllib.parse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.error import HTTPError
from urllib.request import Request, build_opener

from zebros_local.browser import Browser, Page
from zebros_local.errors import SignInError
from zebros_local.settings import CHECKOUT, ProviderName
from zebros_local.state import StackState

REALM_FILE = CHECKOUT / "local" / "identity" / "demo.json"
TIMEOUT_SECONDS = 30.0

# Nothing listens there: the browser of a sign-in stops before it would open the address.
_CALLBACK = "http://127.0.0.1:49999/callback"
_DEVICE_IS_SIGNED_IN = ("Connected", "Device Login Successful")
# A sign-in is at most: hand a code over, e-mail, password, consent, and come back.
_MOST_PAGES = 6


@dataclass(frozen=True)
class Person:
    """A demo person of the realm; every one of them is invented. Somebody of the platform belongs to no tenant."""

    id: str
    name: str
    email: str
    roles: tuple[str, ...]
    tenant: str = ""
    team: str = ""


@dataclass(frozen=True)
class DemoTenant:
    """A demo company and its isolation model (``silo``, ``bridge`` or ``pool``)."""

    id: str
    name: str
    isolation: Literal["silo", "bridge", "pool"]


@dataclass(frozen=True)
class Integration:
    """A demo company's own client, which signs in with its secret."""

    id: str
    name: str
    secret: str
    tenant: str
    team: str
    roles: tuple[str, ...]


@dataclass(frozen=True)
class Realm:
    """Who is in the demo realm, whichever provider serves it."""

    tenants: tuple[DemoTenant, ...]
    people: tuple[Person, ...]
    integrations: tuple[Integration, ...]
    password: str

    @classmethod
    def load(cls, path: Path = REALM_FILE) -> Realm:
        raw = json.loads(path.read_text())
        return cls(
            tenants=tuple(DemoTenant(**tenant) for tenant in raw["tenants"]),
            people=tuple(Person(**{**person, "roles": tuple(person["roles"])}) for person in raw["people"]),
            integrations=tuple(
                Integration(**{**client, "roles": tuple(client["roles"])})
                for client in raw.get("integrations", ())
            ),
            password=raw["password"],
        )

    def person(self, tenant: str, user: str | None = None) -> Person:
        """Find a tenant's person by id, e-mail address or its first part; the first listed by default."""
        members = [person for person in self.people if person.tenant == tenant]
        if not members:
            known = ", ".join(sorted({person.tenant for person in self.people if person.tenant}))
            raise SignInError(f"No demo tenant is called {tenant!r}; there are {known}.")
        if not user:
            return members[0]
        for person in members:
            if user.lower() in (person.id, person.email, person.email.split("@")[0]):
                return person
        known = ", ".join(person.email for person in members)
        raise SignInError(f"{tenant} has no demo person {user!r}; there are {known}.")


@dataclass(frozen=True)
class Tokens:
    """What a sign-in gives. Only an access token when a client signs in as itself."""

    access: str
    refresh: str = ""
    id: str = ""


class LocalIdentity:
    """A client of the local issuer: its sign-in pages, its token endpoint, and the stand-in's test-only routes."""

    def __init__(self, identity_url: str, provider: ProviderName = "stand-in") -> None:
        self._url = identity_url.rstrip("/")
        self.provider: ProviderName = provider
        self.issuer = f"{self._url}/realms/zebros"

    @classmethod
    def of(cls, state: StackState) -> LocalIdentity:
        """The provider of this stack."""
        return cls(state.identity_url, state.identity)

    def mint(
        self,
        *,
        tenant: str | None = None,
        sub: str | None = None,
        roles: Sequence[str] | None = None,
        team: str | None = None,
        expires_in: int | None = None,
        claims: Mapping[str, object] | None = None,
        omit: Sequence[str] = (),
        header: Mapping[str, object] | None = None,
    ) -> str:
        """Return an access token with these claims; a known person's ``sub`` brings that person's own.

        ``expires_in`` is in seconds and may be negative. ``claims`` is laid over the usual claims and
        ``omit`` leaves some out, for tokens that no honest issuer makes: Keycloak refuses with `SignInError`.
        """
        wish: dict[str, object] = {"omit": list(omit)}
        optional = {
            "tenant": tenant,
            "sub": sub,
            "roles": None if roles is None else list(roles),
            "team": team,
            "expiresIn": expires_in,
            "claims": claims,
            "header": header,
        }
        wish.update({name: value for name, value in optional.items() if value is not None})
        return str(self._local("/local/token", wish)["access_token"])

    def person_token(self, person: Person, password: str | None = None) -> str:
        """Return an access token just as the person's sign-in gives: with Keycloak, by signing in."""
        if self.provider == "stand-in":
            return self.mint(sub=person.id)
        return self.sign_in(person.email, password or Realm.load().password).access

    def rotate_keys(self, *, drop: bool = False) -> str:
        """Sign with a new key from now on and return its id; ``drop`` withdraws the old keys at once."""
        return str(self._local("/local/keys", {"drop": drop})["kid"])

    def sign_in(
        self,
        email: str,
        password: str,
        *,
        client_id: str = "zebros-cli",
        redirect_uri: str = _CALLBACK,
        scope: str = "openid",
    ) -> Tokens:
        """Sign in through the provider's own pages by authorization code with PKCE.

        Raises `SignInError` with what the page says when the person may not sign in.
        """
        verifier = secrets.token_urlsafe(48)
        digest = hashlib.sha256(verifier.encode()).digest()
        state = secrets.token_urlsafe(16)
        question = {
            "client_id": client_id,
            "redirect_uri": redirect_uri,
            "response_type": "code",
            "scope": scope,
            "state": state,
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        browser = Browser(stop_at=redirect_uri)
        page = browser.get(f"{self._endpoint('auth')}?{urllib.parse.urlencode(question)}")
        self._answer(browser, page, email, password)
        answer = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(browser.stopped_at or "").query))
        if answer.get("state") != state or "code" not in answer:
            raise SignInError(answer.get("error_description") or answer.get("error") or "No code came back.")
        return self.grant(
            grant_type="authorization_code",
            client_id=client_id,
            code=answer["code"],
            redirect_uri=redirect_uri,
            code_verifier=verifier,
        )

    def refresh(self, tokens: Tokens, client_id: str = "zebros-cli") -> Tokens:
        """Exchange the refresh token for new tokens; `SignInError` when it was used before or withdrawn."""
        return self.grant(grant_type="refresh_token", client_id=client_id, refresh_token=tokens.refresh)

    def client_token(self, client_id: str, secret: str) -> str:
        """Return an access token of a client that signs in as itself."""
        return self.grant(grant_type="client_credentials", client_id=client_id, client_secret=secret).access

    def sign_out(self, tokens: Tokens, client_id: str = "zebros-cli") -> None:
        """End the session that the tokens belong to, so that its refresh token is worth nothing."""
        self._form("logout", {"client_id": client_id, "refresh_token": tokens.refresh})

    def grant(self, **parameters: str) -> Tokens:
        """Ask the token endpoint; `SignInError` carries the provider's error code and description."""
        answer = self._form("token", parameters)
        return Tokens(
            access=answer["access_token"],
            refresh=answer.get("refresh_token", ""),
            id=answer.get("id_token", ""),
        )

    def approve_device(self, verification_uri: str, email: str, password: str) -> None:
        """Approve a device code as the person would: confirm the code in a browser, then sign in.

        ``verification_uri`` is the device answer's ``verification_uri_complete``. Raises `SignInError` when
        the code is unknown or expired, or the person may not sign in.
        """
        browser = Browser()
        page = self._answer(browser, browser.get(verification_uri), email, password)
        if not _device_is_signed_in(page):
            raise SignInError(page.problem or f"The sign-in ended at the page {page.title!r}.")

    def sign_in_at(self, address: str, email: str, password: str) -> Page:
        """Sign in where an application sends the browser, go back to the application, and return its page.

        Raises `SignInError` with what the page says when the person may not sign in.
        """
        browser = Browser()
        return self._answer(browser, browser.get(address), email, password)

    def _answer(self, browser: Browser, page: Page, email: str, password: str) -> Page:
        """Go from page to page until the browser is sent back to the application, or has no more to fill in."""
        # The stand-in's and Keycloak's names of the same fields; `accept` is Keycloak's Yes to a device.
        answers = {"email": email, "username": email, "password": password, "accept": ""}
        for _ in range(_MOST_PAGES):
            if browser.stopped_at or _device_is_signed_in(page):
                return page
            if page.problem:
                raise SignInError(page.problem)
            if page.form is None:
                return page
            page = browser.submit(page, answers)
        return page

    def _endpoint(self, name: str) -> str:
        return f"{self.issuer}/protocol/openid-connect/{name}"

    def _form(self, endpoint: str, fields: Mapping[str, str]) -> dict[str, Any]:
        return self._post(Request(self._endpoint(endpoint), data=urllib.parse.urlencode(fields).encode()))  # noqa: S310

    def _local(self, path: str, body: Mapping[str, object]) -> dict[str, Any]:
        if self.provider != "stand-in":
            raise SignInError(
                "Only the stand-in mints tokens and rotates keys on demand; this stack runs Keycloak."
            )
        return self._post(
            Request(  # noqa: S310 - the stack's own http address
                f"{self._url}{path}",
                data=json.dumps(body).encode(),
                headers={"Content-Type": "application/json"},
            )
        )

    def _post(self, request: Request) -> dict[str, Any]:
        try:
            with build_opener().open(request, timeout=TIMEOUT_SECONDS) as answer:
                text = answer.read()
                return json.loads(text) if text else {}
        except HTTPError as error:
            told = error.read().decode(errors="replace")[:500]
            raise SignInError(f"The local identity provider refused ({error.code}): {told}") from error
        except OSError as error:
            raise SignInError(f"The local identity provider did not give a token: {error}") from error


def _device_is_signed_in(page: Page) -> bool:
    return any(words in page.title for words in _DEVICE_IS_SIGNED_IN)
