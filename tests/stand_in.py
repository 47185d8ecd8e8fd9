"""The laptop's identity provider as a process of a test's own, with the mails that it sends."""

from __future__ import annotations

import email
import email.policy
import os
import re
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

import httpx
from aiosmtpd.controller import Controller

from zebros_auth.adapters.keycloak import KeycloakIdentity
from zebros_local.browser import Browser, Page
from zebros_local.identity import LocalIdentity
from zebros_local.parts import node_binary
from zebros_local.settings import CHECKOUT

SECRET = "local-secret"
STARTS_WITHIN_SECONDS = 20.0

_LINK = re.compile(r"https?://[^\s\"<>]+/login-actions/action-token\?[^\s\"<>]+")
# Keycloak asks once more before it goes on.
_ONWARD = re.compile(r'href="([^"]*login-actions/action-token[^"]*)"')


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def eventually(condition: Callable[[], bool], seconds: float = 10.0) -> bool:
    """Whether the condition becomes true in that time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


class Mailbox:
    """An SMTP server that keeps what it is given, or refuses it."""

    def __init__(self) -> None:
        self._arrived = threading.Condition()
        self._mails: list[tuple[str, str, str]] = []
        self.refusing = False
        self._server = Controller(self, hostname="127.0.0.1", port=free_port())
        self._server.start()

    @property
    def port(self) -> int:
        return int(self._server.port)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        if self.refusing:
            return "451 not now"
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        body = message.get_body(("plain",))
        with self._arrived:
            text = body.get_content() if body else ""
            self._mails.extend((to, message["Subject"], text) for to in envelope.rcpt_tos)
            self._arrived.notify_all()
        return "250 OK"

    def link_for(self, address: str) -> str:
        """The link of the last mail to this address."""
        _, text = self.mail_to(address)
        found = _LINK.search(text)
        assert found, text
        return unescape(found[0])

    def mail_to(self, address: str) -> tuple[str, str]:
        """Subject and text of the last mail to this address."""
        with self._arrived:
            assert self._arrived.wait_for(lambda: any(mail[0] == address for mail in self._mails), timeout=10)
            _, subject, text = [mail for mail in self._mails if mail[0] == address][-1]
        return subject, text

    def close(self) -> None:
        self._server.stop()


class StandIn:
    """The provider itself: started, stopped, and started again over the same state folder."""

    def __init__(self, folder: Path, mailbox: Mailbox) -> None:
        self._folder = folder
        self._mailbox = mailbox
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"http://127.0.0.1:{self._port}"
        self.issuer = f"{self.url}/realms/zebros"
        self.pages = LocalIdentity(self.url)

    def identity(self, secret: Callable[[], str] = lambda: SECRET) -> KeycloakIdentity:
        return KeycloakIdentity.of_issuer(self.issuer, secret)

    def start(self) -> None:
        script = CHECKOUT / "local" / "identity" / "server.js"
        command = [str(node_binary()), str(script), "--port", str(self._port), "--state", str(self._folder)]
        environ = {**os.environ, "ZEBROS_SMTP_HOST": "127.0.0.1", "ZEBROS_SMTP_PORT": str(self._mailbox.port)}
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(command, env=environ, stdout=log, stderr=log)
        assert eventually(self._answers, STARTS_WITHIN_SECONDS), (self._folder / "log").read_text()[-2000:]

    def stop(self, *, kill: bool = False) -> None:
        if self._process is not None:
            self._process.kill() if kill else self._process.terminate()
            self._process.wait(timeout=10)
            self._process = None

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/local/health", timeout=1).is_success
        except httpx.TransportError:
            return False


def set_password(link: str, password: str) -> Page:
    """Follow the link of a mail as the person does, and choose a password."""
    browser = Browser()
    page = browser.get(link)
    onward = _ONWARD.search(page.text)
    if onward:
        page = browser.get(unescape(onward[1]))
    if page.form is None:
        return page
    return browser.submit(page, {"password-new": password, "password-confirm": password})
