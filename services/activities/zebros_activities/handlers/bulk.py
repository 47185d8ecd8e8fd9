"""The bulk door: other services' mutations, reads and exports, in one signed call."""

from collections.abc import Mapping
from typing import Any

from zebros_activities.bootstrap import Container, container
from zebros_activities.use_cases.verbs import EXPORTED, VERBS
from zebros_core.bulk.door import BulkDoor

DOOR: BulkDoor[Container] = BulkDoor(lambda: container(), verbs=VERBS, exported=EXPORTED)


def handler(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Carry out a call; a refused one answers `{"problem": ...}`, so that the caller need not read an error's text."""
    return DOOR.handler(event, context)
