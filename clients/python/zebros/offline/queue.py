"""What the user did that the server has not acknowledged, in its order.

A change is `queued` until it is sent and answered, `acknowledged` until the record that has it comes back, and then
gone; `rejected` until somebody decides: try it again as it is, or give it up.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from zebros.errors import NotOnDeviceError, OfflineError

if TYPE_CHECKING:
    from zebros.offline.store import OfflineStore

__all__ = ["ChangeQueue", "QueuedChange", "is_passing"]

QUEUED: Final = "queued"
_PASSING: Final = 500
ACKNOWLEDGED: Final = "acknowledged"
REJECTED: Final = "rejected"
_COLUMNS: Final = (
    "number, mutation_id, entity, id, operation, base_version, content, changed_at, state, problem"
)


@dataclass(frozen=True, slots=True)
class QueuedChange:
    """One change. `base` has the values that the user saw; `problem` says why it was rejected."""

    number: int
    mutation_id: str
    entity: str
    id: str
    operation: str
    base_version: int | None
    changes: Mapping[str, Any]
    base: Mapping[str, Any]
    changed_at: str
    state: str
    problem: Mapping[str, Any] | None = field(default=None)

    def to_json(self) -> dict[str, Any]:
        """Return the change as a push sends it."""
        return {
            "mutationId": self.mutation_id,
            "entity": self.entity,
            "id": self.id,
            "operation": self.operation,
            # A record that was made here is at its first version by the time that its edits arrive.
            "baseVersion": None if self.operation == "create" else max(1, self.base_version or 1),
            "changes": dict(self.changes),
            "base": dict(self.base),
            "changedAt": self.changed_at,
        }


def is_passing(outcome: Mapping[str, Any]) -> bool:
    """Whether a change was refused because a part of the server did not answer: it is sent again as it is."""
    return (
        outcome["outcome"] == "rejected" and int((outcome.get("problem") or {}).get("status", 0)) >= _PASSING
    )


def _check(content: Mapping[str, Any]) -> None:
    try:
        json.dumps(content, ensure_ascii=False, allow_nan=False).encode()
    except UnicodeEncodeError as error:
        raise OfflineError("this text is not Unicode: it has bytes that are no characters") from error
    except (RecursionError, TypeError, ValueError) as error:
        raise OfflineError(f"this value cannot be sent: {error}") from error


class ChangeQueue:
    """The changes of a store."""

    def __init__(self, store: OfflineStore) -> None:
        self._store = store

    def add(
        self,
        entity: str,
        id: str,
        operation: str,
        base_version: int | None,
        changes: Mapping[str, Any],
        base: Mapping[str, Any],
    ) -> None:
        """Queue a change, within the caller's transaction. Raises OfflineError for values that no request can carry."""
        _check({"changes": changes, "base": base})
        content = self._store.sealer.seal({"changes": changes, "base": base})
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        self._store.connection.execute(
            "INSERT INTO mutations (mutation_id, entity, id, operation, base_version, content, changed_at, state)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (uuid4().hex, entity, id, operation, base_version, content, now, QUEUED),
        )

    def next(self, most: int, *, after: int = 0) -> list[QueuedChange]:
        """Return the changes to send next, the oldest first, of those after a number."""
        return self._where("state = ? AND number > ? ORDER BY number LIMIT ?", QUEUED, after, most)

    def rejected(self) -> list[QueuedChange]:
        """Return the changes that the server refused, for somebody to decide."""
        return self._where("state = ? ORDER BY number", REJECTED)

    def of_record(self, entity: str, id: str) -> list[QueuedChange]:
        """Return what is laid over a record: queued, or acknowledged and not yet come back."""
        return self._where("entity = ? AND id = ? AND state != ? ORDER BY number", entity, id, REJECTED)

    def count(self, state: str = QUEUED) -> int:
        """Return how many changes are in a state."""
        row = self._store.connection.execute(
            "SELECT count(*) FROM mutations WHERE state = ?", (state,)
        ).fetchone()
        return int(row[0])

    def answered(self, outcomes: Sequence[Mapping[str, Any]]) -> None:
        """Note what became of changes that were sent; what was refused for what passes stays queued."""
        with self._store.transaction() as connection:
            for outcome in outcomes:
                if is_passing(outcome):
                    continue
                mutation_id = outcome["mutationId"]
                row = connection.execute(
                    "SELECT entity, id FROM mutations WHERE mutation_id = ?", (mutation_id,)
                ).fetchone()
                if row is None:
                    continue  # answered before
                if outcome["outcome"] == "rejected":
                    problem = self._store.sealer.seal(outcome.get("problem") or {})
                    connection.execute(
                        "UPDATE mutations SET state = ?, problem = ? WHERE mutation_id = ?",
                        (REJECTED, problem, mutation_id),
                    )
                else:
                    connection.execute(
                        "UPDATE mutations SET state = ?, version = ? WHERE mutation_id = ?",
                        (ACKNOWLEDGED, outcome.get("version"), mutation_id),
                    )
                    self._settle_held(row[0], row[1])
                self._store.records(row[0]).refresh(row[1])

    def settled(self, entity: str, id: str, version: int | None) -> None:
        """Forget acknowledged changes of a record that came back at a version, or is not there any more (None)."""
        condition = "" if version is None else " AND (version IS NULL OR version <= ?)"
        values = (entity, id, ACKNOWLEDGED) if version is None else (entity, id, ACKNOWLEDGED, version)
        self._store.connection.execute(
            f"DELETE FROM mutations WHERE entity = ? AND id = ? AND state = ?{condition}",  # noqa: S608
            values,
        )

    def _settle_held(self, entity: str, id: str) -> None:
        """Forget acknowledged changes that came back before they were answered: no pull brings their record again."""
        held = self._store.connection.execute(
            "SELECT version FROM records WHERE entity = ? AND id = ? AND document IS NOT NULL", (entity, id)
        ).fetchone()
        if held is not None:
            self._store.connection.execute(
                "DELETE FROM mutations WHERE entity = ? AND id = ? AND state = ? AND version <= ?",
                (entity, id, ACKNOWLEDGED, held[0]),
            )
        else:
            self._store.connection.execute(
                "DELETE FROM mutations WHERE entity = ? AND id = ? AND state = ? AND version IS NULL",
                (entity, id, ACKNOWLEDGED),
            )

    def retry(self, mutation_id: str) -> None:
        """Queue a rejected change again, under an id of its own. Raises NotOnDeviceError."""
        self._decide(
            mutation_id, "UPDATE mutations SET state = 'queued', problem = NULL, mutation_id = ?", uuid4().hex
        )

    def give_up(self, mutation_id: str) -> None:
        """Forget a rejected change; the record is the server's again. Raises NotOnDeviceError."""
        self._decide(mutation_id, "DELETE FROM mutations")

    def _decide(self, mutation_id: str, statement: str, *values: str) -> None:
        with self._store.transaction() as connection:
            row = connection.execute(
                "SELECT entity, id FROM mutations WHERE mutation_id = ? AND state = ?",
                (mutation_id, REJECTED),
            ).fetchone()
            if row is None:
                raise NotOnDeviceError(f"there is no rejected change {mutation_id}")
            connection.execute(f"{statement} WHERE mutation_id = ?", (*values, mutation_id))
            self._store.records(row[0]).refresh(row[1])

    def _where(self, condition: str, *values: Any) -> list[QueuedChange]:
        rows = self._store.connection.execute(
            f"SELECT {_COLUMNS} FROM mutations WHERE {condition}",  # noqa: S608 - conditions of our own
            values,
        ).fetchall()
        return [self._change(row) for row in rows]

    def _change(self, row: tuple[Any, ...]) -> QueuedChange:
        number, mutation_id, entity, id, operation, base_version, content, changed_at, state, problem = row
        told = self._store.sealer.open(content)
        return QueuedChange(
            number,
            mutation_id,
            entity,
            id,
            operation,
            base_version,
            told["changes"],
            told["base"],
            changed_at,
            state,
            None if problem is None else self._store.sealer.open(problem),
        )
