"""Events: from table streams to the bus, from queues to consumers.

`StreamPublisher` turns a service's table streams into `EntityChanged`; `Consumer` gives them to whoever
subscribed. `EventConsumer` does the same for events of any other kind, `TopicConsumer` for messages of a topic.
"""

from zebros_core.messaging.bus import BusEvent, EventBus
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
from zebros_core.messaging.event_consumer import EventConsumer
from zebros_core.messaging.failures import Failure, FailureStore
from zebros_core.messaging.replay import Replayed, replay
from zebros_core.messaging.snapshots import SnapshotStore
from zebros_core.messaging.stream import Published, StreamPublisher
from zebros_core.messaging.topic_consumer import TopicConsumer
from zebros_core.messaging.versions import (
    AppliedVersions,
    DynamoDbAppliedVersions,
    InMemoryAppliedVersions,
)

__all__ = [
    "DETAIL_TYPE",
    "ENVELOPE_VERSION",
    "AppliedVersions",
    "BusEvent",
    "Consumer",
    "DynamoDbAppliedVersions",
    "EntityChanged",
    "EventBus",
    "EventConsumer",
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
    "TopicConsumer",
    "json_schema",
    "parse_entity_changed",
    "replay",
]
