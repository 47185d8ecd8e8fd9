"""The queue of what happens to jobs: each open one is watched and begun, each that ended makes room for the next."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from zebros_core.messaging import Consumer, EntityChanged
from zebros_jobs.bootstrap import Container, container
from zebros_jobs.use_cases.reap_jobs import watch_job


def follow_up(have: Container, change: EntityChanged) -> None:
    """Do what the present state of the job asks for; the event only says that it changed."""
    watch_job(have.system_workspace(change.tenant_id, "followup"), have.watched, change.id)


@cache
def _consumer() -> Consumer:
    have = container()
    return have.consumer(
        "followup", lambda change: follow_up(have, change), entities=frozenset({"job"}), fold=True
    )


def followup_handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Follow jobs up."""
    return _consumer().handler(event, context)
