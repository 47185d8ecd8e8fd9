"""The bulk door: other services' mutations, reads and exports, in one signed call."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from zebros_core.bulk.door import BulkDoor
from zebros_pipeline.bootstrap import Container, container
from zebros_pipeline.handlers.totals import DOOR_VERBS
from zebros_pipeline.use_cases.verbs import EXPORTED, VERBS


@cache
def _container() -> Container:
    return container()


DOOR: BulkDoor[Container] = BulkDoor(lambda: _container(), verbs=VERBS, exported=EXPORTED, more=DOOR_VERBS)


def handler(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Carry out a call; a refused one answers `{"problem": ...}`, so that the caller need not read an error's text."""
    return DOOR.handler(event, context)
