"""What is remembered of devices: outcomes of their mutations, the versions that they made, conflicts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final, Literal

from zebros_core.dynamodb.lookup import LookupTable
from zebros_core.dynamodb.operations import WriteOp, write
from zebros_core.dynamodb.paging import Page
from zebros_core.dynamodb.store import TenantStore
from zebros_core.errors import ConflictError, PayloadTooLargeError, UnavailableError
from zebros_core.privacy.marks import ErasureMarks
from zebros_sync.domain.conflict import Conflict, ConflictState
from zebros_sync.domain.log import KEPT_DAYS, Key
from zebros_sync.domain.push import KeptOutcome, OutcomeKind, PushOutcome
from zebros_sync.repositories.keys import LOG_TABLE

__all__ = ["DeviceRepository"]

_KEPT_SECONDS: Final = KEPT_DAYS * 86_400
_MOST_VERSIONS: Final = 200
"""Of one record by one client: older ones are below any base version that a device still has."""
_CONFLICTS: Final = ("conflicts",)
_BY_TIME: Final = ("conflicts-by-time",)
"""A row beside each conflict: the conflict's own id follows from its mutation, and says nothing of its time."""
_CLIENTS: Final = ("clients",)
_MUTATION: Final = "m#"
_PAGE: Final = 100
_TRIES: Final = 5
_MOST_KEPT_BYTES: Final = 380_000
"""Of an attempt: a row takes 400 KB."""
_MOST_CONFLICT_BYTES: Final = 390_000
"""More than of an attempt: when that could be kept and was sent, its conflict can be kept, too."""


class DeviceRepository:
    """One tenant's devices; see `Devices`."""

    def __init__(self, store: TenantStore) -> None:
        self._store = store
        self._lookup = LookupTable(store, LOG_TABLE)
        self._marks = ErasureMarks(store, LOG_TABLE)
        self._clock = store.access.clock

    def outcomes(self, client_id: str, mutation_ids: Iterable[str]) -> dict[str, KeptOutcome]:
        """See `Devices`."""
        parts = ("client", client_id)
        rows = self._lookup.batch_get([(parts, f"{_MUTATION}{id}") for id in dict.fromkeys(mutation_ids)])
        return {sk[2:]: _kept(json.loads(row["kept"])) for (_, sk), row in rows.items()}

    def keep_outcome(self, client_id: str, mutation_id: str, outcome: KeptOutcome) -> None:
        """See `Devices`."""
        text = _small(_kept_text(outcome), _MOST_KEPT_BYTES)
        self._lookup.put(
            ("client", client_id), f"{_MUTATION}{mutation_id}", {"kept": text}, ttl_seconds=_KEPT_SECONDS
        )

    def produced(self, client_id: str, keys: Iterable[Key]) -> dict[Key, Mapping[int, datetime]]:
        """See `Devices`."""
        parts = ("client", client_id)
        rows = self._lookup.batch_get([(parts, f"v#{entity}#{id}") for entity, id in dict.fromkeys(keys)])
        found: dict[Key, Mapping[int, datetime]] = {}
        for (_, sk), row in rows.items():
            entity, _, id = sk[2:].partition("#")
            found[entity, id] = _versions(row)
        return found

    def note_produced(self, client_id: str, key: Key, version: int, others_wrote_at: datetime) -> None:
        """See `Devices`. Raises UnavailableError when it is written at every moment."""
        place = (("client", client_id), f"v#{key[0]}#{key[1]}")
        for _ in range(_TRIES):
            row = self._lookup.get(*place)
            known = {} if row is None else _versions(row)
            if version in known:
                return
            versions = [
                [each, round(at.timestamp() * 1000)]
                for each, at in sorted({**known, version: others_wrote_at}.items())
            ][-_MOST_VERSIONS:]
            # A client sends one push at a time; but one whose answer was lost may still be at work beside the next.
            condition = "absent" if row is None else {"versions": row["versions"]}
            if self._lookup.put(
                *place, {"versions": versions}, condition=condition, ttl_seconds=_KEPT_SECONDS
            ):
                return
        raise UnavailableError(detail="This client's changes of the record are written at every moment.")

    def erased(self, keys: Iterable[Key]) -> set[Key]:
        """See `Devices`."""
        by_entity: dict[str, list[str]] = {}
        for entity, id in keys:
            by_entity.setdefault(entity, []).append(id)
        return {
            (entity, id)
            for entity, ids in by_entity.items()
            for id in self._marks.erased_among(entity, dict.fromkeys(ids))
        }

    def keep_conflict(self, conflict: Conflict) -> None:
        """See `Devices`. An open one stays until somebody has decided; a settled one for 90 days."""
        self._write_conflict(conflict, "absent")

    def _seconds_left(self, conflict: Conflict) -> int | None:
        if conflict.state is ConflictState.OPEN:
            return None
        age = self._clock.now() - (conflict.resolved_at or conflict.at)
        return max(1, _KEPT_SECONDS - int(age.total_seconds()))

    def newest_conflicts(self, *, limit: int, cursor: str | None, visibility_key: str) -> Page[Conflict]:
        """Return a page of conflicts, newest first."""
        page = self._lookup.query(
            _BY_TIME, limit=limit, cursor=cursor, descending=True, visibility_key=visibility_key
        )
        ids = [row["sk"].rpartition("#")[2] for row in page.items]
        rows = self._lookup.batch_get([(_CONFLICTS, id) for id in ids])
        found = [
            Conflict.of_json(json.loads(rows[_CONFLICTS, id]["conflict"]))
            for id in ids
            if (_CONFLICTS, id) in rows
        ]
        return Page(found, page.next_cursor)

    def find_conflict(self, id: str) -> Conflict | None:
        """Return a conflict, or None."""
        row = self._lookup.get(_CONFLICTS, id)
        return None if row is None else Conflict.of_json(json.loads(row["conflict"]))

    def replace_conflict(self, former: Conflict, conflict: Conflict) -> bool:
        """Store a conflict in place of what it was, unless somebody has changed it meanwhile."""
        return self._write_conflict(conflict, {"conflict": _conflict_text(former)})

    def _write_conflict(self, conflict: Conflict, condition: Literal["absent"] | Mapping[str, Any]) -> bool:
        text = _small(_conflict_text(conflict), _MOST_CONFLICT_BYTES)
        left = self._seconds_left(conflict)
        operations: list[WriteOp] = [
            self._lookup.put_op(
                _CONFLICTS, conflict.id, {"conflict": text}, condition=condition, ttl_seconds=left
            ),
            self._lookup.put_op(_BY_TIME, _by_time(conflict), {}, ttl_seconds=left),
        ]
        try:
            write(self._store, operations)
        except ConflictError:
            return False
        return True

    # -- for erasures ------------------------------------------------------------------------------------------

    def page_conflicts(self, *, limit: int, cursor: str | None) -> Page[Conflict]:
        """Return a page of all conflicts, in the order of their ids."""
        page = self._lookup.query(_CONFLICTS, limit=limit, cursor=cursor)
        return Page([Conflict.of_json(json.loads(row["conflict"])) for row in page.items], page.next_cursor)

    def note_client(self, client_id: str) -> None:
        """Remember that there is this client, so that what is kept of it can be found."""
        self._lookup.put(_CLIENTS, client_id, {}, ttl_seconds=_KEPT_SECONDS)

    def page_clients(self, *, of: str = "", limit: int = _PAGE, cursor: str | None = None) -> Page[str]:
        """Return a page of the ids of clients, of all or of one user."""
        prefix = f"{of}." if of else None
        page = self._lookup.query(_CLIENTS, sk_prefix=prefix, limit=limit, cursor=cursor)
        return Page([row["sk"] for row in page.items], page.next_cursor)

    def attempts(self, client_id: str) -> Iterator[tuple[str, KeptOutcome]]:
        """Give the mutations of a client for which something is being tried, by their ids."""
        cursor: str | None = None
        while True:
            page = self._lookup.query(("client", client_id), sk_prefix=_MUTATION, limit=_PAGE, cursor=cursor)
            for row in page.items:
                kept = _kept(json.loads(row["kept"]))
                if kept.attempt is not None:
                    yield row["sk"][len(_MUTATION) :], kept
            cursor = page.next_cursor
            if cursor is None:
                return

    def forget_attempt(self, client_id: str, mutation_id: str, kept: KeptOutcome) -> bool:
        """Forget what was being tried for a mutation, unless something else is remembered of it by now."""
        return self._lookup.put(
            ("client", client_id),
            f"{_MUTATION}{mutation_id}",
            {"kept": _kept_text(KeptOutcome(kept.fingerprint, kept.outcome))},
            condition={"kept": _kept_text(kept)},
            ttl_seconds=_KEPT_SECONDS,
        )

    def forget_client(self, client_id: str) -> None:
        """Forget everything that is remembered of a client."""
        while rows := self._lookup.query(("client", client_id), limit=_PAGE).items:
            for row in rows:
                self._lookup.delete(("client", client_id), row["sk"])
        self._lookup.delete(_CLIENTS, client_id)

    def forget_conflict(self, conflict: Conflict) -> None:
        """Delete a conflict."""
        places = ((_CONFLICTS, conflict.id), (_BY_TIME, _by_time(conflict)))
        write(self._store, [self._lookup.delete_op(*place) for place in places])


def _by_time(conflict: Conflict) -> str:
    return f"{conflict.at.astimezone(UTC).isoformat(timespec='microseconds')}#{conflict.id}"


def _versions(row: Mapping[str, Any]) -> dict[int, datetime]:
    return {
        int(version): datetime.fromtimestamp(int(milliseconds) / 1000, UTC)
        for version, milliseconds in row["versions"]
    }


def _small(text: str, most_bytes: int) -> str:
    if len(text.encode()) > most_bytes:
        raise PayloadTooLargeError("This change is too large to be merged: send less of it at a time.")
    return text


def _kept_text(kept: KeptOutcome) -> str:
    return json.dumps(_kept_json(kept), ensure_ascii=False)


def _conflict_text(conflict: Conflict) -> str:
    return json.dumps(conflict.to_json(), ensure_ascii=False)


def _kept_json(kept: KeptOutcome) -> dict[str, Any]:
    outcome = kept.outcome
    return {
        "fingerprint": kept.fingerprint,
        "attempt": kept.attempt,
        "planned": kept.planned,
        "outcome": None
        if outcome is None
        else {
            "mutationId": outcome.mutation_id,
            "kind": outcome.kind.value,
            "id": outcome.id,
            "version": outcome.version,
            "lost": list(outcome.lost),
            "conflictId": outcome.conflict_id,
        },
    }


def _kept(row: Mapping[str, Any]) -> KeptOutcome:
    outcome = row["outcome"]
    return KeptOutcome(
        row["fingerprint"],
        None
        if outcome is None
        else PushOutcome(
            outcome["mutationId"],
            OutcomeKind(outcome["kind"]),
            outcome["id"],
            outcome["version"],
            tuple(outcome["lost"]),
            outcome["conflictId"],
        ),
        row["attempt"],
        row["planned"],
    )
