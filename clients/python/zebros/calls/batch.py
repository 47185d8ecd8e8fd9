"""Batches: up to 100 operations in one request, an outcome for each."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal, NotRequired, TypedDict

from zebros._replies import Reply
from zebros.calls.call import Call, post_headers
from zebros.models import BatchOutcome

__all__ = ["MAX_BODY_BYTES", "MAX_OPERATIONS", "Operation"]

MAX_OPERATIONS = 100
MAX_BODY_BYTES = 900_000
"""Below the service's 1 MB, with room for the envelope."""


class Operation(TypedDict):
    """One operation. `data` has the API's names (camelCase)."""

    operation: Literal["create", "update", "upsert", "delete"]
    id: NotRequired[str]
    externalId: NotRequired[str]
    version: NotRequired[int]
    data: NotRequired[Mapping[str, Any]]


def size_bytes(operation: Operation) -> int:
    """What the operation adds to a request's body."""
    return len(json.dumps(operation, ensure_ascii=False, separators=(",", ":")).encode()) + 1


def split(operations: Iterable[Operation]) -> Iterator[list[Operation]]:
    """Group lazily into requests of at most 100 operations and under the limit of the body."""
    group: list[Operation] = []
    group_bytes = 0
    for operation in operations:
        size = size_bytes(operation)
        if group and (len(group) == MAX_OPERATIONS or group_bytes + size > MAX_BODY_BYTES):
            yield group
            group, group_bytes = [], 0
        group.append(operation)
        group_bytes += size
    if group:
        yield group


def run(
    collection: str, group: list[Operation], *, first_index: int, headers: Mapping[str, str] | None = None
) -> Call[list[BatchOutcome]]:
    """One request; the outcomes' indexes count from `first_index`."""

    def read(reply: Reply) -> list[BatchOutcome]:
        outcomes = [BatchOutcome.model_validate(each) for each in reply.items("outcomes")]
        for outcome in outcomes:
            outcome.index += first_index
        return sorted(outcomes, key=lambda outcome: outcome.index)

    body = {"operations": group}
    return Call(
        "POST", f"/v1/{collection}:batch", read, json=body, headers=post_headers(None, **(headers or {}))
    )
