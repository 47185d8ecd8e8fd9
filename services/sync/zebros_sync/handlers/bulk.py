"""The door for our own machinery, invoked by name with a signed context: what sync keeps on a person, told and erased.

Sync has no records of its own: nothing is written or exported here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zebros_core.bulk.door import BulkDoor
from zebros_sync.bootstrap import Container, container

DOOR: BulkDoor[Container] = BulkDoor(lambda: container(), verbs={}, exported=frozenset())


def handler(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Carry out a call; a refused one answers `{"problem": ...}`, so that the caller need not read an error's text."""
    return DOOR.handler(event, context)
