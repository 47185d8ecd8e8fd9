"""Calling another service's bulk door: by the name of its function, with a context signed for it alone."""

# botocore ships no types: they end here.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from zebros_core.bulk.calls import (
    MAX_CALL_BYTES,
    MAX_CHANGES,
    MAX_FOUND,
    MAX_MUTATIONS,
    MAX_READS,
    MAX_REINSTATED,
    MAX_SETTINGS,
)
from zebros_core.bulk.retries import IDEMPOTENT, NO_PATIENCE, DoorRefusedError, Patience
from zebros_core.clock import Clock, SystemClock
from zebros_core.dynamodb.codec import instant_text
from zebros_core.errors import (
    BadRequestError,
    ConflictError,
    DuplicateError,
    FieldError,
    ForbiddenError,
    NotFoundError,
    PayloadTooLargeError,
    UnavailableError,
    ValidationError,
    ZebrosError,
)
from zebros_core.http.problems import code_of
from zebros_core.tenancy import TenantContext

__all__ = [
    "SYSTEM_SCOPE",
    "BulkDoorClient",
    "BulkDoors",
    "Invoke",
    "LambdaInvoke",
    "bulk_function",
    "decided",
    "error_of",
]

SYSTEM_SCOPE: Final = "internal:system"
"""What our own machinery is signed with, which may do everything in the tenant that it works for."""

_INTERNAL: Final = "internal:"

ANSWER_SECONDS: Final = 25.0
"""How long a caller waits: shorter than the time that a person's request has. A job may wait longer, at most for as
long as a door works: `ServiceContainer.doors_answering`."""

_NO_CAPACITY: Final = 503
_NO_CAPACITY_DETAIL: Final = "A service that this one needs has no capacity at the moment."
_INDEX_LAG: Final = timedelta(minutes=1)
_SEPARATOR_BYTES: Final = 2
_PORTION_BYTES: Final = MAX_CALL_BYTES - 16 * 1024
"""Bytes of a call's wishes: beside them is room for the signed context."""


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

    def __init__(
        self,
        invoke: Invoke,
        sign: Callable[..., str],
        *,
        stage: str,
        clock: Clock | None = None,
        patience: Patience = NO_PATIENCE,
    ) -> None:
        """`sign` is `InternalTokens.sign`."""
        self._invoke = invoke
        self._sign = sign
        self._stage = stage
        self._clock = clock or SystemClock()
        self._patience = patience

    def until(self, deadline: float) -> BulkDoors:
        """Return the same doors for a job: what was not answered is repeated until `deadline`, in `time.monotonic`
        seconds.
        """
        return self.patient(Patience(until=deadline))

    def patient(self, patience: Patience) -> BulkDoors:
        """Return the same doors with another patience."""
        return BulkDoors(self._invoke, self._sign, stage=self._stage, clock=self._clock, patience=patience)

    def door(self, service: str, context: TenantContext) -> BulkDoorClient:
        """Return the door of a service for this caller, whose rights count there as here."""
        # Whatever a token says: a scope of ours is given below only.
        own = frozenset(scope for scope in context.scopes if not scope.startswith(_INTERNAL))
        return self._client(service, replace(context, scopes=own))

    def system_door(self, service: str, context: TenantContext) -> BulkDoorClient:
        """Return the door of a service for our own machinery, whose context is of an event or a schedule.

        What it writes is of the context's job, if there is one.
        """
        return self._client(service, replace(context, scopes=frozenset({SYSTEM_SCOPE})))

    def _client(self, service: str, context: TenantContext) -> BulkDoorClient:
        function = bulk_function(service, self._stage)

        def ask(verb: str, fields: Mapping[str, Any]) -> dict[str, Any]:
            token = self._sign(context, audience=function)
            return self._invoke(function, {"verb": verb, "token": token, **fields})

        return BulkDoorClient(ask, self._clock, self._patience)


class BulkDoorClient:
    """One service's door, for one caller. What it refuses is raised as the error that it was there."""

    def __init__(
        self,
        ask: Callable[[str, Mapping[str, Any]], dict[str, Any]],
        clock: Clock,
        patience: Patience = NO_PATIENCE,
    ) -> None:
        self._ask = ask
        self._clock = clock
        self._patience = patience

    def call(self, verb: str, **fields: Any) -> dict[str, Any]:
        """Call a verb with its fields by wire names. Raises UnavailableError, or what the door was refused for."""
        if verb not in IDEMPOTENT:
            return self._answer(verb, fields)
        return self._patience.repeat(lambda: self._answer(verb, fields))

    def read(self, entity: str, ids: Sequence[str]) -> list[dict[str, Any]]:
        """Return those of these records that are live and that the caller may see, by wire names."""
        found: list[dict[str, Any]] = []
        wanted = list(dict.fromkeys(ids))
        for start in range(0, len(wanted), MAX_READS):
            found += self.call("read", entity=entity, ids=wanted[start : start + MAX_READS])["items"]
        return found

    def find(
        self, entity: str, by: str, values: Sequence[str], *, records: bool = False
    ) -> dict[str, dict[str, Any]]:
        """Return which of the records that the caller may see have these values: `id`, and with `records` the `record`.

        What `by` and the values are says `FindCall`.
        """
        found: dict[str, dict[str, Any]] = {}
        wanted = list(dict.fromkeys(values))
        for start in range(0, len(wanted), MAX_FOUND):
            page = self.call(
                "find", entity=entity, by=by, values=wanted[start : start + MAX_FOUND], records=records
            )
            found |= {item["value"]: item for item in page["items"]}
        return found

    # -- exports -----------------------------------------------------------------------------------------------

    def export(
        self, entity: str, *, limit: int = 200, cursor: str | None = None, since: datetime | None = None
    ) -> dict[str, Any]:
        """Return a page of the live records: `items` and `nextCursor`. Those of the trash are not exported."""
        fields: dict[str, Any] = {"entity": entity, "limit": limit}
        fields |= {"cursor": cursor} if cursor else {}
        fields |= {"since": instant_text(since)} if since else {}
        return self.call("export", **fields)

    def export_all(
        self, entity: str, *, since: datetime | None = None, limit: int = 500
    ) -> Iterator[dict[str, Any]]:
        """Give every live record once, oldest first, and at the end those that came in the meantime.

        The index by which a door finds records is a moment late, so the last pass begins a minute before this one did.
        """
        begun = self._clock.now() - _INDEX_LAG
        started = begun.strftime("%Y-%m-%dT%H:%M:%S")
        young: set[str] = set()
        for record in self._exported(entity, since, limit):
            if record["createdAt"] >= started:
                young.add(record[f"{entity}Id"])
            yield record
        for record in self._exported(entity, begun if since is None else max(begun, since), limit):
            if record[f"{entity}Id"] not in young:
                yield record

    def _exported(self, entity: str, since: datetime | None, limit: int) -> Iterator[dict[str, Any]]:
        return self._pages(lambda cursor: self.export(entity, limit=limit, cursor=cursor, since=since))

    def related(
        self, entity: str, ids: Sequence[str], parents: Mapping[str, str] | None = None
    ) -> dict[str, list[str]]:
        """Return the kinds of records of the service that name these records, by id, of those that are named at all.

        What `parents` are says `RelatedCall`. For our own machinery only: `system_door`.
        """
        known = parents or {}
        found: dict[str, list[str]] = {}
        wanted = list(dict.fromkeys(ids))
        for start in range(0, len(wanted), MAX_READS):
            some = wanted[start : start + MAX_READS]
            own = {id: known[id] for id in some if id in known}
            items = self.call("related", entity=entity, ids=some, parents=own)["items"]
            found |= {item["id"]: item["entities"] for item in items}
        return found

    # -- what a job wrote --------------------------------------------------------------------------------------

    def changes(self, job: str, *, limit: int = MAX_CHANGES, cursor: str | None = None) -> dict[str, Any]:
        """Return a page of what a job wrote: `items` (entity, id, version, operation, at, changes), `nextCursor`.

        The versions of a record are neighbours, the lowest first. The history is kept from events: `count_changes`
        tells whether all are there by now.
        """
        return self.call("changes", job=job, limit=limit, **({"cursor": cursor} if cursor else {}))

    def changes_all(self, job: str) -> Iterator[dict[str, Any]]:
        """Give everything that a job wrote, as far as the history has it by now."""
        return self._pages(lambda cursor: self.changes(job, cursor=cursor))

    def count_changes(self, job: str) -> int:
        """Return how many versions of records a job wrote, as far as the history has them by now.

        It reads a row for each of them: ask again after a pause that grows with the number.
        """
        total = 0
        cursor: str | None = None
        while True:
            page = self.call("countChanges", job=job, **({"cursor": cursor} if cursor else {}))
            total += int(page["count"])
            cursor = page["nextCursor"]
            if cursor is None:
                return total

    # -- writes ------------------------------------------------------------------------------------------------

    def apply(self, mutations: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Apply mutations (`BulkMutation` by wire names); return the outcome of each, in their order.

        With patience, those that were refused for want of capacity are sent again.
        """
        return self._outcomes("apply", "mutations", mutations, MAX_MUTATIONS)

    def reinstate(self, mutations: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Put records back as an export gave them (`ReinstateMutation` by wire names); return the outcome of each.

        For our own machinery only: `system_door`.
        """
        return self._outcomes("reinstate", "mutations", mutations, MAX_REINSTATED)

    # -- settings ----------------------------------------------------------------------------------------------

    def settings(self) -> Iterator[dict[str, Any]]:
        """Give what a tenant has set that is no record, each as `kind`, `id`, `value`. For our own machinery only."""
        return self._pages(lambda cursor: self.call("settings", **({"cursor": cursor} if cursor else {})))

    def put_settings(self, items: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Set what `settings` gave; return the outcome of each. For our own machinery only."""
        return self._outcomes("putSettings", "items", items, MAX_SETTINGS)

    # -- the wire ----------------------------------------------------------------------------------------------

    def _answer(self, verb: str, fields: Mapping[str, Any]) -> dict[str, Any]:
        answer = self._ask(verb, fields)
        problem = answer.get("problem")
        if problem is not None:
            raise error_of(problem)
        return answer

    def _pages(self, page_at: Callable[[str | None], dict[str, Any]]) -> Iterator[dict[str, Any]]:
        cursor: str | None = None
        while True:
            page = page_at(cursor)
            yield from page["items"]
            cursor = page["nextCursor"]
            if cursor is None:
                return

    def _outcomes(
        self, verb: str, field: str, wishes: Sequence[Mapping[str, Any]], most: int
    ) -> list[dict[str, Any]]:
        return [
            outcome
            for portion in _portions(wishes, most)
            for outcome in self._outcomes_of(verb, field, portion)
        ]

    def _outcomes_of(
        self, verb: str, field: str, wishes: Sequence[Mapping[str, Any]]
    ) -> list[dict[str, Any]]:
        """Send wishes, and those again that found no capacity, for as long as there is patience."""
        outcomes: dict[int, dict[str, Any]] = {}

        def attempt() -> None:
            waiting = [
                number
                for number in range(len(wishes))
                if number not in outcomes or _found_no_capacity(outcomes[number])
            ]
            answer = self._answer(verb, {field: [wishes[number] for number in waiting]})
            outcomes.update(zip(waiting, answer["outcomes"], strict=True))
            if any(_found_no_capacity(outcome) for outcome in outcomes.values()):
                raise UnavailableError

        try:
            self._patience.repeat(attempt)
        except UnavailableError:
            if len(outcomes) < len(wishes):
                raise
        return [outcomes[number] for number in range(len(wishes))]


def decided(outcomes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return outcomes, each of which says what became of its write.

    Raises UnavailableError where one found no capacity until the caller's patience was over: that says nothing about
    the write, and all of them may be sent again as they are.
    """
    if any(_found_no_capacity(outcome) for outcome in outcomes):
        raise UnavailableError(detail=_NO_CAPACITY_DETAIL)
    return outcomes


def _found_no_capacity(outcome: Mapping[str, Any]) -> bool:
    problem = outcome.get("problem")
    return problem is not None and problem.get("status") == _NO_CAPACITY


def _portions(wishes: Sequence[Mapping[str, Any]], most: int) -> Iterator[Sequence[Mapping[str, Any]]]:
    """Give wishes in their order in as few portions as a call takes: so many, and so many bytes."""
    portion: list[Mapping[str, Any]] = []
    size = 0
    for wish in wishes:
        length = len(json.dumps(wish)) + _SEPARATOR_BYTES
        if portion and (len(portion) == most or size + length > _PORTION_BYTES):
            yield portion
            portion, size = [], 0
        portion.append(wish)
        size += length
    if portion:
        yield portion


def error_of(problem: Mapping[str, Any]) -> ZebrosError:
    """Return the error that a door's problem was made of, so that it is told the caller as if it were our own."""
    detail = str(problem.get("detail", ""))
    fields = [FieldError(f["field"], f["code"], f["message"]) for f in problem.get("errors", ())]
    kind = code_of(problem)
    if kind == NotFoundError.code:
        return ConflictError(detail)
    if kind == DuplicateError.code:
        return DuplicateError(problem.get("records", ()), detail)
    for error in (ForbiddenError, ValidationError, PayloadTooLargeError, BadRequestError):
        if kind == error.code:
            return error(detail, fields=fields)
    status = int(problem.get("status", 500))
    if status in {409, 412}:
        return ConflictError(detail, fields=fields)
    if status == 422:
        return ValidationError(detail, fields=fields)
    if status in {429, _NO_CAPACITY}:
        return UnavailableError(detail=_NO_CAPACITY_DETAIL)
    return DoorRefusedError(detail="A service that this one needs refused the call.")
