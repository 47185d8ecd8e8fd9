"""The environment of this service, typed and read once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from zebros_core.settings import CoreSettings

OWNERS: Mapping[str, tuple[str, ...]] = {
    "customers": ("customer", "contact"),
    "pipeline": ("lead", "product", "opportunity"),
    "activities": ("activity",),
}
"""Which service owns which of the records that devices keep and write; records name none of a later service."""

OWNER_OF: Mapping[str, str] = {entity: service for service, entities in OWNERS.items() for entity in entities}

PEOPLE = "user"
"""Colleagues' names, which devices read and never write; their owner is auth."""

SOURCES = (*(f"zebros.{service}" for service in OWNERS), "zebros.auth")
"""Whose events the log is made of; the rule in serverless.yml names the same."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the functions of this service are told."""

    core: CoreSettings

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Settings:
        """Read the environment. Raises SettingsError naming every variable that is missing or invalid."""
        return cls(CoreSettings.from_environ(environ))
