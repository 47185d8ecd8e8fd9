"""The `zebros` command as a person runs it in a terminal, against a running stack."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from deployed_stack import Deployment

from zebros_local.identity import Realm
from zebros_local.settings import CHECKOUT

_DEVICE_ADDRESS = re.compile(r"https?://\S+user_code=\S+")
_PAGE_ADDRESS = re.compile(r"https?://\S+code_challenge=\S+")


@dataclass(frozen=True)
class Terminal:
    """Somebody at a terminal with a configuration of their own, in which the `zebros` command is installed."""

    deployment: Deployment
    config: Path
    environ: Mapping[str, str] = field(default_factory=dict[str, str])
    patience_seconds: float = 180.0
    """So long may a command take."""

    def run(self, *arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
        """Run a command to its end; `typed` is its standard input."""
        return subprocess.run(
            self._command(arguments),
            env=self._environ(),
            input=typed,
            capture_output=True,
            text=True,
            timeout=self.patience_seconds,
            check=False,
        )

    def succeed(self, *arguments: str, typed: str = "") -> str:
        """Run a command that has to succeed, and return what it printed."""
        done = self.run(*arguments, typed=typed)
        assert done.returncode == 0, (
            f"zebros {' '.join(arguments)}: {done.returncode}\n{done.stdout}{done.stderr}"
        )
        return done.stdout

    def shell(self, line: str) -> str:
        """Run a line as it is typed into a shell in the checkout; it has to succeed. Return all that it printed."""
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        stack = {name: value for name, value in os.environ.items() if name == "ZEBROS_LOCAL_DIR"}
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", line],
            cwd=CHECKOUT,
            env=self._environ() | stack | {"PATH": path},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=self.patience_seconds,
            check=False,
        )
        assert done.returncode == 0, f"{line}: {done.returncode}\n{done.stdout}"
        return done.stdout

    def sign_in(self, tenant: str) -> str:
        """Run `zebros login` and approve its code as the tenant's admin does in a browser; return what it printed."""
        realm = Realm.load()
        person = realm.person(tenant)
        return self._login(
            ("--no-browser",),
            _DEVICE_ADDRESS,
            lambda address: self.deployment.identity.approve_device(address, person.email, realm.password),
        )

    def sign_in_with_browser(self, email: str, password: str) -> str:
        """Run `zebros login` and sign in at the address that it prints; return what it printed."""
        return self._login(
            ("--browser",),
            _PAGE_ADDRESS,
            lambda address: self.deployment.identity.sign_in_at(address, email, password),
        )

    def _login(
        self, options: tuple[str, ...], address: re.Pattern[str], answer: Callable[[str], object]
    ) -> str:
        """Run `zebros login`, answer the first address that it prints, and return all that it printed."""
        printed: list[str] = []
        answered = False
        with subprocess.Popen(
            self._command(("login", *options)),
            env=self._environ() | {"PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as login:
            try:
                for line in login.stdout or ():
                    printed.append(line)
                    found = address.search(line)
                    if found and not answered:
                        answered = True
                        answer(found[0])
            except BaseException:
                login.kill()  # nobody signs in any more: it would wait for minutes
                raise
        assert login.returncode == 0, "".join(printed)
        return "".join(printed)

    def _command(self, arguments: tuple[str, ...]) -> list[str]:
        return [str(Path(sys.executable).parent / "zebros"), *arguments]

    def _environ(self) -> dict[str, str]:
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith("ZEBROS_")},
            "XDG_CONFIG_HOME": str(self.config),
            "ZEBROS_API_URL": self.deployment.state.api_url,
            "ZEBROS_ISSUER": self.deployment.state.issuer,
            "COLUMNS": "200",
            **self.environ,
        }
