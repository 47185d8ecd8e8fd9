"""The stream of this service's table, to the bus."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from zebros_activities.bootstrap import container
from zebros_activities.repositories.keys import SCHEMAS
from zebros_core.messaging import StreamPublisher


@cache
def _publisher() -> StreamPublisher:
    return container().stream_publisher(SCHEMAS)


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Publish a batch of stream records."""
    return _publisher().handler(event, context)
