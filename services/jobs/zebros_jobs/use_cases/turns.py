"""Tenants one after the other: one's trouble stops no other's."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from zebros_core.errors import ZebrosError

__all__ = ["Turns"]

_LOG = logging.getLogger(__name__)


class Turns:
    """Gives each tenant its turn, and tells of the trouble at the end.

    What was foreseen, such as a table without capacity, is left for the next run. Anything else is raised by `end`, so
    that the function fails and somebody is called, after all others had their turn.
    """

    def __init__(self, task: str) -> None:
        """`task` is what the log calls it."""
        self._task = task
        self._unforeseen: Exception | None = None

    @contextmanager
    def of(self, tenant_id: str) -> Iterator[None]:
        """Keep the trouble of this tenant from the others."""
        facts = {"tenantId": tenant_id, "task": self._task}
        try:
            yield
        except ZebrosError as trouble:
            _LOG.warning("left for the next run", exc_info=trouble, extra=facts)
        except Exception as trouble:  # noqa: BLE001 - raised at the end: the other tenants have their turn first
            _LOG.error("a tenant's turn failed", exc_info=trouble, extra=facts)
            self._unforeseen = trouble

    def end(self) -> None:
        """Raise the last trouble that was not foreseen, if there was any."""
        if self._unforeseen is not None:
            raise self._unforeseen
