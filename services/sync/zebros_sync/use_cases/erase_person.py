"""Erase a person from the copies of records and from what is remembered of devices.

The owners have erased them by then. So a copy that names the person, or mentions their record, is late: it becomes what
its owner has now, at the owner's version, and no event of a former version changes it again. Copies of their own
records become tombstones that no event is newer than. Conflicts and attempts lose what is theirs; what their devices or
others' push later is refused by the marks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from zebros_core.errors import ConflictError
from zebros_core.privacy.marks import ERASED_VERSION
from zebros_core.privacy.run import HELD, LATE_SECONDS, ErasureRun, each, once
from zebros_core.privacy.steps import Piece
from zebros_sync.domain.conflict import Conflict
from zebros_sync.domain.log import Key, State
from zebros_sync.domain.personal import Concern, Concerned, record_of, without_person
from zebros_sync.repositories.keys import LOG_TABLE, STATE_TABLE
from zebros_sync.use_cases.append_changes import append_states, state_of_record
from zebros_sync.use_cases.collect_personal_data import (
    CONFLICTS_AT_ONCE,
    Desk,
    personal_fields,
    state_pages,
)

__all__ = ["erasure_steps"]

_MAX_RACES: Final = 8


def erasure_steps(desk: Desk, run: ErasureRun) -> list[tuple[str, Piece]]:
    """Return the steps of the erasure: everything twice, with the time between that late events and pushes take."""
    work = _Erasure(desk, run)
    sweeps: list[tuple[str, Piece]] = [
        ("own", once(work.erase_own)),
        ("states", state_pages(desk.workspace.log, work.put_right)),
        ("conflicts", work.look_at_conflicts),
        ("attempts", work.look_at_attempts),
    ]
    return [
        ("marks", once(work.mark)),
        *sweeps,
        ("clients", each(run.subject.user_ids, work.forget_clients)),
        ("settle", once(run.ensure_over)),
        *((f"{name}-again", piece) for name, piece in sweeps),
    ]


class _Erasure:
    def __init__(self, desk: Desk, run: ErasureRun) -> None:
        self._run, self._marks = run, desk.marks
        self._log, self._devices = desk.workspace.log, desk.workspace.devices
        self._exports, self._schemas = desk.workspace.exports, desk.workspace.schemas
        self._concerned = Concerned(run.subject, run.sought)

    def mark(self) -> None:
        if self._marks.put(self._run.subject, self._run.request_id, self._run.now):
            self._run.wait_until(self._run.now + timedelta(seconds=LATE_SECONDS))

    # -- states ------------------------------------------------------------------------------------------------

    def erase_own(self) -> None:
        own = sorted(self._concerned.own)
        known = self._log.states(own)
        live = self._exports.records(own)
        self._append(known, live, [key for key in own if (state := known.get(key)) is None or not state.gone])

    def put_right(self, states: Iterable[State]) -> None:
        """Make the copies that concern the person what their owners have."""
        known = {
            state.key: state
            for state in states
            if state.key not in self._concerned.own and self._concerned.in_state(state)
        }
        self._append(known, self._exports.records(known), known)

    def _append(
        self, known: Mapping[Key, State], live: Mapping[Key, Mapping[str, Any]], keys: Iterable[Key]
    ) -> None:
        due: list[State] = []
        unseen: list[State] = []
        for key in keys:
            self._run.holds(STATE_TABLE, *key)
            record = live.get(key)
            if record is not None:
                due.append(state_of_record(*key, record))
            elif key not in known:
                unseen.append(_tombstone(key, ERASED_VERSION))
            elif key in self._concerned.own:
                due.append(_tombstone(key, ERASED_VERSION))
            else:
                due.append(_tombstone(key, known[key].version + 1))
        self._run.count(STATE_TABLE, append_states(self._log, due, corrects=True))
        # Nothing was there; an event that is still to come finds a tombstone.
        append_states(self._log, unseen)

    # -- devices -----------------------------------------------------------------------------------------------

    def look_at_conflicts(self, cursor: str | None) -> str | None:
        page = self._devices.page_conflicts(limit=CONFLICTS_AT_ONCE, cursor=cursor)
        states = self._log.states({conflict.record for conflict in page.items})
        for conflict in page.items:
            self._look_at_conflict(conflict, states.get(conflict.record))
        return page.next_cursor

    def _look_at_conflict(self, conflict: Conflict, state: State | None) -> None:
        for _ in range(_MAX_RACES):
            concern = self._concern(conflict, state)
            if concern is not None and self._run.holds(LOG_TABLE, *conflict.record):
                self._run.keep(LOG_TABLE, "conflict", conflict.id, HELD, None)
                return
            if concern is Concern.OWN:
                self._devices.forget_conflict(conflict)
                self._run.count(LOG_TABLE)
                return
            changed = self._without(conflict, concern)
            if changed == conflict:
                return
            if self._devices.replace_conflict(conflict, changed):
                self._run.count(LOG_TABLE)
                return
            found = self._devices.find_conflict(conflict.id)
            if found is None:
                return
            conflict = found
        raise ConflictError("a conflict is decided faster than it can be erased")

    def _concern(self, conflict: Conflict, state: State | None) -> Concern | None:
        values = [[side.device, side.server] for side in conflict.fields.values()]
        return self._concerned.of(conflict.record, state, values)

    def _without(self, conflict: Conflict, concern: Concern | None) -> Conflict:
        if concern is not None:
            is_about = concern is Concern.ABOUT
            personal = personal_fields(self._schemas, conflict.entity) if is_about else None
            conflict = without_person(conflict, self._run.sought, self._run.now, is_personal=personal)
        if conflict.user_id in self._run.subject.user_ids:
            # How somebody calls their device may say who they are.
            conflict = replace(conflict, client_id=conflict.user_id)
        return conflict

    def look_at_attempts(self, cursor: str | None) -> str | None:
        """Look at those of one client: a piece. What is forgotten is merged anew when the device sends it again."""
        page = self._devices.page_clients(limit=1, cursor=cursor)
        for client_id in page.items:
            for mutation_id, kept in self._devices.attempts(client_id):
                key = record_of(kept)
                if key is None:
                    continue
                state = self._log.states([key]).get(key)
                if self._concerned.of(key, state, [kept.attempt, kept.planned]) is None:
                    continue
                if self._run.holds(LOG_TABLE, *key):
                    self._run.keep(LOG_TABLE, "attempt", f"{client_id}/{mutation_id}", HELD, None)
                elif self._devices.forget_attempt(client_id, mutation_id, kept):
                    self._run.count(LOG_TABLE)
        return page.next_cursor

    def forget_clients(self, user_id: str) -> None:
        """Forget what is remembered of somebody's clients: nothing comes from them any more."""
        if self._run.holds(LOG_TABLE, "user", user_id):
            return
        while clients := self._devices.page_clients(of=user_id).items:
            for client_id in clients:
                self._devices.forget_client(client_id)
                self._run.count(LOG_TABLE)


def _tombstone(key: Key, version: int) -> State:
    return State(*key, version=version, gone=True, owner_id=None, team_id=None)
