"""Let the audit log forget from where somebody acted who was erased. Who did what stays, by id."""

from __future__ import annotations

from zebros_auth.repositories.audit_erasures import AuditErasures
from zebros_auth.use_cases.workspace import Workspace
from zebros_core.privacy.redaction import ERASED

_PAGE = 200


def redact_audit(workspace: Workspace) -> int:
    """Carry out the wishes that wait; return how many they were. One that is cut off is carried out by the next run."""
    wishes = AuditErasures(workspace.users.store)
    waiting = wishes.waiting()
    for wish in waiting:
        wishes.done(wish, _redact(workspace, frozenset(wish.user_ids)))
    return len(waiting)


def _redact(workspace: Workspace, user_ids: frozenset[str]) -> int:
    log = workspace.audit_log
    redacted = 0
    for month in log.months(workspace.now):
        cursor: str | None = None
        while True:
            page = log.entries(month, limit=_PAGE, cursor=cursor)
            for entry in page.items:
                if entry["actor"] in user_ids and entry.get("ip") not in {None, ERASED}:
                    log.redact(month, entry["sk"], {"ip": ERASED})
                    redacted += 1
            cursor = page.next_cursor
            if cursor is None:
                break
    return redacted
