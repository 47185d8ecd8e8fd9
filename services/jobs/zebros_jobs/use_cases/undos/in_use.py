"""What an import created and others have built on since: it stays, though nobody edited it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any, Final

from zebros_jobs.use_cases.run_job import JobRun

__all__ = ["in_use"]

_SERVICES: Final[Mapping[str, Sequence[str]]] = {
    "customer": ("customers", "pipeline", "activities"),
    "contact": ("pipeline", "activities"),
    "lead": ("activities",),
    "opportunity": ("activities",),
}
"""Whose records name each kind of record."""


def in_use(run: JobRun, entity: str, records: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    """Return the kinds of live records that name these records, by id, of those that are named at all.

    Children are undone before their parents, so whatever is still there is not the import's any more: others made it,
    or another import did, or it was kept. `records` are as their owner gives them.
    """
    services = _SERVICES.get(entity, ())
    if not services or not records:
        return {}
    ids = [str(record[f"{entity}Id"]) for record in records]
    parents = {
        id: str(record["customerId"])
        for id, record in zip(ids, records, strict=True)
        if entity == "contact" and "customerId" in record
    }
    found: dict[str, list[str]] = {}
    with ThreadPoolExecutor(len(services), "in-use") as pool:
        # The log's context, which says whose job this is, goes along.
        asked = [
            pool.submit(copy_context().run, run.system_door(service).related, entity, ids, parents)
            for service in services
        ]
        for answer in asked:
            for id, entities in answer.result().items():
                found.setdefault(id, []).extend(entities)
    return found
