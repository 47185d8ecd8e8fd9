"""The stream of this service's table, to the bus."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from zebros_core.messaging import StreamPublisher
from zebros_jobs.bootstrap import container
from zebros_jobs.repositories.keys import SCHEMAS


@cache
def _publisher() -> StreamPublisher:
    return container().stream_publisher(SCHEMAS)


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Publish a batch of stream records."""
    return _publisher().handler(event, context)
