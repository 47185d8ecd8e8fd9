"""Compare the states with what the owners have, and make them anew from there: page by page, while people work.

What is only late is in both a moment later: whoever asks looks at a difference again after a minute.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from zebros_core.errors import BadRequestError
from zebros_sync.domain.log import STATE_SHARDS, Key, State
from zebros_sync.domain.ports import Exports
from zebros_sync.use_cases.append_changes import append_states, state_of_record
from zebros_sync.use_cases.workspace import Workspace

__all__ = ["CheckedStates", "check_states"]

_GHOSTS: Final = "states"
_MOST_NAMED: Final = 100
_PAGE_BYTES: Final = 512 * 1024


@dataclass(frozen=True, slots=True)
class CheckedStates:
    """What one page came to. `different` names records whose copy is not exact; at most a hundred, `count` has all."""

    checked: int = 0
    count: int = 0
    repaired: int = 0
    different: tuple[Key, ...] = ()
    position: tuple[str, str] | None = None
    """Where to go on: an entity with its owner's cursor or, at the end, the states with partition and row."""


@dataclass(frozen=True, slots=True)
class _Page:
    checked: int
    wrong: Sequence[State]
    """The states as they should be."""
    position: tuple[str, str] | None = field(default=None)


def check_states(
    workspace: Workspace, exports: Exports, *, position: tuple[str, str] | None, repair: bool
) -> CheckedStates:
    """Check the page at a position, the first one without; with `repair`, append what is wrong as it should be.

    First every record that owners have is looked for in the states; then every state is looked for at its owner's: one
    without a record there is a ghost.
    """
    entities = exports.entities
    entity, cursor = position if position is not None else (entities[0], "")
    if entity == _GHOSTS:
        page = _ghosts(workspace, exports, cursor)
    elif entity in entities:
        page = _records(workspace, exports, entity, cursor or None)
    else:
        raise BadRequestError.for_field("cursor", "invalid_cursor", "This cursor is not of a check.")
    repaired = append_states(workspace.log, page.wrong, corrects=True) if repair else 0
    return CheckedStates(
        page.checked,
        len(page.wrong),
        repaired,
        tuple(state.key for state in page.wrong[:_MOST_NAMED]),
        page.position,
    )


def _records(workspace: Workspace, exports: Exports, entity: str, cursor: str | None) -> _Page:
    records, following = exports.page(entity, cursor)
    wanted = [state_of_record(entity, exports.id_of(entity, record), record) for record in records]
    known = workspace.log.states([state.key for state in wanted])
    wrong = [state for state in wanted if not _is_exact(known.get(state.key), state)]
    if following is not None:
        return _Page(len(wanted), wrong, (entity, following))
    entities = exports.entities
    after = entities.index(entity) + 1
    return _Page(len(wanted), wrong, (entities[after], "") if after < len(entities) else (_GHOSTS, "0/"))


def _ghosts(workspace: Workspace, exports: Exports, cursor: str) -> _Page:
    shard_text, _, after = cursor.partition("/")
    shard = int(shard_text) if shard_text.isdigit() else STATE_SHARDS
    states, row = workspace.log.state_page(shard, after, most_bytes=_PAGE_BYTES)
    live = [state for state in states if not state.gone and state.entity in exports.entities]
    there = exports.records([state.key for state in live])
    ghosts = [
        replace(state, version=state.version + 1, gone=True, document="")
        for state in live
        if state.key not in there
    ]
    if row is not None:
        return _Page(len(live), ghosts, (_GHOSTS, f"{shard}/{row}"))
    if shard + 1 < STATE_SHARDS:
        return _Page(len(live), ghosts, (_GHOSTS, f"{shard + 1}/"))
    return _Page(len(live), ghosts)


def _is_exact(known: State | None, wanted: State) -> bool:
    """Tell whether the copy is the record; one that is newer than what was exported is as good."""
    if known is None or known.version < wanted.version:
        return False
    return known.version > wanted.version or known.document == wanted.document
