"""Calling another service's bulk door: by the name of its function, with a context signed for it alone."""

# botocore ships no types: they end here.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, Protocol

from zebros_core.bulk.calls import MAX_MUTATIONS, MAX_READS
from zebros_core.errors import (
    BadRequestError,
    ConflictError,
    DuplicateError,
    FieldError,
    ForbiddenError,
    NotFoundError,
    UnavailableError,
    ValidationError,
    ZebrosError,
)
from zebros_core.tenancy import TenantContext

__all__ = [
    "SYSTEM_SCOPE",
    "BulkDoorClient",
    "BulkDoors",
    "Invoke",
    "LambdaInvoke",
    "bulk_function",
    "error_of",
]

SYSTEM_SCOPE: Final = "internal:system"
"""What our own machinery is signed with, which may do everything in the tenant that it works for."""

_INTERNAL: Final = "internal:"

ANSWER_SECONDS: Final = 25.0
"""How long a caller waits: shorter than the time that a person's request has."""


def bulk_function(service: str, stage: str) -> str:
    """Return the name of a service's bulk door, which is the audience of the contexts signed for it."""
    return f"zebros-{service}-{stage}-bulk"


class Invoke(Protocol):
    """Calls a function by name and returns its answer. Raises UnavailableError when there is none."""

    def __call__(self, function: str, payload: Mapping[str, Any]) -> dict[str, Any]: ...


class LambdaInvoke:
    """Invokes Lambda functions; the client is made at the first call."""

    def __init__(self, client: Callable[[], Any]) -> None:
        self._make = client
        self._client: Any = None

    def __call__(self, function: str, payload: Mapping[str, Any]) -> dict[str, Any]:
        from botocore.exceptions import BotoCoreError, ClientError

        if self._client is None:
            self._client = self._make()
        try:
            answer = self._client.invoke(FunctionName=function, Payload=json.dumps(payload))
            body: dict[str, Any] = json.loads(answer["Payload"].read())
        except (BotoCoreError, ClientError) as error:
            raise UnavailableError(detail="A service that this one needs does not answer.") from error
        if "FunctionError" in answer:
            raise UnavailableError(detail="A service that this one needs failed; its log says why.")
        return body


class BulkDoors:
    """The doors of all services of a stage."""

    def __init__(self, invoke: Invoke, sign: Callable[..., str], *, stage: str) -> None:
        """`sign` is `InternalTokens.sign`."""
        self._invoke = invoke
        self._sign = sign
        self._stage = stage

    def door(self, service: str, context: TenantContext) -> BulkDoorClient:
        """Return the door of a service for this caller, whose rights count there as here."""
        # Whatever a token says: a scope of ours is given below only.
        own = frozenset(scope for scope in context.scopes if not scope.startswith(_INTERNAL))
        return self._client(service, replace(context, scopes=own))

    def system_door(self, service: str, context: TenantContext) -> BulkDoorClient:
        """Return the door of a service for our own machinery, whose context is of an event or a schedule."""
        return self._client(service, replace(context, scopes=frozenset({SYSTEM_SCOPE})))

    def _client(self, service: str, context: TenantContext) -> BulkDoorClient:
        return BulkDoorClient(self._invoke, self._sign, bulk_function(service, self._stage), context)


class BulkDoorClient:
    """One service's door, for one caller. What it refuses is raised as the error that it was there."""

    def __init__(
        self, invoke: Invoke, sign: Callable[..., str], function: str, context: TenantContext
    ) -> None:
        self._invoke = invoke
        self._sign = sign
        self._function = function
        self._context = context

    def call(self, verb: str, **fields: Any) -> dict[str, Any]:
        """Call a verb with its fields by wire names. Raises UnavailableError, or what the door was refused for."""
        token = self._sign(self._context, audience=self._function)
        answer = self._invoke(self._function, {"verb": verb, "token": token, **fields})
        problem = answer.get("problem")
        if problem is not None:
            raise error_of(problem)
        return answer

    def read(self, entity: str, ids: Sequence[str]) -> list[dict[str, Any]]:
        """Return those of these records that are live and that the caller may see, by wire names."""
        found: list[dict[str, Any]] = []
        wanted = list(dict.fromkeys(ids))
        for start in range(0, len(wanted), MAX_READS):
            found += self.call("read", entity=entity, ids=wanted[start : start + MAX_READS])["items"]
        return found

    def export(self, entity: str, *, limit: int = 200, cursor: str | None = None) -> dict[str, Any]:
        """Return a page of the live records: `items` and `nextCursor`."""
        return self.call("export", entity=entity, limit=limit, **({"cursor": cursor} if cursor else {}))

    def apply(self, mutations: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Apply mutations (`BulkMutation` by wire names); return the outcome of each, in their order."""
        outcomes: list[dict[str, Any]] = []
        for start in range(0, len(mutations), MAX_MUTATIONS):
            some = list(mutations[start : start + MAX_MUTATIONS])
            outcomes += self.call("apply", mutations=some)["outcomes"]
        return outcomes


def error_of(problem: Mapping[str, Any]) -> ZebrosError:
    """Return the error that a door's problem was made of, so that it is told the caller as if it were our own."""
    detail = str(problem.get("detail", ""))
    fields = [FieldError(f["field"], f["code"], f["message"]) for f in problem.get("errors", ())]
    kind = str(problem.get("type", "")).rpartition("/")[2].rpartition(":")[2]
    if kind == NotFoundError.code:
        return ConflictError(detail)
    if kind == DuplicateError.code:
        return DuplicateError(problem.get("records", ()), detail)
    for error in (ForbiddenError, ValidationError, BadRequestError):
        if kind == error.code:
            return error(detail, fields=fields)
    status = int(problem.get("status", 500))
    if status in {409, 412}:
        return ConflictError(detail, fields=fields)
    if status == 422:
        return ValidationError(detail, fields=fields)
    return UnavailableError(detail="A service that this one needs refused the call.")
