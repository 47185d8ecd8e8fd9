"""How the suite reaches the services: one port, so that the same tests judge them in process and deployed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

Model = Literal["pool", "bridge", "silo"]
MODELS: tuple[Model, ...] = ("pool", "bridge", "silo")

# The suite asks far more in a second than a tenant's default limit gives.
UNLIMITED = {"requestsPerSecond": 100_000, "requestBurst": 100_000}
# And has conflicts that wait for a decision.
SETTINGS = {**UNLIMITED, "syncStrategies": {"customer": "manual"}}


@dataclass(frozen=True)
class Caller:
    """Somebody of a tenant, as an access token describes them."""

    tenant: str
    user: str = "ada"
    roles: tuple[str, ...] = ("tenant-admin",)
    team: str | None = "north"
    scope: str = ""
    """What the token says that it may be used for, as an issuer would write it."""


@dataclass(frozen=True)
class Call:
    """A request of the API. `path` is plain text, not percent-encoded."""

    method: str
    path: str
    body: Any = None
    query: Mapping[str, str] = field(default_factory=dict[str, str])
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True)
class Answer:
    """A response of the API; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def body(self) -> Any:
        return json.loads(self.text) if self.text else None


class Service(Protocol):
    """The services that run somewhere, behind one address."""

    pictures_are_cheap: bool
    """Whether all of a tenant's rows can be looked at around every call, or rather once before and after all."""
    callers_at_once: int
    """How many may call at the same time."""

    def register(self, model: Model) -> str:
        """Make a new, empty tenant and return its id."""
        ...

    def enrol(self, caller: Caller) -> Caller:
        """Make the caller known to the identity provider; return them with the id that they have there."""
        ...

    def call(self, caller: Caller, call: Call) -> Answer:
        """Send a request as the caller."""
        ...

    def upload(self, form: Mapping[str, Any], content: bytes) -> None:
        """Send a file by the form that the API gave for it."""
        ...

    def finish(self, caller: Caller, job_id: str) -> None:
        """Let a job come to its end, or wait until it has. The caller may see it."""
        ...

    def settle(self, tenant: str) -> None:
        """Let the events of all writes of a tenant so far take effect, or wait until they have."""
        ...

    def rows(self, tenant: str) -> list[str]:
        """Return every stored row of a tenant, in order, to be compared later."""
        ...

    def bulk(self, service: str, payload: Mapping[str, Any]) -> Any:
        """Invoke the bulk door of a service."""
        ...

    def sign(
        self,
        service: str,
        caller: Caller,
        model: Model,
        *,
        audience: str | None = None,
        scopes: frozenset[str] = frozenset(),
        job: str | None = None,
    ) -> str:
        """Sign an internal call as this deployment does, by default for the service's bulk door."""
        ...


def media_type(call: Call) -> dict[str, str]:
    """Return the header that says what the body is, if there is one."""
    if call.body is None:
        return {}
    return {"content-type": "application/merge-patch+json" if call.method == "PATCH" else "application/json"}
