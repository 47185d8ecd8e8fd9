"""What a container's start may leave out."""

from __future__ import annotations

import gc
from collections.abc import Generator
from contextlib import contextmanager

__all__ = ["uncollected"]


@contextmanager
def uncollected() -> Generator[None]:
    """Import and build without garbage collection, then freeze what was made.

    What a start makes (modules, classes, clients) lives as long as the container. The collector would walk it
    again and again while it grows, an eighth of the start, and again later in full collections during requests:
    frozen objects are left out of those (https://docs.python.org/3/library/gc.html#gc.freeze).
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
        gc.freeze()
    finally:
        if enabled:
            gc.enable()
