"""The browser's way back to the program that sent it away: one request to a loopback address (RFC 8252, 7.3)."""

from __future__ import annotations

import hmac
import html
import queue
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, urlsplit

from zebros.errors import ConfigurationError, SignInError

__all__ = ["CALLBACK_PATH", "LoopbackListener"]

CALLBACK_PATH = "/callback"
_HOST = "127.0.0.1"
_LOOK_EVERY_SECONDS = 0.05
"""A wait is cut into pieces so that Ctrl+C is noticed at once on every system."""
_IDLE_SECONDS = 10.0
"""Browsers open connections ahead and send nothing on them."""
_OUTCOME_SECONDS = 60.0
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title} - Zebros</title><style>
body {{ font: 16px/1.5 system-ui, sans-serif; color: #1c2024; background: #f6f7f9; margin: 0;
  min-height: 100vh; display: grid; place-items: center }}
main {{ background: #fff; border: 1px solid #e1e4e8; border-radius: 12px; padding: 2rem 2.5rem; max-width: 26rem }}
h1 {{ font-size: 1.25rem; margin: 0 0 .5rem }} p {{ margin: 0 }}
</style></head><body><main><h1>{title}</h1><p>{text}</p></main></body></html>
"""


@dataclass(frozen=True, slots=True)
class _Page:
    status: int
    title: str
    text: str


_ELSEWHERE = _Page(404, "Nothing here", "This address only waits for a sign-in of the zebros command.")
_NOT_OURS = _Page(
    400,
    "Not this sign-in",
    "This answer belongs to another sign-in. Open the address that your terminal shows now.",
)
_USED = _Page(409, "Used already", "This sign-in was answered before. Look at your terminal.")
_LEFT = _Page(503, "Not signed in", "The command has ended. Run zebros login again in your terminal.")


class LoopbackListener:
    """Listens on 127.0.0.1 for the answer that carries `state`; accepts it once.

    Requests to other paths, under other host names or with another state are answered with a page that says
    so and change nothing: any program of this machine can send one. The browser is kept waiting for its page
    until `finish` says how the sign-in ended, so that the page says what is true.
    """

    def __init__(self, *, state: str, port: int = 0) -> None:
        self._state = state
        self._lock = threading.Lock()
        self._taken = False
        self._answers: queue.Queue[Mapping[str, str]] = queue.Queue()
        self._outcomes: queue.Queue[_Page] = queue.Queue()
        self._replied = threading.Event()
        try:
            self._server = _Server((_HOST, port), _Handler)
        except OSError as error:
            what = f"port {port}" if port else "a port"
            raise ConfigurationError(
                f"cannot listen on {what} of {_HOST} ({error.strerror or error}); give another one with"
                " --port, or sign in with --device"
            ) from error
        self._server.listener = self
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(_LOOK_EVERY_SECONDS,), daemon=True
        )
        self._thread.start()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def redirect_uri(self) -> str:
        """Where the provider sends the browser back to."""
        return f"http://{_HOST}:{self.port}{CALLBACK_PATH}"

    def wait(self, timeout_seconds: float) -> Mapping[str, str]:
        """The answer's parameters (`code`, or `error` and `error_description`). Raises SignInError when
        none came in time.
        """
        until = time.monotonic() + timeout_seconds
        while (left := until - time.monotonic()) > 0:
            try:
                return self._answers.get(timeout=min(left, _LOOK_EVERY_SECONDS))
            except queue.Empty:
                continue
        minutes = max(1, round(timeout_seconds / 60))
        raise SignInError(f"nobody signed in within {minutes} min", code="timeout")

    def finish(self, title: str, text: str, *, failed: bool = False) -> None:
        """Give the waiting browser its page."""
        self._outcomes.put(_Page(400 if failed else 200, title, text))

    def close(self) -> None:
        """Answer whoever waits still, and stop listening."""
        with self._lock:
            waiting, self._taken = self._taken, True
        if waiting:
            self._outcomes.put(_LEFT)
            self._replied.wait(timeout=2.0)
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=2.0)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def respond(self, target: str, host: str) -> _Page:
        """The page for a request; blocks for the one that is accepted."""
        parts = urlsplit(target)
        # A name that somebody points to 127.0.0.1 (DNS rebinding) would put their page on the same origin.
        if parts.path != CALLBACK_PATH or host != f"{_HOST}:{self.port}":
            return _ELSEWHERE
        given = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
        if not hmac.compare_digest(given.get("state", "").encode(), self._state.encode()):
            return _NOT_OURS
        with self._lock:
            if self._taken:
                return _USED
            self._taken = True
        self._answers.put(given)
        try:
            return self._outcomes.get(timeout=_OUTCOME_SECONDS)
        except queue.Empty:
            return _LEFT

    def replied(self, page: _Page) -> None:
        """The browser has its page."""
        if page not in (_ELSEWHERE, _NOT_OURS, _USED):
            self._replied.set()


class _Server(ThreadingTCPServer):
    # Not http.server's own: that one asks the resolver for a name of 127.0.0.1, which can take seconds.
    daemon_threads = True
    listener: LoopbackListener


class _Handler(BaseHTTPRequestHandler):
    server: _Server  # pyright: ignore[reportIncompatibleVariableOverride]
    timeout = _IDLE_SECONDS
    server_version = "zebros"
    sys_version = ""

    def do_GET(self) -> None:
        listener = self.server.listener
        page = listener.respond(self.path, self.headers.get("Host", ""))
        body = _PAGE.format(title=html.escape(page.title), text=html.escape(page.text)).encode()
        try:
            self.send_response(page.status)
            for name, value in (
                ("Content-Type", "text/html; charset=utf-8"),
                ("Content-Length", str(len(body))),
                ("Cache-Control", "no-store"),
                ("Referrer-Policy", "no-referrer"),
                ("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'"),
                ("Connection", "close"),
            ):
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)
        except ConnectionError:
            return  # the window was closed; the terminal tells how it ended
        finally:
            listener.replied(page)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the request line has the authorization code in it."""
