"""The realm as the file wants it, with its placeholders filled from the environment."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_HERE = Path(__file__).resolve().parents[2]
# In a function's artefact it lies beside the package.
REALM_FILE = next(
    (path for path in (_HERE / "keycloak" / "realm.json", _HERE / "realm.json") if path.exists()),
    _HERE / "keycloak" / "realm.json",
)

# Keycloak's own syntax. A name in lower case is one of its messages and none of ours.
_PLACEHOLDER = re.compile(r"\$\{([A-Z][A-Z0-9_]*)(?::([^}]*))?\}")


class RealmFileError(Exception):
    """The file cannot be used: it is damaged, or the environment lacks what it asks for."""


def load_realm(environ: Mapping[str, str], path: Path = REALM_FILE) -> dict[str, Any]:
    """Return Keycloak's representation of the wanted realm.

    ``${NAME:default}`` becomes the variable's value or the default, as Keycloak's import does it. Raises
    `RealmFileError` naming every variable that is not set and has no default: Keycloak would keep such a placeholder
    as the value, and a secret would be a text that everybody can read here.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise RealmFileError(f"{path} cannot be read: {error}") from error
    missing: set[str] = set()

    def value(found: re.Match[str]) -> str:
        name, default = found[1], found[2]
        filled = environ.get(name, default)
        if filled is None:
            missing.add(name)
            return ""
        # The value lands inside a JSON text.
        return json.dumps(filled, ensure_ascii=False)[1:-1]

    filled = _PLACEHOLDER.sub(value, text)
    if missing:
        raise RealmFileError(f"{path.name} needs {', '.join(sorted(missing))} in the environment.")
    try:
        return json.loads(filled)
    except ValueError as error:
        raise RealmFileError(f"{path.name} is no JSON: {error}") from error
