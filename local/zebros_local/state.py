"""What a stack remembers between commands: its ports and what is deployed to it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from zebros_local.errors import LocalStackError
from zebros_local.ports import LOOPBACK
from zebros_local.settings import ProviderName


@dataclass(frozen=True)
class StackState:
    """A stack's ports, who signs its people in, and the fingerprint of each service as it was last deployed."""

    emulator_port: int
    cache_port: int
    identity_port: int
    mail_port: int = 0
    identity: ProviderName = "stand-in"
    deployed: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def endpoint(self) -> str:
        """Base address of the emulator: no host name, since bucket names below one do not resolve."""
        return f"http://{LOOPBACK}:{self.emulator_port}"

    @property
    def redis_url(self) -> str:
        return f"redis://{LOOPBACK}:{self.cache_port}/0"

    @property
    def identity_url(self) -> str:
        return f"http://{LOOPBACK}:{self.identity_port}"

    @property
    def issuer(self) -> str:
        """The ``iss`` of every token, as Keycloak would give it for realm ``zebros``."""
        return f"{self.identity_url}/realms/zebros"

    @property
    def api_url(self) -> str:
        """Base address of the deployed HTTP API, without a trailing slash; routes follow as ``/v1/...``."""
        return f"{self.endpoint}/_aws/execute-api/zebros/$default"

    def with_deployed(self, service: str, fingerprint: str) -> StackState:
        return replace(self, deployed={**self.deployed, service: fingerprint})

    def save(self, path: Path) -> None:
        """Write atomically, with the addresses spelt out for whoever reads the file."""
        path.parent.mkdir(parents=True, exist_ok=True)
        addresses = {
            "endpoint": self.endpoint,
            "apiUrl": self.api_url,
            "issuer": self.issuer,
            "redisUrl": self.redis_url,
        }
        draft = path.with_suffix(".new")
        draft.write_text(json.dumps({**asdict(self), "addresses": addresses}, indent=2) + "\n")
        draft.replace(path)

    @classmethod
    def load(cls, path: Path) -> StackState | None:
        """Return the recorded state, None when there is none yet.

        Raises `LocalStackError` when the file is damaged: guessing other ports would hide a running stack.
        """
        if not path.exists():
            return None
        try:
            raw = json.loads(path.read_text())
            return cls(
                emulator_port=int(raw["emulator_port"]),
                cache_port=int(raw["cache_port"]),
                identity_port=int(raw["identity_port"]),
                mail_port=int(raw.get("mail_port", 0)),
                identity="keycloak" if raw.get("identity") == "keycloak" else "stand-in",
                deployed={str(name): str(value) for name, value in raw.get("deployed", {}).items()},
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise LocalStackError(
                f"{path} is damaged ({error}). Remove it, or run `make clean`, and start again."
            ) from error
