"""The `zebros` command as a person runs it in a terminal, against a running stack."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from deployed_stack import Deployment

from zebros_local.identity import Realm

_DEVICE_ADDRESS = re.compile(r"https?://\S+user_code=\S+")


@dataclass(frozen=True)
class Terminal:
    """Somebody at a terminal with a configuration of their own, in which the `zebros` command is installed."""

    deployment: Deployment
    config: Path
    environ: Mapping[str, str] = field(default_factory=dict[str, str])

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return subprocess.run(
            self._command(arguments),
            env=self._environ(),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def succeed(self, *arguments: str) -> str:
        """Run a command that has to succeed, and return what it printed."""
        done = self.run(*arguments)
        assert done.returncode == 0, (
            f"zebros {' '.join(arguments)}: {done.returncode}\n{done.stdout}{done.stderr}"
        )
        return done.stdout

    def sign_in(self, tenant: str) -> str:
        """Run `zebros login` and approve its code as the tenant's admin does in a browser; return what it printed."""
        realm = Realm.load()
        person = realm.person(tenant)
        printed: list[str] = []
        with subprocess.Popen(
            self._command(("login", "--no-browser")),
            env=self._environ() | {"PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as login:
            assert login.stdout is not None
            for line in login.stdout:
                printed.append(line)
                address = _DEVICE_ADDRESS.search(line)
                if address and len(_DEVICE_ADDRESS.findall("".join(printed))) == 1:
                    self.deployment.identity.approve_device(address[0], person.email, realm.password)
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
