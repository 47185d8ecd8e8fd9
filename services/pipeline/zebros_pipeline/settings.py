"""The environment of this service, typed and read once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from zebros_core.cache import Layer
from zebros_core.settings import CoreSettings

LAYERS = {
    "opportunity": Layer(ttl_seconds=300, stale_seconds=30, missing_seconds=5),
    "dashboard": Layer(ttl_seconds=15, stale_seconds=30),
}
"""The cache layers: one opportunity, and dashboards by who may see what."""

LISTS_OF: Mapping[str, tuple[str, ...]] = {"opportunity": ()}
"""The cached lists that a write of a record outdates: a dashboard is as old as the totals behind it anyway."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the functions of this service are told."""

    core: CoreSettings

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Settings:
        """Read the environment. Raises SettingsError naming every variable that is missing or invalid."""
        return cls(CoreSettings.from_environ(environ))
