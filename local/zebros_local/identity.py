"""Talking to the local identity provider: demo people, minted tokens, approving a device."""

from __future__ import annotations

import http
import json
import re
import urllib.parse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import unescape
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any, Literal
from urllib.request import HTTPCookieProcessor, OpenerDirector, Request, build_opener

from zebros_local.errors import SignInError
from zebros_local.settings import CHECKOUT

REALM_FILE = CHECKOUT / "local" / "identity" / "realm.json"
TIMEOUT_SECONDS = 10.0

_FORM_ACTION = re.compile(r'<form[^>]*\baction="([^"]+)"')
_INPUT = re.compile(r"<input\b[^>]*>")
_ATTRIBUTE = re.compile(r'\b(name|value)="([^"]*)"')


@dataclass(frozen=True)
class Person:
    """A demo person of the realm; every one of them is invented."""

    id: str
    tenant: str
    name: str
    email: str
    team: str
    roles: tuple[str, ...]


@dataclass(frozen=True)
class DemoTenant:
    """A demo company and its isolation model (``silo``, ``bridge`` or ``pool``)."""

    id: str
    name: str
    isolation: Literal["silo", "bridge", "pool"]


@dataclass(frozen=True)
class Realm:
    """The demo realm, as the identity provider reads it."""

    tenants: tuple[DemoTenant, ...]
    people: tuple[Person, ...]
    password: str

    @classmethod
    def load(cls, path: Path = REALM_FILE) -> Realm:
        raw = json.loads(path.read_text())
        return cls(
            tenants=tuple(DemoTenant(**tenant) for tenant in raw["tenants"]),
            people=tuple(Person(**{**person, "roles": tuple(person["roles"])}) for person in raw["people"]),
            password=raw["password"],
        )

    def person(self, tenant: str, user: str | None = None) -> Person:
        """Find a tenant's person by id, e-mail address or its first part; the first listed by default."""
        members = [person for person in self.people if person.tenant == tenant]
        if not members:
            known = ", ".join(sorted({person.tenant for person in self.people}))
            raise SignInError(f"No demo tenant is called {tenant!r}; there are {known}.")
        if not user:
            return members[0]
        for person in members:
            if user.lower() in (person.id, person.email, person.email.split("@")[0]):
                return person
        known = ", ".join(person.email for person in members)
        raise SignInError(f"{tenant} has no demo person {user!r}; there are {known}.")


class LocalIdentity:
    """A client of the local issuer's sign-in pages and test-only routes."""

    def __init__(self, identity_url: str) -> None:
        self._url = identity_url.rstrip("/")

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
        ``omit`` leaves some out, for tokens that no honest issuer makes.
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
        return str(self._post("/local/token", wish)["access_token"])

    def person_token(self, person: Person) -> str:
        """Return an access token just as the person's sign-in would give."""
        return self.mint(sub=person.id)

    def rotate_keys(self, *, drop: bool = False) -> str:
        """Sign with a new key from now on and return its id; ``drop`` withdraws the old keys at once."""
        return str(self._post("/local/keys", {"drop": drop})["kid"])

    def approve_device(self, verification_uri: str, email: str, password: str) -> None:
        """Approve a device code as the person would: confirm the code in a browser, then sign in.

        ``verification_uri`` is the device answer's ``verification_uri_complete``. Raises `SignInError` when
        the code is unknown or expired, or the person may not sign in.
        """
        browser = _Browser()
        page = browser.get(verification_uri)
        answers = {"email": email, "password": password}
        # At most: hand the code over, confirm it, sign in, and come back.
        for _ in range(4):
            if "Connected" in page.title:
                return
            if page.problem:
                raise SignInError(page.problem)
            page = browser.submit(page, answers)
        if "Connected" not in page.title:
            raise SignInError(page.problem or f"The sign-in ended at the page {page.title!r}.")

    def _post(self, path: str, body: Mapping[str, object]) -> dict[str, Any]:
        request = Request(  # noqa: S310 - the stack's own http address
            f"{self._url}{path}", data=json.dumps(body).encode(), headers={"Content-Type": "application/json"}
        )
        try:
            with build_opener().open(request, timeout=TIMEOUT_SECONDS) as answer:
                return json.load(answer)
        except OSError as error:
            raise SignInError(f"The local identity provider did not give a token: {error}") from error


@dataclass(frozen=True)
class _Page:
    url: str
    text: str

    @property
    def title(self) -> str:
        found = re.search(r"<h1>([^<]*)</h1>", self.text)
        return unescape(found[1]) if found else ""

    @property
    def problem(self) -> str:
        found = re.search(r'role="alert">([^<]*)<', self.text)
        return unescape(found[1]) if found else ""


class _Browser:
    """The little of a browser that forms and cookies need."""

    def __init__(self) -> None:
        self._opener: OpenerDirector = build_opener(HTTPCookieProcessor(CookieJar()), _PagesOfRefusal())

    def get(self, url: str) -> _Page:
        return self._open(Request(url))  # noqa: S310 - the stack's own http address

    def submit(self, page: _Page, answers: Mapping[str, str]) -> _Page:
        action = _FORM_ACTION.search(page.text)
        if action is None:
            raise SignInError(f"The page {page.title!r} of the identity provider has no form.")
        fields: dict[str, str] = {}
        for tag in _INPUT.findall(page.text):
            attributes = {name: unescape(value) for name, value in _ATTRIBUTE.findall(tag)}
            if "name" in attributes:
                fields[attributes["name"]] = answers.get(attributes["name"], attributes.get("value", ""))
        target = urllib.parse.urljoin(page.url, unescape(action[1]))
        return self._open(Request(target, data=urllib.parse.urlencode(fields).encode()))  # noqa: S310

    def _open(self, request: Request) -> _Page:
        try:
            with self._opener.open(request, timeout=TIMEOUT_SECONDS) as answer:
                return _Page(answer.geturl(), answer.read().decode())
        except OSError as error:
            raise SignInError(f"The local identity provider does not answer: {error}") from error


class _PagesOfRefusal(HTTPCookieProcessor):
    """Lets a refused sign-in arrive as the page that says why, not as an exception."""

    def __init__(self) -> None:
        super().__init__(CookieJar())

    def http_response(self, request: Request, response: Any) -> Any:
        if response.status in (http.HTTPStatus.BAD_REQUEST, http.HTTPStatus.UNAUTHORIZED):
            response.status = response.code = http.HTTPStatus.OK
        return response
