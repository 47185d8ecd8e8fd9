"""The part of the environment that operations on tenants read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["TenancySettings"]


@dataclass(frozen=True, slots=True)
class TenancySettings:
    """Empty text means "not set": a function that neither starts machines nor carries out steps is told nothing."""

    services: tuple[str, ...] = ()
    """The services that hold tenants' data, in the order in which it is exported and erased."""
    onboarding_machine: str = ""
    offboarding_machine: str = ""
    provisioning_machine: str = ""
    """ARNs of the state machines."""

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> TenancySettings:
        """Read the environment."""
        services = environ.get("TENANT_SERVICES", "")
        return cls(
            services=tuple(filter(None, (name.strip() for name in services.split(",")))),
            onboarding_machine=environ.get("ONBOARDING_MACHINE", "").strip(),
            offboarding_machine=environ.get("OFFBOARDING_MACHINE", "").strip(),
            provisioning_machine=environ.get("PROVISIONING_MACHINE", "").strip(),
        )
