"""The little of a browser that sign-in pages need: forms, cookies, redirects up to the application's own address."""

from __future__ import annotations

import http
import re
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass
from html import unescape
from html.parser import HTMLParser
from http.client import HTTPMessage
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import IO
from urllib.error import HTTPError
from urllib.request import (
    HTTPCookieProcessor,
    HTTPDefaultErrorHandler,
    HTTPRedirectHandler,
    OpenerDirector,
    Request,
    build_opener,
)

from zebros_local.errors import SignInError

TIMEOUT_SECONDS = 30.0

_TITLE = re.compile(r"<h1[^>]*>(.*?)</h1>", re.DOTALL)
_TAG = re.compile(r"<[^>]*>")
# How the pages say that something went wrong: the stand-in's alert, Keycloak's text at a field, its page of an error.
_PROBLEMS = (
    re.compile(r'role="alert">([^<]*)<'),
    re.compile(r'kc-feedback-text">([^<]*)<'),
    re.compile(r'id="kc-error-message"[^>]*>\s*<p[^>]*>([^<]*)<'),
)


@dataclass(frozen=True)
class Page:
    """A page as it arrived, with the address that it arrived from."""

    url: str
    text: str

    @property
    def title(self) -> str:
        """The page's heading in plain text; empty when it has none."""
        found = _TITLE.search(self.text)
        return " ".join(unescape(_TAG.sub(" ", found[1])).split()) if found else ""

    @property
    def problem(self) -> str:
        """What the page complains of; empty when it does not."""
        for pattern in _PROBLEMS:
            found = pattern.search(self.text)
            if found and found[1].strip():
                return unescape(found[1]).strip()
        return ""

    @property
    def form(self) -> Form | None:
        """The page's first form."""
        reader = _FormReader()
        reader.feed(self.text)
        return reader.found


@dataclass
class Form:
    """A form's address and its fields with their values. Buttons are not among them: one is pressed by name."""

    action: str
    fields: dict[str, str]
    buttons: dict[str, str]


class Browser:
    """Opens pages and submits forms, and keeps cookies. Redirects are followed, but not to ``stop_at``."""

    def __init__(self, stop_at: str | None = None) -> None:
        # Keycloak marks its cookies as secure; like a browser, send them to the loopback address all the same.
        cookies = CookieJar(DefaultCookiePolicy(secure_protocols=("http", "https")))
        self._redirects = _Redirects(stop_at)
        self._opener: OpenerDirector = build_opener(
            HTTPCookieProcessor(cookies), self._redirects, _PagesOfRefusal()
        )

    @property
    def stopped_at(self) -> str | None:
        """The application's address, parameters included, to which the provider sent the browser back."""
        return self._redirects.stopped_at

    def get(self, url: str) -> Page:
        return self._open(Request(url))  # noqa: S310 - the stack's own http address

    def submit(self, page: Page, answers: Mapping[str, str]) -> Page:
        """Fill the page's form with those answers that it asks for, and send it."""
        form = page.form
        if form is None:
            raise SignInError(
                page.problem or f"The page {page.title!r} of the identity provider has no form."
            )
        filled = {name: answers.get(name, value) for name, value in form.fields.items()}
        filled |= {name: value for name, value in form.buttons.items() if name in answers}
        target = urllib.parse.urljoin(page.url, form.action)
        return self._open(Request(target, data=urllib.parse.urlencode(filled).encode()))  # noqa: S310

    def _open(self, request: Request) -> Page:
        try:
            with self._opener.open(request, timeout=TIMEOUT_SECONDS) as answer:
                return Page(answer.geturl(), answer.read().decode())
        except OSError as error:
            raise SignInError(f"The local identity provider does not answer: {error}") from error


class _FormReader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: Form | None = None
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if tag == "form" and self.found is None:
            self.found = Form(attributes.get("action", ""), {}, {})
            self._inside = True
        elif self._inside and self.found and tag in ("input", "button") and attributes.get("name"):
            pressed = tag == "button" or attributes.get("type") in ("submit", "image", "checkbox")
            group = self.found.buttons if pressed else self.found.fields
            group[attributes["name"]] = attributes.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False


class _Redirects(HTTPRedirectHandler):
    def __init__(self, stop_at: str | None) -> None:
        self.stopped_at: str | None = None
        self._stop_at = stop_at

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> Request | None:
        if self._stop_at and newurl.startswith(self._stop_at):
            self.stopped_at = newurl
            return None
        return super().redirect_request(req, fp, code, msg, headers, newurl)


class _PagesOfRefusal(HTTPDefaultErrorHandler):
    """Lets a refusal, or the redirect at which we stop, arrive as a page rather than as an exception."""

    def http_error_default(
        self, req: Request, fp: IO[bytes], code: int, msg: str, hdrs: HTTPMessage
    ) -> HTTPError:
        if code in (
            http.HTTPStatus.FOUND,
            http.HTTPStatus.SEE_OTHER,
            http.HTTPStatus.BAD_REQUEST,
            http.HTTPStatus.UNAUTHORIZED,
        ):
            return HTTPError(req.full_url, code, msg, hdrs, fp)
        return super().http_error_default(req, fp, code, msg, hdrs)
