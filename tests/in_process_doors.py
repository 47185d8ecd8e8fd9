"""Bulk doors of services that run in this process: what Lambda would invoke by name is called."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from zebros_core.bootstrap import ServiceContainer
from zebros_core.bulk.client import BulkDoors
from zebros_core.bulk.door import BulkDoor
from zebros_core.errors import UnavailableError

Handler = Callable[[Mapping[str, Any], Any], dict[str, Any]]


@dataclass
class InProcessDoors:
    """Handlers of bulk doors by service; a service that is not there does not answer.

    `before` is called with the service and the call ahead of each, and may raise what a test wants to go wrong; `after`
    likewise, when the door has done its work and the answer is on its way.
    """

    handlers: dict[str, Handler] = field(default_factory=dict[str, Handler])
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list[tuple[str, dict[str, Any]]])
    before: Callable[[str, Mapping[str, Any]], None] = lambda service, call: None
    after: Callable[[str, Mapping[str, Any]], None] = lambda service, call: None

    def __call__(self, function: str, payload: Mapping[str, Any]) -> dict[str, Any]:
        """Invoke a function by name, with everything as JSON on the way there and back."""
        service = function.split("-")[1]
        call = json.loads(json.dumps(payload))
        self.calls.append((service, call))
        handler = self.handlers.get(service)
        if handler is None:
            raise UnavailableError(detail="A service that this one needs does not answer.")
        self.before(service, call)
        answer = json.loads(json.dumps(handler(call, None)))
        self.after(service, call)
        return answer

    def serve(self, container: ServiceContainer, door: BulkDoor[Any]) -> None:
        """Open the door of a service that runs in this process, under its container's stage or any other."""
        own: BulkDoor[Any] = replace(door, services=lambda: container)
        self.handlers[container.service] = own.handler

    def connect(self, *containers: ServiceContainer) -> None:
        """Let services call these doors, as services of one stage, which share the secret of internal calls."""
        for container in containers:
            vars(container)["bulk_doors"] = BulkDoors(
                self, container.internal_tokens.sign, stage=container.core.stage, clock=container.clock
            )
