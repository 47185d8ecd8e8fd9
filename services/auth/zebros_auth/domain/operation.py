"""What is under way with a tenant: the steps of what is done to it as a whole, and how far they are."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from zebros_core.tenancy.registry import TenantStatus
from zebros_core.values import Value


class OperationKind(StrEnum):
    """Each is a state machine of its own."""

    ONBOARDING = "onboarding"
    OFFBOARDING = "offboarding"
    PROVISIONING = "provisioning"

    @property
    def status(self) -> TenantStatus | None:
        """The tenant's status meanwhile, which becomes `failed` when it stops; None: it is served as before."""
        return None if self is OperationKind.PROVISIONING else self.value


STEPS: Final[Mapping[OperationKind, tuple[str, ...]]] = {
    OperationKind.ONBOARDING: ("organization", "tables", "admin", "welcome", "activate"),
    OperationKind.OFFBOARDING: ("export", "erase", "tables", "identity", "close"),
    OperationKind.PROVISIONING: ("tables",),
}
"""The steps of each operation in their order. `services/auth/resources/machines.js` has the same ones."""


class Progress(StrEnum):
    """How far an operation or a step is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Step(Value):
    """One step. `at` is when its state changed last; `detail` is one sentence, without personal data."""

    name: str
    state: Progress = Progress.WAITING
    at: datetime | None = None
    detail: str | None = None


class OperationError(Value):
    """Why an operation stopped: at which step, and a reason for people."""

    step: str
    code: str
    detail: str


class Operation(Value):
    """An onboarding, offboarding or provisioning. `attempt` rises with each resumption, and with each operation of the
    tenant, and is part of the execution's name.

    `actor` is who began it. `position` is where a step of many pages is; it belongs to the step alone. `made` are the
    tables that a provisioning made, once it has.
    """

    kind: OperationKind
    actor: str
    state: Progress = Progress.RUNNING
    step: str
    steps: tuple[Step, ...]
    attempt: int = 1
    error: OperationError | None = None
    position: dict[str, Any] | None = None
    made: tuple[str, ...] = ()

    @classmethod
    def begin(cls, kind: OperationKind, actor: str, attempt: int = 1) -> Operation:
        """Return an operation none of whose steps has begun."""
        names = STEPS[kind]
        steps = tuple(Step(name=name) for name in names)
        return cls(kind=kind, actor=actor, step=names[0], steps=steps, attempt=attempt)

    def is_done(self, step: str) -> bool:
        """Tell whether a step is behind us."""
        return any(found.name == step and found.state is Progress.DONE for found in self.steps)

    def moved(
        self,
        step: str,
        state: Progress,
        at: datetime,
        detail: str | None = None,
        position: dict[str, Any] | None = None,
    ) -> Operation:
        """Return the operation with one of its steps in another state."""
        steps = tuple(
            Step(name=found.name, state=state, at=at, detail=detail) if found.name == step else found
            for found in self.steps
        )
        return self.model_copy(update={"step": step, "steps": steps, "position": position})

    def ended(self) -> Operation:
        """Return the operation with all done."""
        return self.model_copy(update={"state": Progress.DONE, "error": None, "position": None})

    def stopped(self, at: datetime, code: str, detail: str) -> Operation:
        """Return the operation stopped at its present step."""
        moved = self.moved(self.step, Progress.FAILED, at, detail, self.position)
        error = OperationError(step=self.step, code=code, detail=detail)
        return moved.model_copy(update={"state": Progress.FAILED, "error": error})

    def resumed(self, at: datetime) -> Operation:
        """Return the operation with a further attempt, which goes on at the step where the last one stopped."""
        waiting = self
        if not self.is_done(self.step):
            waiting = self.moved(self.step, Progress.WAITING, at, None, self.position)
        return waiting.model_copy(
            update={"state": Progress.RUNNING, "error": None, "attempt": self.attempt + 1}
        )
