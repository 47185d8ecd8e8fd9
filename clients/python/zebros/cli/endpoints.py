"""Where the API and its identity provider are."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from zebros.errors import ConfigurationError

__all__ = ["Addresses", "find_addresses", "local_stack"]

STATE_FILE = Path(".local") / "state.json"


@dataclass(frozen=True, slots=True)
class Addresses:
    """The two URLs that a sign-in needs."""

    api_url: str
    issuer: str


def find_addresses(environ: Mapping[str, str], settings: Mapping[str, str], folder: Path) -> Addresses:
    """Take each from the environment, else the configuration, else the local stack whose checkout we are in.

    Raises ConfigurationError saying how to give the one that is missing.
    """
    local = local_stack(folder)
    api_url = environ.get("ZEBROS_API_URL") or settings.get("api_url") or local.get("api_url")
    issuer = environ.get("ZEBROS_ISSUER") or settings.get("issuer") or local.get("issuer")
    missing = [
        name for name, value in (("ZEBROS_API_URL", api_url), ("ZEBROS_ISSUER", issuer)) if value is None
    ]
    if api_url is None or issuer is None:
        raise ConfigurationError(
            f"{' and '.join(missing)} not known: set them, give --api-url and --issuer, or run this"
            " inside a checkout whose local stack is up (make up)"
        )
    return Addresses(api_url, issuer)


def local_stack(folder: Path) -> dict[str, str]:
    """What the nearest `.local/state.json` upwards says; empty where there is none or it cannot be read."""
    for parent in (folder, *folder.parents):
        path = parent / STATE_FILE
        if path.is_file():
            try:
                raw = json.loads(path.read_text(encoding="utf-8"))
            except (OSError, ValueError):
                return {}
            return _addresses(cast("dict[str, Any]", raw)) if isinstance(raw, dict) else {}
    return {}


def _addresses(raw: dict[str, Any]) -> dict[str, str]:
    nested = raw.get("addresses")
    known = {**raw, **(cast("dict[str, Any]", nested) if isinstance(nested, dict) else {})}
    found = {"api_url": known.get("apiUrl") or known.get("api_url"), "issuer": known.get("issuer")}
    return {name: str(value) for name, value in found.items() if value}
