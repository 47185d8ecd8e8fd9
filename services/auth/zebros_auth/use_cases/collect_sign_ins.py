"""Carry sign-ins from the identity provider into the audit logs of those whom they concern."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

from zebros_auth.domain.identity import SignInEvent
from zebros_auth.domain.ports import IdentityProvider
from zebros_core.audit.event import AuditEvent, Outcome
from zebros_core.ids import derived_id
from zebros_core.tenancy import is_tenant_id
from zebros_core.tenancy.context import PLATFORM_TENANT_ID

_NOBODYS = "client_not_found"
_NOBODY = ""
"""The tenant of somebody who is not there."""
_LONGEST = 128

OVERLAP = timedelta(minutes=2)
"""Read again each time: the provider may store an event a little after its time."""

FIRST_SPAN = timedelta(hours=24)
_LIMIT = 1000
_MOST_CALLS = 20
_ACTIONS: dict[str, tuple[str, Outcome]] = {
    "LOGIN": ("sign-in", "done"),
    "LOGIN_ERROR": ("sign-in", "failed"),
    "LOGOUT": ("sign-out", "done"),
    "CLIENT_LOGIN": ("integration.signed-in", "done"),
    "CLIENT_LOGIN_ERROR": ("integration.signed-in", "failed"),
    "REFRESH_TOKEN_ERROR": ("token.refused", "failed"),
}


class Log(Protocol):
    """Where one tenant's entries go."""

    def append(self, event: AuditEvent) -> bool: ...


def collect_sign_ins(
    identity: IdentityProvider,
    log_of: Callable[[str], Log | None],
    *,
    since: datetime | None,
    now: datetime,
    own_client: str,
) -> tuple[int, datetime]:
    """Append what happened since the last time; return how many entries were new, and until when that was read.

    Repeating it appends nothing twice. `log_of` gives None for a tenant that is no more: the entry is then the
    platform's, as are those of people who belong to no tenant. `own_client` is the one with which we ask: its own
    sign-ins are left out, or each look would find the one before.
    """
    begin = now - FIRST_SPAN if since is None else since - OVERLAP
    tenants: dict[str, str] = {}
    appended = 0
    for _ in range(_MOST_CALLS):
        events = identity.sign_in_events(begin, now, _LIMIT)
        for event in events:
            if event.client_id == own_client and event.type == "CLIENT_LOGIN":
                continue
            appended += _append(identity, event, tenants, log_of)
        if len(events) < _LIMIT or events[-1].time == begin:
            return appended, now
        begin = events[-1].time
    return appended, begin


def _append(
    identity: IdentityProvider,
    event: SignInEvent,
    tenants: dict[str, str],
    log_of: Callable[[str], Log | None],
) -> bool:
    tenant_id = _tenant_of(identity, event, tenants)
    if tenant_id == _NOBODY:
        # Somebody whom the provider has forgotten, perhaps because they asked for it: from where they came goes, too.
        tenant_id, event = PLATFORM_TENANT_ID, replace(event, ip=None)
    log = log_of(tenant_id)
    if log is None:
        tenant_id, log = PLATFORM_TENANT_ID, log_of(PLATFORM_TENANT_ID)
    return log is not None and log.append(_entry(tenant_id, event))


def _tenant_of(identity: IdentityProvider, event: SignInEvent, known: dict[str, str]) -> str:
    if event.type.startswith("CLIENT_"):
        if event.error == _NOBODYS:
            # The name is whatever somebody made up: nobody writes into a tenant's log by calling themselves one of its.
            return PLATFORM_TENANT_ID
        owner, hyphen, _ = (event.client_id or "").partition("-")
        return owner if hyphen and is_tenant_id(owner) else PLATFORM_TENANT_ID
    if event.user_id is None:
        return PLATFORM_TENANT_ID
    if event.user_id not in known:
        person = identity.person(event.user_id)
        known[event.user_id] = _NOBODY if person is None else person.tenant_id or PLATFORM_TENANT_ID
    return known[event.user_id]


def _entry(tenant_id: str, event: SignInEvent) -> AuditEvent:
    action, outcome = _ACTIONS[event.type]
    return AuditEvent(
        id=derived_id(tenant_id, "sign-in", event.id),
        tenant_id=tenant_id,
        at=event.time,
        actor=_said(event.user_id) or _said(event.client_id) or "unknown",
        action=action,
        outcome=outcome,
        details={"client": _said(event.client_id), "error": _said(event.error)},
        ip=_said(event.ip),
    )


def _said(text: str | None) -> str | None:
    """Return what an event says in a form that every entry can hold: the provider keeps what strangers sent it."""
    return "".join(char for char in text if char.isprintable())[:_LONGEST] or None if text else None
