"""The queue of changes of people: what concerns rights goes into the audit log, whoever made the change."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from zebros_auth.bootstrap import container
from zebros_auth.use_cases.note_change import entry_of
from zebros_core.messaging import Consumer, EntityChanged


def _note(change: EntityChanged) -> None:
    entry = entry_of(change)
    if entry is not None:
        container().audit_log(change.tenant_id).append(entry)


@cache
def _consumer() -> Consumer:
    # Every version counts here, so nothing is folded.
    return container().consumer("changes", _note, entities=frozenset({"user"}), fold=False)


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Append an entry for each change of rights, each once."""
    return _consumer().handler(event, context)
