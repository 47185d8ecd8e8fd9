"""Changes of records, to the people whom they concern."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from zebros_auth.bootstrap import container
from zebros_auth.domain.notification import ENTITIES
from zebros_auth.use_cases.announce_change import announce_change
from zebros_core.messaging import Consumer, EntityChanged

SOURCES = ("zebros.customers", "zebros.pipeline", "zebros.activities", "zebros.jobs")
"""Whose changes concern people; the rule in serverless.yml names the same."""


@cache
def _consumer() -> Consumer:
    have = container()

    def handle(change: EntityChanged) -> None:
        announce_change(have.notifying.topic, change, have.snapshots.snapshot(change))

    # Every version counts: who was named by an earlier one is told, too.
    return Consumer(handle, name="concerns", source=SOURCES, entities=ENTITIES, fold=False)


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Publish the notifications of a batch of changes."""
    return _consumer().handler(event, context)
