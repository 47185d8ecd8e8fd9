"""How far a job is: counters, checkpoint and lease, one row that only the lease's holder writes.

A lease is held until an instant and renewed with every checkpoint. Whoever takes one over writes a new holder's name
into the row; the former holder's next write then finds a name that is not its own, and stops.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

from zebros_core.dynamodb.lookup import LookupTable
from zebros_core.dynamodb.operations import write
from zebros_core.dynamodb.store import TenantStore
from zebros_core.errors import ConflictError
from zebros_jobs.repositories.keys import LOOKUP_TABLE

__all__ = ["Progress", "ProgressRepository"]

_SORT: Final = "-"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job is. `checkpoint` is the work's own, None before the first; `holder` is empty while nobody works."""

    done: int = 0
    total: int | None = None
    unit: str = "rows"
    counters: Mapping[str, int] = field(default_factory=dict[str, int])
    checkpoint: Mapping[str, Any] | None = None
    note: str = ""
    holder: str = ""
    lease_until: datetime | None = None
    cancelled: bool = False
    worked: bool = False
    """Whether the work is whole; what is left is to put its results together."""
    tries: int = 0
    """Workers that have begun since the last checkpoint, this one included: those before it died or met trouble."""
    updated_at: datetime | None = None
    wait_until: datetime | None = None
    """Before which there is nothing to do for a worker."""

    def is_held(self, now: datetime) -> bool:
        """Whether somebody works on the job at this moment."""
        return bool(self.holder) and self.lease_until is not None and now < self.lease_until


class ProgressRepository:
    """One tenant's rows of progress."""

    def __init__(self, store: TenantStore) -> None:
        self._store = store
        self._lookup = LookupTable(store, LOOKUP_TABLE)

    def get(self, job_id: str) -> Progress:
        """Return how far a job is; that of one which nobody has begun."""
        row = self._lookup.get(("progress", job_id), _SORT)
        return Progress() if row is None else _progress(row)

    def get_all(self, job_ids: list[str]) -> dict[str, Progress]:
        """Return how far these jobs are, by id."""
        rows = self._lookup.batch_get([(("progress", job_id), _SORT) for job_id in job_ids])
        found = {parts[1]: _progress(row) for (parts, _), row in rows.items()}
        return {job_id: found.get(job_id, Progress()) for job_id in job_ids}

    def claim(self, job_id: str, holder: str, until: datetime) -> Progress | None:
        """Take the lease, unless somebody else has it; return how far the job is, None without the lease."""
        now = self._store.access.clock.now()
        # One reading for the question and the condition: with two, who came between them would lose its lease at once.
        row = self._lookup.get(("progress", job_id), _SORT)
        present = Progress() if row is None else _progress(row)
        if present.is_held(now) and present.holder != holder:
            return None
        sets = {
            "holder": holder,
            "leaseUntil": until.isoformat(),
            "updatedAt": now.isoformat(),
            "tries": present.tries + 1,
        }
        if row is None:
            taken = self._lookup.put(
                ("progress", job_id), _SORT, {**sets, "done": 0, "cancelled": False}, condition="absent"
            )
        else:
            condition = {"holder": row.get("holder", ""), "leaseUntil": row.get("leaseUntil", "")}
            taken = self._set(job_id, sets, condition)
        if not taken:
            return None
        return replace(present, holder=holder, lease_until=until, updated_at=now, tries=present.tries + 1)

    def renew(self, job_id: str, holder: str, until: datetime) -> bool:
        """Renew the lease and nothing else; False when the holder has lost it."""
        return self._set(job_id, {"leaseUntil": until.isoformat()}, {"holder": holder})

    def save(self, job_id: str, progress: Progress, *, lease: timedelta) -> Progress | None:
        """Store a checkpoint and renew the lease; None when the holder has lost it."""
        now = self._store.access.clock.now()
        renewed = replace(progress, lease_until=now + lease, updated_at=now, tries=0)
        saved = self._set(job_id, _row(renewed), {"holder": progress.holder})
        return renewed if saved else None

    def plan(self, job_id: str, *, total: int | None, unit: str) -> None:
        """Note how much there is to do."""
        self._upsert(job_id, {"unit": unit, **({"total": total} if total is not None else {})})

    def release(self, job_id: str, holder: str, *, in_order: bool = True) -> None:
        """Give the lease back, if it is still this holder's; `in_order` tells that it met no trouble."""
        now = self._store.access.clock.now()
        sets = {
            "holder": "",
            "leaseUntil": "",
            "updatedAt": now.isoformat(),
            **({"tries": 0} if in_order else {}),
        }
        self._set(job_id, sets, {"holder": holder})

    def rewrite(self, job_id: str, change: Callable[[Any], Any]) -> None:
        """Change what the note and the checkpoint of a job say; a checkpoint that is written meanwhile stays."""
        present = self.get(job_id)
        said = {"note": present.note, "checkpoint": present.checkpoint}
        changed = change(said)
        if changed == said:
            return
        sets = {"note": changed["note"]}
        if changed["checkpoint"] is not None:
            sets["checkpoint"] = json.dumps(changed["checkpoint"], sort_keys=True)
        updated_at = present.updated_at.isoformat() if present.updated_at else ""
        self._set(job_id, sets, {"updatedAt": updated_at})

    def cancel(self, job_id: str) -> None:
        """Make the holder stop at its next checkpoint."""
        self._upsert(job_id, {"cancelled": True})

    def _upsert(self, job_id: str, sets: Mapping[str, Any]) -> None:
        first = {"holder": "", "leaseUntil": "", "cancelled": False, "done": 0, **sets}
        if not self._lookup.put(("progress", job_id), _SORT, first, condition="absent"):
            write(self._store, [self._lookup.add_op(("progress", job_id), _SORT, {}, sets=sets)])

    def _set(self, job_id: str, sets: Mapping[str, Any], condition: Mapping[str, Any]) -> bool:
        operation = self._lookup.add_op(("progress", job_id), _SORT, {}, sets=sets, condition=condition)
        try:
            write(self._store, [operation])
        except ConflictError:
            return False
        return True


def _row(progress: Progress) -> dict[str, Any]:
    row: dict[str, Any] = {
        "done": progress.done,
        "unit": progress.unit,
        "counters": json.dumps(progress.counters, sort_keys=True),
        "note": progress.note,
        "worked": progress.worked,
        "tries": progress.tries,
        "holder": progress.holder,
        "leaseUntil": progress.lease_until.isoformat() if progress.lease_until else "",
        "updatedAt": progress.updated_at.isoformat() if progress.updated_at else "",
        "waitUntil": progress.wait_until.isoformat() if progress.wait_until else "",
    }
    if progress.total is not None:
        row["total"] = progress.total
    if progress.checkpoint is not None:
        row["checkpoint"] = json.dumps(progress.checkpoint, sort_keys=True)
    return row


def _progress(row: Mapping[str, Any]) -> Progress:
    total = row.get("total")
    return Progress(
        done=int(row.get("done", 0)),
        total=None if total is None else int(total),
        unit=row.get("unit", "rows"),
        counters=json.loads(row.get("counters", "{}")),
        checkpoint=json.loads(row["checkpoint"]) if "checkpoint" in row else None,
        note=row.get("note", ""),
        holder=row.get("holder", ""),
        lease_until=_instant(row.get("leaseUntil")),
        cancelled=bool(row.get("cancelled", False)),
        worked=bool(row.get("worked", False)),
        tries=int(row.get("tries", 0)),
        updated_at=_instant(row.get("updatedAt")),
        wait_until=_instant(row.get("waitUntil")),
    )


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
