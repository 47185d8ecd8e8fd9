"""What every collection shares: change under a version."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Generic, TypeVar

from zebros.calls.records import Routes
from zebros.models import Versioned
from zebros.resources.executor import Executor

__all__ = ["VersionedCollection"]

R = TypeVar("R", bound=Versioned)


class VersionedCollection(Generic[R]):
    """A collection whose records have versions."""

    def __init__(self, client: Executor, routes: Routes[R]) -> None:
        self._client = client
        self._routes = routes

    def update(self, record: R, *, force: bool = False) -> R:
        """Write what was changed on `record` since it was loaded, and return the record as it is now.

        Sends `If-Match`: when somebody else wrote it meanwhile nothing changes and VersionConflictError is
        raised with the current version. `force=True` writes over theirs, field by field. Without a change
        nothing is sent.
        """
        changes = record.changes()
        if not changes:
            return record
        return self.patch(record.id, changes, version=None if force else record.version)

    def patch(self, record_id: str, changes: Mapping[str, Any], *, version: int | None = None) -> R:
        """Apply a JSON merge patch (the API's names; null removes), if given only onto `version`."""
        return self._client.execute(self._routes.patch(record_id, changes, version))
