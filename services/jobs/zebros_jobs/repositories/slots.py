"""Which jobs of a tenant may run now: a row with their ids, so that no tenant takes more than its share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from zebros_core.dynamodb.lookup import LookupTable
from zebros_core.dynamodb.store import TenantStore
from zebros_core.errors import UnavailableError
from zebros_jobs.repositories.keys import LOOKUP_TABLE

_KEY: Final = ("slots",)
_SORT: Final = "-"
_TRIES: Final = 20


class SlotRepository:
    """One tenant's slots."""

    def __init__(self, store: TenantStore) -> None:
        self._lookup = LookupTable(store, LOOKUP_TABLE)

    def taken(self) -> list[str]:
        """Return the ids of the jobs that may run."""
        row = self._lookup.get(_KEY, _SORT)
        return [] if row is None else list(row["jobs"])

    def take(self, job_id: str, *, most: int) -> bool:
        """Give the job a slot; False when all are taken. One that has a slot keeps it."""
        return self._change(lambda jobs: jobs if job_id in jobs else [*jobs, job_id], most=most)

    def free(self, job_id: str) -> None:
        """Take the job's slot back."""
        self._change(lambda jobs: [each for each in jobs if each != job_id], most=None)

    def _change(self, change: Callable[[list[str]], list[str]], *, most: int | None) -> bool:
        for _ in range(_TRIES):
            row = self._lookup.get(_KEY, _SORT)
            jobs: list[str] = [] if row is None else list(row["jobs"])
            wanted = change(jobs)
            if wanted == jobs:
                return True
            if most is not None and len(wanted) > most:
                return False
            revision = 0 if row is None else int(row["revision"])
            attributes = {"jobs": wanted, "revision": revision + 1}
            condition = "absent" if row is None else {"revision": revision}
            if self._lookup.put(_KEY, _SORT, attributes, condition=condition):
                return True
        raise UnavailableError(detail="Too many jobs start or end at this moment; try again.")
