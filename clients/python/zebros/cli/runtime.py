"""What a command reaches the world through. Tests put their own in its place (`obj=` of the runner)."""

from __future__ import annotations

import os
import sys
import time
import webbrowser
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    import httpx

    from zebros.cli.profiles import Profile, ProfileStore
    from zebros.client import Client

__all__ = ["Runtime", "connect", "runtime_of"]


def _has_browser() -> bool:
    """Whether a graphical browser can be opened where the person sits. A text browser would take over the
    terminal that shows the code; over ssh, a desktop's own browser would open on its screen, not on theirs.
    """
    if not sys.stdout.isatty():
        return False
    if sys.platform in {"darwin", "win32"}:
        return not os.environ.get("SSH_CONNECTION")
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _open_browser(url: str) -> bool:
    return _has_browser() and webbrowser.open(url)


@dataclass(slots=True)
class Runtime:
    """The process's surroundings."""

    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    folder: Path = field(default_factory=Path.cwd)
    transport: httpx.BaseTransport | None = None
    sleep: Callable[[float], None] = time.sleep
    has_browser: Callable[[], bool] = _has_browser
    open_browser: Callable[[str], bool] = _open_browser
    browser_timeout_seconds: float = 300.0
    profile: str | None = None

    def store(self) -> ProfileStore:
        from zebros.cli.output import note
        from zebros.cli.profiles import ProfileStore, config_folder

        return ProfileStore(config_folder(self.environ), warn=note)

    def token_given(self, profile: str | None = None) -> str | None:
        """The token in `ZEBROS_TOKEN`, which takes the place of a sign-in unless a profile is named."""
        return None if profile else self.environ.get("ZEBROS_TOKEN")

    def api_url(self) -> str:
        """The address of the API where no sign-in names it."""
        from zebros.cli.endpoints import find_addresses

        given = self.environ.get("ZEBROS_API_URL")
        return given or find_addresses(self.environ, self.store().settings(), self.folder).api_url

    def signed_in(self, profile: str | None = None) -> Profile:
        """The chosen profile, else the current one. Raises SignInError when there is none."""
        from zebros.errors import SignInError

        store = self.store()
        name = profile or self.profile or self.environ.get("ZEBROS_PROFILE") or store.current()
        found = store.load(name) if name else None
        if found is not None:
            return found
        known = ", ".join(store.names())
        if name:
            raise SignInError(
                f"there is no profile {name!r} (there are: {known or 'none'}); make it with:"
                f" zebros login --profile {name}"
            )
        raise SignInError("nobody is signed in")


def runtime_of(ctx: typer.Context) -> Runtime:
    """The runtime that the root command put into the context."""
    runtime = ctx.find_object(Runtime)
    if runtime is None:
        runtime = ctx.obj = Runtime()
    return runtime


def connect(ctx: typer.Context, profile: str | None = None) -> Client:
    """A client for the chosen profile; `ZEBROS_TOKEN` takes the place of a sign-in, for scripts."""
    from zebros.cli.renewal import ProfileToken
    from zebros.client import Client

    runtime = runtime_of(ctx)
    static = runtime.token_given(profile)
    if static:
        return Client(runtime.api_url(), token=static, transport=runtime.transport, sleep=runtime.sleep)
    signed_in = runtime.signed_in(profile)
    token = ProfileToken(runtime.store(), signed_in, transport=runtime.transport)
    return Client(signed_in.api_url, token=token, transport=runtime.transport, sleep=runtime.sleep)
