"""Makes moto's DynamoDB answer one request at a time, as its transactions race: each puts back what it has copied."""

from __future__ import annotations

import threading
from typing import Any

from moto.dynamodb.responses import DynamoHandler

_TURN = threading.RLock()


def install() -> None:
    """Install it for this process."""
    call_action = DynamoHandler.call_action
    if getattr(call_action, "is_in_turn", False):
        return

    def in_turn(self: Any) -> Any:
        with _TURN:
            return call_action(self)

    in_turn.is_in_turn = True  # type: ignore[attr-defined]
    DynamoHandler.call_action = in_turn
