"""A scripted API for the SDK, and a scripted world for the command line."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import typer.testing

from zebros.cli.main import app
from zebros.cli.runtime import Runtime

API = "https://api.test"
ISSUER = "https://id.test/realms/zebros"

Answer = httpx.Response | Exception
Responder = Callable[[httpx.Request], Answer]


def problem(status: int, code: str, **members: Any) -> httpx.Response:
    body = {"type": f"https://zebros.example/problems/{code}", "title": code, "status": status, **members}
    return httpx.Response(status, json=body, headers={"content-type": "application/problem+json"})


def access_token(tenant: str, *, subject: str = "user-1", **claims: Any) -> str:
    """A token that only looks like one: clients read claims to show them and never verify."""
    body = {"tenant_id": tenant, "sub": subject, "exp": int(time.time()) + 300, **claims}
    part = base64.urlsafe_b64encode(json.dumps(body).encode()).rstrip(b"=").decode()
    return f"e30.{part}.{tenant}{subject}"


@dataclass
class ScriptedApi:
    """Answers in turn, then for ever with the last; remembers what was asked."""

    answers: list[Answer | Responder] = field(default_factory=list)
    requests: list[httpx.Request] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if callable(answer) and not isinstance(answer, Exception):
            answer = answer(request)
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)

    def bodies(self) -> list[Any]:
        return [json.loads(request.content) for request in self.requests if request.content]


@dataclass
class World:
    """The command line with a scripted network, its own configuration folder, and no real waiting."""

    folder: Path
    respond: Callable[[httpx.Request], httpx.Response]
    environ: dict[str, str]
    waits: list[float] = field(default_factory=list)
    opened: list[str] = field(default_factory=list)
    requests: list[httpx.Request] = field(default_factory=list)
    browser: Callable[[str], bool] | None = None
    """Opens an address; none by default, as over ssh."""
    browser_timeout_seconds: float = 10.0

    def run(self, *args: str, stdin: str | bytes | None = None) -> typer.testing.Result:
        def answer(request: httpx.Request) -> httpx.Response:
            request.read()
            self.requests.append(request)
            return self.respond(request)

        runtime = Runtime(
            environ=self.environ,
            folder=self.folder,
            transport=httpx.MockTransport(answer),
            sleep=self.waits.append,
            has_browser=lambda: self.browser is not None,
            open_browser=self._open,
            browser_timeout_seconds=self.browser_timeout_seconds,
        )
        return typer.testing.CliRunner().invoke(app, list(args), input=stdin, obj=runtime)

    def _open(self, url: str) -> bool:
        self.opened.append(url)
        return self.browser is None or self.browser(url)

    @property
    def config(self) -> Path:
        return self.folder / "config" / "zebros"

    def sent(self, path: str) -> list[Any]:
        return [json.loads(each.content) for each in self.requests if each.url.path == path and each.content]


def no_network(request: httpx.Request) -> httpx.Response:
    raise AssertionError(f"nothing should be sent, but {request.method} {request.url} was")
