"""Where a stack lives and which ports it would like; the only module here that reads the environment."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from zebros_local.errors import LocalStackError

REGION = "eu-central-1"
STAGE = "local"

CHECKOUT = Path(__file__).resolve().parents[2]

# Unix socket paths end at 104 bytes on macOS and 108 on Linux.
_SOCKET_PATH_LIMIT = 100


ProviderName = Literal["stand-in", "keycloak"]


@dataclass(frozen=True)
class LocalSettings:
    """One stack's folder, preferred ports (0: any free one), and the identity provider that was asked for.

    ``identity`` None: the one that the stack had before, at first the stand-in.
    """

    checkout: Path
    directory: Path
    emulator_port: int
    cache_port: int
    identity_port: int
    mail_port: int
    identity: ProviderName | None
    environ: Mapping[str, str]

    @classmethod
    def from_environ(cls, environ: Mapping[str, str], directory: Path | None = None) -> LocalSettings:
        """Read ``ZEBROS_LOCAL_DIR`` and ``ZEBROS_IDENTITY``; a stack in a folder of its own takes any free ports.

        Only the checkout's default stack asks for the well-known ports, so that a second stack, as the tests
        start one, never takes them from it.
        """
        default = CHECKOUT / ".local"
        chosen = directory or Path(environ.get("ZEBROS_LOCAL_DIR") or default)
        chosen = chosen.expanduser().absolute()
        own = chosen == default
        return cls(
            checkout=CHECKOUT,
            directory=chosen,
            emulator_port=4566 if own else 0,
            cache_port=6390 if own else 0,
            identity_port=8180 if own else 0,
            mail_port=1025 if own else 0,
            identity=_provider(environ.get("ZEBROS_IDENTITY", "")),
            environ=environ,
        )

    @property
    def state_file(self) -> Path:
        return self.directory / "state.json"

    @property
    def logs(self) -> Path:
        return self.directory / "logs"

    @property
    def socket(self) -> Path:
        """The process manager's control socket; in the temporary folder when the path is too long."""
        path = self.directory / "supervisor.sock"
        if len(str(path)) <= _SOCKET_PATH_LIMIT:
            return path
        digest = hashlib.sha256(str(self.directory).encode()).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"zebros-{digest}.sock"


def _provider(name: str) -> ProviderName | None:
    if name in ("", "stand-in", "keycloak"):
        return name or None
    raise LocalStackError(f"No identity provider is called {name!r}; there are stand-in and keycloak.")


def without_aws(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment less the developer's AWS settings: no process of a local stack may reach a real account."""
    return {name: value for name, value in environ.items() if not name.startswith("AWS_")}
