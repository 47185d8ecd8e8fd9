"""Waiting, shortly, for the response that another caller is already reading."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from zebros_core.cache.port import Lookup, Off, OffReason


def wait_for_fill(
    poll: Callable[[], Lookup | None], pauses_seconds: Iterable[float], sleep: Callable[[float], None]
) -> Lookup:
    """Poll after each pause until there is an answer (None: still being filled); then give up as `Off(BUSY)`.

    Giving up costs one read of the store; waiting on would cost the user's time.
    """
    for pause in pauses_seconds:
        sleep(pause)
        found = poll()
        if found is not None:
            return found
    return Off(OffReason.BUSY)
