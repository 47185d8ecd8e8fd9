"""Operations of offline sync."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from zebros._replies import Reply
from zebros.calls.call import Call, instant_text, pages_of, path, query_of, read_model
from zebros.models import Conflict, Page, StatesCheck, SyncStatus

__all__ = ["StatesVerb"]

StatesVerb = Literal["verify", "rebuild"]
_CONFLICTS = "/v1/sync/conflicts"
_NOT_MODIFIED = 304


def _plain(reply: Reply) -> dict[str, Any]:
    return reply.json_object()


def pull(
    cursor: str | None, entities: Mapping[str, int] | None, max_bytes: int | None
) -> Call[dict[str, Any]]:
    body: dict[str, Any] = {"cursor": cursor}
    if entities is not None:
        body["entities"] = dict(entities)
    if max_bytes is not None:
        body["maxBytes"] = max_bytes
    return Call("POST", "/v1/sync/pull", _plain, json=body, safe=True)


def push(
    client_id: str, sent_at: datetime, mutations: Sequence[Mapping[str, Any]]
) -> Call[list[dict[str, Any]]]:
    body = {"clientId": client_id, "sentAt": instant_text(sent_at), "mutations": list(mutations)}
    return Call("POST", "/v1/sync/push", lambda reply: list(reply.items("outcomes")), json=body, safe=True)


def head(known: int | None) -> Call[int | None]:
    def read(reply: Reply) -> int | None:
        return None if reply.status == _NOT_MODIFIED else int(reply.json_object()["sequence"])

    headers = {} if known is None else {"If-None-Match": f'"{known}"'}
    return Call("GET", "/v1/sync/head", read, headers=headers)


def status() -> Call[SyncStatus]:
    return Call("GET", "/v1/sync/status", read_model(SyncStatus))


def schema() -> Call[dict[str, Any]]:
    return Call("GET", "/v1/sync/schema", lambda reply: reply.json_object()["entities"])


def conflicts(state: str | None, limit: int) -> Callable[[str | None], Call[Page[Conflict]]]:
    return pages_of(Conflict.model_validate, _CONFLICTS, query_of(state=state, limit=limit))


def conflict(id: str) -> Call[Conflict]:
    return Call("GET", path(f"{_CONFLICTS}/{{}}", id), read_model(Conflict))


def resolve(id: str, fields: Mapping[str, str]) -> Call[Conflict]:
    body = {"fields": dict(fields)}
    return Call("POST", path(f"{_CONFLICTS}/{{}}:resolve", id), read_model(Conflict), json=body, safe=True)


def check_states(verb: StatesVerb, cursor: str | None) -> Call[StatesCheck]:
    return Call(
        "POST", f"/v1/sync/states:{verb}", read_model(StatesCheck), json={"cursor": cursor}, safe=True
    )


def checking(
    verb: StatesVerb, on_step: Callable[[StatesCheck], None] | None
) -> Generator[Call[StatesCheck] | float, Any, StatesCheck]:
    """Go through a whole check; returns the sums of all pages."""
    total = StatesCheck()
    cursor: str | None = None
    while True:
        page: StatesCheck = yield check_states(verb, cursor)
        total.checked += page.checked
        total.different += page.different
        total.repaired += page.repaired
        total.records = [*total.records, *page.records]
        if on_step is not None:
            on_step(total)
        cursor = page.next_cursor
        if cursor is None:
            return total
