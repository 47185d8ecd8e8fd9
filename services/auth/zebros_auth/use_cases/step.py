"""How a step of an operation ends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from zebros_auth.domain.tenant import TenantRecord

Also = Callable[[TenantRecord], TenantRecord]


@dataclass(frozen=True, slots=True)
class Done:
    """The step is behind us. `also` changes the tenant's record in the write that notes it."""

    detail: str | None = None
    also: Also | None = None


@dataclass(frozen=True, slots=True)
class Later:
    """There is more of the step: it is to run again from `position`, after a wait."""

    wait_seconds: int
    detail: str
    position: dict[str, Any]
    also: Also | None = None


StepOutcome = Done | Later
