"""The README's tour, played against the running stack with the real command line and a throw-away configuration."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from zebros_local.errors import LocalStackError
from zebros_local.identity import LocalIdentity, Realm
from zebros_local.settings import CHECKOUT, LocalSettings
from zebros_local.state import StackState

SAMPLE = CHECKOUT / "local" / "demo" / "accounts.csv"

# The search index follows the table's events; a person who types the command takes longer than this.
SEARCHABLE_AFTER_SECONDS = 2.0

_DEVICE_ADDRESS = re.compile(r"https?://\S+user_code=\S+")


@dataclass(frozen=True)
class Tour:
    """Plays commands and shows them as they would look in a terminal."""

    settings: LocalSettings
    state: StackState
    console: Console
    config: Path

    def play(self, accounts: Path) -> None:
        """Sign in as both demo tenants, import companies twice, search, and look from the other tenant."""
        mapping = "account=companyName,sector=industry"
        self._say("Sign in as the demo company that shares tables with others (pool).")
        self._sign_in("aurora")
        self._say("Import its customers, and once more: what is there already is left as it is.")
        self._run("customers", "import", _shown(accounts), "--map", mapping)
        self._run("customers", "import", _shown(accounts), "--map", mapping)
        self._say("Any word of a name finds a customer, within two seconds of its creation.")
        time.sleep(SEARCHABLE_AFTER_SECONDS)
        self._run("customers", "search", "acme")
        self._say("The other company has tables of its own (silo), and sees none of it.")
        self._sign_in("borealis")
        self._run("customers", "list")
        self._run("customers", "search", "acme")

    def _say(self, text: str) -> None:
        self.console.print(f"\n# {text}", style="dim", markup=False)

    def _run(self, *arguments: str) -> None:
        self._show(arguments)
        done = subprocess.run(self._command(arguments), cwd=CHECKOUT, env=self._environ(), check=False)
        if done.returncode != 0:
            raise LocalStackError(f"`zebros {' '.join(arguments)}` ended with status {done.returncode}.")

    def _sign_in(self, tenant: str) -> None:
        """Run the real `zebros login` and approve its code in the background, as the person at the browser would."""
        realm = Realm.load()
        person = realm.person(tenant)
        arguments = ("login", "--no-browser")
        self._show(arguments)
        identity = LocalIdentity.of(self.state)
        approved = False
        with subprocess.Popen(
            self._command(arguments),
            cwd=CHECKOUT,
            env={**self._environ(), "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as login:
            for line in login.stdout or ():
                self.console.print(line.rstrip(), markup=False, soft_wrap=True)
                found = _DEVICE_ADDRESS.search(line)
                if found and not approved:
                    identity.approve_device(found[0], person.email, realm.password)
                    approved = True
        if login.returncode != 0:
            raise LocalStackError(f"`zebros login` as {person.email} ended with status {login.returncode}.")

    def _show(self, arguments: tuple[str, ...]) -> None:
        self.console.print(f"$ zebros {' '.join(arguments)}", style="bold", markup=False, soft_wrap=True)

    def _command(self, arguments: tuple[str, ...]) -> list[str]:
        return [str(Path(sys.executable).parent / "zebros"), *arguments]

    def _environ(self) -> dict[str, str]:
        return {
            **self.settings.environ,
            "XDG_CONFIG_HOME": str(self.config),
            "ZEBROS_API_URL": self.state.api_url,
            "ZEBROS_ISSUER": self.state.issuer,
        }


def play_tour(settings: LocalSettings, state: StackState, accounts: Path | None) -> None:
    """Play the tour with this CSV file of accounts, the repository's sample by default."""
    path = accounts or SAMPLE
    if not path.is_file():
        raise LocalStackError(f"There is no file {path}.")
    with tempfile.TemporaryDirectory(prefix="zebros-tour-") as config:
        Tour(settings, state, Console(highlight=False), Path(config)).play(path)


def _shown(path: Path) -> str:
    """The path as one would type it from the checkout."""
    return os.path.relpath(path.resolve(), CHECKOUT)
