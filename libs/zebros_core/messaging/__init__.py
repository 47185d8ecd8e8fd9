"""Events: from table streams to the bus, from queues to consumers.

`StreamPublisher` turns a service's table streams into `EntityChanged`; `Consumer` gives them to whoever
subscribed.
"""

from zebros_core.messaging.bus import EventBus
from zebros_core.messaging.consumer import Consumer
from zebros_core.messaging.envelope import (
    DETAIL_TYPE,
    ENVELOPE_VERSION,
    EntityChanged,
    Operation,
    SnapshotRef,
    json_schema,
    parse_entity_changed,
)
from zebros_core.messaging.errors import (
    ForeignMessageError,
    MalformedMessageError,
    OversizedMessageError,
    PoisonError,
)
from zebros_core.messaging.failures import Failure, FailureStore
from zebros_core.messaging.replay import Replayed, replay
from zebros_core.messaging.snapshots import SnapshotStore
from zebros_core.messaging.stream import Published, StreamPublisher
from zebros_core.messaging.versions import (
    AppliedVersions,
    DynamoDbAppliedVersions,
    InMemoryAppliedVersions,
)

__all__ = [
    "DETAIL_TYPE",
    "ENVELOPE_VERSION",
    "AppliedVersions",
    "Consumer",
    "DynamoDbAppliedVersions",
    "EntityChanged",
    "EventBus",
    "Failure",
    "FailureStore",
    "ForeignMessageError",
    "InMemoryAppliedVersions",
    "MalformedMessageError",
    "Operation",
    "OversizedMessageError",
    "PoisonError",
    "Published",
    "Replayed",
    "SnapshotRef",
    "SnapshotStore",
    "StreamPublisher",
    "json_schema",
    "parse_entity_changed",
    "replay",
]
