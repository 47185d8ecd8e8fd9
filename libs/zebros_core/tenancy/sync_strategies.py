"""How a tenant wants edits settled that met while a device was offline: a setting, kept by auth and read by sync."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final, cast

__all__ = ["DEFAULT", "SETTING", "Strategy", "sync_strategies"]

SETTING: Final = "syncStrategies"
DEFAULT: Final = "default"
"""In place of an entity: for all that have no strategy of their own."""


class Strategy(StrEnum):
    """How a conflict is settled.

    - `fieldMerge`: fields that only one side changed are both kept; of one that both changed, the later edit is.
    - `lastWriterWins`: the later writer's, for every field that differs.
    - `serverWins`: what is on the server stays.
    - `manual`: both sides are kept until somebody decides.
    """

    FIELD_MERGE = "fieldMerge"
    LAST_WRITER_WINS = "lastWriterWins"
    SERVER_WINS = "serverWins"
    MANUAL = "manual"


def sync_strategies(settings: Mapping[str, Any]) -> dict[str, Strategy]:
    """Return what a tenant's settings say, by entity; what this version does not know is left out."""
    chosen: object = settings.get(SETTING)
    if not isinstance(chosen, Mapping):
        return {}
    known = set(Strategy)
    pairs = cast("Mapping[str, Any]", chosen).items()
    return {entity: Strategy(name) for entity, name in pairs if name in known}
