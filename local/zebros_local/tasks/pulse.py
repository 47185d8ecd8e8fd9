"""A sign of life in a file: the task runner listens on no port at which one could ask for it."""

from __future__ import annotations

import time
from pathlib import Path

_SECONDS = 15.0
"""A live runner beats four times a second, unless it unpacks an artefact."""


def beat(folder: Path) -> None:
    """Say that the runner of this folder lives."""
    _file(folder).touch()


def is_beating(folder: Path) -> bool:
    """Tell whether it has said so lately."""
    try:
        return time.time() - _file(folder).stat().st_mtime < _SECONDS
    except FileNotFoundError:
        return False


def _file(folder: Path) -> Path:
    return folder / "alive"
