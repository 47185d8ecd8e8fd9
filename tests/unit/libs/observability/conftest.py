"""A logger that writes into memory, and the root logger as it was afterwards."""

from __future__ import annotations

import io
import json
import logging
from typing import Any

import pytest

from zebros_core.observability import configure_logging


class Written:
    def __init__(self) -> None:
        self.stream = io.StringIO()

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.stream.getvalue().splitlines()]


@pytest.fixture
def written() -> Written:
    return Written()


@pytest.fixture
def logger(written):
    root, ours = logging.getLogger(), logging.getLogger("zebros")
    before = root.handlers[:], root.level, ours.level
    yield configure_logging("widgets", "test", "INFO", written.stream)
    root.handlers[:] = before[0]
    root.setLevel(before[1])
    ours.setLevel(before[2])
