"""What privacy requests know of persons: rows that are erased when the request is done, and end by themselves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from zebros_core.dynamodb.lookup import LookupTable
from zebros_jobs.domain.privacy import PrivateRequest

__all__ = ["PrivateRequests"]

_KEY: Final = ("private",)
_PAGE: Final = 100
_DAY_SECONDS: Final = 24 * 3600
UNBEGUN_SECONDS: Final = _DAY_SECONDS
"""How long the row of a request lives that never became a job."""
KEPT_SECONDS: Final = 90 * _DAY_SECONDS
"""How long one lives whose job was stopped, so that it can be carried on."""


class PrivateRequests:
    """One tenant's rows, by the job's id."""

    def __init__(self, lookup: LookupTable) -> None:
        self._lookup = lookup

    def announce(self, job_id: str, request: PrivateRequest) -> None:
        """Keep the row of a request whose job is about to be made; one that is there stays."""
        self._lookup.put(_KEY, job_id, _row(request), condition="absent", ttl_seconds=UNBEGUN_SECONDS)

    def put(self, job_id: str, request: PrivateRequest) -> None:
        """Keep the row of a request that is worked on."""
        self._lookup.put(_KEY, job_id, _row(request), ttl_seconds=KEPT_SECONDS)

    def find(self, job_id: str) -> PrivateRequest | None:
        """Return a request's row; None when it was erased."""
        row = self._lookup.get(_KEY, job_id)
        return None if row is None else PrivateRequest.model_validate_json(row["request"])

    def erase(self, job_id: str) -> None:
        """Forget the person; none there is as good."""
        self._lookup.delete(_KEY, job_id)

    def all(self) -> Iterator[tuple[str, PrivateRequest]]:
        """Yield every row with its job's id."""
        cursor: str | None = None
        while True:
            page = self._lookup.query(_KEY, limit=_PAGE, cursor=cursor)
            for row in page.items:
                yield row["sk"], PrivateRequest.model_validate_json(row["request"])
            cursor = page.next_cursor
            if cursor is None:
                return


def _row(request: PrivateRequest) -> dict[str, str]:
    return {"request": request.model_dump_json(by_alias=True)}
